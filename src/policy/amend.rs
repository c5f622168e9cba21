//! Adds a `[[waiver]]` to a policy's text; every other byte of it stays as it is.

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use crate::model::{Code, Time};

/// A waiver as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaiver {
    /// The code of the finding.
    pub code: Code,
    /// The version, as its line writes it.
    pub version: String,
    /// All digests of the finding; none for a finding without.
    pub digests: Vec<String>,
    /// Why; written on one line.
    pub reason: String,
    /// By whom; written on one line.
    pub approved_by: String,
    /// When it ends. Midnight is written as a date alone.
    pub expires: Time,
}

/// Why a text cannot be added to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// It is no TOML.
    #[error("this is not TOML: {0}")]
    NotToml(String),
    /// `waiver` is there and is no list.
    #[error("`waiver` is no list of tables")]
    NoList,
    /// A time that TOML cannot write.
    #[error("{0} cannot be written as a date")]
    Date(Time),
}

/// The text with one more waiver: behind the last one, else at the end.
///
/// Comments, order, spacing and line ends of the rest stay, byte for byte.
///
/// # Errors
/// [`AmendError`] for a text that is no policy.
pub fn with_waiver(text: &str, waiver: &NewWaiver) -> Result<String, AmendError> {
    let table = written(waiver)?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| AmendError::NotToml(error.message().to_owned()))?;
    match document.get_mut("waiver") {
        None => return Ok(appended(text, table)),
        Some(Item::ArrayOfTables(tables)) => {
            let mut table = table.clone();
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        Some(Item::Value(Value::Array(list))) => {
            let mut inline: InlineTable = table.into_inline_table();
            inline.fmt();
            let mut value = Value::InlineTable(inline);
            if let Some(last) = list.iter().last() {
                *value.decor_mut() = last.decor().clone();
                value.decor_mut().set_suffix("");
            }
            list.push_formatted(value);
            return Ok(with_line_ends_of(text, &document.to_string()));
        }
        Some(_) => return Err(AmendError::NoList),
    }
    let edited = document.to_string();
    if only_inserts(text, &edited) && !is_before_trailing(&document) {
        return Ok(edited);
    }
    Ok(appended(text, table))
}

/// True where comments stand behind the last table: they are about what is above them.
fn is_before_trailing(document: &DocumentMut) -> bool {
    let trailing = document.trailing().as_str();
    trailing.is_none_or(|text| !text.trim().is_empty())
}

