//! `azml job update`.

use auth_core::{Error, ErrorKind};
use serde_json::Value;
use workspace_client::resources::job::JobChange;

use super::{create, one, shown};
use crate::args::UpdateJobArgs;
use crate::commands::resource::workspace_of;
use crate::context::{Context, block_on};
use crate::description::Description;
use crate::output::Outcome;

/// What run history changes (observed: azure-ai-ml 1.35).
const CHANGEABLE: [&str; 3] = ["description", "display_name", "tags"];

pub(super) fn run(args: UpdateJobArgs, context: &Context) -> Result<Outcome, Error> {
    let (jobs, name) = (workspace_of(args.job.workspace, context)?.jobs(), args.job.name);
    block_on(async {
        let before = shown(&jobs.get(&name).await?);
        let mut described = Description::of(before.clone());
        described.edit(&args.changes.edits, args.changes.force_string)?;
        if let Some(member) = described.changed_beside(&before, &CHANGEABLE) {
            return Err(Error::new(ErrorKind::Configuration, format!("{member} of a job cannot be changed"))
                .with_help(format!("change one of {}, or submit another job", CHANGEABLE.join(", "))));
        }
        jobs.update(&name, &change(&before, described.members())?).await?;
        let job = jobs.get(&name).await?;
        if args.web {
            create::show(&job, context).await;
        }
        Ok(one(&job))
    })
}

fn change(before: &Value, after: &Value) -> Result<JobChange, Error> {
    let text = |name: &str| after[name].as_str().filter(|_| before[name] != after[name]);
    let mut change = JobChange::new();
    change = text("description").into_iter().fold(change, JobChange::description);
    change = text("display_name").into_iter().fold(change, JobChange::display_name);
    let old = before["tags"].as_object();
    for (name, value) in after["tags"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        change = change.tag(name, value);
    }
    let is_there = |name: &&String| after["tags"].get(name.as_str()).is_some();
    if let Some(name) = old.into_iter().flatten().map(|(name, _)| name).find(|name| !is_there(name)) {
        return Err(Error::new(ErrorKind::Configuration, format!("the tag {name} of a job cannot be removed"))
            .with_help(format!("empty it: --set tags.{name}=")));
    }
    Ok(change)
}
