//! Programs that keep logins: `docker-credential-NAME get`, the server's name on standard input,
//! JSON on standard output (docker/docker-credential-helpers).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::login::Login;
use crate::model::{Failure, FailureKind, visible};
use crate::observe::Environment;

/// The most that a helper may write.
const OUTPUT_BYTES: u64 = 256 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks a helper for the login of a server; nothing where it says that it has none.
///
/// # Errors
/// A helper that is not there, fails, hangs or writes something else. Nothing of what it writes
/// is in the words: it may be the secret.
pub(super) async fn ask(
    environment: &Environment,
    name: &str,
    server: String,
    limit: Duration,
) -> Result<Option<Login>, Failure> {
    let shown = visible(name, 40);
    let fails = |why: &str| Failure {
        kind: FailureKind::Unauthorized,
        detail: format!("the credential helper docker-credential-{shown} {why}"),
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if name.len() > 100 || !name.bytes().all(plain) {
        return Err(fails("has no name of a program"));
    }
    let program = format!("docker-credential-{name}");
    let Some(path) = find(environment, &program) else {
        return Err(fails("is not in PATH"));
    };
    let run = run(environment, &path, server);
    let (code, output) = match tokio::time::timeout(limit, run).await {
        Err(_) => {
            return Err(fails(&format!(
                "did not finish within {} s",
                limit.as_secs_f32()
            )));
        }
        Ok(Err(_)) => return Err(fails("cannot be run")),
        Ok(Ok(ran)) => ran,
    };
    if output.len() as u64 > OUTPUT_BYTES {
        return Err(fails(&format!("wrote more than {OUTPUT_BYTES} bytes")));
    }
    if code != Some(0) {
        // The helpers' own words for "no such login".
        let words = String::from_utf8_lossy(&output);
        if words.trim() == "credentials not found in native keychain" {
            return Ok(None);
        }
        let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(fails(&format!("ended with {code}")));
    }
    let answer: Answer =
        serde_json::from_slice(&output).map_err(|_| fails("wrote something that is no login"))?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    Ok(Some(Login::of_user(
        &program,
        answer.username,
        answer.secret,
    )))
}

/// The program in a folder of `PATH`; never in the present folder, which may be anybody's.
fn find(environment: &Environment, program: &str) -> Option<PathBuf> {
    let folders = environment.get("PATH")?;
    std::env::split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| {
            let file = folder.join(program);
            let windows = folder.join(format!("{program}.exe"));
            [file, windows]
        })
        .find(|path| path.is_file())
}

/// Runs a program with this process's environment, as Docker does: helpers find their keyrings and
/// clouds by it.
async fn run(
    environment: &Environment,
    path: &Path,
    server: String,
) -> std::io::Result<(Option<i32>, Vec<u8>)> {
    let mut command = Command::new(path);
    for name in ["PATH", "HOME"] {
        if let Some(value) = environment.get(name) {
            command.env(name, value);
        }
    }
    let mut child = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let write = async move {
        if let Some(mut stdin) = stdin {
            // A helper that does not read says more by its exit code.
            let _ = stdin.write_all(server.as_bytes()).await;
        }
    };
    let read = async move {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            stdout
                .take(OUTPUT_BYTES + 1)
                .read_to_end(&mut bytes)
                .await?;
        }
        std::io::Result::Ok(bytes)
    };
    let ((), output) = tokio::join!(write, read);
    let output = output?;
    if output.len() as u64 > OUTPUT_BYTES {
        return Ok((None, output));
    }
    Ok((child.wait().await?.code(), output))
}
