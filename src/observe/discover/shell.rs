//! Follows what a workflow's texts stand for: expressions, variables, outputs of earlier steps.
//!
//! Nothing is run. What stands for the git tag, the version, the commit or the time becomes one of
//! the marks below, which no name of an image, a bucket or a function can hold; all else that
//! cannot be followed becomes [`UNKNOWN`].

use std::collections::BTreeMap;

/// The name of the git tag.
pub(super) const TAG: &str = "<tag>";
/// The version: the tag without its `v`.
pub(super) const VERSION: &str = "<version>";
/// The commit, or its beginning.
pub(super) const COMMIT: &str = "<commit>";
/// A time.
pub(super) const TIME: &str = "<time>";
/// Anything.
pub(super) const UNKNOWN: &str = "<?>";

/// The longest text that is followed, in bytes, and the longest that it may become.
const LONGEST: usize = 8_000;

/// How many variables or outputs one job has, and how long the value of one is: enough for names
/// and versions, too little for a file that lets values multiply.
pub(super) const KNOWN: usize = 300;
const VALUE: usize = 1_000;

/// What is known where a text stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// `owner/name` of the source repository.
    pub(super) repository: Option<String>,
    /// Variables by name.
    pub(super) variables: BTreeMap<String, String>,
    /// Values of the job's matrix by name.
    pub(super) matrix: BTreeMap<String, String>,
    /// Outputs by `step.output`.
    pub(super) outputs: BTreeMap<String, String>,
}

impl Scope {
    /// Sets a variable, as far as there is room for it.
    pub(super) fn set(&mut self, name: &str, value: String) {
        insert(&mut self.variables, name.to_owned(), value);
    }

    /// Sets the output of a step, as far as there is room for it.
    pub(super) fn set_output(&mut self, step: &str, name: &str, value: String) {
        insert(&mut self.outputs, format!("{step}.{name}"), value);
    }

    /// `text` with everything that is known filled in.
    pub(super) fn follow(&self, text: &str) -> String {
        if text.len() > LONGEST {
            return UNKNOWN.to_owned();
        }
        let mut done = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            done.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (value, used) = if let Some(inner) = after.strip_prefix("{{") {
                let end = inner.find("}}");
                let expression = &inner[..end.unwrap_or(inner.len())];
                (self.expression(expression), 2 + expression.len() + 2)
            } else if let Some(inner) = after.strip_prefix('{') {
                let end = inner.find('}').unwrap_or(inner.len());
                (self.expansion(&inner[..end]), end + 2)
            } else if after.starts_with('(') {
                let end = closing(after);
                (command(&after[1..end]), end + 1)
            } else {
                let end = after.find(|c: char| !is_word(c)).unwrap_or(after.len());
                match end {
                    0 => ("$".to_owned(), 0),
                    _ => (self.variable(&after[..end]), end),
                }
            };
            done.push_str(&value);
            rest = after.get(used..).unwrap_or_default();
            if done.len() > LONGEST {
                return UNKNOWN.to_owned();
            }
        }
        done.push_str(rest);
        done
    }

    /// Remembers what a line of a script sets: `NAME=value`, `echo "NAME=value" >> $GITHUB_OUTPUT`.
    pub(super) fn learn(&mut self, step: Option<&str>, line: &str) {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if let Some(echoed) = line.strip_prefix("echo ") {
            let (said, target) = match echoed.split_once(">>") {
                Some((said, target)) => (said, target),
                None => (echoed, ""),
            };
            let said = said.trim().trim_matches(['"', '\'']);
            let said = match said.strip_prefix("::set-output name=") {
                Some(old) => old.replacen("::", "=", 1),
                None => said.to_owned(),
            };
            let Some((name, value)) = said.split_once('=') else {
                return;
            };
            let value = self.follow(value);
            if target.contains("GITHUB_ENV") {
                self.set(name, value);
            } else if let Some(step) = step {
                self.set_output(step, name, value);
            }
            return;
        }
        if let Some((name, value)) = line.split_once('=')
            && !name.is_empty()
            && name.chars().all(is_word)
        {
            let value = self.follow(value.trim().trim_matches(['"', '\'']));
            self.set(name, value);
        }
    }

    fn expression(&self, text: &str) -> String {
        let text = text.trim();
        let owner = || self.repository.as_deref()?.split('/').next();
        let known = match text {
            "github.repository" => self.repository.as_deref(),
            "github.repository_owner" => owner(),
            "github.event.repository.name" => self
                .repository
                .as_deref()
                .and_then(|it| it.split('/').nth(1)),
            "github.ref_name" | "github.ref" | "github.event.release.tag_name" => Some(TAG),
            "github.sha" => Some(COMMIT),
            _ => match text.split_once('.') {
                Some(("env", name)) => self.variables.get(name).map(String::as_str),
                Some(("matrix", name)) => self.matrix.get(name).map(String::as_str),
                Some(("steps", rest)) => {
                    let output = rest.replacen(".outputs.", ".", 1);
                    return self.outputs.get(&output).cloned().unwrap_or_else(|| {
                        // What steps call the version of a release is one.
                        let last = output.rsplit('.').next().unwrap_or_default();
                        match last.to_ascii_lowercase().as_str() {
                            "version" => VERSION.to_owned(),
                            "tag" | "tag_name" => TAG.to_owned(),
                            _ => UNKNOWN.to_owned(),
                        }
                    });
                }
                _ => None,
            },
        };
        known.unwrap_or(UNKNOWN).to_owned()
    }

    /// `${NAME}` with the changes that shells can make to it.
    fn expansion(&self, text: &str) -> String {
        let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
        let (name, change) = text.split_at(end);
        let value = self.variable(name);
        // `${GITHUB_REF##*/}` and `${SHA::8}` keep what they stand for; a prefix that is cut off a
        // tag leaves its version.
        let prefix = change
            .strip_prefix('#')
            .map(|it| it.trim_start_matches("refs/tags/"));
        let cut = prefix.is_some_and(|it| !it.is_empty() && !it.contains('*')) || change == "/v/";
        match cut && value == TAG {
            true => VERSION.to_owned(),
            false => value,
        }
    }

    fn variable(&self, name: &str) -> String {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        match name {
            "GITHUB_REF" | "GITHUB_REF_NAME" => TAG.to_owned(),
            "GITHUB_SHA" => COMMIT.to_owned(),
            "GITHUB_REPOSITORY" => self
                .repository
                .clone()
                .unwrap_or_else(|| UNKNOWN.to_owned()),
            _ => match name.to_ascii_lowercase().as_str() {
                "version" | "release_version" | "package_version" => VERSION.to_owned(),
                "tag" | "git_tag" => TAG.to_owned(),
                _ => UNKNOWN.to_owned(),
            },
        }
    }
}

