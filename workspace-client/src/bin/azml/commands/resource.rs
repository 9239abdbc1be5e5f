//! What the commands for resources share.

use auth_core::Error;
use serde_json::Value;
use workspace_client::Workspace;
use workspace_client::arm::{Pager, Poller};

use super::workspace;
use crate::args::{LimitArgs, WorkspaceArgs};
use crate::context::{Context, block_on};
use crate::terminal::{Progress, say};

/// The workspace whose resources are meant.
pub(crate) fn workspace_of(args: WorkspaceArgs, context: &Context) -> Result<Workspace, Error> {
    workspace::find(args.workspace_name, "--workspace-name", args.place, context)
}

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
                say(&format!("warning: there are more than {limit}; --max-results shows more of them"));
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

/// Waits for the end of an operation, unless that is not wanted.
pub(crate) async fn finish<T>(mut poller: Poller<T>, no_wait: bool, what: &'static str) -> Result<Option<T>, Error> {
    if no_wait && !poller.is_done() {
        return Ok(None);
    }
    let progress = Progress::new();
    progress.on(what);
    let outcome = poller.wait().await;
    progress.done();
    outcome.map(Some)
}
