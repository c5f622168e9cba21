//! `lockstep download`: saves what is attached to an artifact, byte for byte and unverified.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::attest::deliver::write_whole;
use crate::check::attachments;
use crate::model::{ArtifactDigest, Digest, visible};
use crate::observe::attached::{Attachments, Looking, Place, Subject};

use super::ambient::Ambient;
use super::asked::unfit;
use super::exit::{Ending, Failure};
use super::progress::Progress;
use super::say::Terminal;
use super::verify::StoreArguments;

#[derive(Debug, Args)]
pub(super) struct DownloadArguments {
    /// An image (`ghcr.io/acme/api:1.4.2`, `…@sha256:…`), `pypi:NAME==VERSION[/FILE]`,
    /// `npm:NAME@VERSION`, and with --repo or
    /// --owner a digest (`sha256:…`) or a file.
    #[arg(value_name = "SUBJECT")]
    subject: String,
    #[command(flatten)]
    store: StoreArguments,
    /// The folder to save to, or `-` for standard output.
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// Of an index, what is attached to the image of each platform too.
    #[arg(long)]
    platforms: bool,
    /// Address of the Simple API for `pypi:`; the public index where not given.
    #[arg(long, value_name = "URL")]
    index: Option<Url>,
    /// Address of the registry for `npm:`; the public one where not given.
    #[arg(long, value_name = "URL")]
    registry: Option<Url>,
}

pub(super) fn run(
    arguments: &DownloadArguments,
    ambient: &Ambient,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let subject = subject(arguments)?;
    let store = arguments.store.read(ambient)?;
    if matches!(subject, Subject::Digest(_)) && store.is_none() {
        return Err(Failure::new(
            "a digest alone says nothing of where it lies",
            "name the repository whose attestations are asked for: `--repo OWNER/NAME`, or the \
             account: `--owner OWNER`",
        ));
    }
    let to_stdout = arguments.output.as_os_str() == "-";
    if to_stdout && ambient.output_is_terminal {
        return Err(Failure::new(
            "unverified documents are not written to a terminal",
            "redirect standard output, or save them with `--output DIR`; `lockstep inspect` shows one",
        ));
    }
    let progress = Arc::new(Progress::new(terminal, 1));
    let looking = Looking {
        platforms: arguments.platforms,
    };
    let found = attachments(
        &subject,
        store.as_ref(),
        looking,
        &ambient.environment,
        progress,
    );
    let found = match found.map_err(unfit)? {
        Ok(found) => found,
        Err(unanswered) => {
            terminal.error(&format!("{}: {unanswered}", arguments.subject), None);
            return Ok(Ending::Indeterminate);
        }
    };
    let documents = documents(&found);
    match to_stdout {
        true => print(&documents, terminal)?,
        false => save(&documents, &found, &arguments.output, terminal)?,
    }
    Ok(ending(&found, &documents, terminal))
}

/// What the user names. A file is one where the text can be nothing else.
fn subject(arguments: &DownloadArguments) -> Result<Subject, Failure> {
    let mut subject = match Subject::read(&arguments.subject) {
        Ok(subject) => subject,
        Err(_) if Path::new(&arguments.subject).is_file() => {
            Subject::Digest(of_file(Path::new(&arguments.subject))?)
        }
        Err(error) => return Err(Failure::new(error.to_string(), error.hint)),
    };
    let unused = |option: &str, form: &str| {
        Failure::new(
            format!("{option} does not go with this subject"),
            format!("it is for subjects that begin with `{form}`"),
        )
    };
    match (&mut subject, &arguments.index, &arguments.registry) {
        (_, None, None) => {}
        (Subject::PyPi(file), Some(index), None) => file.index = Some(index.clone()),
        (Subject::Npm(version), None, Some(registry)) => version.registry = Some(registry.clone()),
        (_, Some(_), _) => return Err(unused("--index", "pypi:")),
        (_, None, Some(_)) => return Err(unused("--registry", "npm:")),
    }
    if arguments.platforms && !matches!(subject, Subject::Image(_)) {
        return Err(Failure::new(
            "--platforms does not go with this subject",
            "it is for images",
        ));
    }
    Ok(subject)
}

