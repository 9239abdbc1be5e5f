//! Managed identity against stand-ins for the endpoints.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cases;

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::{Authentication, Clock, Cloud, Env, Error, ErrorKind, TokenRequest, clock};
use auth_msi::{Host, Identity, Machine, MsiAuthentication, MsiAuthenticationBuilder};
use serde_json::json;
use wiremock::matchers::{header, method, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};
use xtask::emulator::{Emulator, FederatedCredential, IdentityHost, defaults};

const NOW: u64 = 1_893_450_000;

fn answer(token: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"access_token": token, "expires_on": "1893456000"}))
}

fn msi(variables: &[(&str, &str)]) -> MsiAuthenticationBuilder {
    MsiAuthentication::builder(Cloud::public())
        .machine(Machine::new(Env::fake(variables.iter().copied())).root("/nowhere"))
        .clock(Clock::fixed(clock::from_unix(NOW)))
        .guess(None)
}

async fn ask(auth: &MsiAuthentication) -> Result<String, Error> {
    Ok(auth.token(&TokenRequest::arm(auth.cloud())).await?.secret().expose().to_owned())
}

#[tokio::test]
async fn a_hundred_tasks_ask_once() -> Result<(), Error> {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer("at-1")).expect(1).mount(&server).await;
    let auth = Arc::new(msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).build());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let auth = auth.clone();
        tasks.spawn(async move { ask(&auth).await });
    }
    for answer in tasks.join_all().await {
        assert_eq!(answer?, "at-1");
    }
    Ok(())
}

#[tokio::test]
async fn a_renewal_that_fails_keeps_the_token() -> Result<(), Error> {
    let server = MockServer::start().await;
    let day = json!({"access_token": "at-1", "expires_in": "86400"});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(day))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).expect(4).mount(&server).await;
    let now = Clock::fixed(clock::from_unix(NOW));
    let auth = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).clock(now.clone()).build();
    assert_eq!(ask(&auth).await?, "at-1");
    now.advance(Duration::from_secs(43_200));
    assert_eq!(ask(&auth).await?, "at-1", "it is to be renewed, and still good");
    Ok(())
}

#[tokio::test]
async fn a_guess_is_checked_once_and_asks_for_nothing() -> Result<(), Error> {
    let server = MockServer::start().await;
    Mock::given(header("Metadata", "true")).respond_with(answer("at-1")).expect(2).mount(&server).await;
    let bad_request = ResponseTemplate::new(400);
    Mock::given(query_param_is_missing("resource")).respond_with(bad_request).expect(1).mount(&server).await;
    let auth = msi(&[]).guess(Some(Host::imds_at(&server.uri())?)).in_chain(true).build();
    let ml = TokenRequest::new(auth.cloud().ml_scope().expect("a scope"));
    let (first, second) = tokio::join!(ask(&auth), auth.token(&ml));
    assert_eq!((first?.as_str(), second?.secret().expose()), ("at-1", "at-1"));
    Ok(())
}

