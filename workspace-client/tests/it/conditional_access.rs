//! Tokens that end before their time, and policies that demand more than there is.

use std::sync::Arc;

use auth_core::http::HttpClient;
use auth_core::interactive::Browser;
use auth_core::{AccessToken, Authentication as _, Env, ErrorKind, Interaction, TokenRequest};
use tempfile::TempDir;
use workspace_client::arm::ArmClient;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::{Workspace, WorkspaceDetails};
use xtask::emulator::{AuthenticationContext, Emulator, defaults};

use crate::azml::Home;
use crate::emulator::{azml, json, login};
use crate::support::{Person, environment};

/// A process of its own, as far as memory goes: it shares nothing with another but the saved login.
struct Process {
    person: Arc<Person>,
    auth: InteractiveLoginAuthentication,
    client: ArmClient,
}

impl Process {
    fn start(azure: &Emulator, home: &TempDir) -> Self {
        let (env, person) = (Env::fake(environment(home.path(), azure)), Person::new(azure));
        let builder = InteractiveLoginAuthentication::builder().env(env.clone()).browser(Browser::None);
        let auth = builder.prompt(person.clone()).build().unwrap();
        let client = ArmClient::new(Arc::new(auth.clone())).http(HttpClient::new(env));
        Self { person, auth, client }
    }

    async fn token(&self) -> AccessToken {
        self.auth.token(&TokenRequest::arm(self.auth.cloud())).await.unwrap()
    }

    async fn token_instead_of(&self, refused: &AccessToken) {
        self.auth.token(&TokenRequest::arm(self.auth.cloud()).instead_of(refused)).await.unwrap();
    }

    async fn get(&self, interaction: Interaction) -> Result<WorkspaceDetails, auth_core::Error> {
        let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
        ws.client(self.client.clone().interaction(interaction)).get().await
    }
}

/// The workspace demands a sign-in with a security key.
fn demand_a_key(azure: &Emulator) {
    azure.change_world(|world| {
        world.authentication_contexts.push(AuthenticationContext {
            tenant_id: defaults::CONTOSO.into(),
            path: "/workspaces/".into(),
            value: "c1".into(),
        });
    });
}

