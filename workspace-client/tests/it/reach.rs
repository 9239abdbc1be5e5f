//! What a person is told whose subscription is not the one that was meant.

use std::sync::Arc;

use auth_core::http::HttpClient;
use auth_core::interactive::Browser;
use auth_core::{Env, Error, ErrorKind};
use tempfile::TempDir;
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};
use xtask::emulator::{Emulator, defaults};

use crate::azml::Home;
use crate::emulator::{azml, json, login};
use crate::support::{Person, environment};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn builder(azure: &Emulator, home: &TempDir) -> InteractiveLoginBuilder {
    let env = Env::fake(environment(home.path(), azure));
    InteractiveLoginAuthentication::builder().env(env).browser(Browser::None).prompt(Person::new(azure))
}

async fn client(azure: &Emulator, home: &TempDir, tenant: Option<&str>) -> ArmClient {
    let mut builder = builder(azure, home);
    if let Some(tenant) = tenant {
        builder = builder.tenant_id(tenant);
    }
    let auth = builder.login().await.unwrap();
    ArmClient::new(Arc::new(auth)).http(HttpClient::new(Env::fake(environment(home.path(), azure))))
}

async fn error(client: &ArmClient, subscription: &str) -> Error {
    Workspace::new(subscription, "rg", "ws-1").client(client.clone()).get().await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_not_in_reach_is_told_with_those_that_are() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let client = client(&azure, &home, None).await;
    let unknown = error(&client, UNKNOWN).await;
    assert_eq!(unknown.kind(), ErrorKind::Rejected);
    insta::assert_snapshot!("not_in_reach", unknown);
    let listed = Workspace::list(UNKNOWN).client(client.clone()).pager().try_next().await.unwrap_err();
    assert_eq!(listed.to_string(), unknown.to_string());

    let named = error(&client, "ml development").await;
    assert_eq!(named.to_string(), r#""ml development" is the name of a subscription, not its id"#);
    assert_eq!(named.help(), Some(format!("give its id, {}", defaults::SUBSCRIPTION).as_str()));
    let neither = error(&client, "ml-nothing").await;
    assert!(
        neither
            .to_string()
            .starts_with(r#""ml-nothing" is neither the id nor the name of a subscription in reach, which are these:"#)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_does_not_tell_is_named_with_its_reason() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.change_world(|world| world.tenants[1].requires_mfa = true);
    let client = client(&azure, &home, None).await;
    let unknown = error(&client, UNKNOWN).await.to_string();
    assert!(unknown.contains("tenant Fabrikam (8c4d7b20-61fe-4f3a-b522-0000000fab02) does not tell: "), "{unknown}");
    assert!(unknown.contains("AADSTS50076"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_of_a_tenant_where_the_person_is_a_guest_is_reached_in_silence() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let client = client(&azure, &home, None).await;
    azure.clear_requests();
    let ws = Workspace::new(defaults::FABRIKAM_SUBSCRIPTION, "rg-shared", "ml-shared").client(client.clone());
    assert_eq!(ws.get().await.unwrap().name(), "ml-shared");
    let asked = |path: &str| azure.requests().iter().filter(|request| request.path.contains(path)).count();
    assert_eq!((asked("/token"), asked("/workspaces/")), (1, 2), "refused once, and one token of the other tenant");
    ws.get().await.unwrap();
    assert_eq!((asked("/token"), asked("/workspaces/")), (1, 3), "the tenant is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_demands_more_is_an_error_with_a_command_that_works_when_pasted() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.change_world(|world| world.tenants[1].requires_mfa = true);
    let client = client(&azure, &home, None).await;
    let ws = Workspace::new(defaults::FABRIKAM_SUBSCRIPTION, "rg-shared", "ml-shared").client(client.clone());
    let error = ws.get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    let help = error.help().unwrap();
    let sign_in = format!("sign in again: azml login --tenant {} --claims-challenge ", defaults::FABRIKAM);
    assert!(help.starts_with(&sign_in), "{help}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_one_tenant_gets_no_token_of_another() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let client = client(&azure, &home, Some(defaults::CONTOSO)).await;
    azure.clear_requests();
    let error = error(&client, defaults::FABRIKAM_SUBSCRIPTION).await;
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    let tokens = azure.requests().iter().filter(|request| request.path.ends_with("/token")).count();
    assert_eq!(tokens, 0, "{:?}", azure.requests());
}

#[test]
fn azml_lists_the_tenants_and_what_is_in_reach() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    let tenants = json(azml(&home, &azure, &["account", "tenant", "list"]));
    assert_eq!(
        (&tenants[0]["tenantId"], &tenants[1]["defaultDomain"]),
        (&defaults::CONTOSO.into(), &defaults::FABRIKAM_DOMAIN.into())
    );
    insta::assert_snapshot!(
        "tenant_list_table",
        azml(&home, &azure, &["account", "tenant", "list", "-o", "table"]).success()
    );
    let filters = vec![(r"correlation id [0-9a-f-]{36}", "correlation id [id]")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!("subscription_not_in_reach", azml(&home, &azure, &["workspace", "list", "--subscription", UNKNOWN]).stderr);
        insta::assert_snapshot!("subscription_not_found", azml(&home, &azure, &["account", "set", "--subscription", "ml-nothing"]).stderr);
    });
}
