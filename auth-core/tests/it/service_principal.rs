//! Applications that sign in as themselves, against the loopback Azure.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::claims::Claims;
use auth_core::http::HttpClient;
use auth_core::service_principal::{
    AssertionCallback, ClientCertificate, ServicePrincipalAuthentication, ServicePrincipalBuilder, SigningAlgorithm,
};
use auth_core::{
    Authentication as _, Clock, Cloud, Credential, Env, Error, ErrorKind, MemoryStore, Secret, Tenant, TokenRequest,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};
use xtask::emulator::defaults::{
    CONTOSO, GITHUB_ISSUER, GITHUB_REQUEST_TOKEN, GITHUB_SUBJECT, PIPELINES_ACCESS_TOKEN, PIPELINES_ISSUER,
    PIPELINES_SUBJECT, SERVICE_CONNECTION, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET,
};
use xtask::emulator::{self, Emulator, FederatedCredential};
use xtask::log::Log;

const CLUSTER: &str = "https://oidc.cluster.example/";
const WORKLOAD: &str = "system:serviceaccount:ml:trainer";

struct Rig {
    azure: Emulator,
    folder: TempDir,
    certificate: emulator::ClientCertificate,
}

impl Rig {
    /// An application that has registered a certificate, a cluster's workload, and the jobs of both platforms.
    fn start() -> Self {
        let (azure, certificate) = (Emulator::start(), emulator::ClientCertificate::rsa());
        let federated = [(CLUSTER, WORKLOAD), (GITHUB_ISSUER, GITHUB_SUBJECT), (PIPELINES_ISSUER, PIPELINES_SUBJECT)];
        azure.change_world(|world| {
            let principal = &mut world.service_principals[0];
            principal.certificates.push(certificate.registration());
            principal.federated_credentials.extend(federated.map(|(issuer, subject)| FederatedCredential {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
                audience: emulator::defaults::FEDERATION_AUDIENCE.to_owned(),
            }));
        });
        Self { azure, folder: tempfile::tempdir().unwrap(), certificate }
    }

    fn cloud(&self) -> Cloud {
        let url = self.azure.http_url();
        Cloud::custom("Rig", url, url, "https://management.core.windows.net/").unwrap().build()
    }

