//! Interrupts (`Ctrl-C`) where somebody is asked or waited for: the process ends with 130, and the
//! terminal is left as it was.
//!
//! The system's own rule, which ends a process at once, does not do there: it would leave a terminal
//! mute that hides what is typed, and who has listened for interrupts while channels were asked has
//! taken it away for good.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use super::exit::Ending;

/// What is said where an interrupt ends this process; nothing where somebody else listens.
static ENDS: Mutex<Option<&'static str>> = Mutex::new(None);

/// The terminal before it hid what is typed.
static BEFORE: Mutex<Option<Terminal>> = Mutex::new(None);

/// How long whoever asks may take to change the terminal that is put back, and the listener to hear.
const MOMENT: Duration = Duration::from_millis(50);

/// Ends this process at the next interrupt, saying so. For what waits for people or services after
/// channels were asked; whatever is half done is left as it is.
pub(super) fn ends_it(saying: &'static str) {
    *lock(&ENDS) = Some(saying);
    listen();
}

/// Leaves interrupts to who asks channels and tells what has been answered until then.
pub(super) fn is_heard_elsewhere() {
    *lock(&ENDS) = None;
}

/// Asks for a line that the terminal does not show. From then on interrupts end this process: an
/// interrupt here is no error that comes back.
///
/// # Errors
/// As `rpassword` gives them: no terminal, or its end.
pub(super) fn hidden(prompt: &str) -> std::io::Result<String> {
    lock(&ENDS).get_or_insert("interrupted");
    *lock(&BEFORE) = Terminal::now();
    listen();
    let typed = rpassword::prompt_password(prompt);
    if typed
        .as_ref()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::Interrupted)
    {
        // `rpassword` has raised the interrupt: who listens ends the process while this waits.
        std::thread::sleep(100 * MOMENT);
    }
    *lock(&BEFORE) = None;
    typed
}

/// Listens, once for the whole process. Where that cannot be, the system's own rule holds on.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("interrupts".to_owned());
        let listener = thread.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(hear(&ready));
            }
        });
        // Nobody is asked before it listens.
        if listener.is_ok() {
            let _ = is_ready.recv();
        }
    });
}

#[cfg(unix)]
async fn hear(ready: &std::sync::mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut interrupts) = signal(SignalKind::interrupt()) else {
        return;
    };
    let _ = ready.send(());
    while interrupts.recv().await.is_some() {
        end();
    }
}

#[cfg(not(unix))]
async fn hear(ready: &std::sync::mpsc::Sender<()>) {
    let _ = ready.send(());
    while tokio::signal::ctrl_c().await.is_ok() {
        end();
    }
}

/// Ends the process, if that is what an interrupt does now.
fn end() {
    let Some(saying) = *lock(&ENDS) else { return };
    if let Some(before) = &*lock(&BEFORE) {
        std::thread::sleep(MOMENT);
        before.put_back();
    }
    let _ = writeln!(std::io::stderr(), "\nerror: {saying}");
    #[expect(clippy::exit, reason = "the other thread waits for somebody")]
    std::process::exit(Ending::Interrupted.code().into());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings of the terminal that controls this process.
#[cfg(unix)]
struct Terminal {
    file: std::fs::File,
    settings: rustix::termios::Termios,
}

#[cfg(unix)]
impl Terminal {
    fn now() -> Option<Self> {
        let mut options = std::fs::File::options();
        let file = options.read(true).write(true).open("/dev/tty").ok()?;
        let settings = rustix::termios::tcgetattr(&file).ok()?;
        Some(Self { file, settings })
    }

    fn put_back(&self) {
        let at_once = rustix::termios::OptionalActions::Now;
        let _ = rustix::termios::tcsetattr(&self.file, at_once, &self.settings);
    }
}

/// Elsewhere the terminal is put back when the process ends.
#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn now() -> Option<Self> {
        None
    }

    fn put_back(&self) {}
}
