//! Every table of a policy with its keys, for documentation.

use super::{KEYS, channel};
use crate::model::settings::{Key, Shape};
use crate::observe::KINDS;

/// A table of a policy file and its keys.
#[derive(Debug, Clone)]
pub struct ReferenceTable {
    /// As a policy writes it, such as `[environment.NAME]` or `[channel.NAME] kind = "oci"`.
    pub title: String,
    /// Its keys; of a channel, those of its kind alone.
    pub keys: Vec<Key>,
}

impl ReferenceTable {
    /// The keys as a table of Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::from("| key | takes | |\n|---|---|---|\n");
        for key in &self.keys {
            let needed = if key.required { " **required**" } else { "" };
            let about = key.about.replace('|', "\\|");
            let name = key.name;
            text.push_str(&format!(
                "| `{name}`{needed} | {} | {about} |\n",
                takes(key.shape)
            ));
        }
        text
    }
}

/// Every table, those within tables after the table that holds them.
pub fn reference() -> Vec<ReferenceTable> {
    let mut tables = Vec::new();
    for key in KEYS {
        match key.shape {
            Shape::Table(keys) => add(format!("[{}]", key.name), keys, &mut tables),
            Shape::Named(keys) => add(format!("[{}.NAME]", key.name), keys, &mut tables),
            Shape::Tables(keys) => add(format!("[[{}]]", key.name), keys, &mut tables),
            Shape::Channels => {
                add(format!("[{}.NAME]", key.name), channel::KEYS, &mut tables);
                for kind in KINDS {
                    let title = format!("[{}.NAME] kind = \"{}\"", key.name, kind.name());
                    add(title, kind.keys(), &mut tables);
                }
            }
            _ => {}
        }
    }
    tables
}

fn add(title: String, keys: &[Key], tables: &mut Vec<ReferenceTable>) {
    let within: Vec<(String, &[Key])> = keys
        .iter()
        .filter_map(|key| match key.shape {
            Shape::Table(keys) | Shape::ChoiceOrTable(_, keys) => {
                Some((format!("{title} {} = {{ … }}", key.name), keys))
            }
            _ => None,
        })
        .collect();
    tables.push(ReferenceTable {
        title,
        keys: keys.to_vec(),
    });
    for (title, keys) in within {
        add(title, keys, tables);
    }
}

fn takes(shape: Shape) -> String {
    let words = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        words.join(", ")
    };
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Choice(choices) => words(choices),
        Shape::Duration => "duration, as in `45m`".to_owned(),
        Shape::Date => "date".to_owned(),
        Shape::Integer => "whole number".to_owned(),
        Shape::Boolean => "`true`, `false`".to_owned(),
        Shape::Texts => "list".to_owned(),
        Shape::TextOrTexts => "text or list".to_owned(),
        Shape::TextOrDate => "text or date".to_owned(),
        Shape::Table(_) => "table".to_owned(),
        Shape::ChoiceOrTable(choices, _) => format!("{} or table", words(choices)),
        Shape::Named(_) | Shape::Channels | Shape::Tables(_) => "tables".to_owned(),
    }
}
