//! Keys from a program that a profile names as `credential_process`.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::keys::Keys;
use super::unanswered;
use crate::model::FailureKind;
use crate::observe::Environment;
use crate::observe::http::Unanswered;

/// Signing in may ask a person or a network; longer than that, a gate has no use for it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The longest output, in bytes.
const OUTPUT_BYTES: u64 = 64 << 10;

/// Runs it, without a shell and with the environment of this program, and reads the JSON that it
/// prints. What it prints is never shown.
pub(super) async fn run(
    command: &str,
    label: String,
    environment: &Environment,
) -> Result<Keys, Box<Unanswered>> {
    let refuse =
        |kind, why: &str| unanswered(kind, format!("the credential_process of {label} {why}"));
    let unsupported = |why: &str| refuse(FailureKind::Unsupported, why);
    let words = words(command).ok_or_else(|| unsupported("has a quotation mark too few"))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(unsupported("is empty"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.all())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| unsupported(&format!("cannot be started: {}", error.kind())))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(unsupported("has no output"));
    };
    let finish = async {
        let mut output = Vec::new();
        let mut stdout = stdout.take(OUTPUT_BYTES + 1);
        stdout.read_to_end(&mut output).await.ok()?;
        if output.len() as u64 > OUTPUT_BYTES {
            return None;
        }
        Some((output, child.wait().await.ok()?))
    };
    let finished = tokio::time::timeout(TIMEOUT, finish).await;
    let Ok(finished) = finished else {
        return Err(refuse(FailureKind::Timeout, "did not end within 60 s"));
    };
    let (output, status) = finished.ok_or_else(|| {
        refuse(
            FailureKind::TooLarge,
            "prints more than 64 KiB, or cannot be read",
        )
    })?;
    if !status.success() {
        return Err(refuse(FailureKind::Unauthorized, "failed: run it by hand"));
    }
    Keys::of_json(label.as_str(), &output)
        .ok_or_else(|| refuse(FailureKind::Malformed, "printed no key in JSON"))
}

/// The words of a command line: parted by blanks, double quotation marks keep them together, and a
/// backslash before a quotation mark makes it a character.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if characters.peek() == Some(&'"') => {
                characters.next();
                word.get_or_insert_default().push('"');
            }
            blank if blank.is_whitespace() && !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_blanks_and_kept_by_quotation_marks() {
        let parted = words(r#"/opt/my\ tool  "a b" --x="c d" "" \"q\""#).unwrap();
        assert_eq!(parted, [r"/opt/my\", "tool", "a b", "--x=c d", "", "\"q\""]);
        assert_eq!(words("a \"b"), None);
        assert_eq!(words("  "), Some(Vec::new()));
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_program_gives_a_key_or_a_reason_without_its_output() {
        let environment = Environment::empty().with("PATH", std::env::var("PATH").unwrap());
        let key = r#"echo "{\"AccessKeyId\":\"AKIA1\",\"SecretAccessKey\":\"s3cr3t\"}""#;
        let keys = run(key, "aws:profile p".to_owned(), &environment).await;
        assert_eq!(keys.unwrap().secret_access_key, "s3cr3t");
        for (command, kind) in [
            ("echo s3cr3t", FailureKind::Malformed),
            ("false s3cr3t", FailureKind::Unauthorized),
            ("/nowhere/s3cr3t", FailureKind::Unsupported),
            ("head -c 100000 /dev/zero", FailureKind::TooLarge),
        ] {
            let error = run(command, "aws:profile p".to_owned(), &environment)
                .await
                .unwrap_err();
            assert_eq!(error.failure.kind, kind, "{command}");
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }
}
