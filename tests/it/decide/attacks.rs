//! What somebody who can push, or sign for himself, would try: each of these was thought of as a way to
//! an allow that is not earned.

use lockstep::decide::evaluate;
use lockstep::model::{Leniency, Level, Outcome, Policy, Severity, TrustMaterial, Verdict};
use lockstep::verify::{Origin, check};
use serde_json::{Value, json};

use super::attesting::{
    AUTHORITY, BUILD, PACKAGE, SIGNED, Told, built, codes, commit, digest, load, published,
    release, statement, wheel,
};
use super::images::{TWO, image, tag};
use super::world::{LATER, NOW, SECOND, failed, listing, none, question, the_one};
use crate::authority::{Claims, Key, Options};

const IDENTITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

/// The build of a repository as anybody would describe it.
pub(super) fn told_by_its_writer(repository: &str, version: &str, digit: char) -> Value {
    let reference = format!("refs/tags/v{version}");
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": reference, "repository": repository, "path": ".github/workflows/release.yml"}},
            "resolvedDependencies": [{
                "uri": format!("git+{repository}@{reference}"),
                "digest": {"gitCommit": commit(digit)}}],
        },
        "runDetails": {"builder": {"id": "https://github.com/actions/runner/github-hosted"}},
    })
}

/// Anybody can have a certificate for a mail address, and write any predicate.
#[test]
fn who_has_only_a_mail_address_cannot_say_from_which_repository_it_was_built() {
    let policy = PACKAGE.replace("github.com/acme", "git.acme.example/acme");
    let predicate = told_by_its_writer("https://git.acme.example/acme/api", "1.2.0", 'a');
    let text = statement(BUILD, &predicate, &[wheel("1.2.0")]);
    let mallory = Claims::person("mallory@evil.example", "https://accounts.google.com");
    let bundle = AUTHORITY.sign(&text, &mallory, &Options::at(SIGNED));
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    told.wheel("1.2.0", &[&bundle]);
    for policy in [
        policy.clone(),
        policy.replace("workflows = \"release.yml\"\n", ""),
        policy.replace(
            "workflows = \"release.yml\"\n",
            "identity = \"jane@acme.example\"\n",
        ),
    ] {
        let verdict = told.verdict(&policy, "1.2.0");
        assert_eq!(verdict.outcome, Outcome::Deny, "{:#?}", verdict.findings);
        the_one(&verdict.findings, "identity-mismatch", "pypi", IDENTITY);
    }
    // Whom the policy names may say it.
    let named = policy.replace(
        "workflows = \"release.yml\"",
        "identity = \"mallory@evil.example\"",
    );
    let verdict = told.verdict(&named, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

/// Without a source, whose workflow it is says nothing.
#[test]
fn a_policy_that_does_not_say_who_may_sign_allows_nobody() {
    let policy = PACKAGE
        .replace("source = \"https://github.com/acme/api\"\n", "")
        .replace(
            "kind = \"git-tag\"\n",
            "kind = \"git-tag\"\npath = \"repository\"\n",
        )
        .replace("workflows = \"release.yml\"\n", "");
    let stranger = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    told.wheel("1.2.0", &[&built(&stranger, &[wheel("1.2.0")])]);
    let verdict = told.verdict(&policy, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert_eq!(codes(&verdict), ["nothing-to-compare"]);
}

/// One image with two builds must not stand between two that have none in common.
#[test]
fn three_images_need_one_commit_that_all_of_them_have() {
    let quay = "[channel.quay]\nkind = \"oci\"\nimage = \"quay.io/acme/api\"\ntag = \"{version}\"\n\n[[agree]]";
    let policy = TWO
        .replace("[[agree]]", quay)
        .replace("[\"hub\", \"ghcr\"]", "[\"hub\", \"ghcr\", \"quay\"]");
    let judged = |hub: &str, ghcr: &str, quay: &str| {
        let mut told = Told::default();
        told.observations.push(tag());
        for (channel, digits) in [("hub", hub), ("ghcr", ghcr), ("quay", quay)] {
            let index = digest(channel);
            told.observations.extend(image(channel, index, &[]));
            let of = |digit: char| built(&release("1.2.0", digit), &[index]);
            let bundles: Vec<String> = digits.chars().map(of).collect();
            let bundles: Vec<&String> = bundles.iter().collect();
            told.attach(channel, "1.2.0", &[(index, &bundles)]);
        }
        told.verdict(&policy, "1.2.0")
    };
    let apart = judged("ab", "a", "b");
    let gravity = (Severity::Deny, Level::High, Level::Low);
    the_one(&apart.findings, "commit-mismatch", "quay", gravity);
    for (hub, ghcr, quay) in [("ab", "ab", "b"), ("a", "ab", "a"), ("ab", "a", "a")] {
        let verdict = judged(hub, ghcr, quay);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
}

/// An index may list two images for one platform, and one for none: a runtime may take either.
#[test]
fn a_second_image_for_an_attested_platform_is_held_to_the_same() {
    let platforms = "tag = \"{version}\"\nplatforms = [\"linux/amd64\"]\n\n[channel.ghcr]";
    let policy = TWO.replace("tag = \"{version}\"\n\n[channel.ghcr]", platforms);
    let judged = |second: &str| {
        let mut told = Told::default();
        told.observations.push(tag());
        let of_hub = [("linux/amd64", digest("amd64")), (second, digest("second"))];
        told.observations
            .extend(image("hub", digest("hub"), &of_hub));
        told.observations.extend(image("ghcr", digest("ghcr"), &[]));
        let own = release("1.2.0", 'a');
        let good = built(&own, &[digest("amd64")]);
        let other = built(&own, &[digest("ghcr")]);
        let asked: [(_, &[&String]); 3] = [
            (digest("hub"), &[]),
            (digest("amd64"), &[&good]),
            (digest("second"), &[]),
        ];
        told.attach("hub", "1.2.0", &asked);
        told.attach("ghcr", "1.2.0", &[(digest("ghcr"), &[&other])]);
        told.verdict(&policy, "1.2.0")
    };
    for second in [
        "linux/amd64 (2)",
        "no whole platform",
        "no whole platform (2)",
    ] {
        let verdict = judged(second);
        assert_eq!(codes(&verdict), ["provenance-missing"], "{second}");
        let of = format!("of `{second}`");
        assert!(
            verdict.findings[0].message.contains(&of),
            "{:#?}",
            verdict.findings
        );
    }
    // A platform that nobody here runs does not count.
    let verdict = judged("linux/s390x");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

/// Who uploaded two images does not say that they were built from one commit.
#[test]
fn publish_attestations_do_not_make_a_moved_tag_a_rebuilt_one() {
    let (policy, _) = TWO.split_once("[[agree]]").unwrap();
    let policy = format!(
        "{policy}\n[[provenance]]\nchannels = [\"hub\"]\nkind = \"publish\"\nworkflows = \"release.yml\"\n\
         trusted-root = \"root.json\"\n[environment.production]\nrequires = [\"hub\"]\n"
    );
    let mut told = Told::default();
    told.observations.push(tag());
    for (round, index) in [(SECOND, "before"), (NOW, "now")] {
        let index = digest(index);
        let observations = super::images::image_at(round, "hub", index, &[]);
        told.observations.extend(observations);
        let bundle = published(&release("1.2.0", 'a'), &[index]);
        told.attach_at(round, "hub", "1.2.0", &[(index, &[&bundle])]);
    }
    let question = question(Some("1.2.0"), Some("production"));
    let findings = told.asked(&policy, question, LATER).findings;
    let gravity = (Severity::Deny, Level::High, Level::High);
    the_one(&findings, "image-tag-moved", "hub", gravity);
    none(&findings, "image-rebuilt");
}

/// The index says that the version before was attested: by whom is asked, to see a change.
#[test]
fn who_published_the_version_before_is_asked_where_it_is_attested() {
    let listed = |before: bool| {
        let mut told = Told::packages(&[("1.1.0", 'b'), ("1.2.0", 'a')]);
        let file = |version: &str, attested: bool| {
            format!(
                r#""{version}":{{"files":{{"{version}.whl":{{"digest":"{}","attested":{attested}}}}}}}"#,
                wheel(version)
            )
        };
        let both = [file("1.1.0", before), file("1.2.0", true)].join(",");
        told.observations[1] = listing("pypi", NOW, &both);
        let wanted = told.wanted(PACKAGE, Some("1.2.0"));
        let names = wanted["pypi"].iter().map(|it| it.name.clone());
        names.collect::<Vec<String>>()
    };
    assert_eq!(listed(true), ["1.2.0", "1.1.0"]);
    assert_eq!(listed(false), ["1.2.0"]);
}

#[test]
fn a_bundle_that_no_observation_names_counts_for_nothing() {
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    let right = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    told.wheel("1.2.0", &[]);
    told.bundles
        .insert(lockstep::model::Digest::of(right.as_bytes()), right.clone());
    assert_eq!(
        codes(&told.verdict(PACKAGE, "1.2.0")),
        ["provenance-missing"]
    );
    // Named for another version's file alone it says nothing of this one either.
    told.attach("pypi", "1.2.0", &[(wheel("1.1.0"), &[&right])]);
    assert_eq!(
        codes(&told.verdict(PACKAGE, "1.2.0")),
        ["provenance-missing"]
    );
    // Named by what was asked of another name, it is none of this one's.
    let mut other = Told::packages(&[("1.2.0", 'a')]);
    other.attach("pypi", "1.1.0", &[(wheel("1.2.0"), &[&right])]);
    let verdict = other.verdict(PACKAGE, "1.2.0");
    assert_eq!(
        verdict.outcome,
        Outcome::Indeterminate,
        "{:#?}",
        verdict.findings
    );
}

#[test]
fn every_table_of_a_channel_must_be_met() {
    let second = PACKAGE.split_once("[[provenance]]").unwrap().1;
    let second = second.replace("release.yml", "scan.yml");
    let policy = format!("{PACKAGE}\n[[provenance]]{second}");
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    let right = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    told.wheel("1.2.0", &[&right]);
    let one = told.verdict(&policy, "1.2.0");
    the_one(&one.findings, "identity-mismatch", "pypi", IDENTITY);
    let mut scan = release("1.2.0", 'a');
    for text in [&mut scan.build_config_uri, &mut scan.build_signer_uri] {
        *text = text
            .as_ref()
            .map(|it| it.replace("release.yml", "scan.yml"));
    }
    scan.identity = scan.identity.replace("release.yml", "scan.yml");
    let scanned = built(&scan, &[wheel("1.2.0")]);
    told.wheel("1.2.0", &[&scanned]);
    let both = told.verdict(&policy, "1.2.0");
    assert_eq!(both.outcome, Outcome::Allow, "{:#?}", both.findings);
}

/// `hub` trusts the instance, `ghcr` a key alone; each is signed as the other should be.
#[test]
fn whom_one_table_trusts_another_does_not() {
    let key = Key::p256("release key");
    let split = |policy: &mut Policy| {
        let domain = AUTHORITY.key_domain(&key, Leniency::default());
        let mut second = policy.provenance[0].clone();
        second.trust = vec![domain.id()];
        (second.issuer, second.workflows) = (None, Vec::new());
        for (table, channel) in [(&mut policy.provenance[0], "hub"), (&mut second, "ghcr")] {
            table.channels = vec![channel.parse().unwrap()];
        }
        policy.provenance.push(second);
        policy.trust.push(domain);
    };
    let mut policy = load(TWO);
    split(&mut policy);
    let is_key = |it: &TrustMaterial| matches!(it, TrustMaterial::Key { .. });
    assert!(policy.trust.iter().any(|it| is_key(&it.material)));
    let judged = |by_key: &str| -> Verdict {
        let mut told = Told::default();
        told.observations.push(tag());
        for channel in ["hub", "ghcr"] {
            let index = digest(channel);
            told.observations.extend(image(channel, index, &[]));
            let bundle = match channel == by_key {
                false => built(&release("1.2.0", 'a'), &[index]),
                true => {
                    let source = "https://github.com/acme/api";
                    let predicate = told_by_its_writer(source, "1.2.0", 'a');
                    let text = statement(BUILD, &predicate, &[index]);
                    AUTHORITY.sign_with(&key, &text, &Options::at(SIGNED))
                }
            };
            told.attach(channel, "1.2.0", &[(index, &[&bundle])]);
        }
        let checked = check(told.evidence(LATER), Origin::Asked, &policy.trust).unwrap();
        let question = question(Some("1.2.0"), None);
        evaluate(&policy, &checked, &question, LATER.parse().unwrap()).unwrap()
    };
    let right = judged("ghcr");
    assert_eq!(right.outcome, Outcome::Allow, "{:#?}", right.findings);
    let exchanged = judged("hub");
    assert_eq!(
        codes(&exchanged),
        ["provenance-missing", "provenance-missing"]
    );
}

/// A waiver of what `same-commit` needs names the digest: it excuses that image and no other.
#[test]
fn a_waived_lack_of_provenance_excuses_the_digest_that_it_names_alone() {
    let waived = digest("ghcr");
    let waiver = format!(
        "[[waiver]]\ncode = \"provenance-missing\"\nversion = \"1.2.0\"\ndigests = [\"{waived}\"]\n\
         reason = \"pushed by hand\"\napproved-by = \"jane\"\nexpires = 2029-01-01\n"
    );
    let policy = format!("{TWO}\n{waiver}");
    let judged = |ghcr: lockstep::model::Digest, attested: &[&String]| {
        let mut told = Told::default();
        told.observations.push(tag());
        let hub = built(&release("1.2.0", 'a'), &[digest("hub")]);
        for (channel, index) in [("hub", digest("hub")), ("ghcr", ghcr)] {
            told.observations.extend(image(channel, index, &[]));
        }
        told.attach("hub", "1.2.0", &[(digest("hub"), &[&hub])]);
        told.attach("ghcr", "1.2.0", &[(ghcr, attested)]);
        let question = question(Some("1.2.0"), None);
        told.asked(&policy, question, "2026-03-05T00:00:00Z")
    };
    let verdict = judged(waived, &[]);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    let other = judged(digest("other"), &[]);
    assert_eq!(codes(&other), ["provenance-missing", "waiver-unused"]);
    // It says nothing of one that is attested to another commit.
    let commit = built(&release("1.2.0", 'b'), &[waived]);
    let verdict = judged(waived, &[&commit]);
    assert_eq!(codes(&verdict), ["commit-mismatch", "waiver-unused"]);
}

/// What cannot be asked now was judged with its attestations an hour ago: the same digests may go
/// again, and nothing that was not attested as it should be then.
#[test]
fn what_was_attested_is_approved_again_and_nothing_else() {
    let policy = format!(
        "{PACKAGE}\n[environment.production]\nrequires = [\"pypi\"]\n\
         when-unreachable = {{ last-known-good = \"24h\" }}\n"
    );
    let judged = |signer: Option<Claims>, exchanged: bool| {
        let mut before = Told::packages(&[("1.2.0", 'a')]);
        let bundle = signer.map(|it| built(&it, &[wheel("1.2.0")]));
        before.wheel("1.2.0", &Vec::from_iter(&bundle));
        for observation in &mut before.observations {
            *observation = observation.replace(NOW, "2026-03-04T07:00:00Z");
        }
        let mut told = Told::packages(&[("1.2.0", 'a')]);
        let asked = r#"{"attestations":"1.2.0"}"#;
        told.observations
            .push(failed("pypi", NOW, asked, "timeout"));
        if exchanged {
            let (was, is) = (wheel("1.2.0").to_string(), digest("other").to_string());
            told.observations[1] = told.observations[1].replace(&was, &is);
        }
        told.observations.splice(..0, before.observations);
        told.bundles = before.bundles;
        let question = question(Some("1.2.0"), Some("production"));
        told.asked(&policy, question, "2026-03-04T08:05:00Z")
            .outcome
    };
    let own = || Some(release("1.2.0", 'a'));
    assert_eq!(judged(own(), false), Outcome::Allow);
    assert_ne!(judged(own(), true), Outcome::Allow);
    assert_ne!(judged(Some(release("1.2.0", 'b')), false), Outcome::Allow);
    assert_ne!(judged(None, false), Outcome::Allow);
    let stranger = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
    assert_ne!(judged(Some(stranger), false), Outcome::Allow);
}

/// Before `since` nothing needs to be attested: then nothing says that two images are of one commit.
#[test]
fn same_commit_is_not_held_by_versions_of_which_no_attestation_is_asked_for() {
    let policy = format!("{TWO}since = \"2.0.0\"\n");
    let mut told = Told::default();
    told.observations.push(tag());
    for channel in ["hub", "ghcr"] {
        let index = digest(channel);
        told.observations.extend(image(channel, index, &[]));
    }
    let verdict = told.verdict(&policy, "1.2.0");
    assert_eq!(
        verdict.outcome,
        Outcome::Indeterminate,
        "{:#?}",
        verdict.findings
    );
    assert_eq!(
        codes(&verdict),
        ["nothing-to-compare", "nothing-to-compare"]
    );
    // A table that leaves out one of the two is as little.
    let one = TWO.replace(
        "channels = [\"hub\", \"ghcr\"]\nkind",
        "channels = [\"hub\"]\nsince = \"2.0.0\"\nkind",
    );
    assert_ne!(one, TWO);
    assert_ne!(told.verdict(&one, "1.2.0").outcome, Outcome::Allow);
}
