//! Runs the program at a terminal (a pseudo-terminal that Python opens), where somebody answers what
//! it asks and a browser opens what it says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::python;

/// Python's `pty` plays the terminal. What is typed: a text, or the code of the page at the address
/// that was shown last.
const TERMINAL: &str = r#"
import json, os, pty, re, select, sys, termios, time, urllib.request
spec = json.load(sys.stdin)
environment = {k: v.replace("PYTHON", sys.executable) for k, v in spec["environment"].items()}
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(spec["folder"])
    os.execve(spec["program"], [spec["program"]] + spec["arguments"], environment)
text, seen, answers, deadline = "", 0, spec["answers"], time.time() + 60
while True:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        text += data.decode(errors="replace")
    if answers and text.find(answers[0][0], seen) >= 0:
        seen = text.find(answers[0][0], seen) + len(answers[0][0])
        _, typed, secret = answers.pop(0)
        if typed == "CODE\n":
            url = re.findall(r"http://\S+/authorize\S+", text)[-1]
            typed = urllib.request.urlopen(url).read().decode().partition("CODE:")[2] + "\n"
        # Nobody types a password before the terminal has stopped to echo.
        while secret and termios.tcgetattr(terminal)[3] & termios.ECHO and time.time() < deadline:
            time.sleep(0.01)
        os.write(terminal, typed.encode())
    if time.time() > deadline:
        os.kill(pid, 9)
        text += "\nSTOPPED: it still runs after 60 s\n"
        break
_, status = os.waitpid(pid, 0)
echoes = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
json.dump([os.waitstatus_to_exitcode(status), text, len(answers), echoes], sys.stdout)
"#;

/// A browser without a screen: it follows redirects, asks for the icon and keeps what it saw. With
/// `twice` it brings the answer of somebody else first.
const BROWSER: &str = r#"
import sys, urllib.error, urllib.request
def get(url):
    try:
        page = urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        page = error
    text = page.read().decode()
    with open(sys.argv[1], "a") as seen:
        seen.write(f"{page.status} {dict(page.headers)} {text}\n")
    return page.url
url = sys.argv[-1]
if sys.argv[2] == "twice":
    from urllib.parse import parse_qs, urlsplit
    here = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    get(here + "?code=evil&state=somebody-elses")
    get(here.replace("/auth/callback", "/favicon.ico"))
get(url)
"#;

/// The program, its arguments, its surroundings, and what is typed when.
pub(crate) struct AtTerminal {
    spec: Value,
}

/// What was seen at the terminal.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: i64,
    pub(crate) text: String,
    /// Whether the terminal shows what is typed after the program has ended.
    pub(crate) echoes: bool,
}

impl AtTerminal {
    pub(crate) fn new(arguments: &[&str], folder: &Path) -> Self {
        Self {
            spec: json!({
                "program": env!("CARGO_BIN_EXE_lockstep"), "arguments": arguments,
                "folder": folder, "environment": BTreeMap::<&str, &str>::new(), "answers": [],
            }),
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.spec["environment"][name] = json!(value);
        self
    }

    /// Opens addresses in a browser, which notes in `pages` what it saw.
    pub(crate) fn browser(self, pages: &Path, manner: &str) -> Self {
        let script = pages.with_extension("py");
        std::fs::write(&script, BROWSER).unwrap();
        let (script, pages) = (script.display(), pages.display());
        self.env("BROWSER", &format!("PYTHON {script} {pages} {manner} %s"))
    }

    /// Types a text when these words are seen.
    pub(crate) fn answer(self, words: &str, typed: &str) -> Self {
        self.type_at(words, typed, false)
    }

    /// Types a line that must not be shown when these words are seen.
    pub(crate) fn secret(self, words: &str, typed: &str) -> Self {
        self.type_at(words, &format!("{typed}\n"), true)
    }

    /// Presses a key where what is typed is not shown.
    pub(crate) fn secret_key(self, words: &str, key: &str) -> Self {
        self.type_at(words, key, true)
    }

    fn type_at(mut self, words: &str, typed: &str, secret: bool) -> Self {
        let answers = self.spec["answers"].as_array_mut().unwrap();
        answers.push(json!([words, typed, secret]));
        self
    }

    pub(crate) fn run(self) -> Seen {
        let ran = python(TERMINAL, &self.spec.to_string());
        let seen = Seen {
            code: ran[0].as_i64().unwrap(),
            text: ran[1].as_str().unwrap().to_owned(),
            echoes: ran[3].as_bool().unwrap(),
        };
        assert_eq!(ran[2], 0, "not everything was asked: {seen:#?}");
        seen
    }
}
