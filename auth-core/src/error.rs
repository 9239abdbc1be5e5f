//! The one error type.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Scopes, Tenant};

/// Everything that can go wrong, with what a program needs to react ([`Error::kind`], [`Error::is_transient`],
/// [`Error::retry_after`], [`Error::entra`]) and what a person needs to go on (the message, [`Error::attempts`],
/// [`Error::help`]). It holds no secret, and is cheap to clone.
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
struct Inner {
    kind: ErrorKind,
    message: String,
    transient: bool,
    help: Option<String>,
    retry_after: Option<Duration>,
    status: Option<u16>,
    correlation_id: Option<String>,
    entra: Option<EntraError>,
    attempts: Vec<Attempt>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong, as far as a program's reaction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A person ended the sign-in.
    Cancelled,
    /// The caller's settings or arguments are wrong; the same call fails again.
    Configuration,
    /// A person must sign in.
    Interaction,
    /// The other side could not be reached, or was not able to answer.
    Network,
    /// The other side answered, but not in the protocol that was agreed.
    Protocol,
    /// The identity or the request was refused.
    Rejected,
    /// Saved state could not be read or written.
    Store,
    /// The other side asks for patience; see [`Error::retry_after`].
    Throttled,
    /// The time limit passed.
    Timeout,
    /// Not configured or not present here; the only kind that lets a chain try its next member.
    Unavailable,
}

impl Error {
    /// An error of this kind. `message` is one sentence without a full stop, and must not hold a secret.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let transient = matches!(kind, ErrorKind::Network | ErrorKind::Throttled | ErrorKind::Timeout);
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            transient,
            help: None,
            retry_after: None,
            status: None,
            correlation_id: None,
            entra: None,
            attempts: Vec::new(),
            source: None,
        }))
    }

    /// Changes what a program should do about it; everything that was said stays.
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Adds what the person should do next, such as a command to run.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the error that caused this one. Its texts must not hold a secret.
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Adds how long the other side asked us to wait.
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// Adds the HTTP status of the answer.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds what finds the request in the logs of the other side.
    pub fn with_correlation_id(mut self, id: impl Into<String>) -> Self {
        self.0.correlation_id = Some(id.into());
        self
    }

    /// Adds what Entra ID said.
    pub fn with_entra(mut self, entra: EntraError) -> Self {
        self.0.entra = Some(entra);
        self
    }

    /// Adds what a chain tried.
    pub fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Overrides whether the same call may succeed later.
    pub fn with_transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    /// What went wrong, as far as a program's reaction goes.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// How long the other side asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Finds the request in the logs of the other side, whether or not an answer came.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// What Entra ID said, if it was Entra ID that refused.
    pub fn entra(&self) -> Option<&EntraError> {
        self.0.entra.as_ref()
    }

    /// Every member of a chain that was tried, with its reason and its time.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// What to do next.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(status) = &self.0.status {
            debug.field("status", status);
        }
        if let Some(id) = &self.0.correlation_id {
            debug.field("correlation_id", id);
        }
        if let Some(entra) = &self.0.entra {
            debug.field("entra", entra);
        }
        if !self.0.attempts.is_empty() {
            debug.field("attempts", &self.0.attempts);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", &source.to_string());
        }
        debug.finish_non_exhaustive()
    }
}

/// One member of a chain that was tried, and why it did not answer.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The member's name.
    pub name: &'static str,
    /// Why it did not answer.
    pub error: Error,
    /// How long it took to find out.
    pub took: Duration,
}

/// What Entra ID said when it refused (Microsoft identity platform, error response).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntraError {
    /// The OAuth error, such as `invalid_grant`.
    pub error: String,
    /// The `AADSTS` number. For messages only: numbers and texts change, reactions go by [`Error::kind`].
    pub code: Option<u32>,
    /// Finer than `error`, such as `bad_token` or `consent_required`.
    pub suberror: Option<String>,
    /// Claims that the next sign-in must carry, a JSON object.
    pub claims: Option<String>,
    /// Finds the request in Microsoft's logs, beside [`Error::correlation_id`].
    pub trace_id: Option<String>,
    /// The tenant that refused.
    pub tenant: Option<Tenant>,
    /// What was asked for.
    pub scopes: Option<Scopes>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kinds_that_pass_by_themselves_are_transient() {
        assert!(Error::new(ErrorKind::Network, "x").is_transient());
        assert!(Error::new(ErrorKind::Throttled, "x").is_transient());
        assert!(!Error::new(ErrorKind::Rejected, "x").is_transient());
        assert!(!Error::new(ErrorKind::Unavailable, "x").is_transient());
    }
}
