//! A way of signing in that is not there.

use async_trait::async_trait;
use auth_core::{AccessToken, Authentication, Cloud, Error, TokenRequest};

/// Says why it is not there, so that whoever finds no way at all can read it.
#[derive(Debug)]
pub(crate) struct Absent {
    pub(crate) name: &'static str,
    pub(crate) cloud: Cloud,
    pub(crate) why: Error,
}

#[async_trait]
impl Authentication for Absent {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, _request: &TokenRequest) -> Result<AccessToken, Error> {
        Err(self.why.clone())
    }
}
