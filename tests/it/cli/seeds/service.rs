//! Services: one whose images come from two workflows into two registries, and one that Flux deploys.
//! Nothing here is attested, and both policies want provenance from a later version on: what only an
//! attestation could show to agree is not allowed, and what is wrong is denied all the same. With
//! provenance: `attested_service`.

use super::super::{Folder, Ran};
use super::{assert_judged, check, example, git, judged, without};
use crate::observe::github_fake::Github;
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};

const REPOSITORY: &str = "acme/api";
const TOKEN: &str = "ghp_0123456789abcdef";
const ECR: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api";

/// GitHub, Docker Hub and ECR.
struct Service {
    folder: Folder,
    github: Github,
    hub: Registry,
    ecr: Registry,
}

impl Service {
    fn new() -> Option<Self> {
        let github = Github::with(&[REPOSITORY]);
        github.state().token(TOKEN, false);
        Some(Self {
            folder: Folder::new(),
            github,
            hub: Registry::distribution(Demand::Nothing)?,
            ecr: Registry::ferro()?,
        })
    }

    fn release(&self, tag: &str) {
        // On a Monday at ten in Paris, within the hours of the policy.
        self.github.state().release(REPOSITORY, tag, &[]);
    }

    /// What the workflow for Docker Hub pushes.
    fn push_to_hub(&self, version: &str) {
        let pusher = Pusher::new(self.hub.port());
        let image = |platform| pusher.image(REPOSITORY, None, platform, version);
        let images = [image("linux/amd64"), image("linux/arm64")];
        let index = pusher.index(REPOSITORY, version, &images);
        let (minor, _) = version.rsplit_once('.').unwrap();
        let (major, _) = minor.split_once('.').unwrap();
        for floating in [major, minor, "latest"] {
            pusher.tag(REPOSITORY, floating, &index);
        }
        let alpine = format!("{version}-alpine");
        pusher.image(REPOSITORY, Some(&alpine), "linux/amd64", &alpine);
    }

    /// What the workflow for ECR builds again and pushes.
    fn push_to_ecr(&self, version: &str) {
        let pusher = Pusher::new(self.ecr.port());
        let again = format!("{version}, built again");
        pusher.image("api", Some(version), "linux/amd64", &again);
    }

    fn policy(&self) -> String {
        example(
            "service.toml",
            &[
                (
                    "https://github.com/acme/api",
                    &self.github.source(REPOSITORY),
                ),
                ("docker.io/acme/api", &self.hub.image(REPOSITORY)),
                (ECR, &self.ecr.image("api")),
            ],
        )
    }

    fn check(&self, policy: &str) -> Ran {
        let host = self.github.host();
        let environment = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", TOKEN)];
        let production = ["--environment", "production"];
        check(&self.folder, policy, &production, &environment)
    }
}

#[test]
fn what_two_workflows_built_is_not_allowed_before_both_are_known_to_be_of_one_commit() {
    let Some(service) = Service::new() else {
        return;
    };
    // The project dropped the `v` over the years.
    service.release("v1.4.1");
    service.release("1.4.2");
    for version in ["1.4.1", "1.4.2"] {
        service.push_to_hub(version);
        service.push_to_ecr(version);
    }
    let ran = service.check(&service.policy());
    assert_judged(&ran, 3, &["nothing-to-compare"]);
    assert!(ran.out.contains("attested"), "{ran:#?}");
    // Without the step down the two builds are what they are: two images.
    let strict = without(&service.policy(), "[[agree]]");
    let strict = without(&strict, "[[provenance]]");
    assert_judged(&service.check(&strict), 1, &["image-digest-mismatch"]);
}

#[test]
fn a_second_workflow_that_never_ran_is_denied() {
    let Some(service) = Service::new() else {
        return;
    };
    service.release("v1.4.2");
    service.push_to_hub("1.4.2");
    service.push_to_ecr("1.4.1");
    let ran = service.check(&service.policy());
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let (_, codes) = judged(&ran);
    assert!(codes.contains(&"version-missing".to_owned()), "{ran:#?}");
}

#[test]
fn a_release_and_its_chart_stand_beside_development_builds() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let folder = Folder::new();
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["commit", "-q", "--allow-empty", "-m", "1.4.2"]);
    git(&folder, &["tag", "v1.4.2"]);
    let pusher = Pusher::new(registry.port());
    for tag in ["main-fa25b2ea-1674061254", "1.4.2"] {
        pusher.image("acme/orders", Some(tag), "linux/amd64", tag);
    }
    pusher.chart("acme/charts/orders", "1.4.2");
    let tag = "kind = \"git-tag\"";
    let policy = example(
        "flux-service.toml",
        &[
            // A host without a store of attestations: only the registry is asked.
            ("https://github.com/acme", "https://git.acme.example/acme"),
            (tag, &format!("{tag}\npath = \"repository\"")),
            ("ghcr.io/acme/orders", &registry.image("acme/orders")),
            (
                "ghcr.io/acme/charts/orders",
                &registry.image("acme/charts/orders"),
            ),
        ],
    );
    let production = ["--environment", "production"];
    // Image and chart are two artifacts: only their commit, which must be attested, can be one.
    let ran = check(&folder, &policy, &production, &[]);
    assert_judged(&ran, 1, &["provenance-missing"]);
    // A chart that nobody announced, with the `+` that a tag cannot hold, is denied.
    pusher.chart("acme/charts/orders", "1.4.3_b4");
    let ran = check(&folder, &policy, &production, &[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let (_, codes) = judged(&ran);
    assert!(
        codes.contains(&"version-unannounced".to_owned()),
        "{ran:#?}"
    );
    assert!(ran.out.contains("1.4.3+b4") || ran.out.contains("1.4.3_b4"));
}
