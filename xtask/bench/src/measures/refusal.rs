//! A thousand tasks that wait for one token while the endpoint refuses it.

use std::time::Duration;

use cache_bench::{ARM, Failure, TOKEN_ENDPOINT};
use tokio::task::JoinSet;
use xtask::emulator::{Effect, Emulator, Fault};

use crate::setting::{Effort, Setting, request};
use crate::table::Row;

const TASKS: usize = 1000;
/// How long the first refusal takes: until then every task waits.
const FIRST: Duration = Duration::from_secs(1);

pub(super) fn measure(_effort: Effort) -> Result<Vec<Row>, Failure> {
    let setting = Setting::new("a secret that is wrong")?;
    let Setting { azure, runtime, ours, theirs } = &setting;
    let request = request(ARM)?;
    let ours = runtime.block_on(refused(azure, || {
        let (auth, request) = (ours.clone(), request.clone());
        async move { auth.token(&request).await.is_err() }
    }))?;
    let theirs = runtime.block_on(refused(azure, || {
        let credential = theirs.clone();
        async move { credential.get_token(&[ARM], None).await.is_err() }
    }))?;
    Ok(vec![
        Row::new(format!("requests for {TASKS} tasks that wait for a token that is refused"), ours)
            .theirs(theirs)
            .at_most(1),
    ])
}

/// The number of requests that the endpoint saw. Each task says whether it was refused.
async fn refused<F: Future<Output = bool> + Send + 'static>(
    azure: &Emulator,
    task: impl Fn() -> F,
) -> Result<u64, Failure> {
    azure.clear_requests();
    azure.add_fault(Fault::once(TOKEN_ENDPOINT, Effect::Delay(FIRST)));
    let tasks: JoinSet<bool> = (0..TASKS).map(|_| task()).collect();
    if tasks.join_all().await.into_iter().all(|refused| refused) {
        Ok(azure.requests().len() as u64)
    } else {
        Err("a task was not refused".into())
    }
}
