//! `azure JOBS PAGE`: a loopback Azure with so many jobs that a list tells, in pages of so many. It prints how it is reached, and what
//! a login of the Azure CLI holds, as one line of JSON, and ends with its input.
#![allow(clippy::print_stdout, reason = "whoever starts it reads that")]

use std::time::Duration;

use cache_bench::Failure;
use serde_json::json;
use xtask::emulator::{Emulator, World, defaults};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let mut number = || Ok::<usize, Failure>(words.next().ok_or("a number is missing")?.parse()?);
    let (listed, page_size) = (number()?, number()?);
    // Every twentieth job is archived.
    let jobs = listed + listed.saturating_sub(1) / 19;
    let azure = Emulator::start_with(World { jobs, page_size, ..World::default() });
    println!(
        "{}",
        json!({
            "env": azure.env(),
            "access_token": azure.issue_access_token(defaults::ADA, defaults::CONTOSO, "https://management.core.windows.net/", YEAR),
            "refresh_token": azure.issue_refresh_token(defaults::ADA),
        })
    );
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
