//! `[[provenance]]`: who may sign, whom to trust, and where that is written.

use lockstep::model::{Commitment, ProvenanceKind, TrustMaterial};
use lockstep::verify::{github, public_good};

use super::valid::SMALL;
use super::{Folder, errors, loaded};

const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwOKDkJU1dcH81REXrP9jgDybiFLg\naOSczTevfoC95czsKml0rWVHcWB7Re3d3mcWmGYhMqYvOlZvmKfJkRaShA==\n-----END PUBLIC KEY-----\n";

fn with(table: &str) -> String {
    format!("{SMALL}\n[[provenance]]\nchannels = [\"pypi\"]\n{table}\n")
}

#[test]
fn on_github_the_issuer_and_both_public_instances_follow_from_the_source() {
    let loaded = loaded(&with("kind = \"publish\"\nworkflows = \"release.yml\""));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let policy = &loaded.components[0].policy;
    let provenance = &policy.provenance[0];
    assert_eq!(
        provenance.issuer.as_deref(),
        Some("https://token.actions.githubusercontent.com")
    );
    assert_eq!(
        (provenance.kind, provenance.commit),
        (ProvenanceKind::Publish, Commitment::Any)
    );
    let both = [public_good().id(), github().id()];
    assert_eq!(provenance.trust, both);
    let trusted: Vec<_> = policy.trust.iter().map(|it| it.id()).collect();
    assert_eq!(trusted, both);
}

#[test]
fn a_policy_that_asks_for_no_attestation_trusts_nobody() {
    assert!(loaded(SMALL).components[0].policy.trust.is_empty());
}

#[test]
fn a_key_is_read_beside_the_policy_and_is_the_only_one_that_counts() {
    let text = with(
        "kind = \"build\"\nkey = \"keys/cosign.pub\"\nbuilder = \"https://ci.acme.example/runner\"",
    );
    let folder = Folder::of(&[("p.toml", &text), ("keys/cosign.pub", KEY)]);
    let loaded = folder.load("p.toml").unwrap();
    let policy = &loaded.components[0].policy;
    let provenance = &policy.provenance[0];
    assert_eq!(provenance.builders, ["https://ci.acme.example/runner"]);
    assert_eq!((&provenance.issuer, provenance.trust.len()), (&None, 1));
    let domain = policy
        .trust
        .iter()
        .find(|it| it.id() == provenance.trust[0]);
    let domain = domain.unwrap();
    assert_eq!(domain.label, "cosign.pub");
    assert!(!domain.leniency.unsafe_no_log);
    assert!(matches!(&domain.material, TrustMaterial::Key { pem, root: Some(_) } if &**pem == KEY));
    // What everybody trusts stays known: a bundle that it signed is sound, and does not count here.
    assert_eq!(policy.trust.len(), 3);
}

#[test]
fn another_key_under_the_same_policy_is_another_policy() {
    let text = with("kind = \"build\"\nkey = \"cosign.pub\"\nunsafe-no-log = true");
    let one = Folder::of(&[("p.toml", &text), ("cosign.pub", KEY)]);
    let other = Folder::of(&[("p.toml", &text), ("cosign.pub", &format!("{KEY}\n"))]);
    let digest = |folder: &Folder| folder.load("p.toml").unwrap().components[0].policy.digest;
    assert_eq!(digest(&one), digest(&one));
    assert_ne!(digest(&one), digest(&other));
}

#[test]
fn a_trusted_root_is_read_beside_the_file_that_names_it() {
    let TrustMaterial::TrustedRoot(root) = public_good().material else {
        panic!("the public instance has a trusted root");
    };
    let below = "[[provenance]]\nchannels = [\"pypi\"]\nkind = \"build\"\n\
                 issuer = \"https://sso.acme.example\"\nidentity = \"ci@acme.example\"\ntrusted-root = \"root.json\"\n";
    let above = SMALL.replace(
        "[component]",
        "[component]\nextends = \"defaults/acme.toml\"",
    );
    let root = format!("{root}\n");
    let folder = Folder::of(&[
        ("p.toml", &above),
        ("defaults/acme.toml", below),
        ("defaults/root.json", &root),
    ]);
    let loaded = folder.load("p.toml").unwrap();
    let policy = &loaded.components[0].policy;
    let provenance = &policy.provenance[0];
    assert_eq!(provenance.identities, ["ci@acme.example"]);
    let named = policy.trust.iter().find(|it| it.label == "root.json");
    assert_eq!(provenance.trust, [named.unwrap().id()]);
}

