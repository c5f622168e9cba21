//! `lockstep explain`: what a code means, what usually causes it, what to do.

use std::fmt::Write as _;

use clap::Args;

use crate::decide;
use crate::model::settings::nearest;
use crate::model::visible;

use super::exit::{Ending, Failure};
use super::say::Terminal;

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// A code such as `version-unannounced`.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(
    arguments: &ExplainArguments,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let mut text = String::new();
    match &arguments.code {
        None => {
            for explanation in decide::codes().into_iter().filter_map(decide::explain) {
                let _ = writeln!(
                    text,
                    "{:28} {:13} {}",
                    explanation.code,
                    explanation.severity.to_string(),
                    explanation.title
                );
            }
        }
        Some(code) => {
            let explanation = decide::explain(code).ok_or_else(|| unknown(code))?;
            let _ = writeln!(
                text,
                "{}: {}\n\n{}, mismatch {}, suspicion {}\n\n{}",
                explanation.code,
                explanation.title,
                explanation.severity,
                explanation.mismatch,
                explanation.suspicion,
                explanation.text
            );
        }
    }
    terminal.result(&text)?;
    Ok(Ending::Fine)
}

fn unknown(code: &str) -> Failure {
    let hint = match nearest(code, decide::codes().into_iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`lockstep explain` lists every code".to_owned(),
    };
    Failure::new(
        format!("no rule has the code `{}`", visible(code, 80)),
        hint,
    )
}
