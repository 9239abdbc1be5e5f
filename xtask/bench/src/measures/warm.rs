//! A token that is served from memory, sampled by criterion.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use auth_core::TokenHandle;
use cache_bench::{ARM, Failure};
use criterion::Criterion;
use tempfile::TempDir;
use tokio::runtime::Handle;
use xtask::emulator::defaults;

use super::process;
use crate::setting::{Effort, Setting, request};
use crate::table::{Row, Value};

pub(super) fn measure(effort: Effort) -> Result<Vec<Row>, Failure> {
    let Setting { azure: _running, runtime, ours, theirs } = Setting::new(defaults::SERVICE_PRINCIPAL_SECRET)?;
    let request = request(ARM)?;
    let handle = TokenHandle::new(ours.clone(), request.clone());
    runtime.block_on(ours.token(&request))?;
    runtime.block_on(ours.authentication_header())?;
    runtime.block_on(handle.token())?;
    runtime.block_on(theirs.get_token(&[ARM], None))?;

    let mut bench = Bench::new(runtime.handle().clone(), effort)?;
    let counts = allocations()?;
    let count = |name: &str| counts.get(name).copied().ok_or_else(|| format!("allocations did not count {name}"));
    let (hundred, sixty) = (Duration::from_nanos(100), Duration::from_nanos(60));

    let token = async || ours.token(&request).await;
    let header = async || ours.authentication_header().await;
    let handle_token = async || handle.token().await;
    let handle_header = async || handle.header().await;
    let their_token = async || theirs.get_token(&[ARM], None).await;
    let row = |name: &str, what: &str, target: Duration, most: u64, times: [Duration; 2]| {
        let [alone, together] = times;
        Ok::<_, Failure>([
            Row::new(format!("warm {what}"), alone).at_most(target),
            Row::new(format!("warm {what}, two threads at once, each call"), together),
            Row::new(format!("warm {what}, allocations"), count(name)?).at_most(most),
        ])
    };
    let both = [bench.both("token", token)?, bench.both("header", header)?];
    let handle_both = [bench.both("handle-token", handle_token)?, bench.both("handle-header", handle_header)?];
    let [alone, together] = bench.both("azure_identity", their_token)?;
    let theirs: [Value; 3] = [alone.into(), together.into(), count("azure_identity")?.into()];
    let token = row("token", "token from a trait object", hundred, 1, both[0])?;
    let token = token.into_iter().zip(theirs).map(|(row, theirs)| row.theirs(theirs));
    Ok(token
        .chain(row("header", "`authentication_header()`", hundred, 1, both[1])?)
        .chain(row("handle-token", "`TokenHandle::token()`", sixty, 0, handle_both[0])?)
        .chain(row("handle-header", "`TokenHandle::header()`", sixty, 0, handle_both[1])?)
        .collect())
}

/// Criterion, and the folder that it writes its estimates into.
struct Bench {
    criterion: Criterion,
    estimates: TempDir,
    runtime: Handle,
}

impl Bench {
    fn new(runtime: Handle, effort: Effort) -> Result<Self, Failure> {
        let estimates = TempDir::with_prefix("cache-bench-")?;
        let millis = |full, quick| Duration::from_millis(effort.of(full, quick));
        let criterion = Criterion::default()
            .without_plots()
            .output_directory(estimates.path())
            .warm_up_time(millis(1000, 50))
            .measurement_time(millis(3000, 100))
            .sample_size(effort.of(100, 10));
        Ok(Self { criterion, estimates, runtime })
    }

    /// The time of one call in one thread, and in two at once.
    fn both<T>(&mut self, name: &str, call: impl AsyncFn() -> T + Sync) -> Result<[Duration; 2], Failure> {
        Ok([self.per_call(name, 1, &call)?, self.per_call(&format!("{name}-2"), 2, &call)?])
    }

    /// The median time of one call where this many threads make it at the same time.
    fn per_call<T>(
        &mut self,
        name: &str,
        threads: usize,
        call: impl AsyncFn() -> T + Sync,
    ) -> Result<Duration, Failure> {
        let Self { criterion, estimates, runtime } = self;
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let start = Barrier::new(threads);
                let work = async || {
                    start.wait();
                    let started = Instant::now();
                    for _ in 0..rounds {
                        black_box(call().await);
                    }
                    started.elapsed()
                };
                std::thread::scope(|scope| {
                    let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| runtime.block_on(work()))).collect();
                    let times =
                        workers.into_iter().map(|worker| worker.join().expect("a measured call does not panic"));
                    times.max().unwrap_or_default()
                })
            });
        });
        median_of(&estimates.path().join(name))
    }
}

fn median_of(folder: &Path) -> Result<Duration, Failure> {
    let estimates = std::fs::read(folder.join("new/estimates.json"))?;
    let estimates: serde_json::Value = serde_json::from_slice(&estimates)?;
    let nanos = estimates["median"]["point_estimate"].as_f64().ok_or("criterion estimated no median")?;
    Ok(Duration::from_secs_f64(nanos / 1e9))
}

/// What the program `allocations` counts.
fn allocations() -> Result<HashMap<String, u64>, Failure> {
    let output = process::output(&mut Command::new(process::sibling("allocations")?))?;
    let line = |line: &str| {
        let (name, count) = line.split_once(' ').ok_or("a line of allocations has no count")?;
        Ok((name.to_owned(), count.parse()?))
    };
    output.lines().map(line).collect()
}
