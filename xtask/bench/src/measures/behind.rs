//! A warm token, while the request for another scope hangs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_bench::{ARM, Failure, ML, TOKEN_ENDPOINT};
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::setting::{Effort, Setting, median, request};
use crate::table::Row;

/// How long the other request takes.
const HANG: Duration = Duration::from_secs(1);
/// What tells it from others.
const ML_HOST: &str = "ml.azure.com";

pub(super) fn measure(effort: Effort) -> Result<Vec<Row>, Failure> {
    let runs = effort.of(5, 1);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let setting = Setting::new(defaults::SERVICE_PRINCIPAL_SECRET)?;
        let (auth, arm, ml) = (setting.ours.clone(), request(ARM)?, request(ML)?);
        let slow = {
            let auth = Arc::clone(&auth);
            async move { auth.token(&ml).await.map(drop) }
        };
        ours.push(setting.runtime.block_on(behind(&setting.azure, slow, async || auth.token(&arm).await.map(drop)))?);

        let setting = Setting::new(defaults::SERVICE_PRINCIPAL_SECRET)?;
        let credential = setting.theirs.clone();
        let slow = {
            let credential = Arc::clone(&credential);
            async move { credential.get_token(&[ML], None).await.map(drop) }
        };
        let fast = async || credential.get_token(&[ARM], None).await.map(drop);
        theirs.push(setting.runtime.block_on(behind(&setting.azure, slow, fast))?);
    }
    let what = format!("warm token while another scope's request hangs for {} s", HANG.as_secs());
    Ok(vec![Row::new(what, median(ours)).theirs(median(theirs)).at_most(Duration::from_micros(10))])
}

/// How long `fast` takes, which is warm, once the server has the request of `slow`.
async fn behind<E: Into<Failure> + Send + 'static>(
    azure: &Emulator,
    slow: impl Future<Output = Result<(), E>> + Send + 'static,
    fast: impl AsyncFn() -> Result<(), E>,
) -> Result<Duration, Failure> {
    fast().await.map_err(Into::into)?;
    azure.add_fault(Fault::new(TOKEN_ENDPOINT, Effect::Delay(HANG)).with_body(ML_HOST));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(slow);
    while !azure.requests().iter().any(|request| request.body.contains(ML_HOST)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    fast().await.map_err(Into::into)?;
    let took = started.elapsed();
    for ended in tasks.join_all().await {
        ended.map_err(Into::into)?;
    }
    Ok(took)
}
