//! What the surroundings of the process say about how to speak and what is meant.

use std::io::IsTerminal;

use crate::observe::Environment;

/// The surroundings.
pub(super) struct Ambient {
    /// Every variable, for those who ask channels.
    pub(super) environment: Environment,
    /// NO_COLOR is set and not empty (no-color.org).
    pub(super) no_colour: bool,
    /// Somebody sits at a terminal who can be asked: no CI system says that it runs this.
    pub(super) is_interactive: bool,
    /// Standard output is a terminal.
    pub(super) output_is_terminal: bool,
    /// Standard error is a terminal.
    pub(super) errors_are_terminal: bool,
    /// COLUMNS.
    pub(super) columns: Option<usize>,
    /// The tag in GITHUB_REF, where it is one.
    pub(super) github_tag: Option<String>,
}

impl Ambient {
    /// The surroundings of this process.
    pub(super) fn of_process() -> Self {
        let environment = Environment::of_process();
        let text = |name: &str| environment.get(name).map(str::to_owned);
        let dumb = text("TERM").is_some_and(|terminal| terminal == "dumb");
        let no_colour = text("NO_COLOR").is_some() || dumb;
        let columns = text("COLUMNS").and_then(|columns| columns.parse().ok());
        let github_tag = text("GITHUB_REF")
            .and_then(|reference| reference.strip_prefix("refs/tags/").map(str::to_owned));
        let errors_are_terminal = std::io::stderr().is_terminal();
        let in_ci = text("CI").is_some_and(|it| it != "false");
        Self {
            is_interactive: std::io::stdin().is_terminal() && errors_are_terminal && !in_ci,
            no_colour,
            output_is_terminal: std::io::stdout().is_terminal(),
            errors_are_terminal,
            columns,
            github_tag,
            environment,
        }
    }
}
