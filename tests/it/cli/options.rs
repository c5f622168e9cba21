//! No option is advertised that does nothing: each has a test that shows its effect.

use std::collections::BTreeSet;

use super::{Run, root};

/// The verb, its options, the file and the test in which the effect of each is seen.
const SHOWN: &[(&str, &[&str], &str, &str)] = &[
    (
        "attest",
        &[
            "--checksums",
            "--subject-name",
            "--predicate",
            "--type",
            "--bundle",
        ],
        "attest.rs",
        "lists_digests_predicates_and_standard_output_go_together",
    ),
    (
        "attest",
        &[
            "--builder-id",
            "--source-repository",
            "--source-commit",
            "--key",
            "--force",
        ],
        "attest.rs",
        "a_second_run_signs_nothing_and_another_statement_is_not_lost",
    ),
    (
        "attest",
        &["--no-log", "--offline"],
        "attest.rs",
        "offline_and_without_a_log_no_connection_is_opened",
    ),
    (
        "attest",
        &["--pep740", "--dry-run"],
        "attest.rs",
        "pep_740_says_one_statement_for_each_distribution_without_a_predicate",
    ),
    (
        "attest",
        &["--build-type", "--source-ref", "--invocation"],
        "attest_options.rs",
        "what_is_stated_of_the_build_stands_in_the_predicate",
    ),
    (
        "attest",
        &["--identity-token", "--fulcio-url"],
        "attest_options.rs",
        "the_certificate_authority_that_is_named_gets_the_token_and_nobody_else_sees_it",
    ),
    (
        "attest",
        &[
            "--rekor-url",
            "--rekor-version",
            "--timestamp-server",
            "--trusted-root",
        ],
        "attest_options.rs",
        "the_log_that_is_named_is_asked_by_the_interface_that_is_named",
    ),
    (
        "attest",
        &["--signing-config"],
        "attest_options.rs",
        "a_signing_config_names_the_services",
    ),
    (
        "attest",
        &["--oidc-issuer", "--no-browser", "--oidc-client-id"],
        "attest_sign_in.rs",
        "without_a_browser_here_the_code_is_typed_and_not_shown",
    ),
    (
        "attest",
        &["--yes"],
        "attest_sign_in.rs",
        "nothing_is_published_before_the_person_agrees_or_says_yes_beforehand",
    ),
    (
        "attest",
        &["--platforms"],
        "attest_options.rs",
        "the_images_of_every_platform_are_subjects_where_that_is_said",
    ),
    (
        "attest",
        &["--format"],
        "attest_options.rs",
        "the_result_as_json_names_every_file_with_its_digest",
    ),
    (
        "attest",
        &["--to"],
        "attest_options.rs",
        "standard_output_and_other_places_do_not_take_each_other_away",
    ),
    (
        "verify",
        &[
            "--source-repository",
            "--source-repository-id",
            "--source-ref",
            "--source-tag",
            "--source-versioned-tag",
            "--source-commit",
            "--workflow",
            "--runner-environment",
            "--builder",
            "--build-type",
            "--predicate-type",
            "--trigger",
        ],
        "verify.rs",
        "every_expectation_is_met_or_denies_with_both_values",
    ),
    (
        "verify",
        &[
            "--certificate-identity",
            "--certificate-identity-regexp",
            "--certificate-oidc-issuer",
            "--certificate-oidc-issuer-regexp",
        ],
        "verify.rs",
        "every_way_to_name_the_signer_is_met_or_denies",
    ),
    (
        "verify",
        &["--bundle"],
        "verify_bundles.rs",
        "bundles_come_from_beside_the_file_from_files_and_from_standard_input",
    ),
    (
        "verify",
        &["--key"],
        "verify_trust.rs",
        "keys_verify_what_they_signed_and_nothing_else",
    ),
    (
        "verify",
        &["--trusted-root", "--unsafe-any-identity"],
        "verify_trust.rs",
        "an_unknown_instance_is_not_trusted_by_default",
    ),
    (
        "verify",
        &["--unsafe-no-log", "--unsafe-no-sct", "--format"],
        "verify_trust.rs",
        "what_is_forgiven_is_forgiven_only_when_said_and_shows",
    ),
    (
        "verify",
        &["--unsafe-set-only"],
        "verify_options.rs",
        "a_promise_without_proof_counts_only_when_that_is_said",
    ),
    (
        "verify",
        &["--deny-self-hosted-runners"],
        "verify_options.rs",
        "runners_of_the_users_own_are_denied_where_that_is_said",
    ),
    (
        "verify",
        &["--platform"],
        "verify_image.rs",
        "an_index_is_verified_as_a_whole_and_one_platform_where_it_is_named",
    ),
    (
        "verify",
        &["--offline"],
        "verify_registry.rs",
        "what_cannot_be_asked_so_is_refused_before_anybody_is",
    ),
    (
        "verify",
        &["--repo", "--owner"],
        "verify_packages.rs",
        "files_and_digests_are_verified_with_what_githubs_store_has",
    ),
    (
        "verify",
        &["--index"],
        "verify_packages.rs",
        "every_file_of_a_version_on_an_index_must_verify",
    ),
    (
        "verify",
        &["--registry"],
        "verify_packages.rs",
        "a_version_of_an_npm_package_is_verified_by_the_sha512_of_its_tarball",
    ),
    (
        "verify",
        &[
            "--vsa",
            "--vsa-verifier",
            "--vsa-resource",
            "--vsa-level",
            "--vsa-policy",
            "--vsa-max-age",
        ],
        "vsa.rs",
        "an_allow_is_signed_and_believed_about_what_it_approves",
    ),
    (
        "inspect",
        &["--platform"],
        "verify_image.rs",
        "an_index_is_verified_as_a_whole_and_one_platform_where_it_is_named",
    ),
    (
        "inspect",
        &["--offline"],
        "verify_registry.rs",
        "what_cannot_be_asked_so_is_refused_before_anybody_is",
    ),
    (
        "inspect",
        &["--repo", "--owner"],
        "verify_packages.rs",
        "files_and_digests_are_verified_with_what_githubs_store_has",
    ),
    (
        "inspect",
        &["--index"],
        "verify_packages.rs",
        "every_file_of_a_version_on_an_index_must_verify",
    ),
    (
        "inspect",
        &["--registry"],
        "verify_packages.rs",
        "a_version_of_an_npm_package_is_verified_by_the_sha512_of_its_tarball",
    ),
    (
        "inspect",
        &["--format"],
        "inspect.rs",
        "a_bundle_s_claims_are_shown_as_unverified_in_both_formats",
    ),
    (
        "download",
        &["--output", "--platforms"],
        "download.rs",
        "what_is_attached_to_an_image_is_saved_byte_for_byte_and_called_unverified",
    ),
    (
        "download",
        &["--repo", "--owner"],
        "download.rs",
        "a_file_and_a_digest_are_asked_for_in_githubs_store",
    ),
    (
        "download",
        &["--index", "--registry"],
        "download.rs",
        "the_index_and_the_registry_that_are_named_are_asked",
    ),
    (
        "key generate",
        &[
            "--algorithm",
            "--format",
            "--output-prefix",
            "--unencrypted",
        ],
        "key.rs",
        "openssl_reads_what_is_written_and_the_public_key_is_the_same",
    ),
    (
        "trust update",
        &["--root", "--mirror", "--output", "--format"],
        "trust.rs",
        "a_private_instance_is_refreshed_written_out_and_shown",
    ),
    (
        "trust update",
        &["--instance"],
        "trust.rs",
        "the_instance_that_is_named_is_refreshed_and_shown_alone",
    ),
    (
        "trust show",
        &["--root"],
        "trust.rs",
        "a_private_instance_is_refreshed_written_out_and_shown",
    ),
    (
        "trust show",
        &["--instance"],
        "trust.rs",
        "the_instance_that_is_named_is_refreshed_and_shown_alone",
    ),
    (
        "trust show",
        &["--format"],
        "trust.rs",
        "what_this_program_carries_is_shown_without_the_network",
    ),
];

