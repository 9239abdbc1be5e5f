//! Datastores and connections.

use serde_json::Value;
use workspace_client::resources::connection::{Connection, Connections};
use workspace_client::resources::datastore::{
    Datastore, DatastoreFilter, DatastoreSecrets, Datastores, SecretExpiry, Validation,
};

use super::operations::{Case, check, read};
use super::specs;

const GROUPS: &[&str] = &["Datastores", "WorkspaceConnections"];

#[tokio::test]
async fn every_example_of_datastores_and_connections_is_asked_as_it_is_recorded() {
    check(GROUPS, async |case, ws| {
        let version = case.text("api-version");
        match case.operation.split_once('_').unwrap() {
            ("Datastores", verb) => datastore(case, verb, &ws.datastores().api_version(version)).await,
            (_, verb) => connection(case, verb, &ws.connections().api_version(version)).await,
        }
    })
    .await;
}

async fn datastore(case: &Case, verb: &str, datastores: &Datastores) -> Result<(), auth_core::Error> {
    let parameters = &case.example.parameters;
    match verb {
        "CreateOrUpdate" => {
            assert_eq!(parameters["skipValidation"], false);
            let asked = datastores.create_or_update(case.text("name"), case.body(), Validation::Check);
            asked.await.map(drop)
        }
        "Delete" => datastores.delete(case.text("name")).await,
        "List" => {
            let filter = DatastoreFilter::default()
                .is_default(parameters["isDefault"].as_bool().unwrap())
                .search(case.text("searchText"))
                .order_by(case.text("orderBy"), parameters["orderByAsc"].as_bool().unwrap());
            let names = parameters["names"].as_array().unwrap();
            let filter = names.iter().fold(filter, |filter, name| filter.name(name.as_str().unwrap()));
            datastores.list_with(&filter).page_size(1).try_next().await.map(drop)
        }
        "ListSecrets" => {
            let secrets = datastores.secrets(case.text("name"), None).await?;
            assert_eq!(secrets.key.unwrap().expose(), case.example.responses[0].1["key"]);
            Ok(())
        }
        other => panic!("nobody asks {other}"),
    }
}

async fn connection(case: &Case, verb: &str, connections: &Connections) -> Result<(), auth_core::Error> {
    let name = case.text("connectionName");
    match verb {
        "Create" => connections.create_or_update(name, case.body()).await.map(drop),
        "Delete" => connections.delete(name).await,
        "Get" => connections.get(name).await.map(drop),
        "ListSecrets" => {
            let credentials = connections.secrets(name).await?;
            let told = case.example.responses[0].1["properties"]["credentials"].as_object().unwrap();
            assert_eq!(credentials.iter().count(), told.len());
            for (name, value) in told {
                assert_eq!(credentials.get(name).unwrap().expose(), value);
            }
            Ok(())
        }
        other => panic!("nobody asks {other}"),
    }
}

#[test]
fn every_answer_about_datastores_and_connections_is_read_and_written_without_loss() {
    read(GROUPS, |case| match case.operation.as_str() {
        "Datastores_ListSecrets" => {
            let body = &case.example.responses[0].1;
            let secrets: DatastoreSecrets = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(secrets.secrets_type().unwrap().as_str(), body["secretsType"]);
            1
        }
        operation if operation.starts_with("Datastores") => case.read::<Datastore>(),
        _ => case.read::<Connection>(),
    });
}

#[test]
fn a_signature_that_expires_is_asked_for_as_the_python_sdk_asks() {
    let Some(path) = specs("derived/http-traces-azure-ai-ml-1.35.json") else { return };
    let traces: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let requests = traces["traces"]["datastore get w secrets"].as_array().unwrap();
    let asked = requests.iter().find(|request| request["method"] == "POST").unwrap();
    assert_eq!(serde_json::to_value(SecretExpiry::hours(1)).unwrap(), asked["body"]);
}
