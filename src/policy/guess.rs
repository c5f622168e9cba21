//! Makes the text of a policy from clues: commented, loadable, and to be confirmed by somebody.
//!
//! Every part says why it is thought. What is not known, and what the loader would not take, stands
//! there as a comment with the reason. The ordinary loader is what decides that.

mod channels;
mod images;
mod names;
mod tags;
mod writing;

use std::path::Path;

use url::Url;

use crate::model::Failure;
use crate::model::version::Scheme;
use crate::observe::discover::{Clue, Clues, Origin, Place, Says, same_repository};

use self::channels::Block;
use self::writing::{comment, commented_out, quoted, quoted_list};
use super::load_text;

/// A guessed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The policy's text; the loader takes it.
    pub text: String,
    /// Why each part is thought, what contradicts it, and what could not be learnt.
    pub reasons: Vec<String>,
}

/// Why no policy can be made of the clues.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoGuess {
    /// What is missing.
    pub message: String,
    /// What was learnt, and what could not be.
    pub reasons: Vec<String>,
    /// Why the place that the user named could not be read, where that is the reason.
    pub unread: Option<Failure>,
}

/// The most places that one guess writes down: the loader reads the whole text for each.
const BLOCKS: usize = 48;

/// Where the policy would stand and what it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The shorthand or the folder, as the user wrote it.
    pub about: &'a str,
    /// For a checkout: how the policy names its folder, where it has no remote.
    pub local: Option<&'a str>,
    /// The codes that waivers may name, as for [`super::load`].
    pub codes: &'a [&'a str],
}

/// The head of a policy: all but its followers.
struct Head {
    text: String,
    reasons: Vec<String>,
}

/// What the parts of the text have in common.
struct Frame<'c> {
    names: Vec<String>,
    is_family: bool,
    source: Option<Url>,
    scheme: Scheme,
    templates: Vec<String>,
    has_development: bool,
    leads: Leader<'c>,
    /// How the policy names the checkout, where there is one without a remote.
    local: Option<String>,
}

/// The channel that announces.
enum Leader<'c> {
    Release(&'c Clue),
    Tag,
    LocalTag,
}

