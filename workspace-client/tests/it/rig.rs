//! What the tests share.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Authentication, Cloud, Error, TokenRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
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
        let cloud = Cloud::custom("Rig", "https://login.rig.example", url, "https://arm.rig.example/").unwrap();
        Self::of(cloud.ml_audience("https://ml.rig.example").unwrap().build())
    }

    pub(crate) fn of(cloud: Cloud) -> Self {
        Self { cloud, requests: Arc::default() }
    }

    /// For the public cloud.
    pub(crate) fn public() -> Self {
        Self::of(Cloud::public())
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

/// A server that closes the first connections after it has read what was asked, and answers on the others with an empty object.
#[derive(Debug)]
pub(crate) struct Flaky {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Flaky {
    pub(crate) async fn start(closes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = requests.clone();
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let length = connection.read(&mut head).await.unwrap();
                let text = String::from_utf8_lossy(&head[..length]).into_owned();
                let count = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(text);
                    seen.len()
                };
                if count > closes {
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Self { url, requests }
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}
