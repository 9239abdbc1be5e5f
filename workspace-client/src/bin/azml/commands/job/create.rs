//! `azml job create` and `azml job validate`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use serde_json::{Value, json};
use workspace_client::resources::job::{Job, generated_name, git_properties};

use super::description::NewJob;
use super::{one, shown, stream};
use crate::args::{CreateJobArgs, DescriptionArgs, WorkspaceArgs};
use crate::commands::resource::{Resolver, workspace_of};
use crate::context::{Context, block_on};
use crate::description::Description;
use crate::output::Outcome;
use crate::terminal::say;
use crate::web;

/// Submits a job.
pub(super) fn run(args: CreateJobArgs, context: &Context) -> Result<Outcome, Error> {
    let (job, folder) = read(&args.described)?;
    let name = args.name.or_else(|| job.name().map(str::to_owned)).unwrap_or_else(generated_name);
    let resolver = Resolver::new(workspace_of(args.workspace, context)?, folder);
    let jobs = resolver.ws()?.jobs();
    let job: Job = block_on(async {
        let mut body = job.build(&resolver).await?;
        let code = job.code().and_then(|code| resolver.local_code(code)).unwrap_or_else(|| ".".into());
        add_missing(&mut body["properties"]["properties"], git_properties(&code, &context.env).await);
        let submitted = jobs.create_or_update(&name, &body).await?;
        if args.web {
            show(&submitted, context).await;
        }
        if !args.stream {
            return Ok(submitted);
        }
        stream::run(&jobs, &name, &[]).await?;
        jobs.get(&name).await
    })?;
    if let Some(file) = args.save_as {
        save(&job, &file)?;
    }
    Ok(one(&job))
}

/// Says what is wrong with a job before Azure is asked.
pub(super) fn validate(
    described: &DescriptionArgs,
    workspace: WorkspaceArgs,
    context: &Context,
) -> Result<Outcome, Error> {
    let (job, folder) = read(described)?;
    let resolver = Resolver::dry(workspace_of(workspace, context)?, folder);
    block_on(job.build(&resolver))?;
    Ok(Outcome::new(json!({"result": "Succeeded"})))
}

fn read(args: &DescriptionArgs) -> Result<(NewJob, PathBuf), Error> {
    if args.file.is_none() {
        return Err(Error::new(ErrorKind::Configuration, "which job?").with_help("name its YAML file with --file"));
    }
    let said = Description::said(args)?;
    let folder = said.folder();
    Ok((NewJob::read(said)?, folder))
}

/// Adds properties, unless the file says one of them itself (observed: azure-ai-ml 1.35).
fn add_missing(said: &mut Value, more: BTreeMap<String, String>) {
    if let Some(said) = said.as_object_mut().filter(|said| !more.keys().any(|name| said.contains_key(name))) {
        said.extend(more.into_iter().map(|(name, value)| (name, value.into())));
    }
}

/// Opens the job's page, or says where it is.
pub(super) async fn show(job: &Job, context: &Context) {
    let Some(url) = job.studio_url() else { return };
    web::open("the job's page", url, context).await;
}

fn save(job: &Job, file: &Path) -> Result<(), Error> {
    let failed = || Error::new(ErrorKind::Store, format!("{} cannot be written", file.display()));
    let text = serde_saphyr::to_string(&shown(job)).map_err(|error| failed().with_source(error))?;
    File::create(file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| failed().with_source(error))?;
    say(&format!("the job is described in {}", file.display()));
    Ok(())
}
