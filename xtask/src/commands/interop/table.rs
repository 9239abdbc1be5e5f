//! What came of each.

use std::fmt;
use std::time::Duration;

/// One thing that one client did.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) story: String,
    pub(super) what: String,
    pub(super) client: &'static str,
    pub(super) succeeded: bool,
    pub(super) took: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Table(Vec<Row>);

impl Table {
    pub(super) fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }

    /// A problem, if there is any.
    pub(super) fn outcome(&self) -> Result<(), String> {
        let failed: Vec<String> =
            self.0.iter().filter(|row| !row.succeeded).map(|row| format!("{}: {}", row.story, row.what)).collect();
        if failed.is_empty() { Ok(()) } else { Err(format!("these failed:\n  {}", failed.join("\n  "))) }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&Row) -> &str| self.0.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
        let (what, client) = (width(|row| &row.what), width(|row| row.client));
        let mut story = "";
        for row in &self.0 {
            if row.story != story {
                story = &row.story;
                writeln!(f, "{story}")?;
            }
            let result = if row.succeeded { "ok" } else { "FAILED" };
            let seconds = row.took.as_secs_f32();
            writeln!(f, "  {:what$}  {:client$}  {result:6}  {seconds:5.1} s", row.what, row.client)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_failed_fails_the_table() {
        let row = |what: &str, succeeded| Row {
            story: "a story".into(),
            what: what.into(),
            client: "az",
            succeeded,
            took: Duration::from_millis(1250),
        };
        let mut table = Table::default();
        table.add(vec![row("a", true)]);
        assert_eq!(table.outcome(), Ok(()));
        table.add(vec![row("longer", false)]);
        assert_eq!(table.outcome(), Err("these failed:\n  a story: longer".into()));
        assert_eq!(table.to_string(), "a story\n  a       az  ok        1.2 s\n  longer  az  FAILED    1.2 s\n");
    }
}
