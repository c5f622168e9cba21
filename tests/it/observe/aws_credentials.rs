//! Where credentials of AWS come from: the environment, profiles, programs, containers, machines.

use lockstep::model::{FailureKind, Observation};
use lockstep::observe::Environment;

use super::asking::{World, configure, failure, short, whole};
use super::loopback::{Heard, Loopback, Step, answer};

const FUNCTION: [(&str, &str); 2] = [("function", "x"), ("region", "eu-west-1")];
const CONFIGURATION: &str = r#"{"FunctionName":"x","CodeSha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","LastModified":"2026-03-02T09:20:00.000+0000","Description":"1.0"}"#;

/// The access key that signed a request.
fn signer(heard: &Heard) -> Option<&str> {
    let authorization = heard.header("authorization")?;
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    rest.split('/').next()
}

/// Asks for a function as whoever the environment says, and who that was.
fn as_whom(server: &Loopback, environment: Environment) -> Observation {
    let environment = environment.with("AWS_ENDPOINT_URL", server.url(""));
    let world = World::with(short(), environment);
    world.ask("lambda", None, &FUNCTION).remove(0)
}

const KEYS: &str = r#"{"AccessKeyId":"AKIA2","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;

#[test]
fn a_container_gives_its_keys_for_its_token() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/keys" if heard.header("authorization") == Some("token") => {
            answer("200 OK", &[("etag", "\"1\"")], KEYS.as_bytes())
        }
        "/keys" => answer("401 Unauthorized", &[], b""),
        _ => answer("200 OK", &[], CONFIGURATION.as_bytes()),
    });
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token\n").unwrap();
    let full =
        || Environment::empty().with("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/keys"));
    let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let observation = as_whom(&server, full().with(file, token.to_str().unwrap()));
    whole(&observation);
    assert_eq!(observation.credential, "aws:container");
    let heard = server.heard();
    assert_eq!(signer(heard.last().unwrap()), Some("AKIA2"));
    assert_eq!(
        heard.last().unwrap().header("x-amz-security-token"),
        Some("t")
    );
    // Refused: nobody else is asked in its place.
    let refused = as_whom(&server, full());
    assert_eq!(failure(&refused).unwrap().0, FailureKind::Unauthorized);
}

#[test]
fn a_container_is_asked_only_where_containers_get_keys() {
    let server = Loopback::start(|_| answer("200 OK", &[], CONFIGURATION.as_bytes()));
    for address in [
        "http://keys.example/",
        "http://10.0.0.1/",
        "http://169.254.1.1/",
        "keys",
    ] {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let observation = as_whom(&server, Environment::empty().with(name, address));
        assert_eq!(failure(&observation).unwrap().0, FailureKind::Unsupported);
    }
    let name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    let observation = as_whom(&server, Environment::empty().with(name, "//evil.example/"));
    assert_eq!(failure(&observation).unwrap().0, FailureKind::Unsupported);
    assert_eq!(server.heard().len(), 0);
}

/// The metadata service of an instance, session token and all.
fn instance(heard: &Heard) -> Vec<Step> {
    let folder = "/latest/meta-data/iam/security-credentials/";
    let token = heard.header("x-aws-ec2-metadata-token");
    match (heard.method.as_str(), heard.target.as_str()) {
        ("PUT", "/latest/api/token") => answer("200 OK", &[], b"session"),
        (_, target) if target.starts_with("/latest/") && token != Some("session") => {
            answer("401 Unauthorized", &[], b"")
        }
        (_, target) if target == folder => answer("200 OK", &[], b"deployer"),
        (_, target) if target.strip_prefix(folder) == Some("deployer") => {
            answer("200 OK", &[("etag", "\"1\"")], KEYS.as_bytes())
        }
        _ => answer("200 OK", &[], CONFIGURATION.as_bytes()),
    }
}

const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

