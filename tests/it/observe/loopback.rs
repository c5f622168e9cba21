//! A loopback HTTP/1.1 server whose answers are byte for byte what a test says: one connection, one
//! request, one script. Used for faults, and as the front of real programs (CGI).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }
}

/// What the server does with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// The same bytes again and again, until the client hangs up or this many were sent.
    Repeat(Vec<u8>, u64),
    /// One byte at a time with a pause between.
    Drip(Vec<u8>, Duration),
    Sleep(Duration),
    /// Break the connection off with a reset instead of an orderly end.
    Reset,
}

type Script = dyn Fn(&Heard) -> Vec<Step> + Send + Sync;

/// The server; it ends with its value.
pub(crate) struct Loopback {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    most_at_once: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Loopback {
    pub(crate) fn start(script: impl Fn(&Heard) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let most_at_once = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let script: Arc<Script> = Arc::new(script);
        let now = Arc::new(AtomicUsize::new(0));
        let (log, most, stopped) = (heard.clone(), most_at_once.clone(), stop.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (log, most, now) = (log.clone(), most.clone(), now.clone());
                let script = script.clone();
                thread::spawn(move || {
                    // A client that hangs up is part of most tests.
                    let _ = serve(stream, &log, &*script, &AtOnce { now, most });
                });
            }
        });
        Self {
            address,
            heard,
            most_at_once,
            stop,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Counts the requests that wait for an answer. One that is answered may be followed by the next
/// before this side has closed its connection, so the count ends where the answer begins.
struct AtOnce {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl AtOnce {
    fn heard(&self) -> Waiting<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Waiting(self)
    }
}

struct Waiting<'a>(&'a AtOnce);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Heard>>,
    script: &Script,
    at_once: &AtOnce,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut heard = Heard::default();
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    heard.method = words.next().unwrap_or_default();
    heard.target = words.next().unwrap_or_default();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        heard.headers.push((name.to_ascii_lowercase(), value));
    }
    let length = heard.header("content-length").and_then(|n| n.parse().ok());
    heard.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut heard.body)?;
    log.lock().unwrap().push(heard.clone());
    let mut waiting = Some(at_once.heard());
    for step in script(&heard) {
        if !matches!(step, Step::Sleep(_)) {
            drop(waiting.take());
        }
        match step {
            Step::Send(bytes) => stream.write_all(&bytes)?,
            Step::Repeat(bytes, total) => {
                let mut sent = 0;
                while sent < total {
                    stream.write_all(&bytes)?;
                    sent += bytes.len() as u64;
                }
            }
            Step::Drip(bytes, pause) => {
                for byte in bytes {
                    stream.write_all(&[byte])?;
                    thread::sleep(pause);
                }
            }
            Step::Sleep(pause) => thread::sleep(pause),
            Step::Reset => {
                thread::sleep(Duration::from_millis(20));
                return reset(stream);
            }
        }
    }
    stream.flush()
}

/// Ends a connection with a reset: `SO_LINGER` of zero, through tokio's socket.
fn reset(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _inside = runtime.enter();
    let stream = tokio::net::TcpStream::from_std(stream)?;
    stream.set_zero_linger()
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let length = body.len().to_string();
    let mut headers = headers.to_vec();
    headers.push(("content-length", &length));
    let mut bytes = head(status, &headers);
    bytes.extend_from_slice(body);
    vec![Step::Send(bytes)]
}

/// The head of an answer whose body ends with the connection.
pub(crate) fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
