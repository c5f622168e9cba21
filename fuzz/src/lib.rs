//! What each fuzz target holds of every input. The tests of the package play the seeds in `corpus`
//! through the same functions.

use std::io::Write;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::ci::{Provenance, Stated};
use lockstep::model::version::{Naming, Plus, Reading, Scheme, Template, Version, compare};
use lockstep::model::{
    Digest, Evidence, STATEMENT_PAYLOAD_TYPE, Statement, Time, TrustDomain, TrustMaterial,
    canonical_json,
};
use lockstep::observe::Environment;
use lockstep::observe::discover::{Clue, Clues, Origin, Says, publishing_steps};
use lockstep::observe::files::parse_checksums;
use lockstep::observe::git_tag::{Packets, parse_advertisement, parse_ls_refs};
use lockstep::observe::github_release::parse_releases;
use lockstep::observe::http::{HeaderMap, HeaderValue, next_page};
use lockstep::observe::manifest::{Declared, Format, declared_by_key};
use lockstep::observe::npm::parse_packument;
use lockstep::observe::oci::{Manifest, parse_challenges, parse_configuration, parse_manifest};
use lockstep::observe::pypi::{
    normalised_name, parse_project_json, parse_simple_html, parse_simple_json, version_of_file,
};
use lockstep::policy::guess::{Occasion, guess};
use lockstep::policy::load_text;
use lockstep::verify::{
    Expectations, Matching, Origin as EvidenceOrigin, RepositoryAddress, UnverifiedBundle,
    UnverifiedContents, UnverifiedDocument, UnverifiedSigner, Verifier, VersionedTag, Workflow,
    check, public_good, read_all,
};

/// Text for people holds no character that steers a terminal, but line breaks.
fn is_showable(text: &str) -> bool {
    let hidden =
        |it: char| (it.is_control() && it != '\n') || ('\u{202a}'..='\u{202e}').contains(&it);
    !text.chars().any(hidden)
}

/// A policy file gives a policy, or errors that can be shown.
pub fn policy(data: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("it can be written");
    match lockstep::policy::load(file.path(), &lockstep::decide::codes()) {
        Ok(loaded) => {
            assert!(!loaded.components.is_empty());
            for item in &loaded.components {
                let policy = &item.policy;
                assert!(policy.channel(&policy.announced_by).is_some());
                assert!(!policy.lines.is_empty());
            }
        }
        Err(errors) => {
            let shown = errors.render(false);
            assert!(!shown.trim().is_empty());
            assert!(is_showable(&shown), "{shown:?}");
            assert!(!errors.render(true).is_empty());
        }
    }
}

/// Evidence reads back to itself, or its error has a line of the file.
pub fn evidence(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Evidence::read_all(text) {
        Err(error) => {
            assert!(
                (1..=text.split('\n').count()).contains(&error.line),
                "{error}"
            );
            assert!(is_showable(&error.to_string()), "{error:?}");
        }
        Ok(documents) => {
            for document in documents {
                let bytes = canonical_json(&document).expect("it is JSON");
                let again = String::from_utf8(bytes).expect("it is text");
                let again = Evidence::read_all(&again).expect("what was written can be read");
                assert_eq!(again.as_slice(), std::slice::from_ref(&document));
                let _ = check(document, EvidenceOrigin::UnsignedFile, &[])
                    .map_err(|fault| fault.to_string());
            }
        }
    }
}

/// The lines of the input: a template, a component, a version, a name. What is rendered is read
/// back; comparing is symmetrical.
pub fn templates(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (template, component, version, name) = (next(), next(), next(), next());
    for scheme in Scheme::ALL {
        let there = compare(version, name, scheme);
        let back = compare(name, version, scheme);
        assert_eq!(there.comparison.as_str(), back.comparison.as_str());
        assert!(is_showable(&there.reason), "{:?}", there.reason);
    }
    let _ = Template::floating(template).map_err(|error| error.to_string());
    if let Ok(file) = Template::file(template) {
        let _ = file.read(component, name);
    }
    let Ok(template) = template.parse::<Template>() else {
        return;
    };
    assert_eq!(
        template.to_string().parse::<Template>().ok().as_ref(),
        Some(&template)
    );
    for scheme in Scheme::ALL {
        for oci_tags in [false, true] {
            let naming = Naming::new(
                scheme,
                scheme,
                component,
                vec![template.clone()],
                Plus::Underscore,
                vec!["alpine".to_owned()],
                Vec::new(),
                oci_tags,
            );
            let _ = naming.read(name);
            let Ok(version) = Version::parse(version, scheme) else {
                continue;
            };
            for exact in naming.exact(&version).into_iter().flatten() {
                if let Reading::Release {
                    version: read,
                    variant: None,
                } = naming.read(&exact)
                {
                    let same = read.key() == version.key();
                    // Of an image tag `_` and `+` are one; a template can hide where a version ends.
                    assert!(
                        same || oci_tags || scheme == Scheme::Opaque,
                        "{exact:?}: {read:?}"
                    );
                }
            }
        }
    }
}

