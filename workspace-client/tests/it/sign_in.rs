//! The library from a sign-in to a workspace, against the emulator.

use std::sync::Arc;

use auth_core::http::HttpClient;
use auth_core::interactive::Browser;
use auth_core::{Authentication as _, Env, ErrorKind, Interaction, TokenRequest};
use tempfile::TempDir;
use workspace_client::arm::ArmClient;
use workspace_client::auth::InteractiveLoginAuthentication;
use workspace_client::{Workspace, WorkspaceDetails};
use xtask::emulator::{Emulator, defaults};

use crate::support::{CHILD, Person, Recorder, child, environment};

async fn workspace(
    azure: &Emulator,
    home: &TempDir,
    interaction: Interaction,
) -> (usize, Result<WorkspaceDetails, auth_core::Error>) {
    let folder = home.path().to_str().unwrap().to_owned();
    let folders = ["HOME", "AZML_CONFIG_DIR", "AZURE_CONFIG_DIR"].map(|name| (name.to_owned(), folder.clone()));
    let env = Env::fake(azure.env().into_iter().chain(folders));
    let person = Person::new(azure);
    let http = HttpClient::new(env.clone());
    let auth = InteractiveLoginAuthentication::builder()
        .env(env)
        .http(http.clone())
        .browser(Browser::None)
        .prompt(person.clone())
        .build()
        .unwrap();
    let client = ArmClient::new(Arc::new(auth)).http(http).interaction(interaction);
    let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE).client(client);
    let details = ws.get().await;
    (person.visits(), details)
}

#[tokio::test]
async fn a_workspace_is_reached_through_one_sign_in_and_the_next_time_without() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (visits, error) = workspace(&azure, &home, Interaction::Forbid).await;
    assert_eq!((visits, error.unwrap_err().kind()), (0, ErrorKind::Interaction));
    let (visits, details) = workspace(&azure, &home, Interaction::Allow).await;
    assert_eq!((visits, details.unwrap().location()), (1, defaults::LOCATION));
    let (visits, details) = workspace(&azure, &home, Interaction::Allow).await;
    assert_eq!((visits, details.unwrap().location()), (0, defaults::LOCATION));
}

#[tokio::test]
async fn a_revoked_login_is_an_error_where_nobody_may_be_asked_and_a_sign_in_where_somebody_may() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    workspace(&azure, &home, Interaction::Allow).await.1.unwrap();
    azure.revoke(defaults::ADA);
    azure.advance_clock(std::time::Duration::from_secs(5));
    let (visits, error) = workspace(&azure, &home, Interaction::Forbid).await;
    assert_eq!((visits, error.unwrap_err().kind()), (0, ErrorKind::Interaction));
    let (visits, details) = workspace(&azure, &home, Interaction::Allow).await;
    assert_eq!((visits, details.unwrap().name()), (1, defaults::WORKSPACE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_declines_is_not_asked_again_by_everybody_who_waited() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let env = Env::fake(environment(home.path(), &azure));
    let person = Person::declining(&azure);
    let auth = InteractiveLoginAuthentication::builder().env(env).browser(Browser::None).prompt(person.clone());
    let auth = auth.build().unwrap();
    let request = TokenRequest::arm(auth.cloud()).interaction(Interaction::Allow);
    let all = futures_util::future::join_all((0..5).map(|_| auth.token(&request))).await;
    assert!(all.iter().all(|answer| answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled)));
    assert_eq!(person.visits(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_file_alone_starts_a_sign_in_where_one_is_needed() {
    let test = "sign_in::a_config_file_alone_starts_a_sign_in_where_one_is_needed";
    if let Some(home) = std::env::var_os(CHILD) {
        let details = Workspace::from_config_at(home).unwrap().get().await.unwrap();
        assert_eq!(details.location(), defaults::LOCATION);
        return;
    }
    let (azure, home, recorder) = (Emulator::start(), TempDir::new().unwrap(), Recorder::new());
    let ws = Workspace::new(defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE);
    ws.write_config(home.path()).unwrap();
    let first = child(test, home.path(), &azure).env("BROWSER", recorder.program()).spawn().unwrap();
    azure.approve(&recorder.url().await).await;
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let second = child(test, home.path(), &azure).env("BROWSER", "/bin/false").output().unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
}
