//! Reads the few policy keys that these tests use, until the policy room reads all of them.

use lockstep::model::version::{Naming, Plus, Scheme, Template, Version};
use lockstep::model::{
    AgreeOn, Agreement, Anchor, Channel, Component, Content, Digest, Duration, Environment, Line,
    Mode, Name, Policy, ReleaseHours, Traits, Unreachable, Waiver,
};
use toml_edit::{DocumentMut, Item, TableLike};

pub(super) fn load(text: &str) -> Policy {
    let document: DocumentMut = text.parse().unwrap();
    let component = table(&document["component"]);
    let name = component.get("name").unwrap().as_str().unwrap();
    let lines: Vec<Line> = named(&document, "line")
        .map(|(line, table)| line_of(line, table))
        .collect();
    let channels: Vec<Channel> = named(&document, "channel")
        .map(|(channel, table)| channel_of(channel, table, name, &lines))
        .collect();
    let leader = component.get("announced-by").and_then(Item::as_str);
    let leader = leader.map_or_else(
        || {
            channels
                .iter()
                .find(|it| it.traits.can_lead)
                .unwrap()
                .name
                .clone()
        },
        |name| name.parse().unwrap(),
    );
    Policy {
        component: Component {
            name: name.parse().unwrap(),
            source: None,
            repository_id: component
                .get("repository-id")
                .and_then(Item::as_integer)
                .map(|id| u64::try_from(id).unwrap()),
            branches: texts(component, "branches"),
            release_hours: component.get("release-hours").map(|it| hours(table(it))),
        },
        announced_by: leader,
        lines,
        channels,
        agreements: tables(&document, "agree").map(agreement).collect(),
        provenance: Vec::new(),
        environments: named(&document, "environment").map(environment).collect(),
        waivers: tables(&document, "waiver").map(waiver).collect(),
        digest: Digest::of(text.as_bytes()),
    }
}

fn table(item: &Item) -> &dyn TableLike {
    item.as_table_like().unwrap()
}

fn named<'d>(
    document: &'d DocumentMut,
    key: &str,
) -> impl Iterator<Item = (&'d str, &'d dyn TableLike)> {
    let all = document.get(key).map(table);
    all.into_iter()
        .flat_map(|all| all.iter())
        .map(|(name, item)| (name, table(item)))
}

fn tables<'d>(document: &'d DocumentMut, key: &str) -> impl Iterator<Item = &'d dyn TableLike> {
    let all = document.get(key).and_then(Item::as_array_of_tables);
    all.into_iter()
        .flat_map(|all| all.iter())
        .map(|table| table as &dyn TableLike)
}

fn texts(table: &dyn TableLike, key: &str) -> Vec<String> {
    match table.get(key) {
        None => Vec::new(),
        Some(item) => match item.as_array() {
            Some(items) => items
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect(),
            None => vec![item.as_str().unwrap().to_owned()],
        },
    }
}

fn names(table: &dyn TableLike, key: &str) -> Vec<Name> {
    texts(table, key)
        .iter()
        .map(|it| it.parse().unwrap())
        .collect()
}

fn line_of(name: &str, table: &dyn TableLike) -> Line {
    let scheme: Scheme = table
        .get("scheme")
        .unwrap()
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let since = table.get("judge-since").and_then(Item::as_str);
    Line {
        name: name.parse().unwrap(),
        scheme,
        judge_since: since.map(|it| Anchor::Version(Version::parse(it, scheme).unwrap())),
    }
}

fn channel_of(name: &str, table: &dyn TableLike, component: &str, lines: &[Line]) -> Channel {
    let word = table.get("kind").unwrap().as_str().unwrap();
    let (kind, can_lead, content, scheme) = match word {
        "git-tag" => ("git-tag", true, Content::Commit, None),
        "github-release" => ("github-release", true, Content::Files, None),
        "oci" => ("oci", false, Content::Image, None),
        "pypi" => ("pypi", false, Content::Files, Some(Scheme::Pep440)),
        "npm" => ("npm", false, Content::Files, Some(Scheme::Semver)),
        "files" => ("files", false, Content::Files, None),
        "s3" => ("s3", false, Content::Object, None),
        "manifest" => ("manifest", false, Content::Declaration, None),
        other => panic!("{other}"),
    };
    let mut templates = texts(table, "tag");
    if templates.is_empty() {
        templates.push("{version}".to_owned());
    }
    let naming = |line: &Line| {
        let floating = texts(table, "floating");
        Naming::new(
            line.scheme,
            scheme.unwrap_or(line.scheme),
            component,
            templates.iter().map(|it| it.parse().unwrap()).collect(),
            Plus::Reject,
            texts(table, "variants"),
            floating
                .iter()
                .map(|it| Template::floating(it).unwrap())
                .collect(),
            kind == "oci",
        )
    };
    let lag = table.get("may-lag").and_then(Item::as_str);
    Channel {
        name: name.parse().unwrap(),
        kind,
        traits: Traits {
            can_lead,
            content,
            states_commit: kind == "git-tag",
            states_time: kind != "git-tag",
        },
        lines: lines
            .iter()
            .map(|line| (line.name.clone(), naming(line)))
            .collect(),
        platforms: texts(table, "platforms"),
        assets: texts(table, "assets"),
        may_lag: lag.map_or(Duration::from_minutes(lag_of(word)), |it| {
            it.parse().unwrap()
        }),
        may_lead: Duration::from_minutes(10),
        declared_at: 1,
    }
}

fn lag_of(kind: &str) -> u64 {
    if matches!(kind, "pypi" | "npm") {
        60
    } else {
        30
    }
}

fn agreement(table: &dyn TableLike) -> Agreement {
    Agreement {
        channels: names(table, "channels"),
        on: match table.get("on").unwrap().as_str().unwrap() {
            "same-digest" => AgreeOn::SameDigest,
            "same-platforms" => AgreeOn::SamePlatforms,
            "same-commit" => AgreeOn::SameCommit,
            "same-files" => AgreeOn::SameFiles,
            other => panic!("{other}"),
        },
        because: None,
        declared_at: 1,
    }
}

fn environment((name, table): (&str, &dyn TableLike)) -> Environment {
    Environment {
        name: name.parse().unwrap(),
        requires: names(table, "requires"),
        lines: names(table, "lines"),
        mode: Mode::Enforce,
        when_unreachable: Unreachable::Indeterminate,
    }
}

fn waiver(table: &dyn TableLike) -> Waiver {
    let text = |key: &str| table.get(key).unwrap().as_str().unwrap().to_owned();
    Waiver {
        code: text("code").parse().unwrap(),
        version: text("version"),
        digests: texts(table, "digests"),
        reason: text("reason"),
        approved_by: text("approved-by"),
        expires: text("expires").parse().unwrap(),
        declared_at: 1,
    }
}

fn hours(table: &dyn TableLike) -> ReleaseHours {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let day = |text: &String| days.iter().position(|day| day == text).unwrap();
    let span = table.get("hours").unwrap().as_str().unwrap();
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    let (from, until) = span.split_once('-').unwrap();
    ReleaseHours {
        days: texts(table, "days")
            .iter()
            .map(|it| u8::try_from(day(it)).unwrap())
            .collect(),
        from_minute: minute(from),
        until_minute: minute(until),
        zone: table.get("zone").unwrap().as_str().unwrap().to_owned(),
    }
}