/// The waiver at the end of the text, with the text's own line ends.
fn appended(text: &str, table: Table) -> String {
    let mut tables = ArrayOfTables::new();
    tables.push(table);
    let mut document = DocumentMut::new();
    document.insert("waiver", Item::ArrayOfTables(tables));
    let gap = match text {
        _ if text.ends_with("\n\n") || text.ends_with("\n\r\n") => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = format!("{gap}{}", document.to_string().trim_start());
    let added = if text.contains("\r\n") {
        added.replace('\n', "\r\n")
    } else {
        added
    };
    format!("{text}{added}")
}

fn written(waiver: &NewWaiver) -> Result<Table, AmendError> {
    let mut table = Table::new();
    table.insert("code", toml_edit::value(waiver.code.as_str()));
    table.insert("version", toml_edit::value(waiver.version.as_str()));
    if !waiver.digests.is_empty() {
        let mut digests: toml_edit::Array = waiver.digests.iter().map(String::as_str).collect();
        if waiver.digests.len() > 1 {
            for digest in digests.iter_mut() {
                digest.decor_mut().set_prefix("\n  ");
            }
            digests.set_trailing("\n");
            digests.set_trailing_comma(true);
        }
        table.insert("digests", toml_edit::value(digests));
    }
    // On one line: a line break inside a value would not survive other line ends.
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    table.insert("reason", toml_edit::value(line(&waiver.reason)));
    table.insert("approved-by", toml_edit::value(line(&waiver.approved_by)));
    let time = waiver.expires.to_string();
    let date = time.strip_suffix("T00:00:00Z").unwrap_or(&time);
    let date: toml_edit::Datetime = date.parse().map_err(|_| AmendError::Date(waiver.expires))?;
    table.insert("expires", toml_edit::value(date));
    Ok(table)
}

/// Whether `edited` is `text` with something put in at one place.
fn only_inserts(text: &str, edited: &str) -> bool {
    let same = |(one, other): &(u8, u8)| one == other;
    let front = text.bytes().zip(edited.bytes()).take_while(same).count();
    let back = text.bytes().rev().zip(edited.bytes().rev());
    front + back.take_while(same).count() >= text.len()
}

/// A text that was written with line feeds alone, with the line ends of the original.
fn with_line_ends_of(original: &str, text: &str) -> String {
    if !original.contains("\r\n") {
        return text.to_owned();
    }
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(digests: &[&str]) -> NewWaiver {
        NewWaiver {
            code: "version-missing".parse().unwrap(),
            version: "1.0".to_owned(),
            digests: digests.iter().map(|it| (*it).to_owned()).collect(),
            reason: "said \"no\"\nand \\ meant it".to_owned(),
            approved_by: "Zoë".to_owned(),
            expires: "2031-01-01".parse().unwrap(),
        }
    }

    fn amended(text: &str) -> String {
        let amended = with_waiver(text, &waiver(&["sha256:aa", "sha256:bb"])).unwrap();
        let read: DocumentMut = amended.parse().unwrap();
        let waivers = read["waiver"].clone();
        let last = match &waivers {
            Item::ArrayOfTables(tables) => tables.iter().last().unwrap().clone(),
            Item::Value(Value::Array(list)) => {
                let last = list.iter().last().unwrap().as_inline_table().unwrap();
                last.clone().into_table()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(last["reason"].as_str(), Some("said \"no\" and \\ meant it"));
        assert_eq!(last["approved-by"].as_str(), Some("Zoë"));
        assert_eq!(last["digests"].as_array().unwrap().len(), 2);
        amended
    }

    #[test]
    fn every_other_byte_stays() {
        for text in [
            "[component]\nname = \"a\" # who\n",
            "[component]\nname = \"a\"",
            "# first\n\n[component]\nname   =  'a'\n\n\n# last word\n",
            "\u{feff}[component]\nname = \"a\"\n",
            "[component]\r\nname = \"a\"\r\n# end\r\n",
            "a.b.c = 1\nx = 2\na.b.d = 3\n[component]\nname = \"a\"\n",
            "[[waiver]]\ncode = \"x\"\n# about x\n",
            "[[waiver]]\ncode = \"x\"\n\n# about y\n[channel.y]\nkind = \"s3\"\n",
        ] {
            let amended = amended(text);
            assert!(only_inserts(text, &amended), "{text:?}\n{amended:?}");
            let mixed = amended.replace("\r\n", "").contains('\n');
            assert!(!text.contains("\r\n") || !mixed, "{amended:?}");
        }
    }

    #[test]
    fn it_stands_behind_the_other_waivers_and_behind_comments_of_the_end() {
        let amended =
            amended("[[waiver]]\ncode = \"x\"\n\n# about y\n[channel.y]\nkind = \"s3\"\n");
        assert!(amended.find("Zoë") < amended.find("# about y"), "{amended}");
        let amended = super::tests::amended("[component]\nname = \"a\"\n# the end\n");
        assert!(
            amended.find("# the end") < amended.find("[[waiver]]"),
            "{amended}"
        );
    }

    #[test]
    fn a_list_of_inline_tables_grows_by_one() {
        for text in [
            "waiver = [{ code = \"x\" }]\n[component]\nname = \"a\"\n",
            "waiver = [\n  { code = \"x\" },\n  # more\n  { code = \"y\" },\n]\n",
            "waiver = []\n",
        ] {
            amended(text);
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let refused = |text| with_waiver(text, &waiver(&[])).unwrap_err();
        assert!(matches!(refused("a = = b"), AmendError::NotToml(_)));
        assert_eq!(refused("waiver = 3"), AmendError::NoList);
    }
}
