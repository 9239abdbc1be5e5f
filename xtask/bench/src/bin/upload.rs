//! `upload SOURCE PREFIX`: a fresh process that uploads to the container whose URL with a SAS is in `CONTAINER`, and prints how many
//! files that were.
#![allow(clippy::print_stdout, reason = "whoever starts it reads that")]

use auth_core::Secret;
use cache_bench::Failure;
use workspace_client::transfer::{Container, Snapshot};

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (source, prefix) = (words.next().ok_or("the source is missing")?, words.next().ok_or("the prefix is missing")?);
    let container = Container::from_sas_uri(&Secret::new(std::env::var("CONTAINER")?))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let uploaded = runtime.block_on(async {
        let snapshot = Snapshot::of(source).await?;
        container.upload(&snapshot, &prefix).for_asset("bench", "1").await
    })?;
    println!("{}", uploaded.sent_files);
    Ok(())
}
