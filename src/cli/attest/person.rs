//! The person at the terminal: sent to a browser to sign in, and asked before the name that signed
//! in is published.

use std::io::{BufRead as _, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use crate::attest::ci::Provenance;
use crate::attest::keyless::{
    IdentityToken, KeylessOptions, SignIn, SignInOptions, gives_identity,
};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::interrupt;
use crate::cli::say::Terminal;
use crate::model::visible;

use super::asking::Asking;
use super::{browser, unsigned};

// How a person signs in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing in by a browser, at a terminal without a token or a CI job")]
pub(super) struct SignInArguments {
    /// Where to sign in: an issuer of OpenID Connect; that of the services where not given.
    #[arg(long, value_name = "URL", conflicts_with_all = ["key", "identity_token"])]
    oidc_issuer: Option<String>,
    /// The client's identifier there; sigstore where not given.
    #[arg(long, value_name = "ID", conflicts_with_all = ["key", "identity_token"])]
    oidc_client_id: Option<String>,
    /// Open no browser on this machine: read the code that the page shows.
    #[arg(long, conflicts_with_all = ["key", "identity_token"])]
    no_browser: bool,
    /// Publish the name that signed in, which stays in public logs forever, without being asked.
    #[arg(long, short, conflicts_with = "key")]
    yes: bool,
}

/// How long a person may take to sign in, where nobody says otherwise.
const SIGN_IN: Duration = Duration::from_secs(120);

/// Says how long instead.
const SIGN_IN_VARIABLE: &str = "LOCKSTEP_SIGN_IN_TIMEOUT";

/// The longest line that is read as an answer, in bytes.
const LINE_BYTES: u64 = 1_024;

impl SignInArguments {
    /// Whether one of them is given.
    pub(super) fn are_given(&self) -> bool {
        self.yes || self.unused().is_some()
    }

    /// An option that does nothing where nobody signs in.
    fn unused(&self) -> Option<&'static str> {
        let given = [
            ("--oidc-issuer", self.oidc_issuer.is_some()),
            ("--oidc-client-id", self.oidc_client_id.is_some()),
            ("--no-browser", self.no_browser),
        ];
        given.iter().find(|it| it.1).map(|it| it.0)
    }

    /// Whether a person would be asked here: somebody sits at the terminal, no CI system runs this,
    /// and nothing else gives an identity.
    pub(super) fn asks_here(&self, ambient: &Ambient) -> bool {
        let environment = &ambient.environment;
        ambient.is_interactive && !Provenance::is_in_ci(environment) && !gives_identity(environment)
    }

    /// The token of the person who signs in now; nothing where nobody is asked.
    ///
    /// # Errors
    /// Options for signing in where the environment gives an identity, and everything that keeps a
    /// person from signing in.
    pub(super) fn token(
        &self,
        keyless: &KeylessOptions,
        ambient: &Ambient,
        asking: &Asking,
        terminal: &Terminal,
    ) -> Result<Option<IdentityToken>, Failure> {
        if keyless.identity_token.is_some() {
            return Ok(None);
        }
        let environment = &ambient.environment;
        if let (Some(option), true) = (self.unused(), gives_identity(environment)) {
            return Err(Failure::new(
                format!("{option}: nobody signs in, for the environment gives the identity"),
                "leave it out, or unset SIGSTORE_ID_TOKEN where this is no CI job",
            ));
        }
        if !self.asks_here(ambient) {
            return Ok(None);
        }
        let limit = limit(ambient)?;
        let client = asking.client("somebody must sign in", "sign with --key FILE --no-log")?;
        let options = SignInOptions {
            issuer: self.oidc_issuer.clone(),
            client_id: self.oidc_client_id.clone(),
        };
        let runtime = &asking.runtime;
        let found = SignIn::of_environment(environment, client, keyless, &options);
        let at = runtime.block_on(found).map_err(unsigned)?;
        if !self.no_browser {
            let redirected = runtime.block_on(at.by_browser()).map_err(unsigned)?;
            let url = redirected.url();
            terminal.asked(&format!(
                "Sign in, in your browser, which opens this:\n  {url}\n"
            ));
            if browser::open(url, environment) {
                let token = runtime.block_on(redirected.token(limit));
                return token.map(Some).map_err(unsigned);
            }
            terminal.asked("No browser could be opened here.\n");
        }
        let begun = at.out_of_band().map_err(unsigned)?;
        terminal.asked(&format!(
            "Open this in a browser anywhere, and sign in:\n  {}\n",
            begun.url()
        ));
        let code = interrupt::hidden("The code that the page shows (it is not shown here): ");
        let code = code.map_err(|error| {
            let hint = "is this a terminal? give a token with --identity-token";
            Failure::new(format!("the code cannot be read: {error}"), hint)
        })?;
        let token = runtime.block_on(begun.token(&code));
        token.map(Some).map_err(unsigned)
    }

    /// What is asked before the name of a person who signed in is published.
    pub(super) fn publication(&self, name: &str, is_public: bool) -> Publication {
        Publication {
            name: name.to_owned(),
            is_public,
            is_agreed: AtomicBool::new(false),
            asks: !self.yes,
        }
    }
}

fn limit(ambient: &Ambient) -> Result<Duration, Failure> {
    let Some(text) = ambient.environment.get(SIGN_IN_VARIABLE) else {
        return Ok(SIGN_IN);
    };
    let span = text.parse::<crate::model::Duration>().ok();
    let span = span.map(|span| span.seconds());
    let span = span.filter(|seconds| (1..=3600).contains(seconds));
    span.map(Duration::from_secs).ok_or_else(|| {
        Failure::new(
            format!("{SIGN_IN_VARIABLE} is `{}`", visible(text, 40)),
            "it takes a span from 1s to 1h, such as 5m",
        )
    })
}

/// The name of a person, about to be published.
pub(super) struct Publication {
    name: String,
    is_public: bool,
    asks: bool,
    is_agreed: AtomicBool,
}

impl Publication {
    /// Tells what becomes public and asks whether it may, once a run. The name is told because a
    /// browser may be signed in as somebody else than one thinks.
    ///
    /// # Errors
    /// A person who does not agree.
    pub(super) fn agree(&self, terminal: &Terminal) -> Result<(), Failure> {
        if self.is_agreed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let name = &self.name;
        let fate = match self.is_public {
            true => "where everybody can read it forever",
            false => "where whoever reads that log can read it",
        };
        terminal.asked(&format!(
            "`{name}` goes into a certificate and a transparency log, {fate}.\n"
        ));
        if self.asks {
            terminal.asked("Continue? [y/N] ");
            let mut line = String::new();
            let read = std::io::stdin()
                .lock()
                .take(LINE_BYTES)
                .read_line(&mut line);
            let answer = line.trim().to_ascii_lowercase();
            if read.is_err() || !matches!(answer.as_str(), "y" | "yes") {
                return Err(Failure::new(
                    "nothing was signed, and nothing published",
                    "answer `y` to sign, or say --yes",
                ));
            }
        }
        self.is_agreed.store(true, Ordering::Relaxed);
        Ok(())
    }
}
