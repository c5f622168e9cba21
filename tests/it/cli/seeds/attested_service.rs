//! The service of two workflows and two registries (`service.toml`), from its push to its verdict: the
//! images lie in real registries, and so do the attestations, as `lockstep attest` puts them there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::Referrer;
use lockstep::model::Digest;
use lockstep::observe::http::Limits;
use lockstep::observe::oci::Image;

use super::super::{Folder, Ran};
use super::attesting::{BUILD, checked_again, signed, workflow};
use super::{assert_judged, check, example, judged};
use crate::authority::{Authority, Claims};
use crate::observe::asking::{World, runtime};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Heard, Loopback, Step, answer};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};

const REPOSITORY: &str = "acme/api";
const TOKEN: &str = "ghp_0123456789abcdef";
const ECR: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api";
const PRODUCTION: [&str; 2] = ["--environment", "production"];

struct Service {
    folder: Folder,
    github: Github,
    hub: Registry,
    ecr: Registry,
    /// Docker Hub as the check sees it.
    front: Loopback,
    answered: Arc<Mutex<Vec<(Heard, u16)>>>,
    /// Whether Docker Hub gives no answer to questions about attestations.
    fails: Arc<AtomicBool>,
    authority: Authority,
    world: World,
}

/// What was pushed of one release.
struct Images {
    commit: String,
    hub: Digest,
    platforms: [Digest; 2],
    ecr: Digest,
}

/// The registry's own answer.
fn through(port: u16, heard: &Heard) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nconnection: close\r\n",
        heard.method, heard.target
    );
    let headers = heard
        .headers
        .iter()
        .filter(|(name, _)| name != "connection");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    stream.write_all(&heard.body).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    said
}

fn is_about_attestations(target: &str) -> bool {
    target.contains("/referrers/") || target.contains("/manifests/sha256-")
}

impl Service {
    fn new() -> Option<Self> {
        let github = Github::with(&[REPOSITORY]);
        github.state().token(TOKEN, false);
        let hub = Registry::distribution(Demand::Nothing)?;
        let fails = Arc::new(AtomicBool::new(false));
        let answered: Arc<Mutex<Vec<(Heard, u16)>>> = Arc::default();
        let (port, failing, log) = (hub.port(), Arc::clone(&fails), Arc::clone(&answered));
        let front = Loopback::start(move |heard| {
            if failing.load(Ordering::SeqCst) && is_about_attestations(&heard.target) {
                return answer("503 Service Unavailable", &[], b"");
            }
            let said = through(port, heard);
            let status = std::str::from_utf8(&said[9..12]).unwrap().parse().unwrap();
            log.lock().unwrap().push((heard.clone(), status));
            vec![Step::Send(said)]
        });
        let service = Self {
            folder: Folder::new(),
            github,
            hub,
            ecr: Registry::ferro()?,
            front,
            answered,
            fails,
            authority: Authority::new("service"),
            world: World::new(Limits::default()),
        };
        let root = service.authority.trusted_root_json();
        service.folder.file("root.json", root);
        Some(service)
    }

    /// A release of a new commit, and what both workflows push.
    fn release(&self, version: &str) -> Images {
        let tag = format!("v{version}");
        let commit = {
            let mut state = self.github.state();
            // On a Monday at ten in Paris, within the hours of the policy.
            state.release(REPOSITORY, &tag, &[]);
            let repository = state.repository(REPOSITORY);
            repository.resolve(&format!("refs/tags/{tag}")).unwrap()
        };
        let pusher = Pusher::new(self.hub.port());
        let image = |platform| pusher.image(REPOSITORY, None, platform, version);
        let images = [image("linux/amd64"), image("linux/arm64")];
        let index = pusher.index(REPOSITORY, version, &images);
        let (minor, _) = version.rsplit_once('.').unwrap();
        let (major, _) = minor.split_once('.').unwrap();
        for floating in [major, minor, "latest"] {
            pusher.tag(REPOSITORY, floating, &index);
        }
        let again = format!("{version}, built again");
        let ecr = Pusher::new(self.ecr.port()).image("api", Some(version), "linux/amd64", &again);
        Images {
            commit,
            hub: index.digest,
            platforms: images.map(|it| it.digest),
            ecr: ecr.digest,
        }
    }

