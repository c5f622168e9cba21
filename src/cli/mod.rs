//! The command line: one file per verb, one table of exit codes.

mod ambient;
mod asked;
mod attest;
mod check;
mod completions;
mod difference;
mod doctor;
mod download;
mod exit;
mod explain;
mod init;
mod inspect;
mod interrupt;
mod key;
mod man;
mod output;
mod password;
mod policy;
mod progress;
mod replay;
mod results;
mod say;
mod trust;
mod verify;
mod version;
mod waive;

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use ambient::Ambient;

/// Stops a deploy until a component's release, tags and index versions are in lockstep.
///
/// Exit codes: 0 allow, 1 deny, 2 usage, policy or evidence error, 3 indeterminate.
#[derive(Debug, Parser)]
#[command(
    name = "lockstep",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    manner: Manner,
}

/// How everything is said.
#[derive(Debug, Args)]
struct Manner {
    /// Say only what was asked for and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: every row, every request, what was asked.
    #[arg(long, short, global = true)]
    verbose: bool,
    /// When to use colour; NO_COLOR switches it off as well.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs; docs/schema describes it.
    Json,
}

// Only the options of the verb that is asked for are built: nobody waits for those of the others. So
// what the overview says of each verb is here, and not on its options, of which a documentation
// comment would take its place.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Verb {
    /// Check whether a component's releases agree in every channel.
    ///
    /// Asks every channel of the policies, once, and judges the answers. Without --version, --all
    /// or a tag in GITHUB_REF the newest releases are judged: the highest, the highest stable and
    /// the latest by server time.
    Check(Box<check::CheckArguments>),
    /// Write a commented policy, guessed from a checkout or from a shorthand such as `pypi:NAME`.
    ///
    /// A checkout is read and nobody is asked: its remote, tags, manifests and the publishing steps
    /// of its workflows. A shorthand is asked, and so is what it names. Every line says why it is
    /// thought; what is not known is a comment.
    Init(init::InitArguments),
    /// Say for each channel what the present credentials can and cannot see, and what would do.
    ///
    /// Exits with 3 where something that a check requires cannot be seen. Credentials are named by
    /// where they come from, never shown.
    Doctor(doctor::DoctorArguments),
    /// Save what is attached to an artifact, byte for byte. Nothing of it is verified.
    ///
    /// Each document becomes a file `sha256-DIGEST.json` named by the digest of its own bytes; with
    /// `--output -` all go to standard output, a line each. Exits with 0 where something was saved,
    /// 1 where nothing is attached, 3 where a place could not be asked or not be read whole.
    Download(Box<download::DownloadArguments>),
    /// Play incidents from a folder: what would Lockstep have said?
    ///
    /// Each incident is a folder with a policy, evidence of one or more moments, and what is
    /// expected of each. No network. Exits with 1 where a verdict is not as expected.
    Replay(replay::ReplayArguments),
    /// Sign provenance, or another predicate, for artifacts: one in-toto statement in a Sigstore
    /// bundle.
    ///
    /// The predicate is SLSA provenance v1 of the CI system that runs here (GitHub Actions, GitLab
    /// CI, Jenkins, CodeBuild, Azure Pipelines, CircleCI, Buildkite, Tekton), or what the options
    /// state, or a file. A bundle that says the same already is left as it is.
    ///
    /// Exit codes: 0 attested everywhere, or there already; 2 usage error, something unreadable, or
    /// a service that refuses; 3 a service could not be asked, or gave no answer that can be used:
    /// the same run may succeed later.
    Attest(Box<attest::AttestArguments>),
    /// Make a private key that signs, or show the public key of one.
    ///
    /// The password is in LOCKSTEP_KEY_PASSWORD or COSIGN_PASSWORD; one that is set and empty is an
    /// empty password. Without either it is asked for at a terminal, not in CI.
    Key(key::KeyArguments),
    /// Explain a finding's code; without one, list them all.
    Explain(explain::ExplainArguments),
    /// Work with policy files.
    Policy(policy::PolicyArguments),
    /// Waive an open finding: write a [[waiver]] into a policy file.
    ///
    /// The channels are asked (or --evidence is read), and the waiver is pinned to all digests of
    /// the finding: other bytes, another commit or another image fire again. Several findings of
    /// the code get a waiver each. A waiver that would hold for no open finding is refused. What is
    /// indeterminate cannot be waived.
    ///
    /// The waiver goes into the file that is named, never into one that it extends, and holds for
    /// every component of a family. Everything else in the file stays as it is.
    Waive(Box<waive::WaiveArguments>),
    /// Verify who signed artifacts, and from which source they were built.
    ///
    /// Of files and digests nothing is asked of the network: bundles come from files. Of what lies
    /// elsewhere, and with --repo or --owner, the places are asked where attestations lie. A bundle counts
    /// where it is about the artifact, its signature, log entries and times verify, and it meets
    /// everything that is expected below; one that does is enough. Without a key, say whose
    /// signature counts: the issuer, and an identity or the source repository.
    ///
    /// Exit codes: 0 verified, 1 not verified, 2 usage error or something unreadable, 3 nothing
    /// verified where a place could not be asked or not be read whole.
    Verify(Box<verify::VerifyArguments>),
    /// Keep the trusted roots of Sigstore instances up to date, and show them.
    Trust(trust::TrustArguments),
    /// Show what bundles claim. Nothing is verified: whoever wrote the bundle wrote what is shown.
    ///
    /// Exit codes: 0 shown, 1 nothing is attached, 2 something that cannot be read, 3 a place could
    /// not be asked or not be read whole; what was found is shown then too.
    Inspect(Box<inspect::InspectArguments>),
    /// Work with version names.
    Version(version::VersionArguments),
    /// Write a completion script for a shell to standard output.
    Completions(completions::CompletionsArguments),
    /// Write the manual page of `lockstep` to standard output, or those of all verbs into a folder.
    Man(man::ManArguments),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let ambient = Ambient::of_process();
    let mut terminal = say::Terminal::new(&cli.manner, &ambient);
    let result = match cli.verb {
        Verb::Check(arguments) => check::run(*arguments, &ambient, &mut terminal),
        Verb::Init(arguments) => init::run(&arguments, &ambient, &mut terminal),
        Verb::Doctor(arguments) => doctor::run(&arguments, &ambient, &mut terminal),
        Verb::Download(arguments) => download::run(&arguments, &ambient, &mut terminal),
        Verb::Replay(arguments) => replay::run(&arguments, &mut terminal),
        Verb::Attest(arguments) => attest::run(*arguments, &ambient, &mut terminal),
        Verb::Key(arguments) => key::run(&arguments, &ambient, &mut terminal),
        Verb::Explain(arguments) => explain::run(&arguments, &mut terminal),
        Verb::Policy(arguments) => policy::run(&arguments, &mut terminal),
        Verb::Waive(arguments) => waive::run(*arguments, &ambient, &mut terminal),
        Verb::Verify(arguments) => verify::run(&arguments, &ambient, &mut terminal),
        Verb::Trust(arguments) => trust::run(&arguments, &ambient, &mut terminal),
        Verb::Inspect(arguments) => inspect::run(&arguments, &ambient, &mut terminal),
        Verb::Version(arguments) => version::run(&arguments, &mut terminal),
        Verb::Completions(arguments) => completions::run(&arguments, Cli::command(), &mut terminal),
        Verb::Man(arguments) => man::run(&arguments, Cli::command(), &mut terminal),
    };
    let ending = match result {
        Ok(ending) => ending,
        Err(failure) => {
            terminal.failure(&failure);
            failure.ending()
        }
    };
    ending.into()
}
