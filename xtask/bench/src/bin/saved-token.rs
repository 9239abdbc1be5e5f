//! A fresh process that reads one token from the encrypted file, saves one for the next process, or only starts.
//!
//! `saved-token save|read|start DIRECTORY file|keyring`

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_cache::{FileStore, Protection};
use auth_core::{
    AccessToken, Authentication as _, Cached, Cloud, Error, ErrorKind, Grant, Partition, Record, TokenRequest,
    TokenSource,
};
use cache_bench::Failure;

/// As long as Entra ID's tokens are.
const TOKEN_LENGTH: usize = 2000;

/// Never answers: what is read comes from the file.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl TokenSource for Nobody {
    fn name(&self) -> &'static str {
        "Nobody"
    }

    fn partition(&self) -> Partition {
        Partition::new("bench", ["saved"])
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        Err(Error::new(ErrorKind::Unavailable, "no token was saved"))
    }
}

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [action, directory, protection] = words.as_slice() else {
        return Err("three words are needed".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if action == "start" {
        runtime.block_on(std::future::ready(()));
        return Ok(());
    }
    let protection = if protection == "keyring" { Protection::keyring() } else { Protection::file() };
    let store = FileStore::new(directory).with_protection(protection);
    let auth = Cached::new(Nobody, Cloud::public()).with_store(Arc::new(store));
    let request = TokenRequest::arm(&Cloud::public());
    if action == "save" {
        let token = "t".repeat(TOKEN_LENGTH);
        let token = AccessToken::obtained(token, SystemTime::now(), Duration::from_secs(3600), None);
        runtime.block_on(auth.adopt(&request, token.into()))?;
    } else {
        runtime.block_on(auth.token(&request))?;
    }
    Ok(())
}