/// Makes a policy.
///
/// # Errors
/// [`NoGuess`] where nothing is known that could announce a release.
pub fn guess(clues: &Clues, occasion: Occasion<'_>) -> Result<Guess, NoGuess> {
    let unlearnt = || clues.unknown.iter().map(|why| format!("not learnt: {why}"));
    let refuse = |message: String| match &clues.unread {
        Some(why) => NoGuess {
            message: format!("`{}` could not be read: {why}", occasion.about),
            reasons: Vec::new(),
            unread: Some(why.clone()),
        },
        None => NoGuess {
            message,
            reasons: unlearnt().collect(),
            unread: None,
        },
    };
    let names = names::of(clues);
    let Some(first) = names.all.first() else {
        return Err(refuse("nothing gives the component a name".to_owned()));
    };
    let sources: Vec<&Clue> = clues
        .clues
        .iter()
        .filter(|clue| matches!(clue.says, Says::Source(_)))
        .collect();
    let chosen = sources.iter().find(|clue| clue.withheld.is_none()).copied();
    let source = chosen.and_then(source_of);
    if source.is_none() && occasion.local.is_none() {
        let withheld = sources
            .first()
            .and_then(|clue| Some((source_of(clue)?, clue.withheld?)));
        return Err(refuse(match withheld {
            Some((url, why)) => format!(
                "the only source repository that `{}` names is {}: {why}",
                occasion.about,
                crate::model::visible(url.as_str(), 200)
            ),
            None => format!(
                "`{}` names no source repository, and nothing else could announce a \
                 release",
                occasion.about
            ),
        }));
    }
    let is_python = clues
        .clues
        .iter()
        .any(|clue| matches!(clue.says, Says::Place(Place::PyPi { .. })));
    let found = tags::read(
        clues.tags.as_deref(),
        &names.all,
        is_python,
        names.is_family,
    );
    let release = clues
        .clues
        .iter()
        .find(|clue| matches!(clue.says, Says::Place(Place::GithubRelease { .. })));
    // GitHub's API asks for exactly two parts.
    let two_parts = |url: &Url| url.path().trim_matches('/').split('/').count() == 2;
    let leads = match (&source, release) {
        (Some(url), Some(clue)) if two_parts(url) => Leader::Release(clue),
        (Some(_), _) => Leader::Tag,
        (None, _) => Leader::LocalTag,
    };
    let frame = Frame {
        names: names.all.clone(),
        is_family: names.is_family,
        source,
        scheme: found.scheme,
        templates: found.templates,
        has_development: images::has_development(clues),
        leads,
        local: occasion.local.map(str::to_owned),
    };
    let head = head(&frame, &names, chosen, &found.why, clues, occasion);
    let path = Path::new(occasion.about);
    let loads = |text: String| load_text(path, text, occasion.codes).map(|_| ());
    if let Err(errors) = loads(head.text.clone()) {
        let why = errors.diagnostics().first().map(|it| it.message.clone());
        return Err(refuse(format!(
            "no policy can be made for `{first}`: {}",
            why.unwrap_or_default()
        )));
    }
    let Head {
        mut text,
        mut reasons,
    } = head;
    let blocks = channels::blocks(clues, &frame);
    let more = blocks.len().saturating_sub(BLOCKS);
    for block in blocks.into_iter().take(BLOCKS) {
        add(&mut text, &mut reasons, block, &loads);
    }
    if more > 0 {
        let words = format!("{more} more places were found, and are left out");
        text.push('\n');
        text.push_str(&comment(&words));
        reasons.push(words);
    }
    if count_of_channels(&text) < 2 {
        text.push('\n');
        text.push_str(&comment(writing::ALONE));
        reasons.push(writing::ALONE.to_owned());
    }
    reasons.extend(unlearnt());
    text.push_str(writing::ENDING);
    Ok(Guess { text, reasons })
}

/// Channels that are no comments.
fn count_of_channels(text: &str) -> usize {
    text.lines()
        .filter(|line| line.starts_with("[channel."))
        .count()
}

/// Adds a block where the policy still loads with it; as a comment with the reason, else.
fn add(
    text: &mut String,
    reasons: &mut Vec<String>,
    block: Block,
    loads: &dyn Fn(String) -> Result<(), super::PolicyErrors>,
) {
    text.push('\n');
    for why in &block.why {
        text.push_str(&comment(why));
    }
    let refused = match &block.not_used {
        Some(why) => Some(why.clone()),
        None => loads(format!("{text}{}", block.toml)).err().map(|errors| {
            let first = errors.diagnostics().first();
            first.map(|it| it.message.clone()).unwrap_or_default()
        }),
    };
    let reason = block.why.first().cloned().unwrap_or_default();
    match refused {
        None => {
            text.push_str(&block.toml);
            reasons.push(format!("{}: {reason}", block.what));
        }
        Some(why) => {
            text.push_str(&comment(&format!("Not used: {why}.")));
            text.push_str(&commented_out(&block.toml));
            reasons.push(format!("{}: {reason}; not used: {why}", block.what));
        }
    }
}

