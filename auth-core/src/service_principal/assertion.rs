//! Where tokens of another issuer come from, which Entra ID takes in the place of a secret.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Error, ErrorKind, Secret, plain_file};

/// Whoever issues assertions: the platform that a workload runs on, or the caller's own code. It is asked anew for each
/// acquisition, as assertions live for minutes.
#[async_trait]
pub trait AssertionSource: fmt::Debug + Send + Sync {
    /// What tells it apart from others, such as `GitHub Actions`.
    fn name(&self) -> &'static str;

    /// An assertion for the audience `api://AzureADTokenExchange`, or whatever the registration demands.
    ///
    /// # Errors
    /// Why there is none.
    async fn assertion(&self) -> Result<Secret, Error>;
}

/// An [`AssertionSource`] that is a function.
#[derive(Clone)]
pub struct AssertionCallback(Arc<Callback>);

type Answer = Pin<Box<dyn Future<Output = Result<Secret, Error>> + Send>>;
type Callback = dyn Fn() -> Answer + Send + Sync;

impl AssertionCallback {
    /// Asks `callback` for each assertion.
    pub fn new<F, A>(callback: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<Secret, Error>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(callback())))
    }
}

impl fmt::Debug for AssertionCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssertionCallback")
    }
}

#[async_trait]
impl AssertionSource for AssertionCallback {
    fn name(&self) -> &'static str {
        "callback"
    }

    async fn assertion(&self) -> Result<Secret, Error> {
        (self.0)().await
    }
}

/// The assertion in a file, which is renewed by whoever wrote it (Azure workload identity, projected service account tokens).
pub(super) fn read(path: &Path) -> Result<Secret, Error> {
    let refuse = |why: String| {
        let message = format!("the federated token file {} {why}", path.display());
        Error::new(ErrorKind::Configuration, message)
            .with_help("check AZURE_FEDERATED_TOKEN_FILE, or the file that was named at the login")
    };
    let bytes = plain_file::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("is not text".to_owned()))?.trim();
    if text.is_empty() {
        return Err(refuse("is empty".to_owned()));
    }
    Ok(Secret::new(text))
}