#[test]
fn files_of_trust_are_inside_the_folder_whole_and_of_their_kind() {
    let of = |table: &str| {
        let text = with(table);
        let private = "-----BEGIN EC PRIVATE KEY-----\n";
        let large = "x".repeat(70_000);
        let files = [
            ("p.toml", text.as_str()),
            ("private.pem", private),
            ("large.pub", &large),
            ("empty.json", "{}"),
            ("cosign.pub", KEY),
        ];
        let all = Folder::of(&files).errors("p.toml");
        let error = |line: &&str| line.starts_with("error");
        all.lines().filter(error).collect::<Vec<_>>().join("\n")
    };
    let build = |more: &str| of(&format!("kind = \"build\"\n{more}"));
    for (more, said) in [
        (
            "key = \"../cosign.pub\"",
            "leads out of the policy's folder",
        ),
        ("key = \"/etc/passwd\"", "leads out of the policy's folder"),
        ("key = \"none.pub\"", "there is no file"),
        ("key = \".\"", "no regular file"),
        ("key = \"private.pem\"", "holds a private key"),
        ("key = \"large.pub\"", "has more than 65536 bytes"),
        ("key = \"empty.json\"", "this cannot be used"),
        ("trusted-root = \"cosign.pub\"", "this cannot be used"),
        ("unsafe-no-log = true", "without `key`"),
        (
            "key = \"cosign.pub\"\nidentity = \"a@b.example\"",
            "`identity` of [[provenance]] beside `key`",
        ),
        ("identity = \"https://github.com/acme/*\"", "is not exact"),
        ("source = \"https://github.com/\"", "names no repository"),
    ] {
        let found = build(more);
        assert!(found.contains(said), "{more}\n{found}");
        assert_eq!(found.lines().count(), 1, "{more}\n{found}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_key_outside_of_the_folder_is_not_followed() {
    let outside = Folder::of(&[("cosign.pub", KEY)]);
    let text = with("kind = \"build\"\nkey = \"cosign.pub\"");
    let folder = Folder::of(&[("p.toml", &text)]);
    std::os::unix::fs::symlink(outside.path("cosign.pub"), folder.path("cosign.pub")).unwrap();
    assert!(folder.errors("p.toml").contains("a link leads out"));
}

#[test]
fn whoever_may_sign_is_named_or_warned_about() {
    let warning = |text: &str| {
        let loaded = loaded(text);
        let first = loaded.warnings.first().map(|it| it.message.clone());
        first.unwrap_or_default()
    };
    assert!(warning(&with("kind = \"build\"")).contains("any workflow of its source"));
    let tag_only = SMALL
        .replace("source = \"https://github.com/acme/api\"\n", "")
        .replace(
            "kind = \"github-release\"",
            "kind = \"git-tag\"\npath = \".\"",
        );
    let table = |more: &str| {
        format!("{tag_only}\n[[provenance]]\nchannels = \"pypi\"\nkind = \"publish\"\n{more}\n")
    };
    assert!(warning(&table("")).contains("does not say who may sign"));
    let issuer = "issuer = \"https://accounts.example.com\"";
    assert!(warning(&table(issuer)).contains("whoever has an account there"));
    assert_eq!(
        warning(&table(&format!("{issuer}\nidentity = \"a@b.example\""))),
        ""
    );
}

#[test]
fn a_workflow_is_one_of_a_source() {
    let tag_only = SMALL
        .replace("source = \"https://github.com/acme/api\"\n", "")
        .replace(
            "kind = \"github-release\"",
            "kind = \"git-tag\"\npath = \".\"",
        );
    let table = "\n[[provenance]]\nchannels = \"pypi\"\nkind = \"build\"\nworkflows = \"a.yml\"\n";
    let text = format!("{tag_only}{table}");
    assert!(errors(&text).contains("anybody can have a workflow of that name"));
    loaded(&format!("{text}source = \"https://github.com/acme/api\"\n"));
}

#[test]
fn an_unknown_key_of_a_table_has_a_suggestion() {
    let text = errors(&with("kind = \"build\"\nidentities = [\"a\"]"));
    assert!(text.contains("did you mean `identity`?"), "{text}");
}
