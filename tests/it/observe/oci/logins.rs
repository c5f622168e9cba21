//! Logins: every form that Docker and Podman keep them in, against a real registry that wants one.

use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{FailureKind, Observation};
use lockstep::observe::Environment;
use serde_json::{Value, json};

use super::channel;
use super::pusher::Pusher;
use super::registries::{Demand, PASSWORD, Registry, USER};
use crate::observe::asking::{World, failure, patient, whole};
use crate::observe::secrets::{assert_clean, traces};

/// A registry that wants a password, and a home with Docker's and Podman's folders.
struct Guarded {
    registry: Registry,
    home: tempfile::TempDir,
}

fn guarded() -> Option<Guarded> {
    let registry = Registry::distribution(Demand::Password)?;
    let mut pusher = Pusher::new(registry.port());
    pusher.authorization = Some(format!("Basic {}", encoded()));
    pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
    let home = tempfile::tempdir().unwrap();
    Some(Guarded { registry, home })
}

fn encoded() -> String {
    STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

impl Guarded {
    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.registry.port())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn auths(&self, name: &str, key: &str, login: Value) {
        let mut auths = serde_json::Map::new();
        auths.insert(key.to_owned(), login);
        self.write(name, &json!({ "auths": auths }).to_string());
    }

    /// A helper that runs this shell script; `$server` is what it was asked for.
    fn helper(&self, name: &str, script: &str) {
        let name = format!("bin/docker-credential-{name}");
        self.write(&name, &format!("#!/bin/sh\nread -r server\n{script}\n"));
        let path = self.home.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn environment(&self) -> Environment {
        let home = self.home.path().to_str().unwrap();
        let path = format!("{home}/bin:{}", std::env::var("PATH").unwrap());
        Environment::empty().with("HOME", home).with("PATH", path)
    }

    fn ask_in(&self, environment: Environment) -> Observation {
        let world = World::with(patient(), environment);
        let ask = channel(&self.registry.image("acme/api"));
        let seen = world.ask_many(vec![ask]).remove(0);
        assert_clean(&traces(&world, &seen));
        seen.into_iter().next().unwrap()
    }

    fn opens(&self, why: &str) -> String {
        let seen = self.ask_in(self.environment());
        assert!(failure(&seen).is_none(), "{why}: {seen:?}");
        assert_eq!(whole(&seen).entries.len(), 1, "{why}");
        seen.credential
    }

    fn is_closed(&self) -> String {
        let (kind, words) = failure(&self.ask_in(self.environment())).unwrap();
        assert_eq!(kind, FailureKind::Unauthorized, "{words}");
        words
    }
}

#[test]
fn every_form_of_a_stored_login_opens_the_registry() {
    let Some(guarded) = guarded() else { return };
    let auth = json!({ "auth": encoded() });
    let host = guarded.host();
    for (file, key, login) in [
        (".docker/config.json", host.clone(), auth.clone()),
        (
            ".docker/config.json",
            format!("https://{host}"),
            auth.clone(),
        ),
        (
            ".docker/config.json",
            format!("https://{host}/v2/"),
            auth.clone(),
        ),
        (
            ".docker/config.json",
            host.clone(),
            json!({"username": USER, "password": PASSWORD}),
        ),
        (".docker/config.json", format!("{host}/acme"), auth.clone()),
        (
            ".docker/config.json",
            format!("{host}/acme/api"),
            auth.clone(),
        ),
        (".config/containers/auth.json", host.clone(), auth.clone()),
    ] {
        guarded.auths(file, &key, login);
        assert_eq!(guarded.opens(&key), "docker configuration");
        std::fs::remove_file(guarded.home.path().join(file)).unwrap();
    }
    let text = json!({"auths": {host.clone(): auth.clone()}}).to_string();
    let environment = guarded.environment().with("DOCKER_AUTH_CONFIG", text);
    assert_eq!(whole(&guarded.ask_in(environment)).entries.len(), 1);
    guarded.auths("elsewhere.json", &host, auth);
    let file = guarded.home.path().join("elsewhere.json");
    let environment = guarded.environment();
    let environment = environment.with("REGISTRY_AUTH_FILE", file.to_str().unwrap());
    assert_eq!(whole(&guarded.ask_in(environment)).entries.len(), 1);
}

#[test]
fn another_hosts_login_is_not_sent() {
    let Some(guarded) = guarded() else { return };
    assert!(guarded.is_closed().contains("docker login"));
    let host = guarded.host();
    for other in [
        "127.0.0.1",
        "localhost",
        &format!("{host}0"),
        &format!("{host}/acm"),
    ] {
        guarded.auths(".docker/config.json", other, json!({ "auth": encoded() }));
        assert!(guarded.is_closed().contains("docker login"), "{other}");
    }
}

#[test]
fn a_wrong_or_unreadable_login_is_unknown_and_never_nobody() {
    let Some(guarded) = guarded() else { return };
    let host = guarded.host();
    let wrong = STANDARD.encode("m:wrong");
    guarded.auths(".docker/config.json", &host, json!({ "auth": wrong }));
    guarded.is_closed();
    for broken in ["%%%", "bm9jb2xvbg=="] {
        guarded.auths(".docker/config.json", &host, json!({ "auth": broken }));
        assert!(guarded.is_closed().contains("config.json"));
    }
    guarded.write(".docker/config.json", "{\"auths\": [\"s3cr3t-planted\"]}");
    assert!(guarded.is_closed().contains("line 1"));
}

#[test]
fn a_helper_is_asked_for_its_registry() {
    let Some(guarded) = guarded() else { return };
    let host = guarded.host();
    let answers = format!(
        "[ \"$1 $server\" = 'get {host}' ] && echo '{{\"ServerURL\":\"\",\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'"
    );
    guarded.helper("test", &answers);
    for configuration in [
        json!({"credHelpers": {host.clone(): "test"}}),
        json!({"credsStore": "test", "auths": {host.clone(): {}}}),
        json!({"credsStore": "no-such", "credHelpers": {host.clone(): "test"}}),
    ] {
        guarded.write(".docker/config.json", &configuration.to_string());
        assert_eq!(guarded.opens("helper"), "docker-credential-test");
    }
    // One that has none says so, and what a file holds counts.
    guarded.helper(
        "empty",
        "echo 'credentials not found in native keychain'; exit 1",
    );
    let both = json!({"credsStore": "empty", "auths": {host: {"auth": encoded()}}});
    guarded.write(".docker/config.json", &both.to_string());
    assert_eq!(guarded.opens("file"), "docker configuration");
}

/// What a helper writes may be the secret: none of it is told.
#[test]
fn a_helper_that_does_not_work_is_told_without_its_words() {
    let Some(guarded) = guarded() else { return };
    let helpers = [
        (
            "fails",
            "echo s3cr3t-planted; echo s3cr3t-planted >&2; exit 3",
            "exit code 3",
        ),
        ("nonsense", "echo s3cr3t-planted", "no login"),
        ("hangs", "exec sleep 60", "did not finish"),
        ("floods", "yes s3cr3t-planted", "wrote more than"),
    ];
    for (name, script, words) in helpers {
        guarded.helper(name, script);
        guarded.write(
            ".docker/config.json",
            &json!({ "credsStore": name }).to_string(),
        );
        assert!(guarded.is_closed().contains(words), "{name}");
    }
    for (name, words) in [
        ("no-such", "not in PATH"),
        ("../bin/fails", "no name of a program"),
    ] {
        guarded.write(
            ".docker/config.json",
            &json!({ "credsStore": name }).to_string(),
        );
        assert!(guarded.is_closed().contains(words), "{name}");
    }
}

#[test]
fn a_helper_is_run_once_for_all_the_questions_of_a_round() {
    let Some(guarded) = guarded() else { return };
    let log = guarded.home.path().join("log");
    let logs = format!("echo \"$server\" >> {}", log.display());
    let login = format!("echo '{{\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}'");
    guarded.write(
        ".docker/config.json",
        &json!({ "credsStore": "test" }).to_string(),
    );
    for (rest, opens) in [(login.as_str(), true), ("exit 3", false)] {
        guarded.helper("test", &format!("{logs}\n{rest}"));
        let world = World::with(patient(), guarded.environment());
        let ask = channel(&guarded.registry.image("acme/api"));
        let seen = world.ask_names(&ask, &["1.0", "1.1", "1.2", "1.3"], &[]);
        assert_eq!(failure(&seen[0]).is_none(), opens);
        let runs = std::fs::read_to_string(&log).unwrap();
        assert_eq!(runs, format!("{}\n", guarded.host()));
        std::fs::remove_file(&log).unwrap();
    }
}
