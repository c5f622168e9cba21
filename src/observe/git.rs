//! The `git` program, for repositories on this machine: reads objects and references, runs nothing
//! that a repository could name.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::environment::Environment;
use super::http::Client;
use super::malformed;
use crate::model::{Failure, FailureKind, visible_line};

/// `git` with nothing of the environment but where programs are: no configuration of the user's or
/// the system's, no prompts, no other repository by `GIT_DIR`.
pub(super) fn command(
    environment: &Environment,
    folder: &Path,
    arguments: &[&str],
) -> std::process::Command {
    let mut command = std::process::Command::new("git");
    command.env_clear();
    for name in ["PATH", "SYSTEMROOT", "TMPDIR"] {
        if let Some(value) = environment.get(name) {
            command.env(name, value);
        }
    }
    command
        .envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            // A repository that lacks objects has git fetch them, by commands of its own
            // configuration. Only git 2.45 and later know the first of these; no protocol is
            // allowed for the others.
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("LC_ALL", "C"),
        ])
        // Whoever owns the folder: only references and objects are read, and no hook, pager or
        // monitor that its configuration could name is run by these commands.
        .args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false"])
        .args(["--no-pager", "-C"])
        .arg(folder)
        .args(arguments);
    command
}

/// What such a `git` prints, with this input.
pub(super) async fn git(
    path: &Path,
    client: &Client,
    arguments: &[&str],
    input: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let mut child = Command::from(command(client.environment(), path, arguments))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure {
            kind: FailureKind::Unsupported,
            detail: format!("the program git cannot be run: {error}"),
        })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let cap = client.limits().body;
    let write = async move {
        if let Some(mut stdin) = stdin {
            // git closes its end where it fails; its own words tell more than the broken pipe.
            let _ = stdin.write_all(&input).await;
        }
    };
    let ((), output, words) = tokio::join!(write, capped(stdout, cap), capped(stderr, 4_096));
    let output = output?;
    if output.len() as u64 > cap {
        return Err(Failure {
            kind: FailureKind::TooLarge,
            detail: format!("git wrote more than {cap} bytes"),
        });
    }
    let status = child
        .wait()
        .await
        .map_err(|error| malformed(error.to_string()))?;
    if !status.success() {
        let words = words.unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        return Err(malformed(format!(
            "git says: {}",
            visible_line(words.trim())
        )));
    }
    Ok(output)
}

/// The tags at the commit that is checked out, annotated ones included.
///
/// # Errors
/// A [`Failure`] where the folder is no repository, or has no commit yet.
pub(crate) async fn tags_at_head(checkout: &Path, client: &Client) -> Result<Vec<String>, Failure> {
    // Not `git tag`: a repository's configuration can have that write columns.
    let list = [
        "for-each-ref",
        "--points-at=HEAD",
        "--format=%(refname:strip=2)",
        "refs/tags/",
    ];
    let limit = client.limits().total;
    let read = tokio::time::timeout(limit, git(checkout, client, &list, Vec::new()));
    let tags = read.await.unwrap_or_else(|_| {
        Err(Failure {
            kind: FailureKind::Timeout,
            detail: format!("git did not finish within {} s", limit.as_secs_f32()),
        })
    })?;
    let tags = String::from_utf8_lossy(&tags).into_owned();
    Ok(tags.lines().map(str::to_owned).collect())
}

async fn capped<R: tokio::io::AsyncRead + Unpin>(
    pipe: Option<R>,
    cap: u64,
) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let mut pipe = pipe.take(cap + 1);
        pipe.read_to_end(&mut bytes)
            .await
            .map_err(|error| malformed(format!("git's output cannot be read: {error}")))?;
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Limits, Silent};

    /// A partial clone fetches what it lacks from wherever its own configuration says, and that may
    /// be a program (`ext::`). Only newer gits know `GIT_NO_LAZY_FETCH`.
    #[tokio::test]
    async fn git_may_speak_no_protocol_and_sees_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("git");
        std::fs::write(&program, "#!/bin/sh\nexport -p\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let environment = Environment::empty()
            .with("PATH", folder.path().to_str().unwrap())
            .with("GIT_DIR", "/elsewhere")
            .with("GITHUB_TOKEN", "s3cr3t");
        let client = Client::new(environment, Limits::default(), Arc::new(Silent)).unwrap();
        let output = git(folder.path(), &client, &["for-each-ref"], Vec::new());
        let output = String::from_utf8(output.await.unwrap()).unwrap();
        for wanted in ["GIT_ALLOW_PROTOCOL='none'", "GIT_NO_LAZY_FETCH='1'"] {
            let bare = wanted.replace('\'', "");
            let quoted = wanted.replace('\'', "\"");
            let any = [wanted, &bare, &quoted];
            assert!(any.iter().any(|it| output.contains(*it)), "{output}");
        }
        assert!(
            !output.contains("GIT_DIR") && !output.contains("s3cr3t"),
            "{output}"
        );
    }

    #[tokio::test]
    async fn a_git_that_does_not_end_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("git");
        std::fs::write(&program, "#!/bin/sh\nexec /bin/sleep 20\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().to_str().unwrap();
        let limits = Limits {
            total: std::time::Duration::from_millis(200),
            ..Limits::default()
        };
        let environment = Environment::empty().with("PATH", path);
        let client = Client::new(environment, limits, Arc::new(Silent)).unwrap();
        let why = tags_at_head(folder.path(), &client).await.unwrap_err();
        assert_eq!(why.kind, FailureKind::Timeout);
    }
}
