//! What must hold for all versions, names and templates, and that the documentation tells the truth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail so"
)]

use std::cmp::Ordering;
use std::collections::BTreeMap;

use lockstep::model::version::{
    Comparison, FloatingRange, Naming, Plus, Reading, Scheme, Template, Version, collisions,
    compare, explain_pair, resolve_commit,
};
use proptest::prelude::*;

use super::version_drawn::{
    TEMPLATES, any_version, naming, plus, semver_text, several, template, version_of,
};

proptest! {
    #[test]
    fn rendering_then_reading_gives_the_version_back(
        version in any_version(),
        template in template(),
    ) {
        let scheme = version.scheme();
        let channel = naming(scheme, scheme, vec![template.clone()], Plus::Reject, false);
        let names = channel.exact(&version).unwrap();
        let inside = template.read("api", &names[0]).unwrap();
        prop_assert_eq!(template.render("api", inside), names[0].as_str());
        let Reading::Release { version: read, variant: None } = channel.read(&names[0]) else {
            return Err(TestCaseError::fail(format!("{:?} is {:?}", names, channel.read(&names[0]))));
        };
        prop_assert_eq!(read.same_release(&version), Comparison::Equal);
        prop_assert_eq!(read.key(), channel.key(&version).unwrap());
    }

    #[test]
    fn an_image_tag_reads_back_as_its_release_or_says_what_it_cannot_tell(
        version in any_version(),
        plus in plus(),
        oci_line in prop::bool::ANY,
    ) {
        let scheme = version.scheme();
        let template = if oci_line { "{version}" } else { "release-{version}" };
        let channel = naming(scheme, scheme, vec![template.parse().unwrap()], plus, true);
        let Ok(names) = channel.exact(&version) else {
            return Ok(());
        };
        let key = channel.key(&version).unwrap();
        match channel.read(&names[0]) {
            Reading::Release { version: read, variant: None } => {
                prop_assert_eq!(channel.key(&read).unwrap(), key);
            }
            // A SemVer pre-release of an unknown word, which is what a variant looks like too.
            Reading::UnknownVariant { .. } if scheme == Scheme::Semver => {
                prop_assert!(!version.is_stable());
            }
            other => prop_assert!(false, "{} is {:?}", names[0], other),
        }
    }

    #[test]
    fn a_declared_variant_is_cut_off_before_anything_is_parsed(
        version in any_version(),
        variant in "(alpine|debian|slim)",
    ) {
        let scheme = version.scheme();
        let variants = vec![variant.clone()];
        let templates = vec!["{version}".parse().unwrap()];
        let channel = Naming::new(
            scheme, scheme, "api", templates, Plus::Underscore, variants, vec![], true,
        );
        let Ok(names) = channel.variant_names(&version) else {
            return Ok(());
        };
        match channel.read(&names[0].name) {
            Reading::Release { version: read, variant: found } => {
                prop_assert_eq!(found, Some(variant));
                prop_assert_eq!(channel.key(&read).unwrap(), channel.key(&version).unwrap());
            }
            other => prop_assert!(
                matches!(other, Reading::UnknownVariant { .. }) && scheme == Scheme::Semver,
                "{:?}", other
            ),
        }
    }

    #[test]
    fn equality_is_an_equivalence_inside_each_scheme(versions in several(3)) {
        let (a, b, c) = (&versions[0], &versions[1], &versions[2]);
        prop_assert_eq!(a.same_release(a), Comparison::Equal);
        prop_assert_eq!(a.same_release(b), b.same_release(a));
        // A commit's prefix is no equivalence, which is why `resolve_commit` sees all of them.
        if a.scheme() != Scheme::Commit {
            if a.same_release(b) == Comparison::Equal && b.same_release(c) == Comparison::Equal {
                prop_assert_eq!(a.same_release(c), Comparison::Equal);
            }
            prop_assert_eq!(a.same_release(b) == Comparison::Equal, a.key() == b.key());
        }
    }

    #[test]
    fn a_key_is_its_own_key_where_it_is_a_text_of_the_scheme(version in any_version()) {
        // A calendar version loses trailing zeros and stays one; so do all others.
        let again = Version::parse(version.key(), version.scheme()).unwrap();
        prop_assert_eq!(again.key(), version.key());
        prop_assert_eq!(again.is_stable(), version.is_stable());
        prop_assert_eq!(again.series(), version.series());
    }

    #[test]
    fn precedence_is_antisymmetric_and_transitive_and_equal_releases_are_level(
        versions in several(3),
    ) {
        let (a, b, c) = (&versions[0], &versions[1], &versions[2]);
        if !a.scheme().is_ordered() {
            prop_assert_eq!(a.precedence(b), None);
            return Ok(());
        }
        let order = |x: &Version, y: &Version| x.precedence(y).unwrap();
        prop_assert_eq!(order(a, b), order(b, a).reverse());
        if order(a, b) != Ordering::Greater && order(b, c) != Ordering::Greater {
            prop_assert_ne!(order(a, c), Ordering::Greater);
        }
        if a.key() == b.key() {
            prop_assert_eq!(order(a, b), Ordering::Equal);
        }
    }

    #[test]
    fn precedence_agrees_with_the_parsers_of_the_field(versions in several(2)) {
        let (a, b) = (&versions[0], &versions[1]);
        let expected = match a.scheme() {
            Scheme::Semver => {
                let parse = |v: &Version| semver::Version::parse(v.text()).unwrap();
                parse(a).cmp_precedence(&parse(b))
            }
            Scheme::Pep440 => {
                let parse = |v: &Version| {
                    v.text().parse::<pep440_rs::Version>().unwrap().without_local()
                };
                parse(a).cmp(&parse(b))
            }
            _ => return Ok(()),
        };
        prop_assert_eq!(a.precedence(b), Some(expected));
    }

    #[test]
    fn pep440_identity_agrees_with_the_parser_of_the_field(
        a in version_of(Scheme::Pep440),
        b in version_of(Scheme::Pep440),
    ) {
        let parse = |v: &Version| v.text().parse::<pep440_rs::Version>().unwrap();
        prop_assert_eq!(a.key() == b.key(), parse(&a) == parse(&b), "{:?} {:?}", a, b);
    }

    #[test]
    fn a_conversion_comes_back_to_the_same_release(
        pep440 in version_of(Scheme::Pep440),
        calver in version_of(Scheme::Calver),
        semver in version_of(Scheme::Semver),
    ) {
        for (version, through) in [
            (&pep440, Scheme::Semver),
            (&calver, Scheme::Semver),
            (&calver, Scheme::Pep440),
        ] {
            if let Ok(other) = version.convert(through) {
                let back = other.convert(version.scheme()).unwrap();
                prop_assert_eq!(back.same_release(version), Comparison::Equal, "{:?}", other);
            }
        }
        // SemVer to PEP 440 loses the spelling, so only what it became is stable.
        if let Ok(python) = semver.convert(Scheme::Pep440) {
            let back = python.convert(Scheme::Semver).unwrap();
            let again = back.convert(Scheme::Pep440).unwrap();
            prop_assert_eq!(again.key(), python.key());
            prop_assert_eq!(back.is_stable(), semver.is_stable());
        }
    }

    #[test]
    fn no_two_releases_share_an_image_unreported(
        texts in proptest::collection::vec(semver_text(), 2..8),
        plus in plus(),
        oci in prop::bool::ANY,
        to_pep440 in prop::bool::ANY,
    ) {
        let channel_scheme = if to_pep440 { Scheme::Pep440 } else { Scheme::Semver };
        let templates = vec!["{version}".parse().unwrap(), "v{version}".parse().unwrap()];
        let channel = naming(Scheme::Semver, channel_scheme, templates, plus, oci);
        let parse = |text: &String| Version::parse(text, Scheme::Semver).unwrap();
        let versions: Vec<Version> = texts.iter().map(parse).collect();
        let reported = collisions(&channel, &versions);
        let together = |a: &Version, b: &Version| {
            reported.iter().any(|collision| {
                let holds = |v: &Version| collision.versions.iter().any(|w| w.key() == v.key());
                holds(a) && holds(b)
            })
        };
        let mut names: BTreeMap<String, &Version> = BTreeMap::new();
        let mut keys: BTreeMap<String, &Version> = BTreeMap::new();
        for version in &versions {
            let rendered = channel.exact(version).unwrap_or_default();
            let taken = rendered.iter().filter_map(|name| names.insert(name.clone(), version));
            let mut others: Vec<&Version> = taken.collect();
            if let Ok(key) = channel.key(version) {
                others.extend(keys.insert(key.into_owned(), version));
            }
            for other in others {
                prop_assert!(other.key() == version.key() || together(other, version));
            }
        }
        for collision in &reported {
            prop_assert!(collision.versions.len() > 1);
        }
    }

    #[test]
    fn only_the_underscore_is_injective_on_build_metadata(
        texts in proptest::collection::vec(semver_text(), 2..8),
    ) {
        let channel = naming(
            Scheme::Semver, Scheme::Semver, vec!["{version}".parse().unwrap()],
            Plus::Underscore, true,
        );
        let parse = |text: &String| Version::parse(text, Scheme::Semver).unwrap();
        let versions: Vec<Version> = texts.iter().map(parse).collect();
        prop_assert_eq!(collisions(&channel, &versions), vec![]);
    }

    #[test]
    fn the_floating_names_of_a_version_are_read_as_floating_and_hold_it(
        version in any_version(),
    ) {
        let floating = ["{major}.{minor}", "{major}", "latest"];
        let floating = floating.map(|text| Template::floating(text).unwrap()).to_vec();
        let templates = vec!["{version}".parse().unwrap()];
        let scheme = version.scheme();
        let channel = Naming::new(
            scheme, scheme, "api", templates, Plus::Reject, vec![], floating, true,
        );
        let names = channel.floating_names(&version);
        prop_assert_eq!(names.is_empty(), !version.is_stable());
        for floating in names {
            prop_assert_eq!(channel.read(&floating.name), Reading::Floating);
            prop_assert!(floating.range.contains(&version) || floating.range == FloatingRange::Any);
        }
    }

    #[test]
    fn no_text_makes_anything_panic(
        text in prop_oneof![
            "\\PC{0,40}",
            "[v0-9a-z.+_!-]{0,300}",
            "1\\.2\\.3(-[a-z0-9.+-]{0,12}){0,20}",
            any::<String>(),
        ],
        name in "[a-z@/]{0,3}",
        plus in plus(),
    ) {
        for scheme in Scheme::ALL {
            for oci in [true, false] {
                let templates = TEMPLATES.map(|template| template.parse().unwrap()).to_vec();
                let floating = vec![Template::floating("{name}{major}.{minor}.{patch}").unwrap()];
                let variants = vec![text.clone(), "alpine".to_owned()];
                let channel = Naming::new(
                    scheme, scheme, name.clone(), templates, plus, variants, floating, oci,
                );
                for listed in [text.clone(), format!("v{text}"), format!("{text}-alpine")] {
                    let _ = channel.read(&listed);
                }
            }
            if let Ok(version) = Version::parse(&text, scheme) {
                for to in Scheme::ALL {
                    let _ = version.convert(to);
                }
                let _ = (version.series(), version.numbers(), version.dev_build());
                let _ = resolve_commit(&version, [&version]);
            }
            let reason = compare(&text, "1.2.3", scheme).reason;
            prop_assert!(!reason.chars().any(char::is_control));
            let _ = (text.parse::<Template>(), Template::floating(&text), Template::file(&text));
        }
    }
}

