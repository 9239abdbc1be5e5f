//! A Spark job.

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::data::{self, Inputs, Outputs, Spelling};
use super::{COMMON, Common};
use crate::commands::asset::Environment;
use crate::commands::resource::Resolver;
use crate::description::{Description, TextOr, members};
use crate::output::python;

/// What a Spark job has beside what every job has.
#[derive(Debug)]
pub(super) struct SparkJob {
    data: Data,
    program: Program,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    inputs: Inputs,
    outputs: Outputs,
}

/// What is run, and on how many machines: of jobs, of steps and of components.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    archives: Option<Vec<String>>,
    args: Option<String>,
    pub(super) code: Option<String>,
    #[serde(default)]
    conf: Map<String, Value>,
    pub(super) entry: Option<Entry>,
    environment: Option<TextOr<Environment>>,
    files: Option<Vec<String>>,
    jars: Option<Vec<String>>,
    py_files: Option<Vec<String>>,
    pub(super) resources: Option<Machines>,
}

/// Where the program starts: a Python file, or a class of a jar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    class_name: Option<String>,
    file: Option<String>,
}

/// The machines of a job without a compute.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machines {
    instance_type: String,
    runtime_version: String,
}

/// Settings that have a short name, too.
const SHORT_NAMES: [(&str, &str); 8] = [
    ("driver_cores", "spark.driver.cores"),
    ("driver_memory", "spark.driver.memory"),
    ("dynamic_allocation_enabled", ALLOCATION),
    ("dynamic_allocation_max_executors", "spark.dynamicAllocation.maxExecutors"),
    ("dynamic_allocation_min_executors", LEAST),
    ("executor_cores", "spark.executor.cores"),
    ("executor_instances", EXECUTORS),
    ("executor_memory", "spark.executor.memory"),
];
const ALLOCATION: &str = "spark.dynamicAllocation.enabled";
const LEAST: &str = "spark.dynamicAllocation.minExecutors";
const EXECUTORS: &str = "spark.executor.instances";
/// Without these nothing starts.
const NEEDED: [&str; 5] =
    ["spark.driver.cores", "spark.driver.memory", "spark.executor.cores", "spark.executor.memory", EXECUTORS];

impl SparkJob {
    pub(super) fn read(said: &Description) -> Result<Box<Self>, Error> {
        let program = said.parse_beside("a Spark job", &[&COMMON[..], &["inputs", "outputs"]].concat())?;
        Ok(Box::new(Self { data: said.parse("a Spark job")?, program }))
    }

    pub(super) fn code(&self) -> Option<&str> {
        self.program.code.as_deref()
    }

    pub(super) async fn build(&self, common: &Common, resolver: &Resolver) -> Result<Value, Error> {
        let mut body = common.body("Spark", resolver)?;
        let program = &self.program;
        let Some(entry) = &program.entry else { return Err(lacks("entry")) };
        let code = match &program.code {
            Some(code) => Some(resolver.code(code).await?.into()),
            None => None,
        };
        let environment = match &program.environment {
            Some(environment) => Some(Environment::id(environment, resolver).await?.into()),
            None => None,
        };
        let identity = program.identity(common.compute.is_some(), common.identity.is_some());
        // The API takes texts, which the Python SDK writes as Python does.
        let conf = program.started_conf()?.into_iter().map(|(name, value)| (name, python(&value).into()));
        let members = members([
            ("archives", program.archives.clone().map(Value::from)),
            ("args", program.args.clone().map(Value::from)),
            ("codeId", code),
            ("conf", Some(Value::Object(conf.collect()))),
            ("entry", Some(entry.of_job()?)),
            ("environmentId", environment),
            ("files", program.files.clone().map(Value::from)),
            ("identity", identity.map(|kind| json!({"identityType": kind}))),
            ("inputs", Some(data::inputs(&self.data.inputs, Spelling::Job, resolver).await?)),
            ("jars", program.jars.clone().map(Value::from)),
            ("outputs", Some(data::outputs(&self.data.outputs, Spelling::Job))),
            ("pyFiles", program.py_files.clone().map(Value::from)),
            ("resources", program.resources.as_ref().map(Machines::of_job)),
        ]);
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
            body.extend(members);
        }
        Ok(body)
    }
}