/// A page in HTML gives files with names, or a failure that can be shown.
pub fn simple_html(data: &[u8]) {
    let url = url::Url::parse("https://index.example/simple/acme-api/").expect("an address");
    match parse_simple_html(data, &url, "acme-api") {
        Ok(page) => {
            for file in &page.files {
                let _ = version_of_file("acme-api", &file.filename);
            }
        }
        Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
    }
}

/// A page in JSON likewise; it is given to both readers of JSON.
pub fn simple_json(data: &[u8]) {
    match parse_simple_json(data) {
        Ok(page) => {
            for file in &page.files {
                let _ = version_of_file("acme-api", &file.filename);
            }
            let _ = page.name.as_deref().map(normalised_name);
        }
        Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
    }
    if let Err(failure) = parse_project_json(data) {
        assert!(is_showable(&failure.detail), "{failure:?}");
    }
}

/// Packets end, and an answer gives tags or a failure that can be shown.
pub fn pkt_line(data: &[u8]) {
    let count = Packets::new(data).count();
    assert!(count <= data.len() / 4 + 1, "{count} packets");
    for failure in [parse_advertisement(data).err(), parse_ls_refs(data).err()]
        .into_iter()
        .flatten()
    {
        assert!(is_showable(&failure.detail), "{failure:?}");
    }
}

/// A `Link` names a page that stands in it, or a failure that can be shown.
fn link(field: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(field) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("link", value);
    match next_page(&headers) {
        Ok(target) => {
            let text = String::from_utf8_lossy(field);
            assert!(target.is_none_or(|it| text.contains(&it)));
        }
        Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
    }
}

/// The first line as a `Link`, the rest as a page of releases: the next page or a failure, entries
/// or a failure. A draft has no time of publication.
pub fn github_releases(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (link_field, page) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    link(link_field);
    match parse_releases(page) {
        Ok(listing) => {
            for entry in listing.entries.values() {
                assert!(!(entry.draft && entry.published.is_some()));
                assert!(entry.commit.is_none());
            }
            assert!(listing.unnamed.iter().all(|thing| is_showable(thing)));
        }
        Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
    }
}