    fn attest(&self, image: &str, digest: Digest, claims: &Claims) {
        let json = signed(&self.authority, (image, digest), BUILD, claims);
        let referrer = Referrer::new(&Image::read(image).unwrap()).unwrap();
        let (digest, bundle) = (digest.into(), SignedBundle { json });
        let delivered = referrer.deliver(&self.world.client, &digest, &bundle);
        assert!(!runtime().block_on(delivered).unwrap().already);
    }

    /// Attests what lies on Docker Hub.
    fn attest_hub(&self, digest: Digest, claims: &Claims) {
        self.attest(&self.hub.image(REPOSITORY), digest, claims);
    }

    /// Attests what lies on ECR.
    fn attest_ecr(&self, digest: Digest, claims: &Claims) {
        self.attest(&self.ecr.image("api"), digest, claims);
    }

    /// A release that each workflow attests as it should.
    fn attested(&self, version: &str) -> Images {
        let images = self.release(version);
        self.attest_hub(images.hub, &by("release.yml", version, &images.commit));
        self.attest_ecr(images.ecr, &by("ecr.yml", version, &images.commit));
        images
    }

    fn policy(&self) -> String {
        let front = self.front.url("");
        let front = front.strip_prefix("http://").unwrap();
        let since = "since = \"1.5.0\"";
        example(
            "service.toml",
            &[
                (
                    "https://github.com/acme/api",
                    &self.github.source(REPOSITORY),
                ),
                ("docker.io/acme/api", &format!("{front}/{REPOSITORY}")),
                (ECR, &self.ecr.image("api")),
                (
                    since,
                    &format!(
                        "{since}\nsource = \"https://github.com/acme/api\"\ntrusted-root = \"root.json\""
                    ),
                ),
            ],
        )
    }

    fn asked(
        &self,
        more: &[&str],
        check: impl Fn(&Folder, &str, &[&str], &[(&str, &str)]) -> Ran,
    ) -> Ran {
        let host = self.github.host();
        let environment = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", TOKEN)];
        let more = [&PRODUCTION[..], more].concat();
        check(&self.folder, &self.policy(), &more, &environment)
    }

    fn check(&self, version: &str) -> Ran {
        self.asked(&["--version", version], checked_again)
    }
}

fn by(file: &str, version: &str, commit: &str) -> Claims {
    workflow(REPOSITORY, file, &format!("refs/tags/v{version}"), commit)
}

#[test]
fn two_builds_of_one_commit_by_two_workflows_are_allowed() {
    let Some(service) = Service::new() else {
        return;
    };
    let images = service.attested("1.5.0");
    let ran = service.check("1.5.0");
    assert_judged(&ran, 0, &[]);
    let digests = ran.json()["digests"].to_string();
    for digest in [images.hub, images.ecr] {
        assert!(digests.contains(&digest.hex()), "{digests}");
    }
    let limits = ran.json()["limits"].to_string();
    assert!(limits.contains("same-commit"), "{limits}");

    // Each platform's manifest stands for the index.
    let images = service.release("1.5.1");
    for platform in images.platforms {
        service.attest_hub(platform, &by("release.yml", "1.5.1", &images.commit));
    }
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.1", &images.commit));
    assert_judged(&service.check("1.5.1"), 0, &[]);

    // One of them alone does not.
    let images = service.release("1.5.2");
    service.attest_hub(
        images.platforms[0],
        &by("release.yml", "1.5.2", &images.commit),
    );
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.2", &images.commit));
    assert_judged(&service.check("1.5.2"), 1, &["provenance-missing"]);
}

