//! This machine's clock.

use std::path::Path;
use std::time::{Duration, SystemTime};

use auth_core::Clock;
use time::OffsetDateTime;
use time::macros::format_description;

use super::finding::Finding;
use super::storage;
use crate::context::Context;

const TOLERATED: Duration = Duration::from_secs(300);

/// Without asking anybody, only a clock that was set back can be noticed: by files of azml's from the future.
pub(super) fn compare_with_files(context: &Context) -> Vec<Finding> {
    let now = Clock::system().now();
    let modified = |path: &Path| path.metadata().ok()?.modified().ok();
    let newest = storage::own_files(context).iter().filter_map(|path| modified(path)).max();
    vec![match newest.filter(|newest| *newest > now + TOLERATED) {
        Some(newest) => {
            let detail =
                format!("it is {} here, and azml has a file of {}: it was set back", shown(now), shown(newest));
            Finding::warning("time", detail).with_help("azml doctor --online compares it with Azure's")
        }
        None => Finding::ok("time", shown(now)),
    }]
}

fn shown(time: SystemTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    OffsetDateTime::from(time).format(format).unwrap_or_default()
}
