//! AWS as moto plays it, filled by boto3; for S3 it verifies signatures and permissions with
//! botocore's own code where a test wants that (for Lambda it would refuse boto3's own).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use lockstep::model::{Digest, FailureKind};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;
use serde_json::{Value, json};

use super::asking::{World, failure, found, whole};
use super::peers::{Peer, installed};

/// A server with something in it.
pub(crate) struct Moto {
    pub(crate) peer: Peer,
    /// `role`, and the access key of each user.
    pub(crate) seeded: Value,
}

impl Moto {
    /// Nothing where moto is not installed.
    pub(crate) fn start(mut wanted: Value) -> Option<Self> {
        let program = installed("moto_server")?;
        let python = installed("python")?;
        let program = program.to_str().unwrap();
        // Small pages, so that a few objects fill several.
        let peer = Peer::start(Path::new("env"), |port| {
            let size = "MOTO_S3_DEFAULT_MAX_KEYS=2";
            [size, program, "-H", "127.0.0.1", "-p", port]
                .map(str::to_owned)
                .to_vec()
        });
        wanted["endpoint"] = json!(format!("http://127.0.0.1:{}", peer.port));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/observe/moto_seed.py");
        let mut seeding = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = seeding.stdin.take().unwrap();
        stdin.write_all(wanted.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = seeding.wait_with_output().unwrap();
        assert!(output.status.success());
        let seeded = serde_json::from_slice(&output.stdout).unwrap();
        Some(Self { peer, seeded })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.peer.port)
    }

    /// A world that is signed in as this user.
    fn world(&self, user: &str) -> World {
        let key = |name: &str| self.seeded[user][name].as_str().unwrap();
        self.world_with(key("id"), key("secret"))
    }

