//! Allows that the table does not grant, each found by drawing worlds at random and kept as a case.

use lockstep::decide::{Question, Which, evaluate};
use lockstep::model::{Evidence, Outcome, Time, Verdict};
use lockstep::verify::{Origin, check};

use super::world::load;
use super::world::{NOW, commit, digest, entry, listing, verdict};

const POLICY: &str = r#"
    [component]
    name = "acme"
    source = "https://github.com/acme/acme"
    [line.main]
    scheme = "semver"
    [channel.tag]
    kind = "git-tag"
    tag = "v{version}"
    [channel.image]
    kind = "oci"
    image = "docker.io/acme/api"
    tag = "{version}"
"#;

const WAIVER: &str = r#"
    [[waiver]]
    code = "CODE"
    version = "1.2.0"
    reason = "agreed"
    approved-by = "security"
    expires = "2031-01-01T00:00:00Z"
"#;

fn waiving(code: &str) -> String {
    format!("{POLICY}{}", WAIVER.replace("CODE", code))
}

fn tagged() -> String {
    listing(
        "tag",
        NOW,
        &format!(r#""v1.2.0":{{"commit":{}}}"#, commit('1')),
    )
}

fn has(verdict: &Verdict, code: &str) -> bool {
    let open = verdict.findings.iter().filter(|it| it.is_open());
    open.into_iter().any(|it| it.code.as_str() == code)
}

#[test]
fn a_follower_whose_lack_is_waived_confirms_nothing() {
    let observations = [tagged(), listing("image", NOW, "")];
    let policy = waiving("version-missing");
    let verdict = verdict(&policy, &observations, Some("1.2.0"));
    assert_eq!(verdict.outcome, Outcome::Indeterminate, "{verdict:#?}");
    assert!(has(&verdict, "nothing-to-compare"), "{verdict:#?}");
}

#[test]
fn no_waiver_allows_a_release_that_is_nowhere() {
    let policy = format!(
        "{}\n[environment.production]\nrequires = [\"image\"]\nlines = [\"other\"]\n\
         [line.other]\nscheme = \"semver\"\n",
        waiving("line-not-accepted"),
    );
    let observations = [listing("tag", NOW, ""), listing("image", NOW, "")];
    let verdict = asked(&policy, &observations, Some("production"), &[]);
    assert_eq!(verdict.outcome, Outcome::Indeterminate, "{verdict:#?}");
}

#[test]
fn a_listing_that_broke_off_stops_a_release_that_it_shows() {
    let image = format!(r#""1.2.0":{{"digest":{}}}"#, digest('a'));
    let whole = listing("image", NOW, &image);
    let torn = whole.replace(
        r#""coverage":"complete""#,
        r#""coverage":{"partial":{"stopped-at":"page 2","why":{"kind":"timeout","detail":"late"}}}"#,
    );
    assert_ne!(whole, torn);
    let judged = |image: String| verdict(POLICY, &[tagged(), image], Some("1.2.0"));
    assert_eq!(judged(whole).outcome, Outcome::Allow);
    let stopped = judged(torn);
    assert_eq!(stopped.outcome, Outcome::Indeterminate);
    assert!(has(&stopped, "channel-unreachable"), "{stopped:#?}");
}

#[test]
fn a_question_that_failed_stops_even_where_it_was_about_another_name() {
    let digest = digest('a');
    let image = listing("image", NOW, &format!(r#""1.2.0":{{"digest":{digest}}}"#));
    let failed = format!(
        r#"{{"at":"{NOW}","round":"{NOW}","channel":"image","credential":"anonymous",
        "endpoint":"https://example.com/","query":{{"entry":"latest"}},
        "answer":{{"failed":{{"why":{{"kind":"server-error","detail":"503"}}}}}}}}"#
    );
    let verdict = verdict(POLICY, &[tagged(), image, failed], Some("1.2.0"));
    assert_eq!(verdict.outcome, Outcome::Indeterminate, "{verdict:#?}");
}

#[test]
fn a_spelling_on_which_two_answers_differ_is_not_left_aside() {
    let policy = POLICY.replace("semver", "pep440");
    let one = format!(r#""1.2.0":{{"digest":{}}}"#, digest('a'));
    let both = format!(r#"{one},"1.2":{{"digest":{}}}"#, digest('b'));
    let later = NOW.replace(":00Z", ":01Z");
    let second = listing("image", NOW, &one)
        .replace(&format!(r#""at":"{NOW}""#), &format!(r#""at":"{later}""#));
    let observations = [tagged(), listing("image", NOW, &both), second];
    let verdict = verdict(&policy, &observations, Some("1.2.0"));
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert!(has(&verdict, "evidence-stale"), "{verdict:#?}");
}

#[test]
fn fail_on_does_not_make_an_indeterminate_one_that_a_waiver_closes() {
    let policy = format!(
        "{POLICY}[channel.second]\nkind = \"pypi\"\n[channel.third]\nkind = \"npm\"\n{}",
        WAIVER.replace("CODE", "nothing-to-compare")
    );
    let torn = entry("second", NOW, "1.2.0", "{}");
    let image = listing("image", NOW, r#""1.2.0":{}"#);
    let third = listing("third", NOW, r#""1.2.0":{}"#);
    let policy =
        format!("{policy}[[agree]]\nchannels = [\"second\", \"third\"]\non = \"same-files\"\n");
    let verdict = asked(
        &policy,
        &[tagged(), image, torn, third],
        None,
        &["nothing-to-compare"],
    );
    assert_eq!(verdict.outcome, Outcome::Deny, "{verdict:#?}");
}

#[test]
fn only_old_releases_are_nothing_to_compare() {
    let policy = POLICY.replace("\"semver\"", "\"semver\"\njudge-since = \"2.0.0\"");
    let image = listing(
        "image",
        NOW,
        &format!(r#""1.2.0":{{"digest":{}}}"#, digest('a')),
    );
    let verdict = verdict(&policy, &[tagged(), image], None);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert!(has(&verdict, "nothing-to-compare"), "{verdict:#?}");
}

fn asked(
    policy: &str,
    observations: &[String],
    environment: Option<&str>,
    fail_on: &[&str],
) -> Verdict {
    let policy = load(policy);
    let text = format!(
        r#"{{"schema":"lockstep-evidence/1","component":"acme","decided-at":"{NOW}","observations":[{}]}}"#,
        observations.join(",")
    );
    let now: Time = NOW.parse().unwrap();
    let checked = check(
        Evidence::read_all(&text).unwrap().remove(0),
        Origin::Asked,
        &[],
    )
    .unwrap();
    let question = Question {
        which: Which::Named(vec!["1.2.0".to_owned()]),
        environment: environment.map(|it| it.parse().unwrap()),
        fail_on: fail_on.iter().map(|it| it.parse().unwrap()).collect(),
    };
    evaluate(&policy, &checked, &question, now).unwrap()
}
