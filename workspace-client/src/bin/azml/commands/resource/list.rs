//! Lists, up to their limit.

use auth_core::Error;
use serde_json::Value;
use workspace_client::arm::Pager;

use crate::args::LimitArgs;
use crate::context::block_on;
use crate::terminal::warn;

/// The items that are wanted, up to the limit; that there are more of them is said.
pub(crate) fn some<T: Send + 'static>(
    mut pager: Pager<T>,
    limit: LimitArgs,
    is_wanted: impl Fn(&T) -> bool,
    show: impl Fn(&T) -> Value,
) -> Result<Value, Error> {
    let limit = limit.max_results as usize;
    block_on(async {
        let mut shown = Vec::new();
        while let Some(item) = pager.try_next().await? {
            if is_wanted(&item) && shown.len() == limit {
                warn(&format!("there are more than {limit}; --max-results shows more of them"));
                break;
            }
            if is_wanted(&item) {
                shown.push(show(&item));
            }
        }
        Ok(shown.into())
    })
}

/// All items.
pub(crate) fn all<T: Send + 'static>(pager: Pager<T>, show: fn(&T) -> Value) -> Result<Value, Error> {
    let items: Vec<T> = block_on(pager.try_collect())?;
    Ok(items.iter().map(show).collect::<Vec<_>>().into())
}
