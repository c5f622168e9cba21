//! `lockstep policy`: checks policy files, shows their schema, renders a version's names.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::decide;
use crate::model::{visible, visible_line};
use crate::observe::now;
use crate::policy::{self, PolicyErrors, Rendered, RenderedChannel, render_diagnostics};
use crate::report::{Tint, inert};

use super::Format;
use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct PolicyArguments {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    Lint(LintArguments),
    /// Write the JSON Schema of policy files, for editors.
    Schema,
    Render(RenderArguments),
}

/// Check policy files; all errors of a file at once.
///
/// Exits with 2 where a file has an error. Warnings, such as an expired waiver, are shown and
/// change nothing.
#[derive(Debug, Args)]
struct LintArguments {
    /// Policy files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Show the exact name that each channel gives a version, and what would collide with it.
///
/// No network.
#[derive(Debug, Args)]
struct RenderArguments {
    /// A policy file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The version.
    #[arg(long, value_name = "VERSION")]
    version: String,
    /// How the result is written: one document, or JSON Lines for a family of components.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(super) fn run(arguments: &PolicyArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    match &arguments.verb {
        PolicyVerb::Lint(arguments) => lint(arguments, terminal),
        PolicyVerb::Schema => {
            let schema =
                serde_json::to_string_pretty(&policy::schema()).map_err(std::io::Error::from)?;
            terminal.result(&(schema + "\n"))?;
            Ok(Ending::Fine)
        }
        PolicyVerb::Render(arguments) => render(arguments, terminal),
    }
}

fn lint(arguments: &LintArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let mut ending = Ending::Fine;
    let colour = terminal.colours_errors();
    for (_, result) in policy::lint(&arguments.files, now(), &decide::codes()) {
        let drawn = match &result {
            Ok(loaded) => render_diagnostics(&loaded.warnings, &loaded.sources, colour),
            Err(errors) => {
                ending = Ending::Usage;
                errors.render(colour)
            }
        };
        terminal.drawn(&drawn);
    }
    Ok(ending)
}

fn render(arguments: &RenderArguments, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let drawn = |errors: PolicyErrors| Failure::Drawn(errors.render(terminal.colours_errors()));
    let loaded = policy::load(&arguments.file, &decide::codes()).map_err(drawn)?;
    let mut text = String::new();
    let mut rendered = Vec::new();
    for item in &loaded.components {
        let one = policy::rendered(item, &arguments.version).map_err(|error| {
            Failure::new(
                format!("`{}` is a version of no line of this policy", error.version),
                error.why.join("; "),
            )
        })?;
        rendered.push(one);
    }
    match arguments.format {
        Format::Human => {
            for one in &rendered {
                draw(&mut text, one, terminal);
            }
            text = inert(&text);
        }
        Format::Json => {
            for one in &rendered {
                let written = match rendered.len() {
                    1 => serde_json::to_string_pretty(one),
                    _ => serde_json::to_string(one),
                };
                text.push_str(&written.map_err(std::io::Error::from)?);
                text.push('\n');
            }
        }
    }
    terminal.result(&text)?;
    Ok(Ending::Fine)
}

fn draw(text: &mut String, rendered: &Rendered, terminal: &Terminal) {
    let paper = terminal.paper();
    for line in &rendered.lines {
        let _ = writeln!(
            text,
            "{}: line {}, {} {}",
            paper.tint(Tint::Strong, rendered.component.as_str()),
            line.line,
            line.scheme,
            visible(&line.canonical, 100),
        );
        let names = line
            .channels
            .iter()
            .map(|channel| channel.channel.as_str().len());
        let width = names.max().unwrap_or(0);
        for channel in &line.channels {
            let _ = writeln!(
                text,
                "  {:width$}  {}",
                channel.channel.as_str(),
                told(channel)
            );
        }
    }
}

fn told(channel: &RenderedChannel) -> String {
    if let Some(reason) = &channel.incomparable {
        return format!("no name: {}", visible_line(reason));
    }
    let list = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| visible_line(name)).collect();
        names.join(", ")
    };
    let mut told = list(&channel.names);
    for (what, names) in [
        ("variants", &channel.variants),
        ("floating", &channel.floating),
        ("COLLIDES with", &channel.collides_with),
    ] {
        if !names.is_empty() {
            let _ = write!(told, "; {what} {}", list(names));
        }
    }
    told
}
