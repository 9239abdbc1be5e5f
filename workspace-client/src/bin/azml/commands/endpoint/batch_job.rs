//! What `azml batch-endpoint invoke` is told: a YAML file, `--set` and options, in the words of `az ml`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use workspace_client::resources::duration;

use crate::args::InvokeBatchArgs;
use crate::commands::resource::{Resolver, is_reference, is_url};
use crate::description::{Description, TextOr, members};

/// The output of a deployment of a model, whatever its name (Microsoft: "Create jobs and input data for batch endpoints").
const SCORE: &str = "score";

const TYPES: &str = "it is uri_folder, uri_file or mltable, or one of a model";

/// The job with which an endpoint answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewBatchJob {
    compute: Compute,
    error_threshold: Option<i64>,
    experiment_name: Option<String>,
    inputs: BTreeMap<String, TextOr<Input>>,
    job_name: Option<String>,
    mini_batch_size: Option<u64>,
    output_file_name: Option<String>,
    outputs: BTreeMap<String, TextOr<Output>>,
    properties: Map<String, Value>,
    retry_settings: Option<Retries>,
}

/// What it runs on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Compute {
    instance_count: Option<u64>,
    instance_type: Option<String>,
}

/// Data, or a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(rename = "default")]
    value: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    path: Option<String>,
}

/// Where something is written to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    #[serde(rename = "type")]
    kind: Option<String>,
    path: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retries {
    max_retries: Option<u64>,
    timeout: Option<u64>,
}

/// The job, and the folder where its files are looked for.
pub(super) fn read(args: &InvokeBatchArgs) -> Result<(NewBatchJob, PathBuf), Error> {
    let mut said = Description::said(&args.described)?.without(&["$schema"]);
    for (member, option, text) in [("inputs", "--inputs", &args.inputs), ("outputs", "--outputs", &args.outputs)] {
        if let Some(text) = text {
            said.put(&[member], option, Description::inline(option, text)?);
        }
    }
    // A model takes one input, whose name counts for nothing (observed: azure-ai-ml 1.35).
    let input_type = spelled(&args.input_type)
        .ok_or_else(|| Error::new(ErrorKind::Configuration, "there is no such --input-type").with_help(TYPES))?;
    let input = args.input.as_ref().map(|path| json!({input_type: {"path": path, "type": args.input_type}}));
    let output = args.output_path.as_ref().map(|path| json!({SCORE: {"path": path, "type": "uri_file"}}));
    for (path, option, value) in [
        (&["inputs"][..], "--input", input),
        (&["outputs"], "--output-path", output),
        (&["experiment_name"], "--experiment-name", args.experiment_name.clone().map(Value::from)),
        (&["job_name"], "--job-name", args.job_name.clone().map(Value::from)),
        (&["mini_batch_size"], "--mini-batch-size", args.mini_batch_size.map(Value::from)),
        (&["compute", "instance_count"], "--instance-count", args.instance_count.map(Value::from)),
    ] {
        if let Some(value) = value {
            said.put(path, option, value);
        }
    }
    Ok((said.parse("a batch job")?, said.folder()))
}

impl NewBatchJob {
    /// As the API takes it (observed: azure-ai-ml 1.35).
    pub(super) async fn build(self, resolver: &Resolver) -> Result<Value, Error> {
        let mut inputs = Map::new();
        for (name, input) in self.inputs {
            let built = input_of(input).build(&name, resolver).await?;
            inputs.insert(name, built);
        }
        let outputs = self.outputs.into_iter().map(|(name, output)| {
            let built = output_of(output).build(&name)?;
            Ok((name, built))
        });
        let outputs = outputs.collect::<Result<Map<_, _>, Error>>()?;
        let mut properties = self.properties;
        if let Some(experiment) = self.experiment_name {
            properties.insert("experimentName".to_owned(), experiment.into());
        }
        let compute = members([
            ("instanceCount", self.compute.instance_count.map(Value::from)),
            ("instanceType", self.compute.instance_type.map(Value::from)),
        ]);
        let said = |map: Map<String, Value>| (!map.is_empty()).then_some(Value::Object(map));
        Ok(members([
            ("compute", compute.as_object().cloned().and_then(said)),
            ("errorThreshold", self.error_threshold.map(Value::from)),
            ("inputData", said(inputs)),
            ("miniBatchSize", self.mini_batch_size.map(Value::from)),
            ("name", self.job_name.map(Value::from)),
            ("outputData", said(outputs)),
            ("outputFileName", self.output_file_name.map(Value::from)),
            ("properties", said(properties)),
            ("retrySettings", self.retry_settings.map(|retries| retries.build())),
        ]))
    }
}

/// A text names data, or is a value.
fn input_of(input: TextOr<Input>) -> Input {
    match input {
        TextOr::Map(input) => input,
        TextOr::Text(text) if is_reference(&text) || is_url(&text) => {
            Input { value: None, kind: None, path: Some(text) }
        }
        TextOr::Text(text) => Input { value: Some(text.into()), kind: Some("string".to_owned()), path: None },
    }
}

fn output_of(output: TextOr<Output>) -> Output {
    match output {
        TextOr::Map(output) => output,
        TextOr::Text(path) => Output { kind: None, path },
    }
}

impl Input {
    async fn build(self, name: &str, resolver: &Resolver) -> Result<Value, Error> {
        let refuse = |why: &str| {
            Error::new(ErrorKind::Configuration, format!("the input {name} {why}"))
                .with_help(format!("data has a path, and a value a type and a default: --set inputs.{name}.path=PATH"))
        };
        let kind = self.kind.unwrap_or_else(|| "uri_folder".to_owned());
        if matches!(kind.as_str(), "boolean" | "float" | "integer" | "number" | "string") {
            let value = self.value.ok_or_else(|| refuse("has no value"))?;
            return Ok(json!({"jobInputType": "Literal", "value": value}));
        }
        let job_input_type = spelled(&kind).ok_or_else(|| refuse("is of no type that there is").with_help(TYPES))?;
        let path = self.path.ok_or_else(|| refuse("has no path"))?;
        Ok(json!({"jobInputType": job_input_type, "uri": resolver.data(&path, &kind).await?}))
    }
}

impl Output {
    fn build(self, name: &str) -> Result<Value, Error> {
        let kind = self.kind.as_deref().unwrap_or("uri_folder");
        let kind = spelled(kind).ok_or_else(|| {
            let message = format!("the output {name} is of no type that there is");
            Error::new(ErrorKind::Configuration, message).with_help(TYPES)
        })?;
        Ok(json!({"jobOutputType": kind, "uri": self.path}))
    }
}

impl Retries {
    fn build(&self) -> Value {
        members([
            ("maxRetries", self.max_retries.map(Value::from)),
            ("timeout", self.timeout.map(|seconds| duration::write(Duration::from_secs(seconds)).into())),
        ])
    }
}

/// The API's name for a type of data.
fn spelled(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "custom_model" => "CustomModel",
        "mlflow_model" => "MLFlowModel",
        "mltable" => "MLTable",
        "triton_model" => "TritonModel",
        "uri_file" => "UriFile",
        "uri_folder" => "UriFolder",
        _ => return None,
    })
}
