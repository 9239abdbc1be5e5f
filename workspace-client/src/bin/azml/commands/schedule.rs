//! `azml schedule`.

use auth_core::Error;
use serde_json::json;
use workspace_client::resources::schedule::ScheduleKind;

use super::resource::{self, Operation, finish, one, workspace_of};
use crate::args::{NameArgs, ScheduleCommand, WaitArgs};
use crate::context::{Context, block_on};
use crate::output::Outcome;

pub(crate) fn run(command: ScheduleCommand, context: &Context) -> Result<Option<Outcome>, Error> {
    match command {
        ScheduleCommand::Table(command) => resource::run(command, context),
        ScheduleCommand::Enable(args) => set_enabled(args, true, context),
        ScheduleCommand::Disable(args) => set_enabled(args, false, context),
        ScheduleCommand::Trigger(args) => {
            let schedules = workspace_of(args.workspace, context)?.schedules();
            let triggered = block_on(schedules.trigger(&args.name))?;
            Ok(Some(Outcome::new(json!({"job_name": triggered.job_name()}))))
        }
    }
}

fn set_enabled(args: WaitArgs<ScheduleKind>, enabled: bool, context: &Context) -> Result<Option<Outcome>, Error> {
    let WaitArgs { name: NameArgs { name, workspace, .. }, no_wait } = args;
    let ws = workspace_of(workspace, context)?;
    let operation = Operation::of::<ScheduleKind>(if enabled { "enabling" } else { "disabling" }, &name, &ws);
    let schedule = block_on(async {
        let schedules = ws.schedules();
        let poller = if enabled { schedules.enable(&name).await? } else { schedules.disable(&name).await? };
        finish(poller, no_wait, &operation).await
    })?;
    Ok(schedule.map(|schedule| one(&schedule)))
}
