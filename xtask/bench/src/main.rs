//! `cache-bench TABLE [--quick]`: measures everything in one run, and writes the table as Markdown into the file.
#![allow(clippy::print_stderr, reason = "a command talks to a person")]

mod measures;
mod setting;
mod table;

use cache_bench::Failure;

use self::setting::Effort;

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let file = words.next().ok_or("the file for the table is missing")?;
    let effort = match words.next().as_deref() {
        None => Effort::Full,
        Some("--quick") => Effort::Quick,
        Some(other) => return Err(format!("{other} is not known").into()),
    };
    let mut rows = Vec::new();
    for (what, measure) in measures::ALL {
        eprintln!("Measuring {what} ...");
        rows.extend(measure(effort)?);
    }
    Ok(std::fs::write(file, table::markdown(&rows))?)
}
