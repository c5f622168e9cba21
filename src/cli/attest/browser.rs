//! Opens an address in the person's browser: by `BROWSER`, else by what the platform has for it. No
//! shell reads the address.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use url::Url;

use crate::observe::Environment;

/// How long an opener is watched: those that find no browser fail at once, those that become the
/// browser never end.
const WATCHED: Duration = Duration::from_secs(1);

/// Whether some browser was given the address; only `https` and this machine are opened.
pub(super) fn open(url: &Url, environment: &Environment) -> bool {
    let is_fit = match url.scheme() {
        "https" => url.has_host(),
        "http" => crate::observe::http::is_loopback(url),
        _ => false,
    };
    is_fit
        && openers(environment, url.as_str())
            .iter()
            .any(|words| starts(words, environment))
}

/// The commands to try, one after the other.
fn openers(environment: &Environment, url: &str) -> Vec<Vec<String>> {
    if let Some(named) = environment.get("BROWSER") {
        let between = if cfg!(windows) { ';' } else { ':' };
        return named
            .split(between)
            .filter_map(|it| command(it, url))
            .collect();
    }
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    if cfg!(target_os = "macos") {
        return vec![words(&["open", url])];
    }
    if cfg!(windows) {
        return vec![words(&["rundll32", "url.dll,FileProtocolHandler", url])];
    }
    // Without a screen it would start a browser in the terminal, from which we read.
    match environment.first_of(&["WAYLAND_DISPLAY", "DISPLAY"]) {
        Some(_) => vec![words(&["xdg-open", url])],
        None => Vec::new(),
    }
}

/// One command of `BROWSER`: `%s` stands for the address, which comes last where none does.
fn command(text: &str, url: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return None;
    }
    let mut is_placed = false;
    for word in words.iter_mut().skip(1).filter(|word| *word == "%s") {
        url.clone_into(word);
        is_placed = true;
    }
    if !is_placed {
        words.push(url.to_owned());
    }
    Some(words)
}

fn starts(words: &[String], environment: &Environment) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(environment.all())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // What interrupts this program at the terminal leaves the browser alone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().is_ok_and(goes_on)
}

fn goes_on(mut child: Child) -> bool {
    let step = Duration::from_millis(50);
    let mut watched = Duration::ZERO;
    while watched < WATCHED {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(step),
            Err(_) => return false,
        }
        watched += step;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_names_commands_and_where_the_address_stands() {
        let with = |browser: &str| {
            let environment = Environment::empty().with("BROWSER", browser);
            openers(&environment, "https://a.example/?b=$(c)")
        };
        let url = "https://a.example/?b=$(c)";
        assert_eq!(with("firefox"), [["firefox", url]]);
        if !cfg!(windows) {
            let wanted: [&[&str]; 2] = [&["w3m", url], &["firefox", "--new", url, "-x"]];
            assert_eq!(with("w3m: :firefox --new %s -x"), wanted);
        }
        assert!(with(" ").is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_web_address_is_never_opened_and_what_fails_opened_nothing() {
        let environment = Environment::empty()
            .with("BROWSER", "true")
            .with("PATH", "/usr/bin:/bin");
        let opens =
            |url: &str, environment: &Environment| open(&Url::parse(url).unwrap(), environment);
        assert!(opens("https://a.example/", &environment));
        assert!(opens("http://127.0.0.1:1/", &environment));
        for bad in [
            "file:///etc/passwd",
            "http://a.example/",
            "javascript:alert(1)",
        ] {
            assert!(!opens(bad, &environment), "{bad}");
        }
        for failing in ["false", "/nowhere/browser"] {
            let environment = environment.clone().with("BROWSER", failing);
            assert!(!opens("https://a.example/", &environment), "{failing}");
            let environment = environment.with("BROWSER", format!("{failing}:true"));
            assert!(opens("https://a.example/", &environment), "{failing}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_screen_no_browser_is_looked_for() {
        assert!(openers(&Environment::empty(), "https://a.example/").is_empty());
        let screen = Environment::empty().with("DISPLAY", ":0");
        assert_eq!(openers(&screen, "u"), [["xdg-open", "u"]]);
    }
}
