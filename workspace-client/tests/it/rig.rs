//! What the tests share.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Authentication, Cloud, Error, TokenRequest};
use workspace_client::arm::ArmClient;

/// A sign-in that answers with a token of its own each time it is asked, and remembers what it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    cloud: Cloud,
    requests: Arc<Mutex<Vec<TokenRequest>>>,
}

impl Tokens {
    /// For a cloud whose Resource Manager is at this URL.
    pub(crate) fn for_arm(url: &str) -> Self {
        let cloud = Cloud::custom("Rig", "https://login.rig.example", url, "https://arm.rig.example/").unwrap().build();
        Self { cloud, requests: Arc::default() }
    }

    pub(crate) fn client(&self) -> ArmClient {
        ArmClient::new(Arc::new(self.clone()))
    }

    pub(crate) fn requests(&self) -> Vec<TokenRequest> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl Authentication for Tokens {
    fn name(&self) -> &'static str {
        "Tokens"
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    async fn token(&self, request: &TokenRequest) -> Result<AccessToken, Error> {
        let mut requests = self.requests.lock().unwrap();
        requests.push(request.clone());
        Ok(AccessToken::new(format!("token-{}", requests.len()), from_unix(4_000_000_000)))
    }
}