    fn world_with(&self, id: &str, secret: &str) -> World {
        let environment = Environment::empty()
            .with("AWS_ENDPOINT_URL", self.endpoint())
            .with("AWS_ACCESS_KEY_ID", id)
            .with("AWS_SECRET_ACCESS_KEY", secret);
        World::with(Limits::default(), environment)
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn object(key: &str, body: &[u8]) -> Value {
    json!({"key": key, "body": base64(body)})
}

const REGION: (&str, &str) = ("region", "eu-west-1");
const DAGS: [(&str, &str); 3] = [
    ("bucket", "acme-dags"),
    REGION,
    ("key", "dags ü+/{name}-{version}.zip"),
];

/// The keys of a channel whose objects are at the root of a bucket.
fn at_root(bucket: &str) -> [(&str, &str); 3] {
    [("bucket", bucket), REGION, ("key", "{name}-{version}.zip")]
}

/// By number: moto answers the question for an alias with 201, where AWS says 200.
const FUNCTION: [(&str, &str); 3] = [("function", "start"), REGION, ("qualifier", "1")];

/// What the tests of S3 ask, which verifies signatures and permissions. Tests that run at the same
/// time share one server; it ends with the last of them.
fn acme() -> Option<Arc<Moto>> {
    static SHARED: Mutex<Weak<Moto>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    if let Some(moto) = shared.upgrade() {
        return Some(moto);
    }
    let bucket = |name: &str, objects: &[Value]| json!({"name": name, "objects": objects});
    let moto = Moto::start(json!({
        "buckets": [
            bucket("acme-dags", &[
                object("dags ü+/x-1.0.zip", b"one"),
                object("dags ü+/x-1.1.zip", b"two"),
                object("dags ü+/readme", b"three"),
                object("elsewhere/x-1.2.zip", b"four"),
            ]),
            bucket("acme-several", &[
                object("x/1.0/dags.zip", b"one"),
                object("x/1.0/plugins.zip", b"two"),
                object("x/1.1/dags.zip", b"three"),
            ]),
            bucket("acme-parts", &[
                json!({"key": "x-1.0.zip", "body": base64(&in_parts()), "parts": true}),
                json!({"key": "x-1.1.zip", "body": base64(b"two"), "checksum": "CRC32"}),
            ]),
            bucket("acme-pages", &[1, 2, 3, 4, 5].map(|n| object(&format!("x-{n}.0.zip"), b""))),
        ],
        "users": {"reader": ["s3:*"], "stranger": ["lambda:*"]},
    }))?;
    let moto = Arc::new(moto);
    *shared = Arc::downgrade(&moto);
    Some(moto)
}

/// Bytes that take two parts.
fn in_parts() -> Vec<u8> {
    vec![7; (5 << 20) + 9]
}

/// A function, and a world in which anybody may do anything.
fn function() -> Option<(Moto, World)> {
    let moto = Moto::start(json!({
        "functions": [{"name": "start", "zip": base64(ZIP), "description": "1.1"}],
    }))?;
    let world = moto.world_with("AKIA1", "any");
    Some((moto, world))
}

/// An empty archive: the record that ends one.
const ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn signed_requests_are_accepted_and_checksums_are_those_of_the_bytes() {
    let Some(moto) = acme() else {
        return;
    };
    let world = moto.world("reader");
    let observations = world.ask_and_look_up("s3", &DAGS, &["1.0", "1.1", "1.2"]);
    let listing = whole(&observations[0]);
    assert_eq!(listing.entries.keys().collect::<Vec<_>>(), ["1.0", "1.1"]);
    assert!(listing.entries["1.1"].published.is_some());
    assert_eq!(found(&observations[1]).digest, Some(Digest::of(b"one")));
    assert_eq!(found(&observations[2]).digest, Some(Digest::of(b"two")));
    assert!(matches!(
        observations[3].answer,
        lockstep::model::Answer::Absent { parent_read } if parent_read == observations[0].id
    ));
    assert_eq!(observations[0].credential, "aws:environment");
}

#[test]
fn a_wrong_secret_is_unauthorized_and_a_missing_permission_forbidden() {
    let Some(moto) = acme() else {
        return;
    };
    let kinds = |world: &World| {
        let observations = world.ask_and_look_up("s3", &DAGS, &["1.0"]);
        let kinds = observations
            .iter()
            .map(|it| failure(it).map(|(kind, _)| kind));
        kinds.collect::<Vec<_>>()
    };
    let forbidden = Some(FailureKind::Forbidden);
    assert_eq!(kinds(&moto.world("stranger")), [forbidden, forbidden]);
    let id = moto.seeded["reader"]["id"].as_str().unwrap();
    let wrong = moto.world_with(id, "no-such-secret");
    assert_eq!(kinds(&wrong)[0], Some(FailureKind::Unauthorized));
}

#[test]
fn a_release_of_several_objects_is_there_when_all_of_them_are_and_absent_when_none_is() {
    let Some(moto) = acme() else {
        return;
    };
    let keys = [
        ("bucket", "acme-several"),
        REGION,
        ("key", "{name}/{version}/dags.zip"),
        ("key", "{name}/{version}/plugins.zip"),
    ];
    let world = moto.world("reader");
    let observations = world.ask_and_look_up("s3", &keys, &["1.0", "1.1", "9.9"]);
    let listing = whole(&observations[0]);
    // A stray object of a release that nobody announced must be seen.
    assert_eq!(listing.entries.keys().collect::<Vec<_>>(), ["1.0", "1.1"]);
    let entry = found(&observations[1]);
    assert_eq!(entry.digest, None);
    assert_eq!(entry.files["dags.zip"].digest, Some(Digest::of(b"one")));
    assert_eq!(entry.files["plugins.zip"].digest, Some(Digest::of(b"two")));
    let (kind, words) = failure(&observations[2]).unwrap();
    assert_eq!(kind, FailureKind::Stale);
    assert!(
        words.contains("`dags.zip` is, `plugins.zip` is not"),
        "{words}"
    );
    let absent = |answer| matches!(answer, &lockstep::model::Answer::Absent { .. });
    assert!(absent(&observations[3].answer));
}

/// The checksum of an object that was uploaded in parts is one over checksums; an ETag is never one.
#[test]
fn a_checksum_that_is_not_of_the_whole_object_is_not_stated_unless_the_object_is_read() {
    let Some(moto) = acme() else {
        return;
    };
    let keys = at_root("acme-parts");
    let world = moto.world("reader");
    let observations = world.ask_and_look_up("s3", &keys, &["1.0", "1.1"]);
    for observation in &observations[1..] {
        let entry = found(observation);
        assert_eq!(entry.digest, None);
        assert!(entry.published.is_some());
    }
    let keys = [&keys[..], &[("download", "true")]].concat();
    let observations = world.ask_and_look_up("s3", &keys, &["1.0", "1.1"]);
    assert_eq!(
        found(&observations[1]).digest,
        Some(Digest::of(&in_parts()))
    );
    assert_eq!(found(&observations[2]).digest, Some(Digest::of(b"two")));
}

#[test]
fn more_objects_than_a_page_holds_are_all_read() {
    let Some(moto) = acme() else {
        return;
    };
    let world = moto.world("reader");
    let observations = world.ask("s3", None, &at_root("acme-pages"));
    assert_eq!(whole(&observations[0]).entries.len(), 5);
    assert_eq!(world.events.statuses(), [200; 3]);
}

#[test]
fn a_web_identity_and_a_role_of_a_profile_sign_with_keys_of_sts() {
    let Some(moto) = Moto::start(json!({
        "buckets": [{"name": "acme-dags", "objects": [object("x-1.0.zip", b"one")]}],
    })) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let token = file("token", "eyJhbGciOiJub25lIn0.e30.\n");
    let role = moto.seeded["role"].as_str().unwrap().to_owned();
    let config = format!(
        "[profile deploy]\nrole_arn = {role}\nsource_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base\n"
    );
    let config = file("config", &config);
    let plain = || Environment::empty().with("AWS_ENDPOINT_URL", moto.endpoint());
    let keys = at_root("acme-dags");
    for (environment, label) in [
        (
            plain()
                .with("AWS_ROLE_ARN", &role)
                .with("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
            "aws:web identity",
        ),
        (
            plain()
                .with("AWS_PROFILE", "deploy")
                .with("AWS_CONFIG_FILE", &config),
            "aws:profile deploy",
        ),
    ] {
        let world = World::with(Limits::default(), environment);
        let observations = world.ask_and_look_up("s3", &keys, &["1.0"]);
        assert_eq!(found(&observations[1]).digest, Some(Digest::of(b"one")));
        assert_eq!(observations[0].credential, label);
        // One question for the keys of both steps.
        assert_eq!(world.events.statuses(), [200; 3]);
    }
}

#[test]
fn what_does_not_exist_is_not_found_and_never_absent() {
    let Some(moto) = acme() else {
        return;
    };
    let world = moto.world("reader");
    let observations = world.ask_and_look_up("s3", &at_root("no-such-bucket"), &["1.0"]);
    for observation in &observations {
        assert_eq!(failure(observation).unwrap().0, FailureKind::NotFound);
    }
}

#[test]
fn a_function_is_the_version_that_its_description_says_with_the_hash_of_its_zip() {
    let Some((_moto, world)) = function() else {
        return;
    };
    let observations = world.ask("lambda", None, &FUNCTION);
    let entry = &whole(&observations[0]).entries["1.1"];
    assert_eq!(entry.digest, Some(Digest::of(ZIP)));
    assert!(entry.published.is_some());
    for keys in [
        [("function", "nobody"), REGION],
        [("function", "start"), ("region", "us-east-1")],
    ] {
        let observations = world.ask("lambda", None, &keys);
        assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::NotFound);
    }
}
