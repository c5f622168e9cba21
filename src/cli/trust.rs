//! `lockstep trust`: refreshes the trusted roots of Sigstore instances by TUF, and shows whom they
//! make this program trust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use url::Url;

use crate::attest::deliver::write_whole;
use crate::check::{ShownTrust, describe_stored, show_trust, update_trust};
use crate::model::{TrustMaterial, visible};
use crate::observe::trust_root::{Instance, TrustRootError, TrustRootFault};
use crate::report::inert;

use super::Format;
use super::ambient::Ambient;
use super::asked::unfit;
use super::exit::{Ending, Failure};
use super::progress::Progress;
use super::say::Terminal;

/// The longest first root that is read, in bytes.
const ROOT_BYTES: u64 = 512_000;

#[derive(Debug, Args)]
pub(super) struct TrustArguments {
    #[command(subcommand)]
    verb: TrustVerb,
}

#[derive(Debug, Subcommand)]
enum TrustVerb {
    Update(UpdateArguments),
    Show(ShowArguments),
}

/// Refresh trusted roots from their TUF repositories.
///
/// The public-good instance is refreshed where nothing is named. The chain begins at the root that
/// this program carries, or at the one of --root. Expired metadata and versions older than what was
/// seen before are refused, and what was kept stays as it was.
///
/// Exits with 1 where the mirror's metadata is refused, with 3 where the mirror cannot be reached.
#[derive(Debug, Args)]
struct UpdateArguments {
    /// Which instance; may be repeated.
    #[arg(
        long = "instance",
        value_enum,
        value_name = "NAME",
        conflicts_with = "root"
    )]
    instances: Vec<Known>,
    /// Ask this repository instead of the instance's own.
    #[arg(long, value_name = "URL")]
    mirror: Option<Url>,
    /// The first `root.json` of a private instance, from whom you trust.
    #[arg(long, value_name = "FILE", requires = "mirror")]
    root: Option<PathBuf>,
    /// Write the trusted root to this file as well, for --trusted-root.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Show what is trusted now, where it comes from, and when its keys count.
///
/// What is kept is verified again before it is shown.
#[derive(Debug, Args)]
struct ShowArguments {
    /// Which instance; may be repeated. Without any, all that this program knows.
    #[arg(
        long = "instance",
        value_enum,
        value_name = "NAME",
        conflicts_with = "root"
    )]
    instances: Vec<Known>,
    /// The first `root.json` of a private instance.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Instances whose first root this program carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Known {
    /// Sigstore's public-good instance.
    Sigstore,
    /// GitHub's own instance, for private repositories.
    Github,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    trust: &'a [ShownTrust],
}

pub(super) fn run(
    arguments: &TrustArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    match &arguments.verb {
        TrustVerb::Update(arguments) => update(arguments, ambient, terminal),
        TrustVerb::Show(arguments) => show(arguments, ambient, terminal),
    }
}

fn update(
    arguments: &UpdateArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let mut instances = match (&arguments.root, arguments.instances.as_slice()) {
        (Some(root), _) => vec![private(root, arguments.mirror.as_ref())?],
        (None, []) => vec![Instance::public_good()],
        (None, known) => named(known),
    };
    if instances.len() > 1 && (arguments.mirror.is_some() || arguments.output.is_some()) {
        return Err(Failure::new(
            "--mirror and --output are about one instance",
            "name one with --instance",
        ));
    }
    if let Some(mirror) = &arguments.mirror {
        let at = |instance: Instance| instance.at(mirror);
        instances = instances.into_iter().map(at).collect();
    }
    let progress = Arc::new(Progress::new(terminal, 1));
    let results = update_trust(&ambient.environment, progress, &instances).map_err(unfit)?;
    let mut ending = Ending::Fine;
    let mut shown = Vec::new();
    for result in results {
        match result {
            Ok(updated) => {
                if let Some(file) = &arguments.output
                    && let TrustMaterial::TrustedRoot(root) = &updated.root.domain.material
                {
                    write(file, root)?;
                }
                let what = if updated.changed {
                    "updated"
                } else {
                    "unchanged"
                };
                let path = visible(&updated.path.display().to_string(), 300);
                terminal.note(&format!(
                    "{}: {what}, kept in {path}",
                    updated.root.domain.label
                ));
                shown.push(describe_stored(&updated.root).map_err(unusable)?);
            }
            Err(error) => {
                terminal.error(&error.message, error.hint.as_deref());
                ending = match (ending, error.fault) {
                    (Ending::Usage, _) | (_, TrustRootFault::Store) => Ending::Usage,
                    (Ending::Deny, _) => Ending::Deny,
                    (_, TrustRootFault::Unreachable) => Ending::Indeterminate,
                    _ => Ending::Deny,
                };
            }
        }
    }
    if !shown.is_empty() {
        say(&shown, arguments.format, terminal)?;
    }
    Ok(ending)
}