#[test]
fn every_example_of_the_documentation_is_what_the_code_says() {
    let documentation = include_str!("../../../docs/versions.md");
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    let rows = |heading: &str| -> Vec<Vec<String>> {
        let (_, table) = documentation.split_once(heading).expect(heading);
        let lines = table.lines().skip_while(|line| !line.starts_with('|'));
        lines
            .take_while(|line| line.starts_with('|'))
            .skip(2)
            .map(cells)
            .collect()
    };
    let pairs = rows("## Examples: is this the same release?");
    assert!(pairs.len() >= 15, "the table was not found");
    for row in &pairs {
        let scheme: Scheme = row[2].parse().unwrap();
        assert_eq!(explain_pair(&row[0], &row[1], scheme).0, row[3], "{row:?}");
    }
    let names = rows("## Examples: what is this name?");
    assert!(names.len() >= 12, "the table was not found");
    for row in &names {
        let template = row[1].parse().unwrap();
        let scheme: Scheme = row[2].parse().unwrap();
        let image = row[3] == "image";
        let floating = vec![
            Template::floating("{major}.{minor}").unwrap(),
            Template::floating("latest").unwrap(),
        ];
        let channel = Naming::new(
            scheme,
            scheme,
            "api",
            vec![template],
            Plus::Underscore,
            vec!["slim".to_owned()],
            floating,
            image,
        );
        let reading = match channel.read(&row[0]) {
            Reading::Release {
                version,
                variant: None,
            } => format!("release {}", version.text()),
            Reading::Release {
                version,
                variant: Some(variant),
            } => {
                format!("release {}, variant {variant}", version.text())
            }
            Reading::Floating => "floating".to_owned(),
            Reading::UnknownVariant { version, suffix } => {
                format!("unknown variant {suffix} of {version}")
            }
            Reading::Incomparable(_) => "incomparable".to_owned(),
            Reading::Foreign => "foreign".to_owned(),
        };
        assert_eq!(reading, row[4], "{row:?}");
    }
    let python = rows("## Examples: from SemVer to PEP 440");
    assert!(python.len() >= 8, "the table was not found");
    for row in &python {
        let version = Version::parse(&row[0], Scheme::Semver).unwrap();
        let converted = version.convert(Scheme::Pep440);
        let shown = converted.map_or("incomparable".to_owned(), |v| v.text().to_owned());
        assert_eq!(shown, row[1], "{row:?}");
    }
}
