//! A token in its last minutes, while the endpoint answers with status 500.

use std::time::{Duration, Instant};

use cache_bench::{ARM, Failure, TOKEN_ENDPOINT};
use xtask::emulator::{Effect, Fault, defaults};

use crate::setting::{Effort, Setting, request};
use crate::table::{Row, Value};

/// Inside the last five minutes from the start, so that both want to renew it at once.
const LIFETIME: Duration = Duration::from_secs(240);
/// `azure_identity` is not waited for any longer than this.
const CAP: Duration = Duration::from_secs(120);

pub(super) fn measure(effort: Effort) -> Result<Vec<Row>, Failure> {
    let setting = Setting::new(defaults::SERVICE_PRINCIPAL_SECRET)?;
    let Setting { azure, runtime, ours, theirs } = &setting;
    azure.set_access_token_lifetime(LIFETIME);
    azure.set_refresh_in(Some(Duration::ZERO));
    let request = request(ARM)?;
    let old = runtime.block_on(ours.token(&request))?;
    runtime.block_on(theirs.get_token(&[ARM], None))?;
    azure.add_fault(Fault::new(TOKEN_ENDPOINT, Effect::status(500)));

    let ask = || {
        let started = Instant::now();
        let token = runtime.block_on(ours.token(&request))?;
        let took = started.elapsed();
        if token == old { Ok(took) } else { Err::<_, Failure>("the old token was expected".into()) }
    };
    azure.clear_requests();
    let first = ask()?;
    let second = ask()?;
    let our_requests = azure.requests().len() as u64;

    azure.clear_requests();
    let cap = effort.of(CAP, Duration::from_secs(3));
    let started = Instant::now();
    let answer = runtime.block_on(async { tokio::time::timeout(cap, theirs.get_token(&[ARM], None)).await });
    let took = Value::from(started.elapsed());
    let their_answer = match answer {
        Ok(Ok(_)) => format!("a token after {took}"),
        Ok(Err(_)) => format!("an error after {took}"),
        Err(_) => format!("no answer within {took}"),
    };
    let their_requests = azure.requests().len() as u64;
    Ok(vec![
        Row::new("aging token, first caller after the endpoint began to fail", first)
            .theirs(their_answer)
            .at_most(Duration::from_millis(100)),
        Row::new("the next caller", second).at_most(Duration::from_micros(10)),
        Row::new("requests that these made", our_requests).theirs(their_requests).at_most(1),
    ])
}