/// A manifest in any format gives a version of some length or words that can be shown; a list of
/// checksums has names, and a packument likewise.
pub fn declared(data: &[u8]) {
    for failure in [parse_checksums(data).err(), parse_packument(data).err()]
        .into_iter()
        .flatten()
    {
        assert!(is_showable(&failure.detail), "{failure:?}");
    }
    if let Ok(checksums) = parse_checksums(data) {
        assert!(!checksums.is_empty() && !checksums.contains_key(""));
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for format in [Format::Toml, Format::Json, Format::Yaml, Format::Ini] {
        let key = ["project".to_owned(), "version".to_owned()];
        match declared_by_key(text, format, &key) {
            Ok(Declared::Version(version)) => assert!(!version.trim().is_empty()),
            Ok(Declared::Elsewhere) => {}
            Err(words) => assert!(is_showable(&words), "{words:?}"),
        }
    }
}

/// What a registry sends: documents give platforms with names that can be shown, or a failure that
/// can be; header fields end, and give no more than they hold.
pub fn registry(data: &[u8]) {
    let types = [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];
    let read = types.map(|media_type| parse_manifest(data, media_type));
    // No document is an index to one client and an image to another.
    let indexes = read
        .iter()
        .filter(|it| matches!(it, Ok(Manifest::Index(_))));
    let others = read
        .iter()
        .filter(|it| matches!(it, Ok(Manifest::Image(_) | Manifest::Artifact)));
    assert!(indexes.count() == 0 || others.count() == 0);
    for read in read {
        match read {
            Ok(Manifest::Index(platforms)) => assert!(platforms.keys().all(|it| is_showable(it))),
            Ok(_) => {}
            Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
        }
    }
    match parse_configuration(data) {
        Ok(platform) => assert!(platform.is_none_or(|it| is_showable(&it))),
        Err(failure) => assert!(is_showable(&failure.detail), "{failure:?}"),
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for challenge in parse_challenges(text) {
        let realm = challenge.parameter("realm").unwrap_or_default();
        assert!(realm.len() <= text.len() && challenge.scheme.len() <= text.len() * 3);
    }
    for line in text.lines() {
        link(line.as_bytes());
    }
}

/// A workflow gives a policy that loads, in which nothing that a stranger wrote ends a comment.
pub fn workflow(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let steps = match publishing_steps(".github/workflows/x.yml", text) {
        Ok(steps) => steps,
        Err(why) => return assert!(is_showable(&why), "{why:?}"),
    };
    let source = url::Url::parse("https://github.com/acme/api").expect("an address");
    let given = |says| Clue {
        says,
        why: "given".to_owned(),
        origin: Origin::User,
        withheld: None,
    };
    let mut clues = Clues::default();
    clues.clues.push(given(Says::Source(source)));
    clues.clues.extend(steps);
    let codes = lockstep::decide::codes();
    let occasion = Occasion {
        about: "a workflow",
        local: None,
        codes: &codes,
    };
    let guessed = guess(&clues, occasion).expect("a name and a source are enough");
    assert!(is_showable(&guessed.text), "{}", guessed.text);
    assert!(
        guessed.reasons.iter().all(|it| is_showable(it)),
        "{:?}",
        guessed.reasons
    );
    let loaded = load_text("x".as_ref(), guessed.text, &codes).expect("what is guessed loads");
    assert_eq!(loaded.components.len(), 1);
    assert_eq!(loaded.components[0].policy.component.name.as_str(), "api");
}

/// A document of bundles in any format: what is read can be shown, is what it was when its own
/// bytes are read again, and, as nobody signed it, proves nothing but for the seeds.
pub fn bundles(data: &[u8]) {
    let found = match read_all(data) {
        Ok(found) => found,
        Err(error) => {
            assert!(is_showable(&error.message), "{error:?}");
            return;
        }
    };
    assert!(!found.is_empty());
    for document in found {
        match document {
            Ok(document) => {
                let contents = document.contents();
                let errors = [contents.statement_error, contents.build_error];
                for error in errors.iter().flatten() {
                    assert!(is_showable(error), "{error:?}");
                }
            }
            Err(error) => assert!(is_showable(&error.message), "{error:?}"),
        }
    }
}

/// A payload type and a payload, with a line between for the key or the certificate: as an envelope
/// that stands alone it is one document, whose statement is the payload's and which proves nothing.
pub fn dsse(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (kind, signer, payload) = (next(), next(), next());
    let (Ok(kind), Ok(signer)) = (std::str::from_utf8(kind), std::str::from_utf8(signer)) else {
        return;
    };
    let mut signature = serde_json::json!({"sig": STANDARD.encode(b"signature")});
    let field = match signer.starts_with("-----") {
        true => "cert",
        false => "keyid",
    };
    signature[field] = signer.into();
    let envelope = serde_json::json!({
        "payloadType": kind, "payload": STANDARD.encode(payload), "signatures": [signature],
    });
    let document = match read_all(envelope.to_string().as_bytes()).as_deref() {
        Ok([Ok(document)]) => document.clone(),
        Ok([Err(error)]) => return assert!(is_showable(&error.message), "{error:?}"),
        other => panic!("one envelope is one document: {other:?}"),
    };
    assert_eq!(document.format, "DSSE envelope");
    let contents = document.contents();
    let read = Statement::read(payload).ok();
    let is_statement = kind == STATEMENT_PAYLOAD_TYPE && read.is_some();
    assert_eq!(contents.statement.is_some(), is_statement);
    if let (Some(there), Some(read)) = (contents.statement, read) {
        assert_eq!(there.subject, read.subject);
        assert_eq!(there.predicate_type, read.predicate_type);
    }
    proves_nothing(&document);
}

/// Nobody signed it: whatever it claims, it is not verified, and the error can be shown.
fn proves_nothing(document: &UnverifiedDocument) {
    static PUBLIC_GOOD: LazyLock<Verifier> =
        LazyLock::new(|| Verifier::new(&public_good()).expect("the root that is carried"));
    let artifact = Digest::of(b"an artifact");
    let statement = document.contents().statement;
    let subjects = statement.iter().flat_map(|it| &it.subject);
    let named = subjects.filter_map(|it| {
        let hex = it.digest.get("sha256")?;
        format!("sha256:{hex}").parse::<Digest>().ok()
    });
    for artifact in named.take(1).chain([artifact]) {
        match document.verify(
            &PUBLIC_GOOD,
            &artifact.into(),
            Time::from_unix_seconds(1_750_000_000),
        ) {
            Ok(verified) => panic!("nobody signed {verified:?}"),
            Err(error) => assert!(is_showable(&error.to_string()), "{error:?}"),
        }
    }
}

/// An attestation object of PEP 740, or lines from which one is made (log entries, certificate in
/// base64, statement): alone and in an index's answer it claims the same.
pub fn pep_740(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let made;
    let text = match text.starts_with('{') {
        true => text,
        false => {
            let mut lines = text.splitn(3, '\n');
            let mut next = || lines.next().unwrap_or_default();
            let (entries, certificate, statement) = (next(), next(), next());
            let entries: serde_json::Value = serde_json::from_str(entries).unwrap_or_default();
            made = serde_json::json!({
                "version": 1,
                "verification_material": {
                    "certificate": certificate, "transparency_entries": entries,
                },
                "envelope": {
                    "statement": STANDARD.encode(statement), "signature": STANDARD.encode("no"),
                },
            })
            .to_string();
            &made
        }
    };
    let alone = match read_all(text.as_bytes()) {
        Ok(found) => found,
        Err(error) => return assert!(is_showable(&error.message), "{error:?}"),
    };
    let [Ok(alone)] = alone.as_slice() else {
        return;
    };
    let contents = alone.contents();
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let is_answer = !value["attestation_bundles"].is_null();
    if contents.format != "PEP 740 attestation" || is_answer {
        return;
    }
    let answer = format!("{{\"attestation_bundles\":[{{\"attestations\":[{text}]}}]}}");
    // An answer is deeper, and may be too deep.
    let Ok(answered) = read_all(answer.as_bytes()) else {
        return;
    };
    let [Ok(answered)] = answered.as_slice() else {
        panic!("{answered:?}");
    };
    let answered = answered.contents();
    let said = |it: &UnverifiedContents| {
        let entries = serde_json::to_string(&it.log_entries).expect("it is JSON");
        let signer = serde_json::to_string(&it.signer).expect("it is JSON");
        let statement = serde_json::to_string(&it.statement).expect("it is JSON");
        (entries, signer, statement)
    };
    assert_eq!(said(&answered), said(&contents));
}

/// A certificate in DER gives claims, which can be compared and written, or words that can be
/// shown; what it is said to have signed is not verified.
pub fn certificate(data: &[u8]) {
    let statement = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://docs.pypi.org/attestations/publish/v1","predicate":null}"#;
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(data)
    );
    let envelope = serde_json::json!({
        "payloadType": STATEMENT_PAYLOAD_TYPE, "payload": STANDARD.encode(statement),
        "signatures": [{"sig": STANDARD.encode(b"signature"), "cert": pem}],
    });
    let found = read_all(envelope.to_string().as_bytes()).expect("an envelope is read");
    let document = match found.as_slice() {
        [Ok(document)] => document,
        [Err(error)] => return assert!(is_showable(&error.message), "{error:?}"),
        other => panic!("one envelope is one document: {other:?}"),
    };
    match document.contents().signer {
        UnverifiedSigner::Certificate { claims, .. } => {
            if let Some(claims) = claims {
                assert!(serde_json::to_string(&claims).is_ok());
                let exactly = Matching::Exact(claims.identity.clone());
                assert!(exactly.matches(&claims.identity));
                let _ = claims
                    .source_repository
                    .map(|it| it.parse::<RepositoryAddress>());
            }
        }
        UnverifiedSigner::Unreadable(why) => assert!(is_showable(&why), "{why:?}"),
        UnverifiedSigner::Key { hint } => panic!("a certificate is no key: {hint}"),
    }
    proves_nothing(document);
    stands_for_no_other(data);
}

/// In the place of the certificate that signed it verifies nothing, unless it is that certificate.
fn stands_for_no_other(certificate: &[u8]) {
    static PUBLIC_GOOD: LazyLock<Verifier> =
        LazyLock::new(|| Verifier::new(&public_good()).expect("the root that is carried"));
    static SIGNED: LazyLock<serde_json::Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!(
            "../../fixtures/attestations/gitlab_oidc_project-0.0.3.tar.gz.publish.attestation"
        ))
        .expect("it is JSON")
    });
    let place = "/verification_material/certificate";
    let mut attestation = SIGNED.clone();
    let encoded = serde_json::Value::String(STANDARD.encode(certificate));
    let original = attestation
        .pointer_mut(place)
        .map(|it| std::mem::replace(it, encoded.clone()));
    let Ok(bundle) = UnverifiedBundle::read(attestation.to_string().as_bytes()) else {
        return;
    };
    let verified = PUBLIC_GOOD.verify_statement(&bundle, Time::from_unix_seconds(1_790_000_000));
    assert_eq!(verified.is_ok(), original == Some(encoded), "{verified:?}");
    if let Err(error) = verified {
        assert!(is_showable(&error.to_string()), "{error:?}");
    }
}