/// The verbs with options of their own; `key public` has none.
const VERBS: [&str; 8] = [
    "attest",
    "verify",
    "inspect",
    "download",
    "key generate",
    "key public",
    "trust update",
    "trust show",
];

/// What every verb has, which `check.rs` and `formats.rs` show.
const EVERYWHERE: [&str; 4] = ["--help", "--quiet", "--verbose", "--color"];

/// The options that the help of a verb documents.
fn documented(verb: &str) -> BTreeSet<String> {
    let mut arguments: Vec<&str> = verb.split(' ').collect();
    arguments.push("--help");
    let ran = Run::new(&arguments).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    // What an option does is said further in, and may begin a line with the name of another.
    let lines = ran.out.lines().filter(|it| !it.starts_with("       "));
    let lines = lines.map(str::trim_start).filter(|it| it.starts_with('-'));
    let words = lines.filter_map(|line| line.split_whitespace().find(|it| it.starts_with("--")));
    let is_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    let names = words.map(|it| it.trim_end_matches(|it| !is_name(it)).to_owned());
    names
        .filter(|it| !EVERYWHERE.contains(&it.as_str()))
        .collect()
}

#[test]
fn every_documented_option_has_a_test_that_shows_its_effect() {
    for verb in VERBS {
        let tables = SHOWN.iter().filter(|it| it.0 == verb);
        let shown: BTreeSet<String> = tables
            .flat_map(|it| it.1)
            .map(|it| (*it).to_owned())
            .collect();
        assert_eq!(documented(verb), shown, "lockstep {verb}");
    }
    for (verb, options, file, test) in SHOWN {
        let text = std::fs::read_to_string(root().join("tests/it/cli").join(file)).unwrap();
        let start = text.find(&format!("#[test]\nfn {test}()"));
        let start = start.unwrap_or_else(|| panic!("{file} has no test {test}"));
        let body = &text[start..];
        let body = &body[..body.find("\n}\n").unwrap()];
        for option in *options {
            let literal = format!("\"{option}\"");
            // What every run of a file says stands above its first test.
            let setting = text.split("#[test]").next().unwrap();
            assert!(
                body.contains(&literal) || setting.contains(&literal),
                "{verb} {option}: not in {test}"
            );
        }
    }
}