impl Program {
    /// As a component has it, but for its code and environment.
    pub(super) async fn of_component(&self, resolver: &Resolver) -> Result<Value, Error> {
        let code = match &self.code {
            Some(code) => Some(format!("azureml:{}", resolver.code(code).await?).into()),
            None => None,
        };
        let environment = match &self.environment {
            Some(environment) => Some(format!("azureml:{}", Environment::id(environment, resolver).await?).into()),
            None => None,
        };
        let Some(entry) = &self.entry else { return Err(lacks("entry")) };
        Ok(members([
            ("archives", self.archives.clone().map(Value::from)),
            ("args", self.args.clone().map(Value::from)),
            ("code", code),
            ("conf", Some(self.conf().into())),
            ("entry", Some(entry.of_component()?)),
            ("environment", environment),
            ("files", self.files.clone().map(Value::from)),
            ("jars", self.jars.clone().map(Value::from)),
            ("py_files", self.py_files.clone().map(Value::from)),
        ]))
    }

    /// The settings under their long names.
    pub(super) fn conf(&self) -> Map<String, Value> {
        let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok()).map(Value::from);
        let settings = self.conf.iter().map(|(name, value)| {
            let value = number(value).unwrap_or_else(|| value.clone());
            let long = SHORT_NAMES.iter().find(|(short, _)| short == name).map(|(_, long)| *long);
            (long.unwrap_or(name).to_owned(), value)
        });
        settings.collect()
    }

    /// The settings, with what they lack to start.
    pub(super) fn started_conf(&self) -> Result<Map<String, Value>, Error> {
        let conf = with_executors(self.conf());
        match NEEDED.iter().find(|needed| !conf.contains_key(**needed)) {
            Some(&EXECUTORS) => Err(lacks(&format!("conf.{EXECUTORS}, or conf.{ALLOCATION} with its bounds"))),
            Some(needed) => Err(lacks(&format!("conf.{needed}"))),
            None => Ok(conf),
        }
    }

    /// Who the job is where nobody says it (observed: azure-ai-ml 1.35).
    pub(super) fn identity(&self, has_compute: bool, is_said: bool) -> Option<&'static str> {
        match () {
            () if is_said => None,
            () if has_compute => Some("Managed"),
            () => self.resources.as_ref().map(|_| "UserIdentity"),
        }
    }
}

impl Entry {
    fn of_job(&self) -> Result<Value, Error> {
        self.spelled("sparkJobEntryType", "className")
    }

    pub(super) fn of_step(&self) -> Result<Value, Error> {
        self.spelled("spark_job_entry_type", "class_name")
    }

    fn of_component(&self) -> Result<Value, Error> {
        let mut entry = self.of_step()?;
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("spark_job_entry_type");
        }
        Ok(entry)
    }

    fn spelled(&self, kind: &str, class_name: &str) -> Result<Value, Error> {
        match (&self.file, &self.class_name) {
            (Some(file), None) => Ok(json!({"file": file, kind: "SparkJobPythonEntry"})),
            (None, Some(class)) => Ok(json!({class_name: class, kind: "SparkJobScalaEntry"})),
            _ => Err(lacks("entry with either file or class_name")),
        }
    }
}

impl Machines {
    fn of_job(&self) -> Value {
        json!({"instanceType": self.instance_type, "runtimeVersion": self.runtime_version})
    }

    pub(super) fn of_step(&self) -> Value {
        json!({"instance_type": self.instance_type, "runtime_version": self.runtime_version})
    }
}

/// Where executors come and go, there are the fewest at first.
pub(super) fn with_executors(mut conf: Map<String, Value>) -> Map<String, Value> {
    let comes_and_goes = conf.get(ALLOCATION).is_some_and(|said| python(said).eq_ignore_ascii_case("true"));
    if let Some(least) = conf.get(LEAST).filter(|_| comes_and_goes && !conf.contains_key(EXECUTORS)) {
        let least = least.clone();
        conf.insert(EXECUTORS.to_owned(), least);
    }
    conf
}

fn lacks(member: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("a Spark job needs {member}")).with_help("add it to the file")
}