fn redemptions(azure: &Emulator) -> usize {
    azure.requests().iter().filter(|request| request.path.ends_with("/token")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_is_replaced_in_silence_once_for_every_process() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (one, two) = (Process::start(&azure, &home), Process::start(&azure, &home));
    one.get(Interaction::Allow).await.unwrap();
    two.get(Interaction::Forbid).await.unwrap();
    azure.advance_clock(std::time::Duration::from_secs(5));
    azure.revoke_access_tokens(defaults::ADA);
    azure.clear_requests();
    for process in [&one, &two, &Process::start(&azure, &home)] {
        process.get(Interaction::Forbid).await.unwrap();
    }
    assert_eq!(redemptions(&azure), 1, "the second process takes what the first one got");
    assert_eq!((one.person.visits(), two.person.visits()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_with_its_login_is_served_by_no_process_again() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (one, two) = (Process::start(&azure, &home), Process::start(&azure, &home));
    one.get(Interaction::Allow).await.unwrap();
    azure.advance_clock(std::time::Duration::from_secs(5));
    azure.revoke(defaults::ADA);
    assert_eq!(one.get(Interaction::Forbid).await.unwrap_err().kind(), ErrorKind::Interaction);
    azure.clear_requests();
    let error = two.get(Interaction::Forbid).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    let sent = azure.requests().iter().filter(|request| request.path.starts_with("/subscriptions")).count();
    assert_eq!(sent, 0, "the token is not even tried by a process that never saw it refused");
    two.get(Interaction::Allow).await.unwrap();
    one.get(Interaction::Forbid).await.unwrap();
    assert_eq!((one.person.visits(), two.person.visits()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_before_the_revocation_is_no_answer_to_it() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (one, two) = (Process::start(&azure, &home), Process::start(&azure, &home));
    one.get(Interaction::Allow).await.unwrap();
    azure.advance_clock(std::time::Duration::from_secs(5));
    // Another process has renewed, and then everything that was issued so far is revoked.
    let refused = one.token().await;
    two.token_instead_of(&refused).await;
    azure.revoke_access_tokens(defaults::ADA);
    azure.advance_clock(std::time::Duration::from_secs(5));
    one.get(Interaction::Forbid).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_elsewhere_does_not_move_an_account_from_its_home() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let env = Env::fake(environment(home.path(), &azure));
    let builder = || InteractiveLoginAuthentication::builder().env(env.clone()).browser(Browser::None);
    builder().prompt(Person::new(&azure)).tenant_id(defaults::FABRIKAM).login().await.unwrap();
    let auth = builder().build().unwrap();
    let token = auth.token(&TokenRequest::new(auth.cloud().ml_scope().unwrap())).await.unwrap();
    assert_eq!(token.tenant().map(ToString::to_string).as_deref(), Some(defaults::CONTOSO));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_demands_more_is_met_by_one_sign_in_where_somebody_may_be_asked() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let process = Process::start(&azure, &home);
    process.get(Interaction::Allow).await.unwrap();
    demand_a_key(&azure);
    let error = process.get(Interaction::Forbid).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    let entra = error.entra().unwrap();
    assert!(entra.claims.as_ref().is_some_and(|claims| claims.contains(r#""acrs":{"essential":true,"value":"c1"}"#)));
    assert!(entra.tenant.is_some() && entra.scopes.is_some());
    for _ in 0..2 {
        process.get(Interaction::Allow).await.unwrap();
    }
    assert_eq!(process.person.visits(), 2, "one for the first token, one for the policy");
    Process::start(&azure, &home).get(Interaction::Forbid).await.unwrap();
}

#[test]
fn the_command_of_the_error_meets_the_policy_when_it_is_pasted() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    demand_a_key(&azure);
    let show = ["workspace", "show", "-g", defaults::RESOURCE_GROUP, "-n", defaults::WORKSPACE];
    let refused = azml(&home, &azure, &show);
    assert_eq!(refused.code, 3);
    let command =
        refused.stderr.lines().find_map(|line| line.strip_prefix("next: sign in again: azml login ")).unwrap();
    let mut words: Vec<_> = command.split(' ').collect();
    assert!(words.contains(&"--claims-challenge") && words.contains(&defaults::CONTOSO), "{command}");
    words.push("--no-browser");
    login(&home, &azure, &words, None).success();
    assert_eq!(json(azml(&home, &azure, &show))["name"], defaults::WORKSPACE);
}

#[test]
fn a_login_of_the_cli_that_is_not_enough_is_told_with_what_is_demanded() {
    let (home, azure) = (Home::with_cli_login(), Emulator::start());
    azure.add_fault(xtask::emulator::Fault::new(
        "/token",
        xtask::emulator::Effect::json(
            400,
            &serde_json::json!({
                "error": "interaction_required",
                "error_description": "AADSTS50076: You must use multi-factor authentication.",
                "error_codes": [50076],
                "claims": r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#,
            }),
        ),
    ));
    let run = azml(&home, &azure, &["account", "get-access-token", "--scope", "https://vault.azure.net/.default"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("error: the login of the Azure CLI is not enough: "), "{}", run.stderr);
    let next = run.stderr.lines().find_map(|line| line.strip_prefix("next: sign in with azml: azml login ")).unwrap();
    assert!(next.contains("--scope https://vault.azure.net/.default --claims-challenge "), "{next}");
}

#[test]
fn a_login_for_other_scopes_asks_for_these() {
    let (home, azure) = (Home::new(), Emulator::start());
    let scope = "https://ml.azure.com/.default";
    login(&home, &azure, &["--no-browser", "--scope", scope], None).success();
    let authorize = azure.requests().into_iter().find(|request| request.path.ends_with("/authorize")).unwrap();
    assert!(authorize.query.get("scope").is_some_and(|asked| asked.contains(scope)), "{authorize:?}");
    let token = json(azml(&home, &azure, &["account", "get-access-token", "--scope", scope]));
    assert_eq!(token["tokenType"], "Bearer");
    let wrong = azml(&home, &azure, &["login", "--claims-challenge", "nonsense"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("it is neither a JSON object nor the base64 of one"), "{}", wrong.stderr);
}
