//! What names a channel gives, and which releases share one.

use super::*;

fn version(text: &str, scheme: Scheme) -> Version {
    Version::parse(text, scheme).unwrap()
}

fn naming(line: Scheme, channel: Scheme, templates: &[&str], plus: Plus, oci: bool) -> Naming {
    let templates = templates.iter().map(|text| text.parse().unwrap()).collect();
    let variants = vec!["alpine".to_owned()];
    let floating = ["{major}.{minor}", "{major}", "latest"]
        .map(|text| Template::floating(text).unwrap())
        .to_vec();
    Naming::new(
        line, channel, "api", templates, plus, variants, floating, oci,
    )
}

#[test]
fn every_template_gives_a_name_in_its_order() {
    let (semver, plus) = (Scheme::Semver, Plus::Reject);
    let tags = naming(
        semver,
        semver,
        &["v{version}", "{version}", "v{version}"],
        plus,
        false,
    );
    let names = tags.exact(&version("1.2.3+b", semver)).unwrap();
    assert_eq!(names, ["v1.2.3+b", "1.2.3+b"]);
}

#[test]
fn another_scheme_gets_its_normal_text_and_key() {
    let pypi = naming(
        Scheme::Semver,
        Scheme::Pep440,
        &["{version}"],
        Plus::Reject,
        false,
    );
    let candidate = version("1.2.0-RC.1", Scheme::Semver);
    assert_eq!(pypi.exact(&candidate).unwrap(), ["1.2.0rc1"]);
    assert_eq!(pypi.key(&candidate).unwrap(), "1.2rc1");
    assert!(
        pypi.exact(&version("1.2.3-alpine", Scheme::Semver))
            .is_err()
    );
    assert!(pypi.key(&version("1.2.3+b", Scheme::Semver)).is_err());
    assert!(pypi.key(&version("1.2.3", Scheme::Opaque)).is_err());
}

#[test]
fn a_leading_v_of_pep440_is_not_repeated() {
    let tags = naming(
        Scheme::Pep440,
        Scheme::Pep440,
        &["v{version}"],
        Plus::Reject,
        false,
    );
    assert_eq!(
        tags.exact(&version(" V1.0", Scheme::Pep440)).unwrap(),
        ["v1.0"]
    );
}

#[test]
fn an_image_tag_obeys_the_plus_rule_and_the_grammar() {
    let semver = Scheme::Semver;
    let build = version("1.2.3+b.4", semver);
    for (plus, name, key) in [
        (Plus::Underscore, "1.2.3_b.4", "1.2.3+b.4"),
        (Plus::Dash, "1.2.3-b.4", "1.2.3-b.4"),
        (Plus::Drop, "1.2.3", "1.2.3"),
    ] {
        let images = naming(semver, semver, &["{version}"], plus, true);
        assert_eq!(images.exact(&build).unwrap(), [name]);
        assert_eq!(images.key(&build).unwrap(), key);
    }
    let strict = naming(semver, semver, &["{version}"], Plus::Reject, true);
    let error = strict.exact(&build).unwrap_err().to_string();
    assert!(error.contains("`plus`"), "{error}");
    assert!(strict.key(&build).is_err());
    let long = version(&format!("1.2.3-rc.{}", "a".repeat(130)), semver);
    assert!(strict.exact(&long).is_err());
    let slash = naming(semver, semver, &["x/{version}"], Plus::Reject, true);
    assert!(slash.exact(&version("1.2.3", semver)).is_err());
}

#[test]
fn an_underscore_that_pep440_wrote_itself_is_not_taken_for_a_plus() {
    let pep440 = Scheme::Pep440;
    let images = naming(pep440, pep440, &["{version}"], Plus::Underscore, true);
    assert_eq!(images.exact(&version("1.0_a1", pep440)).unwrap(), ["1.0a1"]);
    assert_eq!(
        images.exact(&version("1.0+U_1", pep440)).unwrap(),
        ["1.0_u.1"]
    );
}

#[test]
fn floating_names_stand_for_ranges_and_only_of_stable_versions() {
    let semver = Scheme::Semver;
    let images = naming(semver, semver, &["{version}"], Plus::Reject, true);
    let release = version("1.2.3", semver);
    let floating = images.floating_names(&release);
    let names: Vec<_> = floating
        .iter()
        .map(|floating| floating.name.as_str())
        .collect();
    assert_eq!(names, ["1.2", "1", "latest"]);
    let contains = |text: &str| {
        let version = version(text, semver);
        let ranges = floating
            .iter()
            .map(|floating| floating.range.contains(&version));
        ranges.collect::<Vec<_>>()
    };
    assert_eq!(contains("1.2.9"), [true, true, true]);
    assert_eq!(contains("1.10.0"), [false, true, true]);
    assert_eq!(contains("2.2.0"), [false, false, true]);
    assert_eq!(images.floating_names(&version("2.0.0-rc.1", semver)), []);
    let variants = images.variant_names(&release).unwrap();
    assert_eq!(variants[0].name, "1.2.3-alpine");
}
