//! Waits on this machine for the browser: one answer, in bounded time, whoever else knocks.

use std::net::Ipv4Addr;
use std::time::Duration;

use sigstore_sign::oidc::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::callback::{self, Brought, PATH, Wanted};
use crate::attest::SignError;

/// Connections at a time. Browsers open some that they never use, so one must not wait for another.
const CONNECTIONS: usize = 16;

/// How long one connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of a request in bytes; what comes after it is not read.
const HEAD_BYTES: usize = 16 << 10;

/// A port on the loopback interface (RFC 8252, section 7.3: the address, not the name `localhost`,
/// which could be somebody else).
pub(super) struct Listener {
    listener: TcpListener,
    address: String,
}

impl Listener {
    /// Listens on a port that the system chooses.
    pub(super) async fn open() -> Result<Self, SignError> {
        let failed = |error: std::io::Error| SignError {
            unanswered: false,
            message: format!("cannot listen for the browser on 127.0.0.1: {error}"),
            hint: Some("say --no-browser, and type the code that the page shows".to_owned()),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self {
            listener,
            address: format!("http://127.0.0.1:{port}{PATH}"),
        })
    }

    /// Where the provider sends the browser.
    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    /// The code of the one answer that has this sign-in's state.
    pub(super) async fn code(
        self,
        wanted: &Wanted<'_>,
        within: Duration,
    ) -> Result<SecretString, SignError> {
        let mut foreign = 0_u64;
        let waited = timeout(within, self.answer(wanted, &mut foreign)).await;
        waited.unwrap_or_else(|_| {
            let others = match foreign {
                0 => String::new(),
                _ => format!(
                    "; {foreign} answers that are not to this sign-in were refused, as when an \
                     older page is loaded again or somebody else sends them"
                ),
            };
            Err(SignError {
                unanswered: true,
                message: format!("nobody signed in within {} s{others}", within.as_secs()),
                hint: Some(
                    "run it again; where the browser is on another machine, say --no-browser"
                        .to_owned(),
                ),
            })
        })
    }

    async fn answer(
        &self,
        wanted: &Wanted<'_>,
        foreign: &mut u64,
    ) -> Result<SecretString, SignError> {
        use futures_util::stream::{FuturesUnordered, StreamExt as _};
        // Not spawned: they end with this question, and the one that brings the answer has its page
        // by then.
        let mut conversations = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(brought) = conversations.next() => match brought {
                    Some(Brought::Answer(answer)) => return answer,
                    Some(Brought::Foreign) => *foreign += 1,
                    _ => {}
                },
                accepted = self.listener.accept(), if conversations.len() < CONNECTIONS => {
                    match accepted {
                        Ok((stream, _)) => conversations.push(converse(stream, wanted)),
                        // Out of files, as a rule: the next may find some.
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                }
            }
        }
    }
}

/// One request and its answer; nothing where no whole request came.
async fn converse(mut stream: TcpStream, wanted: &Wanted<'_>) -> Option<Brought> {
    let head = timeout(PATIENCE, read_head(&mut stream)).await.ok()??;
    let brought = callback::read(&head, wanted);
    let page = page(&brought);
    let told = async {
        stream.write_all(page.as_bytes()).await?;
        stream.shutdown().await
    };
    // A browser that has gone meanwhile changes nothing of what it brought.
    let _ = timeout(PATIENCE, told).await;
    Some(brought)
}

async fn read_head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 2_048];
    loop {
        let count = stream.read(&mut piece).await.ok()?;
        if count == 0 || head.len() + count > HEAD_BYTES {
            return None;
        }
        head.extend_from_slice(&piece[..count]);
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return Some(head);
        }
    }
}

/// What the browser shows: fixed words, nothing of what was sent, nothing that runs.
fn page(brought: &Brought) -> String {
    let (status, words) = match brought {
        Brought::Elsewhere => ("404 Not Found", "There is nothing here."),
        Brought::OtherMethod => (
            "405 Method Not Allowed\r\nallow: GET",
            "This is not asked so.",
        ),
        Brought::Foreign => (
            "400 Bad Request",
            "This is not the answer to the sign-in that is waiting. Begin again from the terminal.",
        ),
        Brought::Answer(Ok(_)) => (
            "200 OK",
            "The terminal has the answer and says what comes of it. This page can be closed.",
        ),
        Brought::Answer(Err(_)) => (
            "400 Bad Request",
            "The sign-in did not work. The terminal says why. This page can be closed.",
        ),
    };
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>lockstep</title></head><body><p>{words}</p></body></html>\n"
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         x-content-type-options: nosniff\r\ncontent-security-policy: default-src 'none'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::super::callback::tests::WANTED;
    use super::*;

    async fn send(address: &str, request: &[u8]) -> String {
        let authority = address.trim_start_matches("http://");
        let authority = authority.split('/').next().unwrap();
        let mut stream = TcpStream::connect(authority).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut page = String::new();
        let _ = stream.read_to_string(&mut page).await;
        page
    }

    #[tokio::test]
    async fn idle_endless_and_foreign_connections_keep_no_answer_out() {
        let listener = Listener::open().await.unwrap();
        let address = listener.address();
        let authority = address.split('/').nth(2).unwrap().to_owned();
        let browser = async {
            let mut idle = Vec::new();
            for _ in 0..CONNECTIONS / 2 {
                idle.push(TcpStream::connect(&authority).await.unwrap());
            }
            let endless = [b"GET /".as_slice(), &vec![b'a'; 2 * HEAD_BYTES]].concat();
            assert!(!send(&address, &endless).await.contains("200 OK"));
            let icon = send(&address, b"GET /favicon.ico HTTP/1.1\r\n\r\n").await;
            assert!(icon.starts_with("HTTP/1.1 404 "), "{icon}");
            let foreign = b"GET /auth/callback?code=<b>x&state=other HTTP/1.1\r\n\r\n";
            let foreign = send(&address, foreign).await;
            assert!(foreign.starts_with("HTTP/1.1 400 "), "{foreign}");
            assert!(!foreign.contains("<b>") && !foreign.contains("<script"));
            let good = b"GET /auth/callback?code=c-1&state=s-1 HTTP/1.1\r\n\r\n";
            let page = send(&address, good).await;
            assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
            assert!(page.contains("content-security-policy: default-src 'none'"));
            assert!(page.contains("connection: close") && !page.contains("c-1"));
        };
        let waiting = listener.code(&WANTED, Duration::from_secs(30));
        let (code, ()) = tokio::join!(waiting, browser);
        assert_eq!(code.unwrap().expose_secret(), "c-1");
    }

    #[tokio::test]
    async fn the_wait_ends_and_says_how_many_others_came() {
        let listener = Listener::open().await.unwrap();
        let address = listener.address();
        let browser = async {
            let foreign = b"GET /auth/callback?code=a&state=other HTTP/1.1\r\n\r\n";
            send(&address, foreign).await;
        };
        let waiting = listener.code(&WANTED, Duration::from_millis(700));
        let (code, ()) = tokio::join!(waiting, browser);
        let why = code.unwrap_err();
        assert!(why.unanswered && why.message.contains("; 1 answers that are not"));
    }
}