#[test]
fn an_instance_gives_the_keys_of_its_role_last_and_past_every_proxy() {
    let server = Loopback::start(instance);
    let plain = || Environment::empty().with(METADATA, server.url(""));
    let observation = as_whom(&server, plain());
    whole(&observation);
    assert_eq!(observation.credential, "aws:instance");
    assert_eq!(signer(server.heard().last().unwrap()), Some("AKIA2"));
    let proxied = plain()
        .with("HTTP_PROXY", "http://127.0.0.1:9")
        .with("NO_PROXY", "no.example");
    let asked = server.heard().len();
    let observation = as_whom(&server, proxied);
    assert_eq!(observation.credential, "aws:instance");
    assert_eq!(server.heard().len(), asked + 3);
    let disabled = as_whom(&server, plain().with("AWS_EC2_METADATA_DISABLED", "TRUE"));
    let (kind, words) = failure(&disabled).unwrap();
    assert_eq!(kind, FailureKind::Unauthorized);
    assert!(words.contains("AWS_PROFILE"), "{words}");
}

#[test]
fn the_environment_goes_before_a_profile_and_that_before_everything_else() {
    let server = Loopback::start(instance);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = file(
        "config",
        "[profile tool]\ncredential_process = sh -c \"echo '{\\\"AccessKeyId\\\":\\\"AKIA4\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}'\"\n[profile sso]\nsso_session = x\n[profile half]\naws_access_key_id = A\n[profile loop]\nrole_arn = a\nsource_profile = pool\n[profile pool]\nrole_arn = a\nsource_profile = loop\n",
    );
    let credentials = file(
        "credentials",
        "[default]\naws_access_key_id = AKIA3\naws_secret_access_key = s\n",
    );
    let files = || {
        Environment::empty()
            .with(METADATA, server.url(""))
            .with("AWS_CONFIG_FILE", &config)
            .with("AWS_SHARED_CREDENTIALS_FILE", &credentials)
    };
    let keys = |environment: Environment| {
        environment
            .with("AWS_ACCESS_KEY_ID", "AKIA1")
            .with("AWS_SECRET_ACCESS_KEY", "s")
    };
    for (environment, label, key) in [
        (keys(files()), "aws:environment", "AKIA1"),
        (files(), "aws:profile default", "AKIA3"),
        (
            files().with("AWS_PROFILE", "tool"),
            "aws:profile tool",
            "AKIA4",
        ),
    ] {
        let observation = as_whom(&server, environment);
        whole(&observation);
        assert_eq!(observation.credential, label);
        assert_eq!(signer(server.heard().last().unwrap()), Some(key));
    }
    let asked = server.heard().len();
    for (profile, words) in [
        ("nobody", "no such profile"),
        ("sso", "export-credentials"),
        ("half", "not whole"),
        ("loop", "more than 5"),
    ] {
        let observation = as_whom(&server, files().with("AWS_PROFILE", profile));
        let (_, found) = failure(&observation).unwrap();
        assert!(
            found.contains(words) && found.contains("aws:profile "),
            "{found}"
        );
    }
    let half = as_whom(&server, files().with("AWS_ACCESS_KEY_ID", "AKIA1"));
    assert!(failure(&half).unwrap().1.contains("AWS_SECRET_ACCESS_KEY"));
    assert_eq!(
        server.heard().len(),
        asked,
        "nobody else is asked in their place"
    );
}

#[test]
fn many_channels_fetch_keys_once() {
    let server = Loopback::start(instance);
    let environment = Environment::empty()
        .with(METADATA, server.url(""))
        .with("AWS_ENDPOINT_URL", server.url(""));
    let world = World::with(short(), environment);
    let asks = (0..8).map(|_| configure("lambda", None, &FUNCTION).unwrap());
    let answers = world.ask_many(asks.collect());
    assert!(
        answers
            .iter()
            .all(|answer| answer[0].credential == "aws:instance")
    );
    assert_eq!(server.heard().len(), 3 + 8);
}
