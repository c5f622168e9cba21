//! Versions, names and templates, drawn for the properties.

use lockstep::model::version::{Naming, Plus, Scheme, Template, Version};
use proptest::prelude::*;

pub(super) const TEMPLATES: [&str; 7] = [
    "v{version}",
    "{version}",
    "{name}@{version}",
    "{name}-v{version}",
    "{name}/v{version}",
    "release-{version}",
    "releases/{version}",
];

/// Small numbers, so that equal versions are drawn often.
pub(super) fn number() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..4u64, 1 => Just(10), 1 => any::<u64>()]
}

pub(super) fn semver_text() -> impl Strategy<Value = String> {
    let pre = prop_oneof![
        4 => Just(String::new()),
        4 => "-(a|alpha|b|beta|c|rc|RC|pre|preview|dev)([.-]?[0-3])?",
        1 => "-[0-9a-z]{1,3}(\\.(0|[1-9a-z][0-9a-z]?))?",
        1 => "-(alpine|r4|next\\.1|rc\\.1-slim)",
    ];
    let build = prop_oneof![4 => Just(String::new()), 1 => "\\+[0-9a-z]{1,2}([.-][0-9a-z]{1,2})?"];
    (number(), number(), number(), pre, build)
        .prop_map(|(a, b, c, pre, build)| format!("{a}.{b}.{c}{pre}{build}"))
        .prop_filter("a leading zero in a numeric identifier", |text| {
            Version::parse(text, Scheme::Semver).is_ok()
        })
}

pub(super) fn pep440_text() -> impl Strategy<Value = String> {
    let release = proptest::collection::vec(number(), 1..5)
        .prop_map(|n| n.iter().map(u64::to_string).collect::<Vec<_>>().join("."));
    let epoch = prop_oneof![6 => Just(""), 1 => Just("1!"), 1 => Just("0!")];
    let pre = prop_oneof![
        3 => Just(String::new()),
        2 => "[._-]?(a|alpha|b|beta|c|rc|RC|pre|preview)([._-]?[0-3])?",
    ];
    let post = prop_oneof![5 => Just(String::new()), 1 => "-[0-3]|[._-]?(post|rev|r)[0-3]?"];
    let dev = prop_oneof![5 => Just(String::new()), 1 => "[._-]?dev[0-3]?"];
    let local =
        prop_oneof![5 => Just(String::new()), 1 => "\\+[0-9a-zA-Z]{1,2}([._-][0-9a-z]{1,2})?"];
    ("v?", epoch, release, pre, post, dev, local)
        .prop_map(|(v, e, r, pre, post, dev, local)| format!("{v}{e}{r}{pre}{post}{dev}{local}"))
}

pub(super) fn calver_text() -> impl Strategy<Value = String> {
    prop_oneof!["(20)?2[34](\\.0?[0-3]){0,3}", "202[34]-0[1-3]-0[0-3]"]
}

pub(super) fn dev_build_text() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9._-]{0,6}-[0-9a-f]{7,10}-[0-9]{10}"
}

pub(super) fn text_of(scheme: Scheme) -> BoxedStrategy<String> {
    match scheme {
        Scheme::Semver => semver_text().boxed(),
        Scheme::Pep440 => pep440_text().boxed(),
        Scheme::Calver => calver_text().boxed(),
        Scheme::DevBuild => dev_build_text().boxed(),
        Scheme::Commit => "[0-9a-fA-F]{7,40}".boxed(),
        Scheme::Opaque => "[a-z+_.-]{1,3}".boxed(),
    }
}

pub(super) fn version_of(scheme: Scheme) -> BoxedStrategy<Version> {
    text_of(scheme)
        .prop_filter_map("not of the scheme", move |text| {
            Version::parse(&text, scheme).ok()
        })
        .boxed()
}

pub(super) fn any_version() -> impl Strategy<Value = Version> {
    proptest::sample::select(Scheme::ALL.to_vec()).prop_flat_map(version_of)
}

/// Several versions of one scheme.
pub(super) fn several(count: usize) -> impl Strategy<Value = Vec<Version>> {
    proptest::sample::select(Scheme::ALL.to_vec())
        .prop_flat_map(move |scheme| proptest::collection::vec(version_of(scheme), count))
}

pub(super) fn template() -> impl Strategy<Value = Template> {
    proptest::sample::select(TEMPLATES.to_vec()).prop_map(|text| text.parse().unwrap())
}

pub(super) fn plus() -> impl Strategy<Value = Plus> {
    proptest::sample::select(Plus::ALL.to_vec())
}

pub(super) fn naming(
    line: Scheme,
    channel: Scheme,
    templates: Vec<Template>,
    plus: Plus,
    oci: bool,
) -> Naming {
    Naming::new(line, channel, "api", templates, plus, vec![], vec![], oci)
}
