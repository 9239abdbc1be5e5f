//! A fresh process that takes the jobs of the workspace one after the other, keeps none, and prints how many there were.
#![allow(clippy::print_stdout, reason = "whoever starts it reads that")]

use cache_bench::Failure;
use workspace_client::{Error, Workspace};
use xtask::emulator::defaults;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
    let count = runtime.block_on(async {
        let (mut jobs, mut count) = (ws.jobs().list(), 0);
        while jobs.try_next().await?.is_some() {
            count += 1;
        }
        Ok::<u64, Error>(count)
    })?;
    println!("{count}");
    Ok(())
}