fn show(
    arguments: &ShowArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let instances = match (&arguments.root, arguments.instances.as_slice()) {
        (Some(root), _) => vec![private(root, None)?],
        (None, []) => named(&[Known::Sigstore, Known::Github]),
        (None, known) => named(known),
    };
    let shown: Result<Vec<_>, _> = instances
        .iter()
        .map(|instance| show_trust(&ambient.environment, instance))
        .collect();
    say(&shown.map_err(unusable)?, arguments.format, terminal)?;
    Ok(Ending::Fine)
}

fn named(known: &[Known]) -> Vec<Instance> {
    let instance = |known: &Known| match known {
        Known::Sigstore => Instance::public_good(),
        Known::Github => Instance::github(),
    };
    known.iter().map(instance).collect()
}

fn private(file: &Path, mirror: Option<&Url>) -> Result<Instance, Failure> {
    use std::io::Read as _;
    let name = visible(&file.display().to_string(), 300);
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(ROOT_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| {
            let message = format!("--root: {name}: {error}");
            Failure::new(message, "name the `root.json` of the instance")
        })?;
    // Only what is kept is read without a mirror: the address is then of no use.
    let nowhere = Url::parse("https://localhost/").ok();
    let mirror = mirror.or(nowhere.as_ref());
    let mirror = mirror.ok_or_else(|| Failure::new("--mirror is not given", "name it"))?;
    Instance::private(mirror, &text).map_err(unusable)
}

/// A root that cannot be used.
pub(super) fn unusable(error: TrustRootError) -> Failure {
    Failure::Said {
        message: error.message,
        hint: error.hint,
    }
}

/// Writes a file in one step.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    write_whole(file, text.as_bytes(), 0o666, true).map_err(|error| {
        let name = visible(&file.display().to_string(), 300);
        Failure::new(
            format!("--output: {name}: {error}"),
            "name a file in a folder that can be written",
        )
    })
}

fn say(shown: &[ShownTrust], format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let text = match format {
        Format::Json => {
            let document = Document {
                schema: "lockstep-trust/1",
                trust: shown,
            };
            let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?;
            text + "\n"
        }
        Format::Human => shown.iter().map(human).collect::<Vec<_>>().join("\n"),
    };
    terminal.result(&text)?;
    Ok(())
}

fn human(trust: &ShownTrust) -> String {
    let mut text = match (&trust.updated, &trust.mirror) {
        (Some(updated), Some(mirror)) => {
            format!("{}: refreshed {updated} from {mirror}\n", trust.instance)
        }
        _ => format!("{}: as this program carries it\n", trust.instance),
    };
    if let (Some(expires), Some([root, timestamp, snapshot, targets])) =
        (trust.expires, trust.versions)
    {
        let verb = if trust.expired { "EXPIRED" } else { "expires" };
        let _ = writeln!(
            text,
            "  metadata {verb} {expires}; root {root}, timestamp {timestamp}, snapshot {snapshot}, \
             targets {targets}"
        );
    }
    if trust.expired {
        text.push_str("  nobody vouches any more that it is the newest: `lockstep trust update`\n");
    }
    let _ = writeln!(text, "  {}", trust.digest);
    for one in &trust.authorities {
        let begins = one.begins.map(|time| time.to_string()).unwrap_or_default();
        let ends = one.ends.map_or("now".to_owned(), |time| time.to_string());
        let _ = writeln!(
            text,
            "  {:22} {begins} to {ends}  {}",
            one.kind, one.address
        );
    }
    inert(&text)
}