#[tokio::test]
async fn a_machine_without_an_identity_is_told_apart_at_once() {
    // A port on which nobody listens, a network that answers for everybody, and one that never answers.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let proxy = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(403)).mount(&proxy).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}", silent.local_addr().expect("a port"));
    for url in [format!("http://{nobody}"), proxy.uri(), silent_url] {
        let started = Instant::now();
        let auth = msi(&[]).guess(Host::imds_at(&url).ok()).in_chain(true).build();
        let error = ask(&auth).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{url}");
        assert_eq!(error.to_string(), "nothing here points to a managed identity, such as MSI_ENDPOINT");
        assert!(started.elapsed() < Duration::from_millis(900), "{url}: {:?}", started.elapsed());
    }
    assert_eq!(ask(&msi(&[]).build()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let stale = msi(&[("MSI_ENDPOINT", &format!("http://{nobody}"))]);
    assert_eq!(ask(&stale.clone().in_chain(true).build()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(ask(&stale.build()).await.unwrap_err().kind(), ErrorKind::Network, "it was chosen");
}

#[tokio::test]
async fn an_endpoint_that_never_ends_its_answer_is_given_up_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let auth = msi(&[("MSI_ENDPOINT", &url), ("MSI_SECRET", "s")]).clock(Clock::system()).build();
    let limited = TokenRequest::arm(auth.cloud()).timeout(Duration::from_millis(200));
    let error = auth.token(&limited).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Timeout, true));
    drop(silent);
}

#[tokio::test]
async fn whoever_no_longer_waits_ends_the_pause_between_attempts() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).expect(1).mount(&server).await;
    let auth = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).clock(Clock::system()).build();
    let started = Instant::now();
    let mut asked = Box::pin(ask(&auth));
    while server.received_requests().await.unwrap_or_default().is_empty() {
        let polled = tokio::time::timeout(Duration::from_millis(5), asked.as_mut()).await;
        assert!(polled.is_err(), "it pauses for a second after the first answer");
    }
    drop(asked);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_endpoint_that_was_there_a_moment_ago_is_not_taken_for_absent() {
    let port = |listener: std::net::TcpListener| listener.local_addr().unwrap();
    let address = port(std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let serve = || MockServer::builder().listener(std::net::TcpListener::bind(address).unwrap()).start();
    let server = serve().await;
    Mock::given(method("GET")).respond_with(answer("at-1")).mount(&server).await;
    let auth = msi(&[("MSI_ENDPOINT", &format!("http://{address}")), ("MSI_SECRET", "s")]).in_chain(true).build();
    assert_eq!(ask(&auth).await.unwrap(), "at-1");
    drop(server);
    let ml = TokenRequest::new(auth.cloud().ml_scope().unwrap());
    let error = auth.token(&ml).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Network, true), "{error}");
    let server = serve().await;
    Mock::given(method("GET")).respond_with(answer("at-2")).mount(&server).await;
    assert_eq!(auth.token(&ml).await.unwrap().secret().expose(), "at-2");
}

#[tokio::test]
async fn a_tenant_that_a_token_does_not_name_is_not_taken_for_granted() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer("opaque")).mount(&server).await;
    let msi = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]);
    for (in_chain, kind) in [(true, ErrorKind::Unavailable), (false, ErrorKind::Rejected)] {
        let auth = msi.clone().in_chain(in_chain).build();
        for tenant in ["contoso.example", defaults::CONTOSO] {
            let request = TokenRequest::arm(auth.cloud()).tenant(auth_core::Tenant::parse(tenant).ok());
            assert_eq!(auth.token(&request).await.unwrap_err().kind(), kind, "{tenant}");
        }
    }
}

#[tokio::test]
async fn a_chain_looks_again_after_five_minutes() -> Result<(), Error> {
    let server = MockServer::start().await;
    let not_found = json!({"error": "invalid_request", "error_description": "Identity not found"});
    let not_found = ResponseTemplate::new(400).set_body_json(not_found);
    Mock::given(method("GET")).respond_with(not_found).up_to_n_times(1).mount(&server).await;
    Mock::given(method("GET")).respond_with(answer("at-1")).expect(1).mount(&server).await;
    let now = Clock::fixed(clock::from_unix(NOW));
    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*server.uri())];
    let auth = msi(&variables).clock(now.clone()).in_chain(true).build();
    for _ in 0..2 {
        assert_eq!(ask(&auth).await.unwrap_err().kind(), ErrorKind::Unavailable);
        now.advance(Duration::from_secs(299));
    }
    assert_eq!(ask(&auth).await?, "at-1");
    Ok(())
}

#[tokio::test]
async fn identities_of_different_kinds_with_one_id_share_no_token() {
    let partition = |identity| {
        use auth_core::TokenSource as _;
        let auth = msi(&[]).identity(identity).build();
        auth.source().partition()
    };
    let id = "0a1b2c3d-0000-4000-8000-000000000001";
    let (client, object) = (Identity::ClientId(id.into()), Identity::ObjectId(id.into()));
    assert_ne!(partition(client), partition(object));
}

