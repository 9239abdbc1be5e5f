//! What a token that is served from memory costs.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark takes the real time and prints it")]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use auth_core::{
    AccessToken, Authentication as _, Cached, Cloud, Error, Grant, Partition, Record, Tenant, TokenRequest, TokenSource,
};

#[derive(Debug)]
struct Source;

#[async_trait]
impl TokenSource for Source {
    fn name(&self) -> &'static str {
        "source"
    }

    fn partition(&self) -> Partition {
        Partition::new("bench", [])
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        Ok(AccessToken::obtained("token", SystemTime::now(), Duration::from_secs(3600), None).into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    const ROUNDS: u32 = 1_000_000;
    let cloud = Cloud::public();
    let auth = Cached::new(Source, cloud.clone());
    let tenant = Tenant::parse("8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01")?;
    for (name, request) in
        [("own tenant", TokenRequest::arm(&cloud)), ("named tenant", TokenRequest::arm(&cloud).tenant(tenant))]
    {
        auth.token(&request).await?;
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                black_box(auth.token(black_box(&request)).await?);
            }
            best = best.min(started.elapsed());
        }
        println!("warm token, {name}: {} ns", best.as_nanos() / u128::from(ROUNDS));
    }
    Ok(())
}
