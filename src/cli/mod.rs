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

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Box<check::CheckArguments>),
    Init(init::InitArguments),
    Doctor(doctor::DoctorArguments),
    Download(Box<download::DownloadArguments>),
    Replay(replay::ReplayArguments),
    Attest(Box<attest::AttestArguments>),
    Key(key::KeyArguments),
    Explain(explain::ExplainArguments),
    Policy(policy::PolicyArguments),
    Waive(Box<waive::WaiveArguments>),
    Verify(Box<verify::VerifyArguments>),
    Trust(trust::TrustArguments),
    Inspect(Box<inspect::InspectArguments>),
    Version(version::VersionArguments),
    Completions(completions::CompletionsArguments),
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