#[tokio::test]
async fn a_pause_that_does_not_fit_into_the_time_limit_is_not_made() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let auth = msi(&[("MSI_ENDPOINT", &server.uri()), ("MSI_SECRET", "s")]).clock(Clock::system()).build();
    let limited = TokenRequest::arm(auth.cloud()).timeout(Duration::from_millis(900));
    let started = Instant::now();
    let error = auth.token(&limited).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_federated_token_is_read_again_whenever_a_token_is_asked_for() -> Result<(), Error> {
    const ISSUER: &str = "https://cluster.example";
    let azure = Emulator::start();
    azure.change_world(|world| {
        world.service_principals[0].federated_credentials.push(FederatedCredential {
            issuer: ISSUER.into(),
            subject: "system:serviceaccount:ml:train".into(),
            audience: defaults::FEDERATION_AUDIENCE.into(),
        });
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let rotate = |subject: &str| {
        use std::io::Write as _;
        let token = azure.issue_federated_token(ISSUER, subject, Duration::from_secs(3600));
        std::fs::File::create(&file).and_then(|mut file| writeln!(file, "{token}")).expect("the folder is writable");
    };
    let path = file.display().to_string();
    let mut variables: Vec<_> = azure.env();
    variables.extend(
        [
            ("AZURE_TENANT_ID", defaults::CONTOSO),
            ("AZURE_CLIENT_ID", defaults::SERVICE_PRINCIPAL_ID),
            ("AZURE_FEDERATED_TOKEN_FILE", &path),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let auth = msi(&[]).env(Env::fake(variables)).clock(Clock::system()).build();
    rotate("system:serviceaccount:ml:somebody-else");
    assert_eq!(ask(&auth).await.unwrap_err().kind(), ErrorKind::Rejected);
    rotate("system:serviceaccount:ml:train");
    let principal = auth.principal().await?;
    assert_eq!(principal.client_id.as_deref(), Some(defaults::SERVICE_PRINCIPAL_ID));
    assert!(!principal.is_user());
    Ok(())
}

#[tokio::test]
async fn every_host_of_the_loopback_azure_gives_the_identity_that_is_asked_for() -> Result<(), Error> {
    let (azure, root) = (Emulator::start(), tempfile::tempdir().unwrap());
    let keys = root.path().join("var/opt/azcmagent/tokens");
    std::fs::create_dir_all(&keys).unwrap();
    azure.set_arc_tokens_folder(&keys);
    let own = Identity::SystemAssigned;
    let assigned = || Identity::ClientId(defaults::USER_ASSIGNED_CLIENT_ID.into());
    for (host, identity, client_id) in [
        (IdentityHost::AppService, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
        (IdentityHost::AppService, assigned(), defaults::USER_ASSIGNED_CLIENT_ID),
        (IdentityHost::Arc, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
        (IdentityHost::Arc, assigned(), defaults::USER_ASSIGNED_CLIENT_ID),
        (IdentityHost::AzureMl, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
        (IdentityHost::AzureMl, assigned(), defaults::USER_ASSIGNED_CLIENT_ID),
        (IdentityHost::CloudShell, own.clone(), defaults::AZURE_CLI_CLIENT_ID),
        (IdentityHost::Imds, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
        (IdentityHost::Imds, assigned(), defaults::USER_ASSIGNED_CLIENT_ID),
        (IdentityHost::LegacyAppService, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
        (IdentityHost::ServiceFabric, own.clone(), defaults::SYSTEM_ASSIGNED_CLIENT_ID),
    ] {
        let env = Env::fake(azure.managed_identity_env(host));
        let machine = Machine::new(env).root(root.path());
        let auth = MsiAuthentication::builder(Cloud::public()).machine(machine).identity(identity.clone()).build();
        let principal = auth.principal().await.unwrap_or_else(|error| panic!("{host:?} {identity:?}: {error}"));
        assert_eq!(principal.client_id.as_deref(), Some(client_id), "{host:?} {identity:?}");
        assert_eq!(principal.is_user(), host == IdentityHost::CloudShell, "{host:?}");
        let shown = format!("{auth:?} {principal:?}");
        assert!(azure.secrets().iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
    Ok(())
}

/// The environment of a process cannot be changed safely, so a child of this test program has the proxy.
#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() -> Result<(), Error> {
    let process = Env::process();
    if let Some(url) = process.var("AUTH_MSI_TEST_ENDPOINT") {
        assert!(process.var("HTTP_PROXY").is_some());
        assert_eq!(ask(&msi(&[("MSI_ENDPOINT", &url), ("MSI_SECRET", "canary")]).build()).await?, "at-1");
        return Ok(());
    }
    let (server, proxy) = (MockServer::start().await, MockServer::start().await);
    Mock::given(method("GET")).respond_with(answer("at-1")).expect(1).mount(&server).await;
    Mock::given(method("GET")).respond_with(answer("at-1")).expect(0).mount(&proxy).await;
    let mut child = std::process::Command::new(std::env::current_exe().expect("this program"));
    child.args(["a_proxy_in_the_environment_is_not_used", "--exact"]).env("AUTH_MSI_TEST_ENDPOINT", server.uri());
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(variable, proxy.uri());
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD").output();
    assert!(output.expect("it runs").status.success());
    Ok(())
}
