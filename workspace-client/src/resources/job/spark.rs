//! The description of a Spark job.

use serde::Serialize;
use serde_json::json;

use super::JobIdentity;
use super::common::any_job;
use crate::resources::{Json, escaped};

/// A program for Apache Spark, which runs as whoever submits it. Its defaults are those of the Python SDK.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct SparkJob(Json);

any_job!(SparkJob);

impl SparkJob {
    /// This file of the code of this id.
    pub fn python(code: impl Into<String>, file: impl Into<String>) -> Self {
        Self::of(code, &json!({"sparkJobEntryType": "SparkJobPythonEntry", "file": file.into()}))
    }

    /// This class of the code of this id.
    pub fn scala(code: impl Into<String>, class: impl Into<String>) -> Self {
        Self::of(code, &json!({"sparkJobEntryType": "SparkJobScalaEntry", "className": class.into()}))
    }

    /// With these arguments, which may hold `${{inputs.name}}` and `${{outputs.name}}`.
    pub fn args(self, args: impl Into<String>) -> Self {
        self.member("args", args.into())
    }

    /// In the environment of this id, whose conda packages are taken.
    pub fn environment(self, id: impl Into<String>) -> Self {
        self.member("environmentId", id.into())
    }

    /// With this many machines of Spark, each with so many cores and so much memory, such as `2g`.
    pub fn executors(self, count: u64, cores: u64, memory: &str) -> Self {
        let executors = self.setting("spark.executor.instances", count.to_string());
        executors.setting("spark.executor.cores", cores.to_string()).setting("spark.executor.memory", memory)
    }

    /// With so many cores and so much memory for what leads them.
    pub fn driver(self, cores: u64, memory: &str) -> Self {
        self.setting("spark.driver.cores", cores.to_string()).setting("spark.driver.memory", memory)
    }

    /// Sets a property of Spark.
    pub fn setting(self, name: &str, value: impl Into<String>) -> Self {
        self.member(&format!("conf/{}", escaped(name)), value.into())
    }

    /// On serverless machines of this size, such as `Standard_E8S_V3`, with this version of Spark.
    pub fn serverless(self, instance_type: impl Into<String>, runtime_version: impl Into<String>) -> Self {
        self.member(
            "resources",
            json!({"instanceType": instance_type.into(), "runtimeVersion": runtime_version.into()}),
        )
    }

    /// With these files of the code: Python modules, Java archives, plain files and archives.
    pub fn files(self, modules: &[&str], jars: &[&str], files: &[&str], archives: &[&str]) -> Self {
        let spark = self.member("pyFiles", modules.to_vec()).member("jars", jars.to_vec());
        spark.member("files", files.to_vec()).member("archives", archives.to_vec())
    }

    fn of(code: impl Into<String>, entry: &serde_json::Value) -> Self {
        Self(Json(json!({"properties": {
            "jobType": "Spark",
            "codeId": code.into(),
            "conf": {},
            "entry": entry,
            "inputs": {},
            "isArchived": false,
            "outputs": {},
            "properties": {},
            "tags": {},
        }})))
        .identity(&JobIdentity::User)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::JobInput;
    use super::*;

    /// Observed: azure-ai-ml 1.35.
    #[test]
    fn a_spark_job_is_described_as_the_python_sdk_describes_it() {
        let job = SparkJob::python("/code", "main.py")
            .args("--x 1")
            .driver(1, "2g")
            .environment("azureml:env:1")
            .executors(2, 2, "2g")
            .experiment("e")
            .files(&["a.py"], &["b.jar"], &["c"], &["d"])
            .input("i", JobInput::file("azureml://datastores/d/paths/p"))
            .serverless("Standard_E8S_V3", "3.4")
            .setting("x", "y");
        let mut expected: Value = serde_json::from_str(
            r#"{"properties": {"archives": ["d"], "args": "--x 1", "codeId": "/code", "conf": {"spark.driver.cores": "1",
                "spark.driver.memory": "2g", "spark.executor.cores": "2", "spark.executor.instances": "2",
                "spark.executor.memory": "2g", "x": "y"}, "entry": {"file": "main.py", "sparkJobEntryType": "SparkJobPythonEntry"},
                "environmentId": "azureml:env:1", "experimentName": "e", "files": ["c"], "identity": {"identityType": "UserIdentity"},
                "inputs": {"i": {"jobInputType": "uri_file", "uri": "azureml://datastores/d/paths/p"}}, "isArchived": false,
                "jars": ["b.jar"], "jobType": "Spark", "outputs": {}, "properties": {}, "pyFiles": ["a.py"],
                "resources": {"instanceType": "Standard_E8S_V3", "runtimeVersion": "3.4"}, "tags": {}}}"#,
        )
        .unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), expected);
        expected["properties"]["entry"] = json!({"sparkJobEntryType": "SparkJobScalaEntry", "className": "Main"});
        assert_eq!(
            serde_json::to_value(SparkJob::scala("/code", "Main")).unwrap()["properties"]["entry"],
            expected["properties"]["entry"]
        );
    }
}