#[test]
fn another_commit_another_signer_and_none_are_told_apart() {
    let Some(service) = Service::new() else {
        return;
    };
    let first = service.attested("1.5.0");
    let images = service.release("1.5.1");
    service.attest_hub(images.hub, &by("release.yml", "1.5.1", &images.commit));
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.1", &first.commit));
    let ran = service.check("1.5.1");
    assert_judged(&ran, 1, &["commit-mismatch"]);
    assert!(
        ran.out.contains(&format!("git:{}", first.commit)),
        "{ran:#?}"
    );

    let images = service.release("1.5.2");
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.2", &images.commit));
    let ran = service.check("1.5.2");
    assert_judged(&ran, 1, &["provenance-lost", "provenance-missing"]);
    assert_eq!(ran.json()["suspicion"], "high");

    let images = service.release("1.5.3");
    let other = by("hotfix.yml", "1.5.3", &images.commit);
    service.attest_hub(images.hub, &other);
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.3", &images.commit));
    assert_judged(&service.check("1.5.3"), 1, &["identity-mismatch"]);

    let images = service.release("1.5.4");
    let fork = workflow(
        "mallory/api",
        "release.yml",
        "refs/tags/v1.5.4",
        &images.commit,
    );
    service.attest_hub(images.hub, &fork);
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.4", &images.commit));
    assert_judged(&service.check("1.5.4"), 1, &["source-mismatch"]);

    // Signed as it should be, by an instance that nobody here trusts.
    let images = service.release("1.5.5");
    let claims = by("release.yml", "1.5.5", &images.commit);
    let stranger = Authority::new("stranger");
    let image = service.hub.image(REPOSITORY);
    let json = signed(&stranger, (&image, images.hub), BUILD, &claims);
    let referrer = Referrer::new(&Image::read(&image).unwrap()).unwrap();
    let (digest, bundle) = (images.hub.into(), SignedBundle { json });
    let delivered = referrer.deliver(&service.world.client, &digest, &bundle);
    runtime().block_on(delivered).unwrap();
    service.attest_ecr(images.ecr, &by("ecr.yml", "1.5.5", &images.commit));
    let (code, codes) = judged(&service.check("1.5.5"));
    assert_eq!(code, Some(1));
    assert!(
        codes.contains(&"provenance-invalid".to_owned()),
        "{codes:?}"
    );
}

#[test]
fn a_registry_that_gives_no_answer_about_attestations_has_not_said_that_there_are_none() {
    let Some(service) = Service::new() else {
        return;
    };
    service.attested("1.5.0");
    service.fails.store(true, Ordering::SeqCst);
    assert_judged(&service.check("1.5.0"), 3, &["channel-unreachable"]);
    service.fails.store(false, Ordering::SeqCst);
    assert_judged(&service.check("1.5.0"), 0, &[]);
}

/// Of four releases the newest is judged, and the one before it is looked at for what was lost.
#[test]
fn only_the_releases_in_question_are_asked_about_and_the_second_time_only_what_changed() {
    let Some(service) = Service::new() else {
        return;
    };
    let all = ["1.4.2", "1.5.0", "1.5.1", "1.5.2"].map(|it| service.attested(it));
    let run = || {
        service.answered.lock().unwrap().clear();
        let ran = service.asked(&[], check);
        assert_judged(&ran, 0, &[]);
        let answered = service.answered.lock().unwrap().clone();
        let about = |(heard, _): &&(Heard, u16)| is_about_attestations(&heard.target);
        let asked: Vec<(Heard, u16)> = answered.iter().filter(about).cloned().collect();
        let of = |images: &Images| {
            let hex = images.hub.hex();
            asked
                .iter()
                .filter(|(heard, _)| heard.target.contains(&hex))
                .count()
        };
        assert_eq!(all[..2].iter().map(of).sum::<usize>(), 0);
        // Referrers, the tag that stands for them, and cosign's two.
        assert_eq!((of(&all[2]), of(&all[3])), (4, 4));
        answered
    };
    run();
    let second = run();
    let costly = second
        .iter()
        .filter(|(heard, status)| heard.method == "GET" && *status == 200)
        .map(|(heard, _)| heard.target.clone());
    let costly: Vec<String> = costly
        .filter(|it| it.contains("/manifests/") || it.contains("/blobs/"))
        .collect();
    assert!(costly.is_empty(), "{costly:#?}");
}
