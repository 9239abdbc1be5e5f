//! What Microsoft's Python client was seen to ask, and what the examples of the API description ask, where they lie beside the
//! repository.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use xtask::emulator::{Workspace, World, defaults};
use xtask::specs;

use crate::caller::Caller;
use crate::client::ARM;

const TRACES: &str = "derived/http-traces-azure-ai-ml-1.35.json";
const DESCRIPTION: &str =
    "machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/2024-04-01";
const ROOT: &str = "/providers/Microsoft.MachineLearningServices/";

/// A description that fits every kind, to have something before it is asked about.
fn anything(computes: &str, endpoints: &str) -> Value {
    json!({"location": "eastus", "properties": {
        "action": {"actionType": "CreateJob", "jobDefinition": {"jobType": "Command"}},
        "authMode": endpoints,
        "authType": "None",
        "command": "ls",
        "computeType": computes,
        "credentials": {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "emu-own-key"}},
        "dataType": "uri_file",
        "dataUri": "azureml://datastores/workspaceblobstore/paths/a",
        "datastoreType": "AzureBlob",
        "endpointComputeType": "Managed",
        "environmentId": "azureml://registries/azureml/environments/a/versions/1",
        "jobType": "Command",
        "modelId": "azureml://registries/azureml/models/a",
        "trigger": {"triggerType": "Cron", "expression": "0 9 * * *"},
        "type": "FQDN",
    }})
}

fn workspace(group: &str, name: &str) -> Workspace {
    Workspace {
        subscription_id: defaults::SUBSCRIPTION.into(),
        resource_group: group.into(),
        name: name.into(),
        location: "eastus".into(),
        kind: "Default".into(),
        workspace_id: "b7d40f96-5c2e-4e0b-8a71-0000000000ff".into(),
        tags: BTreeMap::new(),
    }
}

/// An Azure where nothing takes time.
fn hasty() -> Caller {
    Caller::with(World { operation_questions: 0, page_size: 50, ..World::default() })
}

#[tokio::test]
async fn whatever_the_python_client_was_seen_to_ask_is_answered() {
    let Some(file) = specs::find(TRACES) else { return };
    let traces: Value = read(&file);
    let mut asked = 0;
    let mut problems = Vec::new();
    for (name, requests) in traces["traces"].as_object().unwrap() {
        let azure = hasty();
        azure.azure.change_world(|world| world.workspaces.push(workspace("rg", "ws1")));
        let base = format!("/subscriptions/{}/resourceGroups/rg{ROOT}", defaults::SUBSCRIPTION);
        for (place, computes) in [
            ("workspaces/ws1/computes/ci1", "ComputeInstance"),
            ("workspaces/ws1/data/d/versions/3", ""),
            ("workspaces/ws1/data/dd/versions/3", ""),
            ("workspaces/ws1/environments/myenv/versions/1", ""),
            ("workspaces/ws1/jobs/job1", ""),
            ("workspaces/ws1/models/m1/versions/1", ""),
            ("workspaces/ws1/onlineEndpoints/ep1", ""),
            ("registries/azureml", ""),
        ] {
            // A job cannot become another one.
            if !(name.starts_with("job submit") && place.ends_with("/job1")) {
                azure.put(&format!("{base}{place}"), anything(computes, "Key")).await;
            }
        }
        let mut location = String::new();
        for request in requests.as_array().unwrap() {
            let text = request.to_string().replace("{subscriptionId}", defaults::SUBSCRIPTION);
            let text = text.replace("regsub", defaults::SUBSCRIPTION).replace("regrg", "rg");
            let text = text.replace("{guid1}", "0b5c7f2e-0000-4000-8000-000000000001");
            let request: Value = serde_json::from_str(&text).unwrap();
            let url = request["url"].as_str().unwrap();
            let url = match url.split_once("/mferp/") {
                Some((_, rest)) => format!("{ARM}/mferp/{rest}"),
                None if url.contains("/operationResults/op1") => {
                    assert!(!location.is_empty(), "{name}: there is nothing to ask about");
                    location.clone()
                }
                None if url.starts_with(ARM) => url.to_owned(),
                // The data plane and the storage are other services.
                None => continue,
            };
            let method: Method = request["method"].as_str().unwrap().parse().unwrap();
            let body = request["body"].clone();
            let answer = azure.ask(method.clone(), &url, Some(body).filter(|body| !body.is_null())).await;
            location = answer.headers.get("location").map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
            asked += 1;
            // The client sees first whether the name is free.
            let is_expected = name == "workspace create" && method == Method::GET && answer.status == 404;
            if !answer.status.is_success() && !is_expected {
                problems.push(format!("{name}: {method} {url}: {} {}", answer.status, answer.body));
            }
        }
    }
    specs::told(&format!("{asked} requests of {} traces", traces["traces"].as_object().unwrap().len()));
    assert_eq!(problems, Vec::<String>::new());
    assert!(asked > 40, "only {asked} requests were asked");
}

