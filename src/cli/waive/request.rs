//! What is asked of `lockstep waive`, checked before anybody is asked anything.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::check::WaiverRequest;
use crate::decide;
use crate::model::settings::nearest;
use crate::model::{Code, Commit, Digest, Duration, Name, Severity, Time, visible};
use crate::observe::now;
use crate::policy::Loaded;

use super::WaiveArguments;
use crate::cli::exit::Failure;
use crate::cli::say::Terminal;

/// Beyond this an exemption is a decision that nobody looks at again.
const LONG: Duration = Duration::from_hours(24 * 366);

/// The request that the arguments make.
///
/// # Errors
/// The first argument that no waiver can have.
pub(super) fn of(
    arguments: &WaiveArguments,
    loaded: &Loaded,
    terminal: &mut Terminal,
) -> Result<WaiverRequest, Failure> {
    if let Some(channel) = &arguments.channel {
        known_channel(loaded, channel)?;
    }
    Ok(WaiverRequest {
        code: code(&arguments.code)?,
        version: arguments.version.clone(),
        channel: arguments.channel.clone(),
        digests: digests(&arguments.digests)?,
        reason: sentence("--reason", &arguments.reason)?,
        expires: expires(arguments.expires, terminal)?,
        approved_by: approver(arguments, terminal)?,
    })
}

fn code(text: &str) -> Result<Code, Failure> {
    let unknown = || {
        let hint = match nearest(text, decide::codes().into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`lockstep explain` lists every code".to_owned(),
        };
        Failure::new(
            format!("no rule has the code `{}`", visible(text, 80)),
            hint,
        )
    };
    let meaning = decide::explain(text).ok_or_else(unknown)?;
    if meaning.severity == Severity::Indeterminate {
        return Err(Failure::new(
            format!("`{text}` is indeterminate, and what is not known cannot be waived"),
            "mend the channel, or leave it out of the environment's `requires`",
        ));
    }
    text.parse().map_err(|_| unknown())
}

fn expires(expires: Time, terminal: &mut Terminal) -> Result<Time, Failure> {
    let now = now();
    if expires <= now {
        return Err(Failure::new(
            format!("--expires: {expires} is over; it is {now}"),
            "name a day on which somebody will look at this again",
        ));
    }
    if expires.since(now) > LONG {
        terminal.note(&format!(
            "{expires} is more than a year away: a waiver that long is hardly looked at again"
        ));
    }
    Ok(expires)
}

fn digests(texts: &[String]) -> Result<Vec<String>, Failure> {
    let one = |text: &String| {
        let commit = text.strip_prefix("git:").map(str::parse::<Commit>);
        let normal = match commit {
            Some(commit) => commit.map(|commit| format!("git:{commit}")).ok(),
            None => text.parse::<Digest>().map(|digest| digest.to_string()).ok(),
        };
        normal.ok_or_else(|| {
            Failure::new(
                format!("--digest: `{}` is no digest", visible(text, 80)),
                "`sha256:` and 64 hexadecimal digits, or `git:` and a whole commit",
            )
        })
    };
    let mut digests = texts.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    digests.sort_unstable();
    digests.dedup();
    Ok(digests)
}

fn sentence(option: &str, text: &str) -> Result<String, Failure> {
    if text.trim().is_empty() {
        return Err(Failure::new(
            format!("{option} is empty"),
            "a waiver says why it holds and who approved it",
        ));
    }
    Ok(text.trim().to_owned())
}

/// Who approves: as named, else who git says is at work here, which is then said.
fn approver(arguments: &WaiveArguments, terminal: &mut Terminal) -> Result<String, Failure> {
    if let Some(name) = &arguments.approved_by {
        return sentence("--approved-by", name);
    }
    let folder = arguments.policy.parent().filter(|it| it.is_dir());
    let asked = Command::new("git")
        .arg("-C")
        .arg(folder.unwrap_or_else(|| Path::new(".")))
        .args(["config", "--get", "user.name"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let name = asked.ok().filter(|it| it.status.success());
    let name = name.and_then(|it| String::from_utf8(it.stdout).ok());
    match name.map(|name| visible(name.trim(), 200)) {
        Some(name) if !name.is_empty() => {
            terminal.note(&format!(
                "approved by {name}, as git's `user.name` says; --approved-by names somebody else"
            ));
            Ok(name)
        }
        _ => Err(Failure::new(
            "nobody approves this waiver",
            "name who does: --approved-by NAME",
        )),
    }
}

fn known_channel(loaded: &Loaded, channel: &Name) -> Result<(), Failure> {
    let policies = || loaded.components.iter().map(|item| &item.policy);
    if policies().any(|policy| policy.channel(channel).is_some()) {
        return Ok(());
    }
    let names: Vec<&str> = policies()
        .take(1)
        .flat_map(|policy| policy.channels.iter().map(|it| it.name.as_str()))
        .collect();
    Err(Failure::new(
        format!("--channel: the policy declares no channel `{channel}`"),
        format!("declared: {}", names.join(", ")),
    ))
}