/// A statement reads back to itself, or its error can be shown.
pub fn statement(data: &[u8]) {
    match Statement::read(data) {
        Err(error) => assert!(is_showable(&error.to_string()), "{error:?}"),
        Ok(statement) => {
            assert!(!statement.subject.is_empty());
            // A predicate's numbers may be larger than any that is written canonically.
            if let Ok(again) = canonical_json(&statement) {
                let again = Statement::read(&again).expect("what was written can be read");
                assert_eq!(again.subject, statement.subject);
                assert_eq!(again.predicate_type, statement.predicate_type);
            }
        }
    }
}

/// A trusted root gives a verifier, or an error that can be shown.
pub fn trusted_root(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let domain = TrustDomain {
        material: TrustMaterial::TrustedRoot(text.into()),
        ..public_good()
    };
    if let Err(error) = Verifier::new(&domain) {
        assert!(is_showable(&error.to_string()), "{error:?}");
    }
}

/// The lines of the input as what a certificate claims and somebody expects: an address and a
/// workflow are written one way, a pattern matches whole texts.
pub fn claims(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for line in text.split('\n') {
        if let Ok(address) = line.parse::<RepositoryAddress>() {
            let again: RepositoryAddress = address.as_str().parse().expect("it reads back");
            assert_eq!(again, address);
        }
        if let Ok(workflow) = line.parse::<Workflow>() {
            let again: Workflow = workflow.to_string().parse().expect("it reads back");
            assert_eq!(again, workflow);
        }
        if let Ok(tag) = line.parse::<VersionedTag>() {
            assert_eq!(tag.to_string(), line);
        }
        match Matching::pattern(line) {
            Ok(pattern) => {
                let _ = pattern.matches(text);
                let _ = Expectations {
                    identity: Some(pattern),
                    ..Expectations::default()
                };
            }
            Err(error) => assert!(is_showable(&error.to_string()), "{error:?}"),
        }
    }
}

/// Lines `NAME=value` are the environment of a CI system: provenance that says who built from a
/// commit, or an error that can be shown; no user information of an address either way. A name of
/// git may hold an `@`, but no colon before it.
pub fn ci_environment(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let lines = text.split('\n').filter_map(|line| line.split_once('='));
    let environment = lines.fold(Environment::empty(), |environment, (name, value)| {
        environment.with(name, value)
    });
    match Provenance::of_environment(&environment, None, &Stated::default()) {
        Err(error) => assert!(is_showable(&error.to_string()), "{error:?}"),
        Ok(provenance) => {
            assert!(provenance.builder().is_some());
            assert!(provenance.commit().is_some_and(|commit| commit.len() >= 40));
            let predicate = provenance.predicate().expect("it is JSON");
            let text = predicate.value.get();
            assert!(is_showable(text), "{text:?}");
            for user in [":S3CRET@", "//S3CRET@"] {
                assert!(!text.contains(user), "{text}");
            }
            let again: Provenance = serde_json::from_str(text).expect("it is provenance");
            assert_eq!(again, provenance);
        }
    }
}
