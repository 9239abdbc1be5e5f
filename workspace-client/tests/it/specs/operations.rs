//! What the API description says of an operation: its method, its path, and where each parameter goes.

use std::collections::BTreeMap;
use std::path::Path;

use auth_core::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};
use workspace_client::Workspace;

use super::{Example, specs, told};
use crate::rig::Tokens;

const FILES: [&str; 4] = ["machineLearningServices.json", "mfe.json", "registries.json", "workspaceFeatures.json"];
const DESCRIPTION: &str =
    "machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/2024-04-01";

/// An example, and the operation that it is one of.
pub(super) struct Case {
    /// Such as `Datastores_Get`.
    pub(super) operation: String,
    pub(super) example: Example,
    method: String,
    path: String,
    parameters: Vec<Value>,
}

/// Every example of these groups of operations, such as `Datastores`; none, where there is no API description.
pub(super) fn cases(groups: &[&str]) -> Option<Vec<Case>> {
    let root = specs(DESCRIPTION)?;
    let cases: Vec<_> = FILES.iter().flat_map(|file| described(&root, file, groups)).collect();
    for group in groups {
        assert!(cases.iter().any(|case| case.is_of(group)), "there is no example of {group}");
    }
    Some(cases)
}

fn described(root: &Path, file: &str, groups: &[&str]) -> Vec<Case> {
    let description: Value = serde_json::from_slice(&std::fs::read(root.join(file)).unwrap()).unwrap();
    let mut cases = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let examples = operation["x-ms-examples"].as_object().into_iter().flatten();
            for (_, example) in examples {
                let file = root.join(example["$ref"].as_str().unwrap());
                let case = || Case {
                    operation: operation["operationId"].as_str().unwrap().to_owned(),
                    example: Example::read(&root.join("./examples"), &file),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    parameters: operation["parameters"].as_array().unwrap().clone(),
                };
                // Some examples are not among the files.
                cases.extend(file.exists().then(case).filter(|case| groups.iter().any(|group| case.is_of(group))));
            }
        }
    }
    cases
}

impl Case {
    fn is_of(&self, group: &str) -> bool {
        self.operation.split('_').next() == Some(group)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.example.parameter(name)
    }

    /// Whether the operation has a parameter of this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let is_it = |parameter: &Value| {
            parameter["name"] == name
                || parameter["$ref"].as_str().is_some_and(|at| at.to_lowercase().ends_with(&name.to_lowercase()))
        };
        self.parameters.iter().any(is_it)
    }

    /// The body of the request.
    pub(super) fn body(&self) -> &Value {
        let body = self.parameters.iter().find(|parameter| parameter["in"] == "body");
        body.map_or(&Value::Null, |body| &self.example.parameters[body["name"].as_str().unwrap()])
    }

    /// Lets `call` ask, and compares the request with what is described.
    pub(super) async fn check(&self, call: impl AsyncFnOnce(&Self, Workspace) -> Result<(), Error>) {
        let parameter = |name: &str| self.example.parameters[name].as_str().unwrap_or("some").to_owned();
        let [subscription, group, name] = ["subscriptionId", "resourceGroupName", "workspaceName"].map(parameter);
        self.check_as(async |case, tokens| call(case, Workspace::new(subscription, group, name).auth(tokens)).await)
            .await;
    }

    /// The same for what lies in no workspace.
    pub(super) async fn check_as(&self, call: impl AsyncFnOnce(&Self, Tokens) -> Result<(), Error>) {
        let server = MockServer::start().await;
        let (status, body) = &self.example.responses[0];
        let answer = ResponseTemplate::new(*status);
        let answer = if body.is_null() { answer } else { answer.set_body_json(body) };
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        call(self, Tokens::for_arm(&server.uri()))
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.example.name));
        self.compare(&server.received_requests().await.unwrap()[0]);
    }

    fn compare(&self, request: &Request) {
        let name = &self.example.name;
        let values = self.example.parameters.as_object().unwrap();
        let path = values.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let path = path.fold(self.path.clone(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        let asked = request.url.path().replace("%7B", "{").replace("%7D", "}");
        assert_eq!((request.method.as_str(), asked), (self.method.as_str(), path), "{name}");
        let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        let expected = self.parameters.iter().filter(|parameter| parameter["in"] == "query").filter_map(|parameter| {
            let name = parameter["name"].as_str()?;
            Some((name.to_owned(), in_query(values.get(name)?)))
        });
        let version = ("api-version".to_owned(), self.text("api-version").to_owned());
        assert_eq!(query, expected.chain([version]).collect(), "{name}");
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap_or_default(), *self.body(), "{name}");
    }

    /// Reads what the example answers with, whole or item by item, and writes it again; says how many there were.
    pub(super) fn read<T: DeserializeOwned + Serialize>(&self) -> usize {
        let mut read = 0;
        for (_, body) in self.example.responses.iter().filter(|(_, body)| !body.is_null()) {
            let items = body["value"].as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
            for item in items {
                let value: T = serde_json::from_value(item.clone()).unwrap();
                assert_eq!(serde_json::to_value(value).unwrap(), *item, "{}", self.example.name);
            }
            read += items.len();
        }
        read
    }
}

/// Arrays are written with commas between their items (`OpenAPI` 2.0, `csv`).
fn in_query(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(in_query).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Checks every case, and says how many there were.
pub(super) async fn check(groups: &[&str], call: impl AsyncFn(&Case, Workspace) -> Result<(), Error>) {
    let Some(cases) = cases(groups) else { return };
    for case in &cases {
        case.check(&call).await;
    }
    told(&format!("{} calls of {}", cases.len(), groups.join(", ")));
}

/// Reads every answer with `read`, which says how many things were in it.
pub(super) fn read(groups: &[&str], read: impl Fn(&Case) -> usize) {
    let Some(cases) = cases(groups) else { return };
    let read: usize = cases.iter().map(read).sum();
    assert!(read > 0, "nothing was read of {}", groups.join(", "));
    told(&format!("{read} answers of {}", groups.join(", ")));
}
