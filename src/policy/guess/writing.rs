//! TOML and comments from texts of strangers: nothing that they wrote can end a line or a string.

use crate::model::visible;

/// Columns of a comment.
const WIDTH: usize = 96;

/// What nobody but the team knows.
pub(super) const BRANCHES: &str = "\
# With `branches`, a release whose commit is on none of them is stopped:
# branches = [\"main\"]
";

/// Where judging begins.
pub(super) const JUDGE_SINCE: &str = "\
# What is older is not judged for what it lacks; a version or a date:
# judge-since = \"1.0.0\"
";

/// What becomes of a leader without a follower.
pub(super) const ALONE: &str = "No publishing step was recognised: what announces a release alone \
     has nothing to compare, and a check ends with `nothing-to-compare`. Add the places where \
     releases appear; policies/tag-only-library.toml shows what can stand beside a tag";

/// What a deploy asks for.
pub(super) const ENDING: &str = "
# Without an environment every channel above is required. A deploy names the one it goes to:
# [environment.production]
# requires = []
";

/// A comment, wrapped, with everything invisible made visible.
pub(super) fn comment(text: &str) -> String {
    let text = visible(text, 600);
    let mut comment = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            comment.push_str(&format!("# {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    comment.push_str(&format!("# {line}\n"));
    comment
}

/// Lines of TOML as comments.
pub(super) fn commented_out(toml: &str) -> String {
    toml.lines().map(|line| format!("# {line}\n")).collect()
}

/// A string of TOML on one line (TOML 1.0, "String").
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            // Nor may what is read be other than what is there: marks of direction, empty letters.
            hidden if is_hidden(hidden) => {
                quoted.push_str(&format!("\\U{:08X}", u32::from(hidden)));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// An array of strings.
fn is_hidden(character: char) -> bool {
    let mut text = [0; 4];
    let text: &str = character.encode_utf8(&mut text);
    visible(text, 20) != text
}

pub(super) fn quoted_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_comment_or_a_string() {
        let hostile = "x\nannounced-by = \"evil\"\r\n\u{85}\u{2028}[component]";
        assert_eq!(comment(hostile).lines().count(), 1);
        let text = format!("a = {}", quoted("\"\\\n\u{7f}\u{1b}"));
        let read = text.parse::<toml_edit::DocumentMut>().unwrap();
        assert_eq!(read["a"].as_str(), Some("\"\\\n\u{7f}\u{1b}"));
        let turned = quoted("acme\u{202e}\u{e0041}é");
        assert_eq!(turned, "\"acme\\U0000202E\\U000E0041é\"");
    }
}
