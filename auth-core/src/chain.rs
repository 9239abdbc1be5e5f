//! Several ways of signing in, tried in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;

use crate::{AccessToken, Attempt, Authentication, Cloud, Error, ErrorKind, TokenRequest};

/// Tries its members in order and answers with the first token. From then on only the member that answered is asked, so that a
/// process keeps its identity.
///
/// Only [`ErrorKind::Unavailable`], "not configured or not present here", lets it go on to the next member: a refusal never
/// silently changes the identity. When no member answers, the error carries every attempt.
#[derive(Debug)]
pub struct Chain {
    cloud: Cloud,
    members: Vec<Arc<dyn Authentication>>,
    answered: AtomicUsize,
}

impl Chain {
    /// An empty chain for this cloud.
    pub fn new(cloud: Cloud) -> Self {
        Self { cloud, members: Vec::new(), answered: AtomicUsize::new(usize::MAX) }
    }

    /// Adds a member at the end.
    pub fn with(mut self, member: Arc<dyn Authentication>) -> Self {
        self.members.push(member);
        self
    }
}

#[async_trait]
impl Authentication for Chain {
    fn name(&self) -> &'static str {
        "Chain"
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        if let Some(member) = self.members.get(self.answered.load(Ordering::Relaxed)) {
            return ask_again(&**member, request).await;
        }
        let mut attempts = Vec::new();
        for (index, member) in self.members.iter().enumerate() {
            let started = Instant::now();
            let error = match member.token(request).await {
                Ok(token) => {
                    let settled =
                        self.answered.compare_exchange(usize::MAX, index, Ordering::Relaxed, Ordering::Relaxed);
                    return match settled.err().filter(|other| *other != index).and_then(|other| self.members.get(other))
                    {
                        // Another first call was faster, and settled who this process is.
                        Some(other) => ask_again(&**other, request).await,
                        None => Ok(token),
                    };
                }
                Err(error) => error,
            };
            tracing::debug!(member = member.name(), %error, "this member of the chain did not answer");
            attempts.push(Attempt { name: member.name(), error: error.clone(), took: started.elapsed() });
            if error.kind() != ErrorKind::Unavailable {
                return Err(error.with_attempts(attempts));
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "no way of signing in is available here").with_attempts(attempts))
    }
}

/// Asks the member that answered before.
async fn ask_again(member: &dyn Authentication, request: &TokenRequest) -> Result<AccessToken, Error> {
    let started = Instant::now();
    member.token(request).await.map_err(|error| match error.kind() {
        ErrorKind::Unavailable => {
            let attempt = Attempt { name: member.name(), error, took: started.elapsed() };
            let message = "the identity that answered before cannot answer this";
            Error::new(ErrorKind::Unavailable, message).with_attempts(vec![attempt])
        }
        _ => error,
    })
}
