//! The command that the endpoint is for.

use std::ffi::OsString;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::process::Command;
use tokio::time::timeout;

use super::signals::{Signal, Signals};

/// Variables of other platforms' identities, which clients would look at as well.
const FOREIGN: &[&str] = &["IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"];
/// How long the command may go on once it was asked to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The running command; dropping it kills it.
#[derive(Debug)]
pub(super) struct Child(tokio::process::Child);

/// How the time of the endpoint ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Exit(ExitStatus),
    Signal(Signal),
}

impl Child {
    /// Starts the command with these variables, of which one without a value is taken away.
    pub(super) fn start(command: &[OsString], variables: &[(&str, Option<&str>)]) -> Result<Self, Error> {
        let (program, arguments) = command.split_first().ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "a command is missing").with_help("name it after --")
        })?;
        let mut command = Command::new(program);
        command.args(arguments).kill_on_drop(true);
        for (name, value) in FOREIGN.iter().map(|name| (*name, None)).chain(variables.iter().copied()) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.spawn().map(Self).map_err(|error| {
            let message = format!("{} cannot be started", program.display());
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })
    }

    /// Waits until the command ends, or somebody wants both to end. Ctrl-C is the command's own affair: the terminal tells it, too, and
    /// an interpreter goes on.
    pub(super) async fn end(&mut self, signals: &mut Signals) -> Result<End, Error> {
        loop {
            tokio::select! {
                status = self.0.wait() => return status.map(End::Exit).map_err(lost),
                signal = signals.next() => if signal != Signal::Interrupt {
                    return Ok(End::Signal(signal));
                },
            }
        }
    }

    /// The exit code of the command, which a signal is passed on to.
    pub(super) async fn farewell(mut self, end: End) -> Result<ExitCode, Error> {
        match end {
            End::Exit(status) => Ok(code(status)),
            End::Signal(signal) => {
                self.pass_on(signal);
                if let Ok(status) = timeout(FAREWELL, self.0.wait()).await {
                    return status.map(code).map_err(lost);
                }
                self.0.kill().await.map_err(lost)?;
                self.0.wait().await.map(code).map_err(lost)
            }
        }
    }

    #[cfg(unix)]
    fn pass_on(&self, signal: Signal) {
        use rustix::process::{Pid, Signal as Unix, kill_process};
        let signal = match signal {
            Signal::Hangup => Unix::HUP,
            Signal::Interrupt => Unix::INT,
            Signal::Terminate => Unix::TERM,
        };
        if let Some(id) = self.0.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            // It may have ended in the meantime.
            let _ = kill_process(id, signal);
        }
    }

    #[cfg(not(unix))]
    fn pass_on(&self, _signal: Signal) {}
}

/// As a shell tells it: 128 and the signal, where there was one.
fn code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal).and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn lost(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Configuration, "the end of the command cannot be waited for").with_source(error)
}
