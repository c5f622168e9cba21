//! Interrupts (`Ctrl-C`) after channels were asked: who has listened for one has taken the system's
//! own rule away for good, and somebody must listen on.

use std::io::Write as _;

use super::exit::Ending;

/// Ends this process at the next interrupt, saying so. For what waits for people or services after
/// channels were asked; whatever is half done is left as it is.
pub(super) fn ends_it(saying: &'static str) {
    let listen = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else { return };
        if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
            return;
        }
        let _ = writeln!(std::io::stderr(), "\nerror: interrupted: {saying}");
        #[expect(clippy::exit, reason = "the other thread waits for somebody")]
        std::process::exit(Ending::Interrupted.code().into());
    };
    // Without it an interrupt is not heard, and what waits ends at its own time.
    let _ = std::thread::Builder::new()
        .name("interrupts".to_owned())
        .spawn(listen);
}
