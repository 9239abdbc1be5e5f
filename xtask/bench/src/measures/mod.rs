//! One measurement a file.

mod aging;
mod behind;
mod cold;
mod process;
mod refusal;
mod saved;
mod session;
mod warm;

use cache_bench::Failure;

use crate::setting::Effort;
use crate::table::Row;

type Measure = fn(Effort) -> Result<Vec<Row>, Failure>;

/// Everything, in the order of the table.
pub(crate) const ALL: [(&str, Measure); 6] = [
    ("a warm token", warm::measure),
    ("a warm token behind another scope's request", behind::measure),
    ("an aging token whose renewal fails", aging::measure),
    ("a thousand tasks that are refused", refusal::measure),
    ("a cold process that asks for a token", cold::measure),
    ("a cold process that reads a saved token", saved::measure),
];
