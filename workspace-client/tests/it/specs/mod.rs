//! The examples of Azure's own API description, where it lies beside the repository.

mod assets;
mod datastores;
mod endpoints;
mod jobs;
mod network;
mod operations;
mod registries;
mod traces;
mod workspaces;

use std::path::{Path, PathBuf};

use auth_core::Error;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};
use workspace_client::Workspace;
use workspace_client::resources::compute::{
    AmlCompute, Compute, ComputeNode, Computes, Scale, UnderlyingResource, Usage, VmSize,
};

use xtask::specs::{find as specs, told};

use crate::rig::Tokens;

const EXAMPLES: &str =
    "machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/2024-04-01/examples";

/// What Azure's API description says about one call.
struct Example {
    /// Within the folder of the examples, without its extension.
    name: String,
    parameters: Value,
    responses: Vec<(u16, Value)>,
}

/// The examples in this folder and those below it.
fn examples(folder: &str) -> Option<Vec<Example>> {
    let root = specs(EXAMPLES)?;
    let mut examples: Vec<_> = files(&root.join(folder)).iter().map(|path| Example::read(&root, path)).collect();
    examples.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!examples.is_empty(), "there is no example in {folder}");
    Some(examples)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = entries.map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    inside.flatten().filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

impl Example {
    fn read(root: &Path, path: &Path) -> Self {
        let example: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let responses = example["responses"].as_object().unwrap();
        Self {
            name: path.strip_prefix(root).unwrap().with_extension("").display().to_string(),
            parameters: example["parameters"].clone(),
            responses: responses
                .iter()
                .map(|(status, answer)| (status.parse().unwrap(), answer["body"].clone()))
                .collect(),
        }
    }

    fn parameter(&self, name: &str) -> &str {
        self.parameters[name].as_str().unwrap()
    }

    fn workspace(&self, auth: Tokens) -> Workspace {
        let [subscription, group] = ["subscriptionId", "resourceGroupName"].map(|name| self.parameter(name));
        Workspace::new(subscription, group, self.parameter("workspaceName")).auth(auth)
    }

    /// Lets `call` ask, answers as the example does, and returns the request.
    async fn request(&self, call: impl AsyncFnOnce(&Self, Computes) -> Result<(), Error>) -> Request {
        let server = MockServer::start().await;
        let (status, body) = &self.responses[0];
        let answer = ResponseTemplate::new(*status);
        let answer = if body.is_null() { answer } else { answer.set_body_json(body) };
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        let computes = self.workspace(Tokens::for_arm(&server.uri())).computes();
        let asked = call(self, computes.api_version(self.parameter("api-version"))).await;
        asked.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        server.received_requests().await.unwrap().remove(0)
    }
}

/// Asks as the example does.
async fn ask(example: &Example, computes: Computes) -> Result<(), Error> {
    let verb = example.name.split('/').nth(1).unwrap();
    let name = || example.parameter("computeName");
    match verb {
        "createOrUpdate" => computes.create_or_update(name(), &example.parameters["parameters"]).await.map(drop),
        "delete" => {
            assert_eq!(example.parameter("underlyingResourceAction"), "Delete");
            computes.delete(name(), UnderlyingResource::Delete).await.map(drop)
        }
        "get" => computes.get(name()).await.map(drop),
        "list" => computes.list().try_next().await.map(drop),
        "listKeys" => computes.keys(name()).await.map(drop),
        "listNodes" => computes.nodes(name()).try_next().await.map(drop),
        "patch" => {
            let scale = example.parameters["parameters"].pointer("/properties/properties/scaleSettings").unwrap();
            let described = json!({"id": "", "name": "", "properties": {"properties": {"scaleSettings": scale}}});
            let scale: Scale = serde_json::from_value::<Compute>(described).unwrap().scale().unwrap();
            computes.update(name(), &scale).await.map(drop)
        }
        "restart" => computes.restart(name()).await.map(drop),
        "start" => computes.start(name()).await.map(drop),
        "stop" => computes.stop(name()).await.map(drop),
        other => panic!("nobody asks {other}"),
    }
}

#[tokio::test]
async fn every_example_of_computes_is_asked_as_it_is_recorded() {
    let Some(examples) = examples("Compute") else { return };
    for example in &examples {
        let request = example.request(ask).await;
        let (method, action) = match example.name.split('/').nth(1).unwrap() {
            "createOrUpdate" => ("PUT", ""),
            "delete" => ("DELETE", ""),
            "get" | "list" => ("GET", ""),
            "patch" => ("PATCH", ""),
            action => ("POST", action),
        };
        let [subscription, group, workspace, name] =
            ["subscriptionId", "resourceGroupName", "workspaceName", "computeName"]
                .map(|name| example.parameters[name].as_str().unwrap_or_default());
        let provider = "providers/Microsoft.MachineLearningServices/workspaces";
        let path = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/{provider}/{workspace}/computes/{name}/{action}"
        );
        assert_eq!(
            (request.method.as_str(), request.url.path()),
            (method, path.trim_end_matches('/')),
            "{}",
            example.name
        );
        let mut query: Vec<_> = request.url.query_pairs().into_owned().collect();
        query.sort();
        let expected = ["api-version", "underlyingResourceAction"];
        let expected: Vec<_> = expected
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), example.parameters[*name].as_str()?.to_owned())))
            .collect();
        assert_eq!(query, expected, "{}", example.name);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        assert_eq!(body, example.parameters["parameters"], "{}", example.name);
    }
    told(&format!("{} calls", examples.len()));
}

