//! What asks the endpoint to end.

use auth_core::{Error, ErrorKind};

/// A wish to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The terminal is gone.
    #[cfg(unix)]
    Hangup,
    /// Ctrl-C.
    Interrupt,
    #[cfg(unix)]
    Terminate,
}

/// Takes signals from its making on, so that none of them ends the process before it has cleaned up.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let take = |kind| {
            signal(kind)
                .map_err(|error| Error::new(ErrorKind::Configuration, "signals cannot be taken").with_source(error))
        };
        Ok(Self {
            hangup: take(SignalKind::hangup())?,
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {})
    }

    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Hangup,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> Signal {
        // Without the handler Ctrl-C ends the process by itself.
        let _ = tokio::signal::ctrl_c().await;
        Signal::Interrupt
    }
}
