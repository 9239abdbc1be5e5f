//! `azml job download`.

use auth_core::{Error, ErrorKind};
use serde_json::json;
use workspace_client::resources::job::JobStatus;

use crate::args::DownloadJobArgs;
use crate::commands::resource::workspace_of;
use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::progress::Progress;

/// Downloads the artifacts, an output, or both and all (observed: azure-ai-ml 1.35).
pub(super) fn run(args: DownloadJobArgs, context: &Context) -> Result<Outcome, Error> {
    let ws = workspace_of(args.job.workspace, context)?;
    let name = &args.job.name;
    block_on(async {
        let job = ws.jobs().get(name).await?;
        if !job.status().is_some_and(|status| status.is_final()) {
            let status = job.status().unwrap_or(JobStatus::Unknown);
            let message = format!("the job {name} is {status}, and what it writes may still change");
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help(format!("wait for its end: azml job stream --name {name}")));
        }
        let mut wanted = Vec::new();
        if args.all || args.output_name.is_none() || args.output_name.as_deref() == Some("default") {
            wanted.push((job.artifacts_path(), args.download_path.join("artifacts")));
        }
        let named = args.output_name.as_deref().filter(|name| *name != "default");
        let outputs = job.outputs().map(|(output, _)| output).filter(|output| *output != "default");
        for output in outputs.filter(|_| args.all).chain(named) {
            wanted.push((job.output_path(output)?, args.download_path.join("named-outputs").join(output)));
        }
        let progress = Progress::new();
        let observer = progress.observer(format!("downloading from {name}"));
        let mut downloads = Vec::new();
        for (from, to) in wanted {
            let downloaded = ws.datastores().download(&from, &to, &observer).await;
            progress.done();
            let downloaded = downloaded?;
            downloads.push(json!({
                "files": downloaded.files.len(),
                "folder": to,
                "received_files": downloaded.received_files,
            }));
        }
        Ok(Outcome::new(downloads.into()))
    })
}
