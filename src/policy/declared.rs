//! Where a policy's tables stand, for reports that point at them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::source::Source;
use crate::model::Name;
use crate::model::settings::{Node, Place, Table, Value};

/// A line of a file that a policy was read from: its own, or one that it extends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file, as the policy's path and `extends` name it.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// Where the tables of one policy file stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declarations {
    /// `[component]`.
    pub component: Position,
    /// `[channel.…]` by name.
    pub channels: BTreeMap<Name, Position>,
    /// `[line.…]` by name.
    pub lines: BTreeMap<Name, Position>,
    /// Every `[[waiver]]`, in the order of the policy's waivers.
    pub waivers: Vec<Position>,
}

/// Finds the tables of a policy that was read from these sources.
pub(super) fn find(table: &Table, sources: &[Source]) -> Declarations {
    let position = |place: &Place| {
        let source = sources.get(place.source).or_else(|| sources.first());
        Position {
            path: source.map(|it| it.path().to_owned()).unwrap_or_default(),
            line: source.map_or(1, |it| it.line_of(place.bytes.start).0),
        }
    };
    let top = Place {
        source: 0,
        bytes: 0..0,
    };
    let component = entry(table, super::COMPONENT).map_or(&top, |node| &node.place);
    let named = |key: &str| {
        let Some(Value::Table(tables)) = entry(table, key).map(|node| &node.value) else {
            return BTreeMap::new();
        };
        let entries = tables.entries.iter();
        entries
            .filter_map(|(name, _, node)| Some((name.parse().ok()?, position(&node.place))))
            .collect()
    };
    let waivers = match entry(table, "waiver").map(|node| &node.value) {
        Some(Value::List(items)) => items.iter().map(|item| position(&item.place)).collect(),
        _ => Vec::new(),
    };
    Declarations {
        component: position(component),
        channels: named("channel"),
        lines: named("line"),
        waivers,
    }
}

fn entry<'t>(table: &'t Table, key: &str) -> Option<&'t Node> {
    let mut entries = table.entries.iter();
    entries
        .find(|(name, _, _)| name == key)
        .map(|(_, _, node)| node)
}
