//! `azml schedule`.

use clap::{Args, Subcommand};
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

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RestingArgs {
    /// Also those that rest
    #[arg(long, conflicts_with = "disabled_only")]
    pub(crate) include_disabled: bool,

    /// Only those that rest
    #[arg(long)]
    pub(crate) disabled_only: bool,
}