#[test]
fn a_cluster_is_described_as_the_python_sdk_describes_it() {
    let Some(path) = specs("derived/http-traces-azure-ai-ml-1.35.json") else { return };
    let traces: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let requests = traces["traces"]["compute create"].as_array().unwrap();
    let put = requests.iter().find(|request| request["method"] == "PUT").unwrap();
    let cluster = AmlCompute::new("Standard_DS3_v2").nodes(0, 2).location("eastus");
    assert_eq!(serde_json::to_value(cluster).unwrap(), put["body"]);
}

#[test]
fn every_answer_in_the_examples_of_computes_is_read_and_written_without_loss() {
    let Some(computes) = examples("Compute") else { return };
    let mut read = 0;
    let mut check = |value: &Value, name: &str| {
        let written = match value["type"].as_str() {
            Some(_) => serde_json::from_value::<Compute>(value.clone()).and_then(serde_json::to_value),
            None => serde_json::from_value::<ComputeNode>(value.clone()).and_then(serde_json::to_value),
        };
        assert_eq!(written.unwrap(), *value, "{name}");
        read += 1;
    };
    for example in &computes {
        for (_, body) in example.responses.iter().filter(|(_, body)| !body.is_null()) {
            match body["value"].as_array().or(body["nodes"].as_array()) {
                Some(items) => items.iter().for_each(|item| check(item, &example.name)),
                None => check(body, &example.name),
            }
        }
    }
    told(&format!("{read} computes and nodes"));
}

#[test]
fn every_size_and_usage_in_the_examples_is_read_and_written_without_loss() {
    let (Some(sizes), Some(usages)) = (examples("VirtualMachineSize"), examples("Usage")) else { return };
    let items = |examples: &[Example]| -> Vec<Value> {
        let bodies = examples.iter().flat_map(|example| &example.responses);
        bodies.flat_map(|(_, body)| body["value"].as_array().unwrap().clone()).collect()
    };
    for size in items(&sizes) {
        let read: VmSize = serde_json::from_value(size.clone()).unwrap();
        assert_eq!((read.name(), read.family()), (size["name"].as_str(), size["family"].as_str()));
        assert_eq!(serde_json::to_value(read).unwrap(), size);
    }
    for usage in items(&usages) {
        let read: Usage = serde_json::from_value(usage.clone()).unwrap();
        assert_eq!((read.current(), read.limit()), (usage["currentValue"].as_u64(), usage["limit"].as_u64()));
        assert_eq!(serde_json::to_value(read).unwrap(), usage);
    }
}

fn is_workspace(body: &Value) -> bool {
    body["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.MachineLearningServices/workspaces"))
}

#[tokio::test]
async fn every_workspace_in_the_examples_is_understood() {
    let Some(examples) = examples("Workspace") else { return };
    let mut understood = 0;
    let bodies = examples.iter().flat_map(|example| example.responses.iter().map(|(_, body)| (&example.name, body)));
    for (name, body) in bodies {
        let listed = body["value"].as_array().cloned().unwrap_or_default();
        for example in listed.iter().chain([body]).filter(|body| is_workspace(body)) {
            let server = MockServer::start().await;
            let page = json!({"value": [example]});
            Mock::given(matchers::any())
                .respond_with(ResponseTemplate::new(200).set_body_json(page))
                .mount(&server)
                .await;
            let list = Workspace::list("00000000-1111-2222-3333-444444444444").auth(Tokens::for_arm(&server.uri()));
            let ws = list.pager().try_next().await.unwrap_or_else(|error| panic!("{name}: {error:?}")).unwrap();
            assert_eq!(ws.raw(), example);
            assert_eq!((ws.id(), ws.name()), (example["id"].as_str().unwrap(), example["name"].as_str().unwrap()));
            let properties = &example["properties"];
            let text = |name: &str| properties[name].as_str();
            assert_eq!(ws.friendly_name(), text("friendlyName"));
            assert_eq!(ws.discovery_url(), text("discoveryUrl"));
            assert_eq!(ws.storage_account(), text("storageAccount"));
            assert_eq!(
                ws.public_network_access().map(|access| access.to_string()).as_deref(),
                text("publicNetworkAccess")
            );
            understood += 1;
        }
    }
    assert!(understood > 0, "no example is a workspace");
}
