//! The table.

use std::fmt;
use std::time::Duration;

/// One line: what was measured of us, of `azure_identity` where it has a counterpart, and what we aim at.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    ours: Value,
    theirs: Option<Value>,
    at_most: Option<Value>,
}

#[derive(Debug)]
pub(crate) enum Value {
    Count(u64),
    Text(String),
    Time(Duration),
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, ours: impl Into<Value>) -> Self {
        Self { what: what.into(), ours: ours.into(), theirs: None, at_most: None }
    }

    pub(crate) fn theirs(mut self, theirs: impl Into<Value>) -> Self {
        self.theirs = Some(theirs.into());
        self
    }

    pub(crate) fn at_most(mut self, target: impl Into<Value>) -> Self {
        self.at_most = Some(target.into());
        self
    }

    fn verdict(&self) -> String {
        let ratio = self.theirs.as_ref().and_then(|theirs| {
            let (ours, theirs) = (self.ours.number()?, theirs.number()?);
            (ours > 0.0).then(|| format!("{} times", significant(theirs / ours)))
        });
        let target = self.at_most.as_ref().map(|target| {
            let is_met = self.ours.number() <= target.number();
            format!("target {target}{}", if is_met { "" } else { ", missed" })
        });
        [ratio, target].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// The whole table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let theirs = row.theirs.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        format!("| {} | {} | {theirs} | {} |\n", row.what, row.ours, row.verdict())
    });
    let head = "| what | ours | azure_identity | ratio, target |\n| --- | --- | --- | --- |\n";
    std::iter::once(head.to_owned()).chain(lines).collect()
}

impl Value {
    fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
            Self::Count(count) => Some(*count as f64),
            Self::Text(_) => None,
            Self::Time(time) => Some(time.as_secs_f64()),
        }
    }
}

impl From<Duration> for Value {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Time(time) => {
                let seconds = time.as_secs_f64();
                let (number, unit) = match seconds {
                    ..1e-6 => (seconds * 1e9, "ns"),
                    1e-6..1e-3 => (seconds * 1e6, "µs"),
                    1e-3..1.0 => (seconds * 1e3, "ms"),
                    _ => (seconds, "s"),
                };
                write!(f, "{} {unit}", significant(number))
            }
        }
    }
}

/// Two or three significant digits.
fn significant(number: f64) -> String {
    if number < 10.0 { format!("{number:.1}") } else { format!("{number:.0}") }
}
