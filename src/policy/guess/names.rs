//! What the component is called.

use crate::model::Name;
use crate::observe::discover::{Clues, Origin, Place, Says};

/// The names and why.
pub(super) struct Names {
    pub(super) all: Vec<String>,
    pub(super) is_family: bool,
    pub(super) why: String,
}

/// What the user named; else the packages of a monorepo; else what the source calls itself; else
/// the last part of its address; else the name of its folder.
pub(super) fn of(clues: &Clues) -> Names {
    let mut given = None;
    let mut family = None;
    let mut called = None;
    let mut last = None;
    let mut folder = None;
    for clue in &clues.clues {
        match &clue.says {
            Says::Place(Place::PyPi {
                project: Some(name),
                ..
            })
            | Says::Place(Place::Npm {
                package: Some(name),
                ..
            }) if clue.origin == Origin::User => {
                given = given.or_else(|| valid(name).map(|it| (it, clue.why.clone())));
            }
            Says::Family(names) if family.is_none() => {
                let names: Vec<String> = names.iter().filter_map(|it| valid(it)).collect();
                family = (!names.is_empty()).then(|| (names, clue.why.clone()));
            }
            Says::Name(name) if clue.origin == Origin::Host => {
                folder = folder.or_else(|| valid(name).map(|it| (it, clue.why.clone())));
            }
            Says::Name(name) if called.is_none() => {
                called = valid(name).map(|it| (it, clue.why.clone()));
            }
            Says::Source(url) if last.is_none() => {
                let name = url.path().rsplit('/').next().and_then(valid);
                last = name.map(|it| (it, "the name of the repository".to_owned()));
            }
            _ => {}
        }
    }
    if let Some((name, why)) = given {
        return Names {
            all: vec![name],
            is_family: false,
            why,
        };
    }
    if let Some((all, why)) = family {
        return Names {
            all,
            is_family: true,
            why,
        };
    }
    match called.or(last).or(folder) {
        Some((name, why)) => Names {
            all: vec![name],
            is_family: false,
            why,
        },
        None => Names {
            all: Vec::new(),
            is_family: false,
            why: String::new(),
        },
    }
}

fn valid(name: &str) -> Option<String> {
    name.parse::<Name>()
        .ok()
        .map(|name| name.as_str().to_owned())
}