#[tokio::test]
async fn whatever_the_examples_of_the_api_ask_is_answered() {
    let Some(folder) = specs::find(DESCRIPTION) else { return };
    let azure = hasty();
    let (mut asked, mut problems) = (0, Vec::new());
    for (number, example) in examples(&folder).into_iter().enumerate() {
        let own = example.at(&format!("own{number}"));
        azure.azure.change_world(|world| world.workspaces.push(workspace(&own.group, &own.root)));
        let computes = own.wanted("computes", &[("listNodes", "AmlCompute"), ("listKeys", "VirtualMachine")]);
        let computes = computes.unwrap_or("ComputeInstance");
        let endpoints = own.wanted("onlineEndpoints", &[("token", "AMLToken")]).unwrap_or("Key");
        for place in own.before() {
            azure.put(&place, anything(computes, endpoints)).await;
        }
        let place = format!("{}?{}", own.path, own.query);
        let answer = azure.ask(own.method.clone(), &place, own.body.clone()).await;
        asked += 1;
        if !answer.status.is_success() {
            problems.push(format!("{}: {} {place}: {} {}", own.name, own.method, answer.status, answer.body));
        }
    }
    specs::told(&format!("{asked} examples"));
    assert_eq!(problems, Vec::<String>::new());
    assert!(asked > 150, "only {asked} examples were asked");
}

/// An example, at a place of its own.
struct Example {
    name: String,
    method: Method,
    template: String,
    parameters: BTreeMap<String, Value>,
}

struct Request {
    name: String,
    method: Method,
    group: String,
    root: String,
    path: String,
    query: String,
    body: Option<Value>,
}

impl Example {
    fn at(&self, own: &str) -> Request {
        let mut path = self.template.clone();
        let (mut query, mut body) = (Vec::new(), None);
        for (name, value) in &self.parameters {
            let placeholder = format!("{{{name}}}");
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            if value.is_object() || value.is_array() {
                body = Some(value.clone());
            } else if path.contains(&placeholder) {
                let text = match name.as_str() {
                    "subscriptionId" => defaults::SUBSCRIPTION,
                    "resourceGroupName" | "workspaceName" | "registryName" => own,
                    _ => &text,
                };
                path = path.replace(&placeholder, text);
            } else if !name.starts_with("$skip") {
                // Where a page begins is invented there.
                query.push((name.clone(), text));
            }
        }
        if let Some(body) = body.as_mut().filter(|_| self.name.ends_with("publish")) {
            body["registryName"] = format!("reg{own}").into();
        }
        // It sends one percent to a deployment that no example makes.
        if let Some(traffic) = body.as_mut().and_then(|body| body.pointer_mut("/properties/traffic")) {
            *traffic = json!({});
        }
        Request {
            name: self.name.clone(),
            method: self.method.clone(),
            group: own.into(),
            root: own.into(),
            path,
            query: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish(),
            body,
        }
    }
}

impl Request {
    /// What must be there first: everything that it lies in, and itself where it is not about to be made.
    fn before(&self) -> Vec<String> {
        let Some((base, rest)) = self.path.split_once(ROOT).filter(|(base, _)| base.contains("resourceGroups")) else {
            return Vec::new();
        };
        let segments: Vec<_> = rest.split('/').collect();
        let mut pairs = segments.len() / 2;
        if self.method == Method::PUT {
            pairs -= 1;
        }
        let mut places: Vec<_> =
            (1..=pairs).map(|count| format!("{base}{ROOT}{}", segments[..count * 2].join("/"))).collect();
        // A workspace is there already, features come with their set, and references are never made.
        places.retain(|place| !place.ends_with(&format!("/workspaces/{}", self.root)));
        places.retain(|place| !place.contains("/features/") && !place.contains("/datareferences/"));
        if self.name.ends_with("publish") {
            places.push(format!("{base}{ROOT}registries/reg{}", self.root));
        }
        places
    }

    fn wanted(&self, kind: &str, by_action: &[(&str, &'static str)]) -> Option<&'static str> {
        let is_it =
            |action: &str| self.path.contains(&format!("/{kind}/")) && self.path.ends_with(&format!("/{action}"));
        by_action.iter().find(|(action, _)| is_it(action)).map(|(_, wanted)| *wanted)
    }
}

/// Every example of the description that lies there, but for the list of operations and the package of a model, which nobody
/// answers.
fn examples(folder: &Path) -> Vec<Example> {
    let mut all = Vec::new();
    for file in ["machineLearningServices.json", "mfe.json", "registries.json", "workspaceFeatures.json"] {
        let description: Value = read(&folder.join(file));
        for (template, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                for example in operation["x-ms-examples"].as_object().into_iter().flat_map(|all| all.values()) {
                    let path = folder.join(example["$ref"].as_str().unwrap());
                    let is_ours = template.contains("/subscriptions/") && !template.ends_with("/package");
                    if !path.exists() || !is_ours {
                        continue;
                    }
                    let parameters = read::<Value>(&path)["parameters"].as_object().unwrap().clone();
                    all.push(Example {
                        name: example["$ref"].as_str().unwrap().trim_end_matches(".json").to_owned(),
                        method: method.to_uppercase().parse().unwrap(),
                        template: template.clone(),
                        parameters: parameters.into_iter().collect(),
                    });
                }
            }
        }
    }
    all
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