    fn builder(&self) -> ServicePrincipalBuilder {
        let tenant = Tenant::parse(CONTOSO).unwrap();
        ServicePrincipalAuthentication::builder(self.cloud(), tenant, SERVICE_PRINCIPAL_ID).http(http())
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn described_by(&self, variables: &[(&str, &str)]) -> Result<ServicePrincipalAuthentication, Error> {
        let env = Env::fake(variables.iter().copied());
        ServicePrincipalAuthentication::from_env(&env, self.cloud(), None, http())?.build()
    }

    fn assertion_header(&self) -> Value {
        let requests = self.azure.requests();
        let assertion = &requests.last().unwrap().form["client_assertion"];
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').next().unwrap()).unwrap()).unwrap()
    }
}

fn http() -> HttpClient {
    HttpClient::new(Env::fake::<&str, &str>([]))
}

async fn token(builder: ServicePrincipalBuilder) -> Result<auth_core::AccessToken, Error> {
    let auth = builder.build()?;
    auth.token(&TokenRequest::arm(auth.cloud())).await
}

#[track_caller]
fn assert_is_the_application(token: &auth_core::AccessToken) {
    let claims = Claims::peek(token.secret().expose()).unwrap();
    assert_eq!((claims.appid.as_deref(), claims.tid.as_deref()), (Some(SERVICE_PRINCIPAL_ID), Some(CONTOSO)));
}

/// A refusal as a person reads it, without what differs each time.
fn shown(error: &Error, folder: &Path) -> String {
    let text = format!("{:?}: {error}\n  help: {}", error.kind(), error.help().unwrap_or("-"));
    let text = text.replace(&folder.display().to_string(), "[dir]");
    let numbers =
        |word: &str| word.len() >= 10 && word.trim_end_matches(['.', ',']).bytes().all(|b| b.is_ascii_digit());
    let lines = text.lines().map(|line| {
        line.split(' ').map(|word| if numbers(word) { "[time]" } else { word }).collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_credential_signs_an_application_in() {
    let rig = Rig::start();
    let pem = rig.write("both.pem", &rig.certificate.pem());
    let reversed =
        rig.write("reversed.pem", &format!("{}{}", rig.certificate.certificate_pem, rig.certificate.key_pem));
    let federated = rig.azure.issue_federated_token(CLUSTER, WORKLOAD, Duration::from_secs(600));
    let file = rig.write("token", &format!("{federated}\n"));
    let callback = AssertionCallback::new(move || {
        let federated = federated.clone();
        async move { Ok(Secret::new(federated)) }
    });
    let read = ClientCertificate::read(&pem).unwrap();
    let rs256 = read.clone().with_algorithm(SigningAlgorithm::Rs256);
    for builder in [
        rig.builder().secret(SERVICE_PRINCIPAL_SECRET),
        rig.builder().certificate_file(&pem),
        rig.builder().certificate_file(&reversed),
        rig.builder().certificate(rs256),
        rig.builder().assertion_file(&file),
        rig.builder().assertions(callback),
    ] {
        assert_is_the_application(&token(builder).await.unwrap());
    }
    token(rig.builder().certificate(read.with_chain(true))).await.unwrap();
    let header = rig.assertion_header();
    assert_eq!((header["alg"].as_str(), header["x5c"].as_array().map(Vec::len)), (Some("PS256"), Some(1)));
}

#[tokio::test]
async fn an_assertion_is_made_for_one_request_and_says_what_microsoft_asks_for() {
    let rig = Rig::start();
    let auth = rig.builder().certificate_file(rig.write("both.pem", &rig.certificate.pem())).build().unwrap();
    let mut ids = Vec::new();
    for tenant in [CONTOSO, emulator::defaults::CONTOSO_DOMAIN] {
        auth.token(&TokenRequest::arm(auth.cloud()).tenant(Tenant::parse(tenant).unwrap())).await.unwrap();
        let request = rig.azure.requests().pop().unwrap();
        let payload = request.form["client_assertion"].split('.').nth(1).unwrap().to_owned();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!(claims["aud"], format!("{}/{tenant}/oauth2/v2.0/token", rig.azure.http_url()));
        assert_eq!((&claims["iss"], &claims["sub"]), (&SERVICE_PRINCIPAL_ID.into(), &SERVICE_PRINCIPAL_ID.into()));
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap(), 600);
        ids.push(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_refusal_says_what_to_do_next_and_never_calls_for_a_person() {
    let rig = Rig::start();
    let other = rig.write("other.pem", &emulator::ClientCertificate::rsa().pem());
    let pem = rig.write("both.pem", &rig.certificate.pem());
    let federated = |issuer: &str, subject: &str, seconds: u64| {
        rig.azure.issue_federated_token(issuer, subject, Duration::from_secs(seconds))
    };
    let assertion = |token: String| rig.builder().credential(Credential::Assertion(token.into()));
    let tomorrow = Clock::fixed(SystemTime::now() + Duration::from_secs(86_400));
    let tenant = Tenant::parse(CONTOSO).unwrap();
    let unknown = ServicePrincipalAuthentication::builder(rig.cloud(), tenant, "0f0f0f0f-0000-4000-8000-00000000000f");
    let own = federated(CLUSTER, WORKLOAD, 1);
    rig.azure.advance_clock(Duration::from_secs(400));
    let mut errors = Vec::new();
    for builder in [
        rig.builder().secret("the-id-of-a-secret"),
        rig.builder().certificate_file(other),
        rig.builder().certificate_file(&pem).clock(tomorrow),
        assertion(federated("https://elsewhere.example", WORKLOAD, 600)),
        assertion(federated(CLUSTER, "system:serviceaccount:ml:Trainer", 600)),
        assertion(own),
        unknown.http(http()).secret("canary"),
    ] {
        errors.push(token(builder).await.unwrap_err());
    }
    rig.azure.change_world(|world| world.service_principals[0].secret_has_expired = true);
    errors.push(token(rig.builder().secret(SERVICE_PRINCIPAL_SECRET)).await.unwrap_err());
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Rejected), "{errors:#?}");
    let errors: Vec<_> = errors.iter().map(|error| shown(error, rig.folder.path())).collect();
    insta::assert_snapshot!("service_principal_refusals", errors.join("\n"));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_with_the_command_that_helps() {
    let rig = Rig::start();
    let (own, other) = (&rig.certificate, emulator::ClientCertificate::rsa());
    let encrypted = own.key_pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let paths = [
        rig.folder.path().join("missing.pem"),
        rig.folder.path().to_owned(),
        rig.write("bundle.pfx", "0\u{1}canary"),
        rig.write("encrypted.pem", &format!("{encrypted}{}", own.certificate_pem)),
        rig.write("elliptic.pem", &emulator::ClientCertificate::elliptic_curve().pem()),
        rig.write("no-key.pem", &own.certificate_pem),
        rig.write("no-certificate.pem", &own.key_pem),
        rig.write("mixed.pem", &format!("{}{}", own.key_pem, other.certificate_pem)),
        rig.write("broken.pem", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"),
    ];
    let mut errors = Vec::new();
    for path in paths {
        let error = token(rig.builder().certificate_file(path)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        errors.push(shown(&error, rig.folder.path()));
    }
    assert!(rig.azure.requests().is_empty());
    let errors = errors.join("\n");
    assert!(!errors.contains("canary"), "{errors}");
    insta::assert_snapshot!("service_principal_certificates", errors);
}

#[cfg(unix)]
#[test]
fn the_command_that_mends_a_certificate_destroys_nothing_and_works() {
    let rig = Rig::start();
    let (key, certificate) = (&rig.certificate.key_pem, &rig.certificate.certificate_pem);
    for (given, text) in [("key.pem", key), ("cert.pem", certificate)] {
        rig.write("key.pem", key);
        rig.write("cert.pem", certificate);
        let error = ClientCertificate::from_pem(text.as_bytes(), given).unwrap_err();
        let (_, command) = error.help().unwrap().split_once(": ").unwrap();
        let run = std::process::Command::new("sh").args(["-c", command]).current_dir(rig.folder.path()).status();
        assert!(run.unwrap().success(), "{command}");
        let read = |name: &str| std::fs::read_to_string(rig.folder.path().join(name)).unwrap();
        assert_eq!((read("key.pem"), read("cert.pem")), (key.clone(), certificate.clone()));
        ClientCertificate::read(&rig.folder.path().join(format!("{given}.both.pem"))).unwrap();
    }
}

#[tokio::test]
async fn a_federated_token_is_read_again_for_each_acquisition() {
    let rig = Rig::start();
    let path = rig.write("token", "yesterday's");
    let auth = rig.builder().assertion_file(&path).build().unwrap();
    let request = TokenRequest::arm(auth.cloud());
    assert_eq!(auth.token(&request).await.unwrap_err().kind(), ErrorKind::Rejected);
    rig.write("token", &rig.azure.issue_federated_token(CLUSTER, WORKLOAD, Duration::from_secs(600)));
    assert_is_the_application(&auth.token(&request).await.unwrap());
    let mut errors = Vec::new();
    for content in [Some(""), Some("\n \n"), None] {
        match content {
            Some(content) => drop(rig.write("token", content)),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let error = auth.token(&request.clone().claims("{}")).await.unwrap_err();
        errors.push(shown(&error, rig.folder.path()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
        Configuration: the federated token file [dir]/token is empty
          help: check AZURE_FEDERATED_TOKEN_FILE, or the file that was named at the login
        Configuration: the federated token file [dir]/token is empty
          help: check AZURE_FEDERATED_TOKEN_FILE, or the file that was named at the login
        Configuration: the federated token file [dir]/token cannot be read: No such file or directory (os error 2)
          help: check AZURE_FEDERATED_TOKEN_FILE, or the file that was named at the login
    ");
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_the_place_of_a_credential_keeps_nobody_waiting() {
    let rig = Rig::start();
    let pipe = rig.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for builder in [rig.builder().assertion_file(&pipe), rig.builder().certificate_file(&pipe)] {
        let error = token(builder).await.unwrap_err();
        assert!(error.to_string().ends_with("it is not a plain file"), "{error}");
    }
}

#[tokio::test]
async fn a_job_of_either_platform_signs_in_without_a_secret() {
    let rig = Rig::start();
    let (github, pipelines) =
        (format!("{}/_oidc/github?x=1", rig.azure.http_url()), format!("{}/_oidc/pipelines", rig.azure.http_url()));
    let github = |token| {
        let who = [("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZURE_TENANT_ID", CONTOSO)];
        let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", &*github), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token)];
        rig.described_by(&[who, job].concat()).unwrap()
    };
    let pipelines = |token| {
        let job = [
            ("AZURESUBSCRIPTION_CLIENT_ID", SERVICE_PRINCIPAL_ID),
            ("AZURESUBSCRIPTION_TENANT_ID", CONTOSO),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", SERVICE_CONNECTION),
            ("SYSTEM_OIDCREQUESTURI", &*pipelines),
            ("SYSTEM_ACCESSTOKEN", token),
        ];
        rig.described_by(&job).unwrap()
    };
    let arm = TokenRequest::arm(&rig.cloud());
    assert_is_the_application(&github(GITHUB_REQUEST_TOKEN).token(&arm).await.unwrap());
    assert_is_the_application(&pipelines(PIPELINES_ACCESS_TOKEN).token(&arm).await.unwrap());
    let errors = [github("canary").token(&arm).await.unwrap_err(), pipelines("canary").token(&arm).await.unwrap_err()];
    let errors = errors.map(|error| shown(&error, rig.folder.path()));
    insta::assert_snapshot!(errors.join("\n"), @r"
        Rejected: 127.0.0.1 gave GitHub Actions no federated token: status 401
          help: the job needs the permission id-token: write
        Rejected: 127.0.0.1 gave Azure Pipelines no federated token: status 401
          help: check the service connection, and pass $(System.AccessToken) to the step as SYSTEM_ACCESSTOKEN
    ");
}

#[tokio::test]
async fn whatever_answers_in_the_place_of_a_platform_is_told_without_being_shown() {
    let rig = Rig::start();
    let cases = [
        (ResponseTemplate::new(200).set_body_string("<html>canary"), ErrorKind::Protocol),
        (ResponseTemplate::new(200).set_body_string(r#"{"canary":1}"#), ErrorKind::Protocol),
        (ResponseTemplate::new(302).insert_header("Location", "https://canary.example"), ErrorKind::Rejected),
        (ResponseTemplate::new(429).insert_header("Retry-After", "7"), ErrorKind::Throttled),
        (ResponseTemplate::new(503).set_body_string("canary"), ErrorKind::Network),
    ];
    for (answer, kind) in cases {
        let platform = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&platform).await;
        let auth = rig.described_by(&[
            ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID),
            ("AZURE_TENANT_ID", CONTOSO),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &platform.uri()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary"),
        ]);
        let auth = auth.unwrap();
        let error = auth.token(&TokenRequest::arm(auth.cloud())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert!(rig.azure.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_make_one_request_and_the_next_process_none() {
    let (rig, store) = (Rig::start(), Arc::new(MemoryStore::new()));
    let pem = rig.write("both.pem", &rig.certificate.pem());
    let auth = Arc::new(rig.builder().certificate_file(&pem).store(store.clone()).build().unwrap());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let auth = auth.clone();
        callers.spawn(async move { auth.token(&TokenRequest::arm(auth.cloud())).await.unwrap() });
    }
    assert_eq!(callers.join_all().await.len(), 1000);
    assert_eq!(rig.azure.requests().len(), 1);
    token(rig.builder().certificate_file(&pem).store(store.clone())).await.unwrap();
    assert_eq!(rig.azure.requests().len(), 1);
    token(rig.builder().secret(SERVICE_PRINCIPAL_SECRET).store(store)).await.unwrap();
    assert_eq!(rig.azure.requests().len(), 2, "another credential is another record");
}

#[tokio::test]
async fn an_application_needs_a_credential_and_one_tenant() {
    let rig = Rig::start();
    let shared = ServicePrincipalAuthentication::builder(rig.cloud(), Tenant::organizations(), "app").secret("s");
    let errors = [rig.builder(), shared].map(|builder| shown(&builder.build().unwrap_err(), rig.folder.path()));
    insta::assert_snapshot!(errors.join("\n"), @r"
        Configuration: an application needs a credential
          help: give its client id, the id of its tenant, and a secret, a certificate or a federated token
        Configuration: an application signs in to one tenant, and organizations is none
          help: give its client id, the id of its tenant, and a secret, a certificate or a federated token
    ");
}

#[tokio::test]
async fn no_secret_of_an_application_shows_in_logs_errors_or_debug_texts() {
    let (log, _guard) = Log::of_this_thread();
    let rig = Rig::start();
    let key = rig.certificate.key_pem.lines().nth(3).unwrap().to_owned();
    let federated = rig.azure.issue_federated_token(CLUSTER, WORKLOAD, Duration::from_secs(600));
    let github = format!("{}/_oidc/github", rig.azure.http_url());
    let auths = [
        rig.builder().secret(SERVICE_PRINCIPAL_SECRET).build().unwrap(),
        rig.builder().secret("canary-secret").build().unwrap(),
        rig.builder().certificate_file(rig.write("both.pem", &rig.certificate.pem())).build().unwrap(),
        rig.builder().credential(Credential::Assertion(federated.into())).build().unwrap(),
        rig.described_by(&[
            ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID),
            ("AZURE_TENANT_ID", CONTOSO),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &github),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", GITHUB_REQUEST_TOKEN),
        ])
        .unwrap(),
    ];
    let mut shown = Vec::new();
    for auth in &auths {
        let answer = auth.token(&TokenRequest::arm(auth.cloud())).await;
        let refusal = answer.as_ref().err().map(ToString::to_string);
        shown.push(format!("{auth:?} {answer:?} {refusal:?}"));
    }
    let assertions =
        rig.azure.requests().into_iter().filter_map(|request| request.form.get("client_assertion").cloned());
    let known = [SERVICE_PRINCIPAL_SECRET, "canary-secret", GITHUB_REQUEST_TOKEN, &key].map(str::to_owned);
    let text = log.text() + &shown.concat();
    assert!(text.contains("the authority answered"));
    for secret in known.into_iter().chain(assertions).chain(rig.azure.secrets()) {
        assert!(!text.contains(&secret), "{}...", &secret[..12.min(secret.len())]);
    }
}