fn head(
    frame: &Frame<'_>,
    names: &names::Names,
    chosen: Option<&Clue>,
    tags_why: &str,
    clues: &Clues,
    occasion: Occasion<'_>,
) -> Head {
    let mut text = comment(&format!(
        "Guessed from `{}`. Read every line and take out what is wrong: what it was guessed \
         from is written by whoever uploads or commits.",
        occasion.about
    ));
    for why in &clues.unknown {
        text.push_str(&comment(&format!("Not learnt: {why}")));
    }
    let mut reasons = Vec::new();
    text.push_str("\n[component]\n");
    text.push_str(&comment(&names.why));
    reasons.push(format!(
        "component `{}`: {}",
        names.all.join("`, `"),
        names.why
    ));
    match frame.is_family {
        true => text.push_str(&format!("names = {}\n", quoted_list(&names.all))),
        false => text.push_str(&format!("name = {}\n", quoted(&names.all[0]))),
    }
    if let (Some(url), Some(clue)) = (&frame.source, chosen) {
        let why = format!("{} ({})", clue.why, certainty(clue, &names.all, url, clues));
        text.push_str(&comment(&why));
        reasons.push(format!("source {url}: {why}"));
        text.push_str(&format!("source = {}\n", quoted(url.as_str())));
    }
    for clue in &clues.clues {
        let Some(url) = source_of(clue) else { continue };
        if frame
            .source
            .as_ref()
            .is_some_and(|chosen| same_repository(chosen, &url))
        {
            continue;
        }
        let why = clue
            .withheld
            .unwrap_or("another repository than the one above");
        let words = format!("{} names {url} instead: {why}", clue.why);
        text.push_str(&comment(&words));
        reasons.push(words);
    }
    let leader = match frame.leads {
        Leader::Release(_) => "release",
        Leader::Tag | Leader::LocalTag => "tag",
    };
    text.push_str(&format!("announced-by = {}\n", quoted(leader)));
    text.push_str(writing::BRANCHES);
    text.push_str(&format!(
        "\n[line.release]\nscheme = {}\n",
        quoted(&frame.scheme.to_string())
    ));
    text.push_str(writing::JUDGE_SINCE);
    if frame.has_development {
        text.push_str("\n# Builds named branch-commit-time, as Flux picks them.\n");
        text.push_str("[line.development]\nscheme = \"dev-build\"\n");
    }
    let tag = match frame.templates.as_slice() {
        [one] => quoted(one),
        several => quoted_list(several),
    };
    let lines = match frame.has_development {
        true => "lines = [\"release\"]\n",
        false => "",
    };
    text.push('\n');
    let (why, kind, path) = match frame.leads {
        Leader::Release(clue) => (clue.why.as_str(), "github-release", String::new()),
        Leader::Tag => ("git tags announce a release", "git-tag", String::new()),
        Leader::LocalTag => (
            "there is no remote, so the tags of this folder announce a release",
            "git-tag",
            channels::local_path(frame),
        ),
    };
    text.push_str(&comment(&format!("{why}; {tags_why}")));
    reasons.push(format!("channel `{leader}`: {why}; {tags_why}"));
    text.push_str(&format!(
        "[channel.{leader}]\nkind = \"{kind}\"\ntag = {tag}\n{path}{lines}"
    ));
    Head { text, reasons }
}

/// How sure the source is: both sides are compared, for each is written by somebody else.
fn certainty(chosen: &Clue, names: &[String], url: &Url, clues: &Clues) -> String {
    let plain = |name: &str| crate::observe::pypi::normalised_name(name);
    let named_by_source = clues.clues.iter().any(|clue| {
        let name = match &clue.says {
            Says::Name(name) => Some(name),
            Says::Place(Place::PyPi {
                project: Some(name),
                ..
            }) => Some(name),
            Says::Place(Place::Npm {
                package: Some(name),
                ..
            }) => Some(name),
            _ => None,
        };
        let names_it = name.is_some_and(|name| names.iter().any(|it| plain(it) == plain(name)));
        clue.origin == Origin::Source && names_it
    });
    let named_by_upload = clues.clues.iter().any(|clue| {
        clue.origin == Origin::Upload && source_of(clue).is_some_and(|it| same_repository(&it, url))
    });
    let words = match (named_by_upload, named_by_source) {
        (true, true) => "confirmed: the repository names the component too",
        (true, false) if !clues.source_was_read => {
            "unconfirmed: whether the repository names the component could not be read"
        }
        (true, false) => "DOUBTFUL: no file of the repository names the component",
        (false, _) if chosen.origin == Origin::User => "given",
        (false, _) => "unconfirmed",
    };
    words.to_owned()
}

fn source_of(clue: &Clue) -> Option<Url> {
    match &clue.says {
        Says::Source(url) => Some(url.clone()),
        _ => None,
    }
}
