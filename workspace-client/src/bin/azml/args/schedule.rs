//! `azml schedule`.

use clap::Subcommand;
use workspace_client::resources::schedule::ScheduleKind;

use super::{NameArgs, TableCommand, WaitArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    #[command(flatten)]
    Table(TableCommand<ScheduleKind>),
    /// Let a schedule happen when it is due
    Enable(WaitArgs<ScheduleKind>),
    /// Let a schedule rest
    Disable(WaitArgs<ScheduleKind>),
    /// Start the job of a schedule now
    Trigger(NameArgs<ScheduleKind>),
}
