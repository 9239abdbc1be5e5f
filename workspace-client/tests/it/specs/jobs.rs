//! Jobs.

use std::time::Duration;

use serde_json::Value;
use workspace_client::resources::asset::ListView;
use workspace_client::resources::job::{
    CommandJob, DataType, Distribution, Job, JobFilter, JobIdentity, JobInput, JobOutput, JobType,
};

use super::operations::{check, read};
use super::specs;

const GROUPS: &[&str] = &["Jobs"];

#[tokio::test]
async fn every_example_of_jobs_is_asked_as_it_is_recorded() {
    check(GROUPS, async |case, ws| {
        let jobs = ws.jobs().api_version(case.text("api-version"));
        match case.operation.as_str() {
            "Jobs_Cancel" => jobs.cancel(case.text("id")).await.map(drop),
            "Jobs_CreateOrUpdate" => jobs.create_or_update(case.text("id"), case.body()).await.map(drop),
            "Jobs_Delete" => jobs.delete(case.text("id")).await.map(drop),
            "Jobs_Get" => jobs.get(case.text("id")).await.map(drop),
            "Jobs_List" => {
                let text = |name: &str| case.example.parameters[name].as_str();
                let mut filter = JobFilter::new();
                if let Some(view) = text("listViewType") {
                    assert_eq!(view, "ActiveOnly");
                    filter = filter.view(ListView::Active);
                }
                if let Some(job_type) = text("jobType") {
                    filter = filter.job_type(JobType::from(job_type));
                }
                if let Some(tag) = text("tag") {
                    filter = filter.tag(tag);
                }
                jobs.list_with(&filter).try_next().await.map(drop)
            }
            other => panic!("nobody asks {other}"),
        }
    })
    .await;
}

#[test]
fn every_answer_about_jobs_is_read_and_written_without_loss() {
    read(GROUPS, super::operations::Case::read::<Job>);
}

#[test]
fn a_command_is_described_as_the_python_sdk_describes_it() {
    let Some(path) = specs("derived/http-traces-azure-ai-ml-1.35.json") else { return };
    let traces: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for (trace, identity) in [
        ("job submit: local code, inline environment, data@latest, local file input", None),
        ("job submit: environment@latest, user identity", Some(JobIdentity::User)),
    ] {
        let requests = traces["traces"][trace].as_array().unwrap();
        let expected = &requests.last().unwrap()["body"];
        let text = |pointer: &str| expected["properties"].pointer(pointer).and_then(Value::as_str).unwrap();
        let command = "python main.py --d ${{inputs.d}} --f ${{inputs.f}}";
        let job = CommandJob::new(command, text("/environmentId"))
            .code(text("/codeId"))
            .compute(text("/computeId"))
            .display_name("disp")
            .experiment("exp1")
            .tag("a", "b")
            .input("d", JobInput::file(text("/inputs/d/uri")))
            .input("f", JobInput::file(text("/inputs/f/uri")))
            .input("n", JobInput::literal("5"))
            .output("o", JobOutput::data(&DataType::UriFolder))
            .distribution(&Distribution::PyTorch { processes_per_instance: 2 })
            .instances(2)
            .timeout(Duration::from_secs(300));
        let job = match &identity {
            Some(identity) => job.identity(identity),
            None => job,
        };
        assert_eq!(serde_json::to_value(job).unwrap(), *expected, "{trace}");
    }
}
