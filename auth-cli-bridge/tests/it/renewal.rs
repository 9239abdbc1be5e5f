//! From an expired sign-in to a new token, against the loopback Azure.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_cli_bridge::{AzureCliAuthentication, AzureCliAuthenticationBuilder, ConfigDir};
use auth_core::{
    Authentication, Clock, Env, Error, ErrorKind, LockedPartition, MemoryStore, Partition, Record, Tenant,
    TokenRequest, TokenStore,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::emulator::defaults::{
    ADA, ADA_OBJECT_ID, CONTOSO, FABRIKAM, GRACE, GRACE_OBJECT_ID, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET,
};
use xtask::emulator::{ClientCertificate, Effect, Emulator, Fault, LoggedRequest};
use xtask::log::Log;

use crate::support::{NOW, clock, contents, offline, shown};

const ARM: &str = "https://management.core.windows.net/";

/// A directory of the Azure CLI whose cloud is the emulator.
struct Rig {
    azure: Emulator,
    folder: TempDir,
    clock: Clock,
    store: Arc<MemoryStore>,
}

impl Rig {
    /// Ada is signed in; her access token has expired.
    fn start() -> Self {
        let azure = Emulator::start();
        let rig = Self { azure, folder: tempfile::tempdir().unwrap(), clock: clock(), store: Arc::default() };
        rig.write("config", "[cloud]\nname = Rig\n");
        rig.point_cloud_at(rig.azure.http_url());
        rig.sign_in(ADA, &format!("{ADA_OBJECT_ID}.{CONTOSO}"), CONTOSO, NOW - 1);
        rig
    }

    fn point_cloud_at(&self, url: &str) {
        let clouds = format!(
            "[Rig]\nendpoint_active_directory = {url}\nendpoint_resource_manager = {url}\n\
             endpoint_active_directory_resource_id = {ARM}\n"
        );
        self.write("clouds.config", &clouds);
    }

    /// What `az login` leaves behind: a refresh token, and an access token that expires at this time.
    fn sign_in(&self, user: &str, home_account_id: &str, tenant: &str, expires_on: u64) -> String {
        let refresh_token = self.azure.issue_refresh_token(user);
        self.write_profile(user, "user", tenant);
        let common = json!({"home_account_id": home_account_id, "environment": "127.0.0.1",
            "client_id": auth_core::oauth::AZURE_CLI_CLIENT_ID});
        let with = |more: Value| {
            let mut entry = common.as_object().unwrap().clone();
            entry.extend(more.as_object().unwrap().clone());
            json!({"key": entry})
        };
        let cache = json!({
            "AccessToken": with(json!({"secret": "canary-access", "realm": tenant, "expires_on": expires_on.to_string(),
                "target": format!("{ARM}/.default"), "token_type": "Bearer"})),
            "Account": with(json!({"username": user, "realm": "organizations"})),
            "RefreshToken": with(json!({"secret": refresh_token, "family_id": "1", "last_modification_time": "1"})),
        });
        self.write("msal_token_cache.json", &cache.to_string());
        refresh_token
    }

    fn write_profile(&self, user: &str, kind: &str, tenant: &str) {
        let profile = json!({"subscriptions": [{"id": "s", "name": "s", "isDefault": true, "environmentName": "Rig",
            "tenantId": tenant, "user": {"name": user, "type": kind}}]});
        self.write("azureProfile.json", &format!("\u{feff}{profile}"));
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn builder(&self) -> AzureCliAuthenticationBuilder {
        AzureCliAuthentication::builder()
            .env(offline())
            .directory(ConfigDir::at(self.path()))
            .clock(self.clock.clone())
            .store(self.store.clone())
    }

    /// A token for ARM as another process would ask for it.
    async fn token(&self) -> Result<auth_core::AccessToken, Error> {
        let auth = self.builder().build();
        auth.token(&TokenRequest::arm(auth.cloud())).await
    }

    fn requests(&self) -> Vec<LoggedRequest> {
        let requests = self.azure.requests();
        self.azure.clear_requests();
        requests
    }

    fn an_hour_later(&self) {
        self.clock.advance(Duration::from_secs(7200));
    }
}

#[tokio::test]
async fn a_fresh_token_of_the_cli_is_served_without_asking_anybody() {
    let rig = Rig::start();
    rig.sign_in(ADA, "ada.home", CONTOSO, NOW + 301);
    assert_eq!(rig.token().await.unwrap().secret().expose(), "canary-access");
    assert!(rig.requests().is_empty());
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_kept_in_a_store_of_our_own() {
    let rig = Rig::start();
    let before = contents(rig.path());
    let token = rig.token().await.unwrap();
    assert_eq!(token.tenant(), Some(&Tenant::parse(CONTOSO).unwrap()));
    let requests = rig.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(request.path, format!("/{CONTOSO}/oauth2/v2.0/token"));
    assert_eq!(request.form["client_id"], auth_core::oauth::AZURE_CLI_CLIENT_ID);
    assert_eq!(request.form["grant_type"], "refresh_token");
    assert!(request.form["scope"].starts_with(&format!("{ARM}/.default ")));
    // Another process finds it in the store.
    assert_eq!(rig.token().await.unwrap(), token);
    assert!(rig.requests().is_empty());
    assert_eq!(contents(rig.path()), before);
}

#[tokio::test]
async fn a_usable_token_of_the_cli_is_better_than_no_network() {
    let rig = Rig::start();
    rig.sign_in(ADA, "ada.home", CONTOSO, NOW + 120);
    rig.azure.add_fault(Fault::new("/token", Effect::status(503)));
    assert_eq!(rig.token().await.unwrap().secret().expose(), "canary-access");
    assert_eq!(rig.requests().len(), 1);
}

#[tokio::test]
async fn our_own_refresh_token_is_redeemed_first_and_the_cli_s_where_it_is_refused() {
    let rig = Rig::start();
    rig.token().await.unwrap();
    let first = rig.requests()[0].form["refresh_token"].clone();
    rig.an_hour_later();
    rig.token().await.unwrap();
    let second = rig.requests()[0].form["refresh_token"].clone();
    assert_ne!(first, second, "the refresh token that came with the first answer is ours");

    rig.azure.revoke(ADA);
    let newest = rig.sign_in(ADA, &format!("{ADA_OBJECT_ID}.{CONTOSO}"), CONTOSO, NOW - 1);
    rig.an_hour_later();
    rig.token().await.unwrap();
    let redeemed: Vec<_> =
        rig.requests().iter().map(|request| (request.status, request.form["refresh_token"].clone())).collect();
    assert_eq!(redeemed.last(), Some(&(200, newest)));
    assert!(redeemed.len() == 2 && redeemed[0].0 == 400, "{redeemed:?}");
}

#[tokio::test]
async fn a_refusal_says_how_to_sign_in_again() {
    let rig = Rig::start();
    rig.azure.revoke(ADA);
    let revoked = rig.token().await.unwrap_err();
    assert_eq!(rig.requests().len(), 1);
    rig.azure.change_world(|world| {
        for tenant in &mut world.tenants {
            tenant.requires_mfa = true;
        }
    });
    rig.sign_in(ADA, &format!("{ADA_OBJECT_ID}.{CONTOSO}"), FABRIKAM, NOW - 1);
    let needs_mfa = rig.token().await.unwrap_err();
    assert!(needs_mfa.entra().is_some_and(|entra| entra.claims.is_some()), "{needs_mfa:?}");
    rig.write(
        "msal_token_cache.json",
        r#"{"Account": {"k": {"home_account_id": "x", "environment": "127.0.0.1",
        "username": "ADA@contoso.example"}}}"#,
    );
    let none = rig.token().await.unwrap_err();
    let errors = [revoked, needs_mfa, none].map(|error| shown(&error, rig.path()));
    insta::assert_snapshot!(errors.join("\n"), @r"
    Interaction: 127.0.0.1 refused the request: AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.
      help: sign in again: az login --tenant 3f2a9c1e-5b7d-4e60-9a11-0000000c0501 --scope https://management.core.windows.net//.default
    Interaction: 127.0.0.1 refused the request: AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access 'https://management.core.windows.net/'.
      help: sign in again: az login --tenant 8c4d7b20-61fe-4f3a-b522-0000000fab02 --scope https://management.core.windows.net//.default
    Interaction: the Azure CLI holds no refresh token of ada@contoso.example
      help: sign in again: az login --tenant 8c4d7b20-61fe-4f3a-b522-0000000fab02 --scope https://management.core.windows.net//.default
    ");
}

#[tokio::test]
async fn another_account_or_tenant_is_never_served_what_belongs_to_the_first() {
    let rig = Rig::start();
    let ada = rig.token().await.unwrap();
    rig.sign_in(GRACE, &format!("{GRACE_OBJECT_ID}.{FABRIKAM}"), FABRIKAM, NOW - 1);
    let grace = rig.token().await.unwrap();
    assert_ne!(ada, grace);
    assert_eq!(grace.tenant(), Some(&Tenant::parse(FABRIKAM).unwrap()));
    // Ada again, but `az account set` chose a subscription in the other tenant.
    rig.sign_in(ADA, &format!("{ADA_OBJECT_ID}.{CONTOSO}"), FABRIKAM, NOW - 1);
    let guest = rig.token().await.unwrap();
    assert_eq!(guest.tenant(), Some(&Tenant::parse(FABRIKAM).unwrap()));
    assert!(guest != grace && guest != ada);
    rig.sign_in(ADA, &format!("{ADA_OBJECT_ID}.{CONTOSO}"), CONTOSO, NOW - 1);
    rig.requests();
    assert_eq!(rig.token().await.unwrap(), ada);
    assert!(rig.requests().is_empty());
}

#[tokio::test]
async fn a_refresh_token_of_ours_never_travels_to_another_authority_of_the_same_cloud_s_name() {
    let (rig, other) = (Rig::start(), Emulator::start());
    rig.token().await.unwrap();
    let partition = rig.store.partitions().await.unwrap().remove(0);
    let ours = rig.store.load(&partition).await.unwrap().unwrap().refresh_token.unwrap();
    rig.point_cloud_at(other.http_url());
    rig.token().await.unwrap_err();
    let sent: Vec<String> = other.requests().iter().filter_map(|it| it.form.get("refresh_token").cloned()).collect();
    assert!(!sent.is_empty() && !sent.iter().any(|token| token == ours.expose()), "only what az itself keeps is sent");
}

#[tokio::test]
async fn a_request_may_name_another_tenant_and_refuse_a_token() {
    let rig = Rig::start();
    let auth = rig.builder().build();
    let request = TokenRequest::arm(auth.cloud());
    let home = auth.token(&request).await.unwrap();
    let fabrikam = Tenant::parse(FABRIKAM).unwrap();
    let guest = auth.token(&request.clone().tenant(fabrikam.clone())).await.unwrap();
    assert_eq!(guest.tenant(), Some(&fabrikam));
    let instead = auth.token(&request.instead_of(&home)).await.unwrap();
    assert_ne!(instead, home);
    assert_eq!(auth.account().await.unwrap().username.as_deref(), Some(ADA));
}

#[tokio::test]
async fn after_az_logout_nothing_is_renewed() {
    let rig = Rig::start();
    let auth = rig.builder().build();
    let request = TokenRequest::arm(auth.cloud());
    auth.token(&request).await.unwrap();
    rig.write("msal_token_cache.json", r#"{"AccessToken": {}, "Account": {}, "RefreshToken": {}}"#);
    rig.an_hour_later();
    rig.requests();
    let error = auth.token(&request).await.unwrap_err();
    insta::assert_snapshot!(shown(&error, rig.path()), @r"
    Unavailable: [dir]/msal_token_cache.json holds no sign-in of ada@contoso.example
      help: sign in: az login
    ");
    assert!(rig.requests().is_empty());
}

/// A store in front of whose lock `az` is faster.
#[derive(Debug)]
struct Meanwhile(std::path::PathBuf, String);

#[async_trait]
impl TokenStore for Meanwhile {
    async fn load(&self, _: &Partition) -> Result<Option<Record>, Error> {
        Ok(None)
    }

    async fn lock(&self, partition: &Partition, wait: Duration) -> Result<Box<dyn LockedPartition>, Error> {
        fs::write(&self.0, &self.1).unwrap();
        MemoryStore::new().lock(partition, wait).await
    }

    async fn partitions(&self) -> Result<Vec<Partition>, Error> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_token_of_the_cli_that_was_refused_is_served_neither_here_nor_by_another_process() {
    let rig = Rig::start();
    let cache = rig.path().join("msal_token_cache.json");
    let valid = fs::read_to_string(&cache).unwrap().replace(&(NOW - 1).to_string(), &(NOW + 3600).to_string());
    rig.write("msal_token_cache.json", &valid);
    let store = Arc::new(MemoryStore::new());
    let process = || rig.builder().store(store.clone()).build();
    let one = process();
    let arm = TokenRequest::arm(one.cloud());
    let first = one.token(&arm).await.unwrap();
    assert_eq!((first.secret().expose(), rig.requests().len()), ("canary-access", 0));
    let second = one.token(&arm.clone().instead_of(&first)).await.unwrap();
    let third = one.token(&arm.clone().instead_of(&second)).await.unwrap();
    assert!(third != second && third != first, "each refusal is answered by a renewal");
    for process in [one, process()] {
        assert_eq!(process.token(&arm).await.unwrap().secret(), third.secret());
    }
}

#[tokio::test]
async fn a_token_that_az_renewed_in_the_meantime_is_taken() {
    let rig = Rig::start();
    let cache = rig.path().join("msal_token_cache.json");
    let stale = fs::read_to_string(&cache).unwrap();
    let renewed =
        stale.replace(&(NOW - 1).to_string(), &(NOW + 3600).to_string()).replace("canary-access", "canary-renewed");
    let auth = rig.builder().store(Arc::new(Meanwhile(cache, renewed))).build();
    let token = auth.token(&TokenRequest::arm(auth.cloud())).await.unwrap();
    assert_eq!(token.secret().expose(), "canary-renewed");
    assert!(rig.requests().is_empty());
}

#[tokio::test]
async fn a_service_principal_signs_in_with_what_the_cli_keeps_of_it() {
    let rig = Rig::start();
    rig.write_profile(SERVICE_PRINCIPAL_ID, "servicePrincipal", CONTOSO);
    let entries = |entries: Value| rig.write("service_principal_entries.json", &entries.to_string());
    let of =
        |tenant: &str, more: (&str, &str)| json!({"client_id": SERVICE_PRINCIPAL_ID, "tenant": tenant, more.0: more.1});
    let mut errors = vec![rig.token().await.unwrap_err()];

    entries(json!([
        of(FABRIKAM, ("client_secret", "wrong")),
        of(CONTOSO, ("client_secret", SERVICE_PRINCIPAL_SECRET))
    ]));
    let token = rig.token().await.unwrap();
    assert_eq!(token.tenant(), Some(&Tenant::parse(CONTOSO).unwrap()));
    assert_eq!(rig.requests()[0].form["grant_type"], "client_credentials");
    assert_eq!(rig.token().await.unwrap(), token);
    assert!(rig.requests().is_empty());

    rig.an_hour_later();
    entries(json!([of(FABRIKAM, ("client_assertion", "canary-assertion"))]));
    assert!(rig.token().await.is_err(), "the loopback Azure takes no assertion");
    let form = &rig.requests()[0].form;
    assert_eq!(
        form["client_assertion"], "canary-assertion",
        "another tenant's entry is tried for want of a better one"
    );

    entries(json!([of(CONTOSO, ("client_secret", "wrong"))]));
    errors.push(rig.token().await.unwrap_err());
    entries(json!([of(CONTOSO, ("certificate", "/nowhere/sp.pem"))]));
    errors.push(rig.token().await.unwrap_err());
    entries(json!([of(CONTOSO, ("new_kind", "x"))]));
    errors.push(rig.token().await.unwrap_err());
    rig.write("service_principal_entries.json", "canary");
    errors.push(rig.token().await.unwrap_err());
    let errors: Vec<String> = errors.iter().map(|error| shown(error, rig.path())).collect();
    let errors = errors.join("\n");
    assert!(!errors.contains("canary"));
    insta::assert_snapshot!(errors, @r"
    Unavailable: the Azure CLI holds no credential of service principal a6c2f8d1-40b9-4b57-93de-0000000005b1
      help: az login --service-principal --username a6c2f8d1-40b9-4b57-93de-0000000005b1 --tenant 3f2a9c1e-5b7d-4e60-9a11-0000000c0501
    Rejected: 127.0.0.1 refused the request: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'a6c2f8d1-40b9-4b57-93de-0000000005b1'.
      help: sign in again: az login --service-principal --username a6c2f8d1-40b9-4b57-93de-0000000005b1 --tenant 3f2a9c1e-5b7d-4e60-9a11-0000000c0501
    Configuration: the certificate /nowhere/sp.pem cannot be read: No such file or directory (os error 2)
      help: give a PEM file that holds the private key and the certificate
    Unavailable: the Azure CLI holds no usable credential of service principal a6c2f8d1-40b9-4b57-93de-0000000005b1
      help: az login --service-principal --username a6c2f8d1-40b9-4b57-93de-0000000005b1 --tenant 3f2a9c1e-5b7d-4e60-9a11-0000000c0501
    Store: [dir]/service_principal_entries.json is not JSON (line 1, column 1)
      help: remove that file, then run `az login --service-principal` again
    ");
}

#[tokio::test]
async fn a_certificate_of_the_cli_renews_tokens() {
    let rig = Rig::start();
    rig.write_profile(SERVICE_PRINCIPAL_ID, "servicePrincipal", CONTOSO);
    let certificate = ClientCertificate::rsa();
    rig.azure.change_world(|world| world.service_principals[0].certificates.push(certificate.registration()));
    rig.write("sp.pem", &certificate.pem());
    // The emulator's clock is the real one; the rig's may be ahead of what an assertion tolerates.
    let auth = rig.builder().env(Env::fake([("HOME", rig.path().to_str().unwrap())])).clock(Clock::system()).build();
    for (chain, sent) in [(json!(true), true), (json!(null), false)] {
        let entry = json!([{"client_id": SERVICE_PRINCIPAL_ID, "tenant": CONTOSO, "certificate": "~/sp.pem", "use_cert_sn_issuer": chain}]);
        rig.write("service_principal_entries.json", &entry.to_string());
        let request = TokenRequest::arm(auth.cloud()).claims(format!(r#"{{"sent":{sent}}}"#));
        auth.token(&request).await.unwrap();
        let assertion = rig.requests().last().unwrap().form["client_assertion"].clone();
        let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!((header["alg"].as_str(), header.get("x5c").is_some()), (Some("PS256"), sent));
    }
}

#[tokio::test]
async fn no_secret_shows_in_logs_errors_or_debug_output() {
    let (log, _guard) = Log::of_this_thread();
    let rig = Rig::start();
    let auth = rig.builder().build();
    let request = TokenRequest::arm(auth.cloud());
    let mut seen = vec![format!("{auth:?}")];
    let token = auth.token(&request).await.unwrap();
    seen.push(format!("{auth:?} {token:?} {:?}", auth.account().await));
    rig.azure.revoke(ADA);
    rig.an_hour_later();
    let error = auth.token(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    seen.push(format!("{error} {error:?} {:?}", error.help()));
    rig.write("msal_token_cache.json", "{\"RefreshToken\": {\"canary-access\": canary-access}}");
    let error = rig.token().await.unwrap_err();
    seen.push(format!("{error} {error:?}"));
    seen.push(log.text());
    let seen = seen.join("\n");
    assert!(seen.contains("looked into the CLI's token cache"), "{seen}");
    for secret in rig.azure.secrets().iter().map(String::as_str).chain(["canary"]) {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}