fn insert(known: &mut BTreeMap<String, String>, name: String, value: String) {
    let value = match value.len() > VALUE {
        true => UNKNOWN.to_owned(),
        false => value,
    };
    if known.len() < KNOWN || known.contains_key(&name) {
        known.insert(name, value);
    }
}

/// What a command substitution stands for.
fn command(text: &str) -> String {
    let mark = if text.contains("date") {
        TIME
    } else if text.contains("git rev-parse") {
        COMMIT
    } else if text.contains("git describe") {
        TAG
    } else if text.contains("version") {
        VERSION
    } else {
        UNKNOWN
    };
    mark.to_owned()
}

/// Where the bracket that a text begins with is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth <= 1 => return at,
            ')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The words of a command, quotes taken off; a command ends at `;`, `|` and `&`.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut characters = line.chars().peekable();
    let end = |commands: &mut Vec<Vec<String>>, word: &mut String| {
        if !word.is_empty()
            && let Some(last) = commands.last_mut()
        {
            last.push(std::mem::take(word));
        }
    };
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => word.push(character),
            // An expression or a substitution is one word, whatever it holds.
            (None, '(' | '{') if word.ends_with(['$', '{']) || depth > 0 => {
                depth += 1;
                word.push(character);
            }
            (None, ')' | '}') if depth > 0 => {
                depth -= 1;
                word.push(character);
            }
            (None, _) if depth > 0 => word.push(character),
            (None, '"' | '\'') => quote = Some(character),
            (None, '#') if word.is_empty() => break,
            (None, ';' | '|' | '&') => {
                end(&mut commands, &mut word);
                commands.push(Vec::new());
            }
            (None, '\\') => word.extend(characters.next()),
            (None, c) if c.is_whitespace() => end(&mut commands, &mut word),
            (None, c) => word.push(c),
        }
    }
    end(&mut commands, &mut word);
    commands.retain(|command| !command.is_empty());
    commands
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_variables_and_outputs_are_followed() {
        let mut scope = Scope {
            repository: Some("acme/api".to_owned()),
            ..Scope::default()
        };
        scope.learn(Some("prep"), "branch=${GITHUB_REF##*/}");
        scope.learn(Some("prep"), "sha=${GITHUB_SHA::8}");
        scope.learn(Some("prep"), "ts=$(date +%s)");
        scope.learn(
            Some("prep"),
            r#"echo "BUILD_ID=${branch}-${sha}-${ts}" >> $GITHUB_OUTPUT"#,
        );
        assert_eq!(
            scope.follow("ghcr.io/${{ github.repository }}:${{ steps.prep.outputs.BUILD_ID }}"),
            "ghcr.io/acme/api:<tag>-<commit>-<time>"
        );
        scope.learn(None, "VERSION=${GITHUB_REF_NAME#v}");
        assert_eq!(scope.follow("api:$VERSION"), "api:<version>");
        assert_eq!(scope.follow("x/${{ secrets.ACCOUNT }}/y"), "x/<?>/y");
        assert_eq!(scope.follow("costs $ 5 ${{ broken"), "costs $ 5 <?>");
    }

    #[test]
    fn a_line_gives_its_commands_with_their_words() {
        let found = commands(r#"cd x && docker push "a:${{ github.sha }}" # no"#);
        assert_eq!(
            found,
            [
                vec!["cd", "x"],
                vec!["docker", "push", "a:${{ github.sha }}"]
            ]
        );
        let found = commands("aws ecr get-login-password --region r | docker login a");
        assert_eq!(found.len(), 2);
        assert_eq!(commands("a $(b | c) d"), [vec!["a", "$(b | c)", "d"]]);
    }

    #[test]
    fn a_text_cannot_grow_without_end() {
        let mut scope = Scope::default();
        scope.learn(None, &format!("a={}", "x".repeat(100)));
        for _ in 0..64 {
            scope.learn(None, "a=$a$a");
        }
        assert!(scope.follow("$a").len() <= 2 * LONGEST + 200);
    }
}
