//! `lockstep waive`: writes a reasoned, expiring, digest-pinned exemption into a policy.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::check::{
    Judged, Target, WaiveError, Waived, WaiverRequest, judge, read_evidence, replace_policy, waive,
    waive_unchecked,
};
use crate::decide::{self, Question, Which};
use crate::model::settings::nearest;
use crate::model::{Code, Commit, Digest, Duration, Name, Severity, Time, visible};
use crate::observe::now;
use crate::policy::{self, Loaded};
use crate::verify::Origin;

use super::ambient::Ambient;
use super::asked::ask_for_all;
use super::difference::difference;
use super::exit::{Ending, Failure};
use super::say::Terminal;

/// Waive an open finding: write a [[waiver]] into a policy file.
///
/// The channels are asked (or --evidence is read), and the waiver is pinned to all digests of the
/// finding: other bytes, another commit or another image fire again. Several findings of the code
/// get a waiver each. A waiver that would hold for no open finding is refused. What is
/// indeterminate cannot be waived.
///
/// The waiver goes into the file that is named, never into one that it extends, and holds for every
/// component of a family. Everything else in the file stays as it is.
#[derive(Debug, Args)]
pub(super) struct WaiveArguments {
    /// The policy file.
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The code of the finding, such as `version-missing`.
    #[arg(value_name = "CODE")]
    code: String,
    /// The version that it is about.
    #[arg(value_name = "VERSION")]
    version: String,
    /// Why it may be so.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who says so; without it the `user.name` of git's configuration.
    #[arg(long, value_name = "NAME")]
    approved_by: Option<String>,
    /// When it ends: a date (at 00:00 UTC) or a time.
    #[arg(long, value_name = "DATE")]
    expires: Time,
    /// Pin this digest, `sha256:…` or `git:<commit>`; without any, all of each finding. May be
    /// repeated; then it is one waiver.
    #[arg(long = "digest", value_name = "DIGEST")]
    digests: Vec<String>,
    /// Only for what is open in this channel.
    #[arg(long, value_name = "NAME")]
    channel: Option<Name>,
    /// As judged for this environment of the policy.
    #[arg(long, short, value_name = "NAME")]
    environment: Option<Name>,
    /// Read this evidence and ask nobody; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Write it without looking whether such a finding is open, pinned to what --digest says.
    #[arg(long, conflicts_with_all = ["evidence", "channel", "environment"])]
    unchecked: bool,
    /// Show the difference and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Beyond this an exemption is a decision that nobody looks at again.
const LONG: Duration = Duration::from_hours(24 * 366);

pub(super) fn run(
    arguments: WaiveArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let code = code(&arguments.code)?;
    let expires = expires(arguments.expires, terminal)?;
    let loaded = policy::load(&arguments.policy, &decide::codes())
        .map_err(|errors| Failure::Drawn(errors.render(terminal.colours_errors())))?;
    let request = WaiverRequest {
        code,
        version: arguments.version.clone(),
        channel: arguments.channel.clone(),
        digests: digests(&arguments.digests)?,
        reason: sentence("--reason", &arguments.reason)?,
        approved_by: approver(&arguments, terminal)?,
        expires,
    };
    if let Some(channel) = &request.channel {
        known_channel(&loaded, channel)?;
    }
    let waived = match arguments.unchecked {
        true => waive_unchecked(&loaded, &request),
        false => checked(&arguments, &loaded, &request, ambient, terminal)?,
    };
    let waived = waived.map_err(|error| Failure::new(error.message, error.hint))?;
    let (path, before) = match loaded.sources.first() {
        Some(source) => (source.path(), source.text()),
        None => (arguments.policy.as_path(), ""),
    };
    if arguments.dry_run {
        let shown = visible(&path.display().to_string(), 300);
        terminal.result(&difference(&shown, before, &waived.text))?;
    } else {
        replace_policy(path, before, &waived.text)
            .map_err(|error| Failure::new(error.message, error.hint))?;
    }
    say(
        &waived,
        &request,
        &loaded,
        path,
        arguments.dry_run,
        terminal,
    )?;
    Ok(Ending::Fine)
}

/// Judges, and waives what is open.
fn checked(
    arguments: &WaiveArguments,
    loaded: &Loaded,
    request: &WaiverRequest,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Result<Waived, WaiveError>, Failure> {
    let question = Question {
        which: Which::Named(vec![request.version.clone()]),
        environment: arguments.environment.clone(),
        fail_on: Default::default(),
    };
    let (judged, origin) = match &arguments.evidence {
        Some(file) => (from_file(file, loaded, &question)?, Origin::UnsignedFile),
        None => (
            from_channels(arguments, loaded, &question, ambient, terminal)?,
            Origin::Asked,
        ),
    };
    Ok(waive(loaded, request, &judged, origin, &question))
}

fn from_file(file: &Path, loaded: &Loaded, question: &Question) -> Result<Vec<Judged>, Failure> {
    let documents = read_evidence(file).map_err(|error| Failure::Said {
        message: error.to_string(),
        hint: error.hint,
    })?;
    let mut judged = Vec::new();
    for document in documents {
        let mut items = loaded.components.iter();
        let about = |name: &Name| *name == document.component;
        let Some(item) = items.find(|item| about(&item.policy.component.name)) else {
            continue;
        };
        let one = judge(&item.policy, document, Origin::UnsignedFile, question, None);
        judged.push(one.map_err(|error| Failure::new(error.message, error.hint))?);
    }
    if judged.is_empty() {
        return Err(Failure::new(
            format!(
                "{}: no evidence of a component of this policy",
                file.display()
            ),
            "save it with `lockstep check POLICY --save-evidence FILE`",
        ));
    }
    Ok(judged)
}

fn from_channels(
    arguments: &WaiveArguments,
    loaded: &Loaded,
    question: &Question,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Vec<Judged>, Failure> {
    let target = |item: &policy::Item| Target {
        path: arguments.policy.clone(),
        item: item.clone(),
    };
    let targets: Vec<Target> = loaded.components.iter().map(target).collect();
    ask_for_all(&targets, question, None, ambient, terminal)
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

fn say(
    waived: &Waived,
    request: &WaiverRequest,
    loaded: &Loaded,
    path: &Path,
    dry: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let shown = visible(&path.display().to_string(), 300);
    let would = if dry { "would hold" } else { "holds" };
    for finding in &waived.findings {
        let elsewhere = request.channel.as_ref();
        if elsewhere.is_some_and(|channel| finding.channel.as_ref() != Some(channel)) {
            terminal.note(&format!(
                "a waiver names no channel: it {would} for this as well: {}",
                finding.message
            ));
        }
    }
    if loaded.components.len() > 1 {
        terminal.note(&format!(
            "it {would} for all {} components of the family",
            loaded.components.len()
        ));
    }
    if loaded.sources.len() > 1 {
        terminal.note(&format!(
            "{shown} extends other files: they stay as they are"
        ));
    }
    if dry {
        return Ok(());
    }
    let lines: Vec<String> = waived.lines.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "{shown} line {}: `{}` is waived until {}\n",
        lines.join(", "),
        request.code,
        request.expires
    );
    for finding in &waived.findings {
        let _ = writeln!(text, "  {}: {}", finding.component, finding.message);
    }
    if waived.findings.is_empty() {
        text.push_str("  nobody looked whether such a finding is open\n");
    }
    terminal.result(&text)?;
    Ok(())
}
