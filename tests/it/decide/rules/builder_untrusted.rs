//! `builder-untrusted`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::attesting::{PACKAGE, Told, built, release, wheel};
use crate::decide::world::the_one;

const CODE: &str = "builder-untrusted";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

#[test]
fn a_builder_that_the_policy_does_not_name_is_untrusted() {
    let policy = |builder: &str| format!("{PACKAGE}builder = \"{builder}\"\n");
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    told.wheel("1.2.0", &[&bundle]);
    let other = policy("https://github.com/acme/builders/.github/workflows/build.yml");
    the_one(&told.findings(&other, "1.2.0"), CODE, "pypi", GRAVITY);
    let own = policy("https://github.com/acme/api/.github/workflows/release.yml");
    let verdict = told.verdict(&own, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}
