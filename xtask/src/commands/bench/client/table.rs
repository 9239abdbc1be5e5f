//! The table.

use std::time::Duration;

use super::cost::Cost;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    PeakMemory,
    ProcessorTime,
    Time,
}

impl Figure {
    pub(super) const ALL: [Self; 3] = [Self::Time, Self::ProcessorTime, Self::PeakMemory];
}

impl Table {
    /// One thing that we and Microsoft do, so many times: the medians.
    pub(super) fn add(&mut self, what: &str, figures: &[Figure], runs: usize, ours: &Cost, theirs: &Cost) {
        for (index, figure) in figures.iter().enumerate() {
            let what = if index == 0 { what } else { "" };
            let (name, [ours, theirs, ratio]) = match figure {
                Figure::PeakMemory => ("peak memory", memories(ours.peak_memory, theirs.peak_memory)),
                Figure::ProcessorTime => ("processor time", times(ours.processor, theirs.processor)),
                Figure::Time => ("time", times(ours.wall, theirs.wall)),
            };
            self.rows.push(format!("| {what} | {name} | {runs} | {ours} | {theirs} | {ratio} |\n"));
        }
    }

    pub(super) fn markdown(&self) -> String {
        let head = "| what | | runs | ours | Microsoft's | ratio |\n| --- | --- | --- | --- | --- | --- |\n";
        format!("{head}{}", self.rows.concat())
    }
}

fn times(ours: Duration, theirs: Duration) -> [String; 3] {
    let shown = |time: Duration| {
        let seconds = time.as_secs_f64();
        if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
    };
    [shown(ours), shown(theirs), ratio(theirs.as_secs_f64() / ours.as_secs_f64())]
}

fn memories(ours: u64, theirs: u64) -> [String; 3] {
    let shown = |kibibytes: u64| format!("{} MiB", kibibytes.div_ceil(1024));
    #[expect(clippy::cast_precision_loss, reason = "no machine has so much memory")]
    let ratio = ratio(theirs as f64 / ours as f64);
    [shown(ours), shown(theirs), ratio]
}

fn ratio(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.1} times") } else { format!("{ratio:.0} times") }
}