fn of_file(path: &Path) -> Result<ArtifactDigest, Failure> {
    let unreadable = |error: std::io::Error| {
        let shown = visible(&path.display().to_string(), 200);
        Failure::new(
            format!("cannot read {shown}: {error}"),
            "name a readable file",
        )
    };
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(Digest::from_bytes(hasher.finalize().into()).into())
}

/// Every document once, whichever place has it.
fn documents(found: &Attachments) -> BTreeMap<Digest, &str> {
    let seen = found.places.iter().filter_map(|it| it.answer.as_ref().ok());
    let documents = seen.flat_map(|it| &it.documents);
    documents
        .map(|(digest, text)| (*digest, text.as_str()))
        .collect()
}

/// JSON Lines. Line breaks between the parts of a JSON document mean nothing.
fn print(documents: &BTreeMap<Digest, &str>, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut lines = String::new();
    for (digest, text) in documents {
        // What is no JSON is no line of JSON Lines, and could be anything to who reads the lines.
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
            return Err(Failure::new(
                format!("what is attached as {digest} is no JSON, and cannot be a line"),
                "save it byte for byte with `--output DIR`",
            ));
        }
        lines.push_str(&text.replace(['\n', '\r'], " "));
        lines.push('\n');
    }
    Ok(terminal.result(&lines)?)
}

fn save(
    documents: &BTreeMap<Digest, &str>,
    found: &Attachments,
    folder: &Path,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let shown = visible(&folder.display().to_string(), 200);
    let failed = |error: std::io::Error| {
        Failure::new(
            format!("cannot save to {shown}: {error}"),
            "name a folder that can be written with `--output`",
        )
    };
    if documents.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut text = String::new();
    for (digest, document) in documents {
        let name = format!("sha256-{}.json", digest.hex());
        let path = folder.join(&name);
        match std::fs::read(&path) {
            Ok(known) if known == document.as_bytes() => {}
            Ok(_) => {
                return Err(Failure::new(
                    format!("{} holds something else than its name says", path.display()),
                    "take it away, or name another folder with `--output`",
                ));
            }
            Err(_) => write_whole(&path, document.as_bytes(), 0o666, true).map_err(failed)?,
        }
        text.push_str(&format!(
            "{}  {}\n",
            folder.join(&name).display(),
            about(found, digest)
        ));
    }
    text.push_str("UNVERIFIED: `lockstep verify --bundle FILE` says what these are worth\n");
    Ok(terminal.result(&text)?)
}

/// Which artifacts a document is attached to.
fn about(found: &Attachments, document: &Digest) -> String {
    let has = |place: &Place, artifact: &ArtifactDigest| {
        let known = place.answer.as_ref().ok();
        known
            .and_then(|it| it.attached.artifacts.get(artifact))
            .is_some_and(|it| it.contains(document))
    };
    let artifacts = found.artifacts.iter();
    let artifacts = artifacts.filter(|(_, it)| found.places.iter().any(|place| has(place, it)));
    let names = artifacts.map(|(name, artifact)| match name.is_empty() {
        true => artifact.to_string(),
        false => visible(name, 200),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Says what could not be read, and what the whole comes to.
fn ending(
    found: &Attachments,
    documents: &BTreeMap<Digest, &str>,
    terminal: &mut Terminal,
) -> Ending {
    let mut unknown = false;
    for place in &found.places {
        match &place.answer {
            Err(unanswered) => {
                terminal.error(&format!("{}: {unanswered}", place.endpoint), None);
                unknown = true;
            }
            Ok(known) => {
                if let Some((at, why)) = &known.stopped {
                    let words = format!("{}: not read whole, at {at}: {why}", place.endpoint);
                    terminal.error(&words, None);
                    unknown = true;
                }
            }
        }
    }
    match (unknown, documents.is_empty()) {
        (true, _) => Ending::Indeterminate,
        (false, false) => Ending::Fine,
        (false, true) => {
            let hint =
                "attestations may lie elsewhere: `--repo OWNER/NAME` asks GitHub's store too";
            terminal.error("nothing is attached to it", Some(hint));
            Ending::Deny
        }
    }
}
