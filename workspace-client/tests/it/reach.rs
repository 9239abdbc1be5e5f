//! What a person is told whose subscription is not the one that was meant.

use std::sync::Arc;
use std::time::Duration;

use auth_core::http::HttpClient;
use auth_core::interactive::Browser;
use auth_core::{Authentication as _, Env, Error, ErrorKind, Interaction, Tenant, TokenRequest};
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};
use workspace_client::Workspace;
use workspace_client::arm::ArmClient;
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};
use xtask::emulator::{Emulator, defaults};

use crate::azml::Home;
use crate::emulator::{azml, json, login};
use crate::support::{Person, environment};

const ARM: &str = "https://management.core.windows.net/";
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

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_was_asked_for_by_its_domain_is_not_left_either() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let auth = builder(&azure, &home).tenant_id(defaults::CONTOSO_DOMAIN).login().await.unwrap();
    let tenant = |text: &str| Tenant::parse(text).unwrap();
    let asked = |other: &str| TokenRequest::arm(auth.cloud()).tenant(tenant(other));
    auth.token(&asked(defaults::CONTOSO)).await.unwrap();
    for other in [defaults::FABRIKAM, defaults::FABRIKAM_DOMAIN] {
        assert_eq!(auth.token(&asked(other)).await.unwrap_err().kind(), ErrorKind::Rejected, "{other}");
    }
    let client = ArmClient::new(Arc::new(auth)).http(HttpClient::new(Env::fake(environment(home.path(), &azure))));
    assert_eq!(error(&client, defaults::FABRIKAM_SUBSCRIPTION).await.kind(), ErrorKind::Rejected);

    let auth = builder(&azure, &home).tenant_id(defaults::CONTOSO).login().await.unwrap();
    let asked = |other: &str| TokenRequest::arm(auth.cloud()).tenant(tenant(other));
    auth.token(&asked(defaults::CONTOSO_DOMAIN)).await.unwrap();
    assert_eq!(auth.token(&asked(defaults::FABRIKAM_DOMAIN)).await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_another_tenant_nor_an_explanation_asks_a_person_who_could_not_help() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.change_world(|world| world.tenants[1].requires_mfa = true);
    let person = Person::new(&azure);
    let env = Env::fake(environment(home.path(), &azure));
    let auth = InteractiveLoginAuthentication::builder().env(env.clone()).browser(Browser::None).prompt(person.clone());
    let client = ArmClient::new(Arc::new(auth.build().unwrap())).http(HttpClient::new(env));
    let client = client.interaction(Interaction::Allow);
    assert_eq!(error(&client, UNKNOWN).await.kind(), ErrorKind::Rejected);
    assert_eq!(person.visits(), 1, "for the first token alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_of_one_tenant_stays_itself_before_a_subscription_of_another() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let token = azure.issue_access_token(defaults::GRACE, defaults::FABRIKAM, ARM, Duration::from_secs(3600));
    let mut variables = environment(home.path(), &azure);
    let answer = serde_json::json!({"access_token": token, "expires_on": "4000000000", "token_type": "Bearer"});
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    variables.push(("MSI_ENDPOINT".to_owned(), format!("{}/token", server.uri())));
    let (env, person) = (Env::fake(variables), Person::new(&azure));
    let auth = InteractiveLoginAuthentication::builder().env(env.clone()).browser(Browser::None).prompt(person.clone());
    let client = ArmClient::new(Arc::new(auth.build().unwrap())).http(HttpClient::new(env));
    let error = error(&client.interaction(Interaction::Allow), defaults::SUBSCRIPTION).await;
    assert_eq!((error.kind(), person.visits()), (ErrorKind::Rejected, 0), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_somebody_else_chose_cannot_steer_the_terminal() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let client = client(&azure, &home, None).await;
    azure.change_world(|world| world.tenants[1].name = "Evil\u{1b}]0;owned\u{7}\nnext: azml logout".into());
    let told = error(&client, UNKNOWN).await.to_string();
    assert!(!told.contains(['\u{1b}', '\u{7}']) && !told.contains("\nnext:"), "{told:?}");
}

#[test]
fn a_subscription_that_moved_to_another_tenant_is_reached_all_the_same() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    azure.change_world(|world| world.subscriptions[0].tenant_id = defaults::FABRIKAM.into());
    let show = ["workspace", "show", "-g", defaults::RESOURCE_GROUP, "-n", defaults::WORKSPACE];
    assert_eq!(json(azml(&home, &azure, &show))["name"], defaults::WORKSPACE);
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
