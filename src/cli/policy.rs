//! `lockstep policy`: checks policy files, shows their schema, renders a version's names.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::decide;
use crate::observe;
use crate::policy::{self, Linted, Rendered};
use crate::report::Tint;

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;

/// Work with policy files.
#[derive(Debug, Args)]
pub(super) struct PolicyArguments {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Check policy files; all errors of a file at once.
    Lint(LintArguments),
    /// Write the JSON Schema of policy files, for editors.
    Schema,
    /// Show the exact name that each channel gives a version. No network.
    Render(RenderArguments),
}

#[derive(Debug, Args)]
struct LintArguments {
    /// Policy files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct RenderArguments {
    /// A policy file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The version.
    #[arg(long, value_name = "VERSION")]
    version: String,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}
