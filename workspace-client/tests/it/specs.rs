//! The examples of Azure's own API description, where it lies beside the repository.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};
use workspace_client::Workspace;

use crate::rig::Tokens;

const EXAMPLES: &str =
    "machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/2024-04-01/examples";

/// The folder that `AZML_SPECS` names, or the one that lies beside the workspace.
fn examples() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let root = auth_core::Env::process().path("AZML_SPECS").unwrap_or(beside);
    Some(root.join(EXAMPLES).join("Workspace")).filter(|folder| folder.is_dir())
}

fn bodies(folder: &Path) -> Vec<(PathBuf, Value)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut bodies = Vec::new();
    for path in files {
        let example: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let answers = example["responses"].as_object().unwrap().values().map(|answer| answer["body"].clone());
        bodies.extend(answers.map(|body| (path.clone(), body)));
    }
    bodies
}

fn is_workspace(body: &Value) -> bool {
    body["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.MachineLearningServices/workspaces"))
}

#[tokio::test]
async fn every_workspace_in_the_examples_is_understood() {
    let Some(folder) = examples() else {
        #[expect(clippy::print_stdout, reason = "says why nothing was checked")]
        {
            println!("skipped: set AZML_SPECS to a folder with Azure's API descriptions");
        }
        return;
    };
    let mut understood = 0;
    for (path, body) in bodies(&folder) {
        let listed = body["value"].as_array().cloned().unwrap_or_default();
        for example in listed.into_iter().chain([body]).filter(is_workspace) {
            let server = MockServer::start().await;
            let page = json!({"value": [example]});
            Mock::given(matchers::any())
                .respond_with(ResponseTemplate::new(200).set_body_json(page))
                .mount(&server)
                .await;
            let list = Workspace::list("00000000-1111-2222-3333-444444444444").auth(Tokens::for_arm(&server.uri()));
            let ws =
                list.pager().try_next().await.unwrap_or_else(|error| panic!("{}: {error:?}", path.display())).unwrap();
            assert_eq!(ws.raw(), &example);
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
    assert!(understood > 0, "there is no workspace in {}", folder.display());
}
