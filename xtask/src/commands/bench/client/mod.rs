//! `cargo xtask bench client`: the workspace client beside Microsoft's own clients, in one run on one machine.

mod azure;
mod cost;
mod jobs;
mod place;
mod table;
mod upload;
mod workspace;

use self::place::Place;
use self::table::Table;
use super::{machine, replace_table};

/// Measures whole processes.
#[derive(Debug, clap::Args)]
pub(super) struct Client {
    /// How often each slow thing is done; fast ones are done four times as often.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Replaces the table in BENCHMARKS.md.
    #[arg(long)]
    write: bool,
}

impl Client {
    pub(super) fn run(&self) -> Result<(), String> {
        let place = Place::new(self.runs.into())?;
        let mut table = Table::default();
        workspace::measure(&place, &mut table)?;
        jobs::measure(&place, &mut table)?;
        upload::measure(&place, &mut table)?;
        let table = format!("{}, {}.\n\n{}", machine::line()?, Place::peers(), table.markdown());
        println!("\n{table}");
        if self.write { replace_table("client", &table) } else { Ok(()) }
    }
}
