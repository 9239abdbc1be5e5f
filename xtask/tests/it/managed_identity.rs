//! The endpoints of managed identities.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use xtask::emulator::{Effect, Emulator, Fault, FederatedCredential, IdentityHost, ServicePrincipal, World, defaults};

use crate::client::{arm, claims, client, json, token};

const ARM: &str = "https://management.azure.com";
const VERSIONS: &[(IdentityHost, &str)] = &[
    (IdentityHost::AppService, "2019-08-01"),
    (IdentityHost::Arc, "2020-06-01"),
    (IdentityHost::AzureMl, "2017-09-01"),
    (IdentityHost::CloudShell, ""),
    (IdentityHost::Imds, "2018-02-01"),
    (IdentityHost::LegacyAppService, "2017-09-01"),
    (IdentityHost::ServiceFabric, "2019-07-01-preview"),
];

/// A program on such a machine.
struct Program {
    client: Client,
    host: IdentityHost,
    env: BTreeMap<String, String>,
    query: Vec<(&'static str, String)>,
}

impl Program {
    fn on(azure: &Emulator, host: IdentityHost) -> Self {
        let version = VERSIONS.iter().find(|(known, _)| *known == host).unwrap().1;
        Self {
            client: direct(azure),
            host,
            env: azure.managed_identity_env(host).into_iter().collect(),
            query: vec![("api-version", version.into()), ("resource", ARM.into())],
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self
    }

    /// The request without what proves that it may be asked.
    fn bare(&self) -> RequestBuilder {
        let place = match self.host {
            IdentityHost::Imds => {
                format!("{}/metadata/identity/oauth2/token", self.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"])
            }
            IdentityHost::AzureMl | IdentityHost::CloudShell | IdentityHost::LegacyAppService => {
                self.env["MSI_ENDPOINT"].clone()
            }
            _ => self.env["IDENTITY_ENDPOINT"].clone(),
        };
        match self.host {
            IdentityHost::CloudShell => {
                let form: Vec<_> = self.query.iter().filter(|(name, _)| *name != "api-version").collect();
                self.client.post(place).form(&form)
            }
            _ => self.client.get(place).query(&self.query),
        }
    }

    fn request(&self) -> RequestBuilder {
        match self.host {
            IdentityHost::AppService => self.bare().header("X-IDENTITY-HEADER", &self.env["IDENTITY_HEADER"]),
            IdentityHost::AzureMl | IdentityHost::LegacyAppService => {
                self.bare().header("secret", &self.env["MSI_SECRET"])
            }
            IdentityHost::Arc | IdentityHost::CloudShell | IdentityHost::Imds => self.bare().header("Metadata", "true"),
            IdentityHost::ServiceFabric => self.bare().header("Secret", &self.env["IDENTITY_HEADER"]),
        }
    }

    async fn ask(&self) -> (StatusCode, Value) {
        let answer = self.request().send().await.unwrap();
        if self.host != IdentityHost::Arc || answer.status() != StatusCode::UNAUTHORIZED {
            return json(answer).await;
        }
        let key = std::fs::read_to_string(key_file(&answer)).unwrap();
        json(self.request().header("Authorization", format!("Basic {key}")).send().await.unwrap()).await
    }

    /// The claims of the token that it gets.
    async fn identity(&self) -> Value {
        let (status, body) = self.ask().await;
        assert_eq!(status, StatusCode::OK, "{body}");
        claims(body["access_token"].as_str().unwrap())
    }
}

/// No program asks its own machine through a proxy.
fn direct(azure: &Emulator) -> Client {
    let ca = Certificate::from_pem(&std::fs::read(azure.ca_file()).unwrap()).unwrap();
    Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap()
}

fn key_file(answer: &Response) -> PathBuf {
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
    challenge.strip_prefix("Basic realm=").unwrap().into()
}

#[tokio::test]
async fn every_host_gives_a_token_that_azure_takes() {
    let azure = Emulator::start();
    for (host, _) in VERSIONS {
        let (status, body) = Program::on(&azure, *host).ask().await;
        assert_eq!(status, StatusCode::OK, "{host:?}: {body}");
        let bearer = body["access_token"].as_str().unwrap();
        assert!(azure.secrets().iter().any(|secret| secret == bearer));
        let (token, identity) = (claims(bearer), defaults::SYSTEM_ASSIGNED_OBJECT_ID);
        // The one shell is a person's, and a compute instance is its owner's unless an identity is named.
        if [IdentityHost::AzureMl, IdentityHost::CloudShell].contains(host) {
            assert_eq!((&token["idtyp"], &token["upn"]), (&"user".into(), &defaults::ADA.into()), "{host:?}");
        } else {
            assert_eq!((&token["idtyp"], &token["oid"]), (&"app".into(), &identity.into()), "{host:?}");
            assert_eq!(token["xms_mirid"], defaults::MACHINE_RESOURCE_ID);
        }
        assert_eq!((&token["aud"], &token["tid"]), (&ARM.into(), &defaults::CONTOSO.into()));
        let (status, list) = arm(&client(&azure), bearer, "/subscriptions?api-version=2022-12-01").await;
        assert_eq!((status, &list["value"][0]["subscriptionId"]), (StatusCode::OK, &defaults::SUBSCRIPTION.into()));
    }
}

#[tokio::test]
async fn times_have_the_type_that_the_host_gives_them() {
    let azure = Emulator::start();
    azure.set_access_token_lifetime(Duration::from_secs(7200));
    for (host, _) in VERSIONS {
        let (_, body) = Program::on(&azure, *host).ask().await;
        let expires = claims(body["access_token"].as_str().unwrap())["exp"].as_i64().unwrap();
        match host {
            IdentityHost::AzureMl | IdentityHost::ServiceFabric => assert_eq!(body["expires_on"], expires),
            IdentityHost::LegacyAppService => {
                let date = body["expires_on"].as_str().unwrap();
                assert!(date.len() == 26 && date.ends_with(" +00:00"), "{date}");
            }
            _ => assert_eq!(body["expires_on"], expires.to_string()),
        }
        let counts_down = [IdentityHost::Arc, IdentityHost::CloudShell, IdentityHost::Imds].contains(host);
        assert_eq!(body["expires_in"].as_str(), counts_down.then_some("7200"), "{host:?}");
    }
}

#[tokio::test]
async fn an_identity_is_chosen_by_the_parameters_of_the_host() {
    let azure = Emulator::start();
    let (client_id, object_id, resource_id) =
        (defaults::USER_ASSIGNED_CLIENT_ID, defaults::USER_ASSIGNED_OBJECT_ID, defaults::USER_ASSIGNED_RESOURCE_ID);
    let parameters = [
        (IdentityHost::AppService, "client_id", client_id),
        (IdentityHost::AppService, "object_id", object_id),
        (IdentityHost::AppService, "principal_id", object_id),
        (IdentityHost::AppService, "mi_res_id", resource_id),
        (IdentityHost::Arc, "client_id", client_id),
        (IdentityHost::Arc, "object_id", object_id),
        (IdentityHost::Arc, "msi_res_id", resource_id),
        (IdentityHost::AzureMl, "clientid", client_id),
        (IdentityHost::Imds, "client_id", client_id),
        (IdentityHost::Imds, "object_id", object_id),
        (IdentityHost::Imds, "msi_res_id", resource_id),
        (IdentityHost::LegacyAppService, "clientid", client_id),
    ];
    for (host, name, value) in parameters {
        let token = Program::on(&azure, host).with(name, &value.to_uppercase()).identity().await;
        assert_eq!((&token["oid"], &token["appid"]), (&object_id.into(), &client_id.into()), "{host:?} {name}");
    }
    let other = Program::on(&azure, IdentityHost::Imds).with("client_id", defaults::FABRIKAM_IDENTITY_CLIENT_ID);
    assert_eq!(other.identity().await["tid"], defaults::FABRIKAM);
    let echo = Program::on(&azure, IdentityHost::Arc).with("client_id", client_id).ask().await.1;
    assert_eq!((&echo["client_id"], &echo["msi_res_id"]), (&client_id.into(), &resource_id.into()));
    let upper = Program::on(&azure, IdentityHost::AppService).with("client_id", client_id).ask().await.1;
    assert_eq!(upper["client_id"], client_id.to_uppercase());
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_hosts_own_words() {
    let azure = Emulator::start();
    let on = |host| Program::on(&azure, host);
    let nobody = "00000000-0000-4000-8000-000000000000";
    let both = |host| on(host).with("client_id", nobody).with("object_id", nobody);
    let cases = [
        (on(IdentityHost::AppService).without("resource"), 400, "/message", "The resource is missing"),
        (on(IdentityHost::AppService).with("resource", "https://nowhere.example"), 500, "/statusCode", "500"),
        (on(IdentityHost::AppService).with("client_id", nobody), 400, "/message", "Identity not found"),
        (both(IdentityHost::AppService), 400, "/message", "Only one"),
        (on(IdentityHost::Arc).without("resource"), 400, "/error", "invalid_request"),
        (on(IdentityHost::Arc).with("client_id", nobody), 400, "/error_description", "Identity not found"),
        (both(IdentityHost::Arc), 400, "/error_description", "Only one"),
        (on(IdentityHost::CloudShell).without("resource"), 400, "/error/code", "BadRequest"),
        (on(IdentityHost::CloudShell).with("resource", "x"), 400, "/error/code", "AudienceNotSupported"),
        (on(IdentityHost::Imds).without("resource"), 400, "/error_description", "Required query variable 'resource'"),
        (on(IdentityHost::Imds).with("resource", "x"), 400, "/error", "invalid_resource"),
        (on(IdentityHost::Imds).with("api-version", "2017-12-01"), 400, "/error", "invalid_request"),
        (on(IdentityHost::Imds).with("client_id", nobody), 400, "/error_description", "Identity not found"),
        (both(IdentityHost::Imds), 400, "/error_description", "Only one"),
        (on(IdentityHost::LegacyAppService).without("resource"), 400, "/message", "The resource is missing"),
        (on(IdentityHost::LegacyAppService).with("clientid", nobody), 400, "/message", "Identity not found"),
        (on(IdentityHost::ServiceFabric).without("resource"), 400, "/error/code", "ArgumentNullOrEmpty"),
        (on(IdentityHost::ServiceFabric).with("resource", "x"), 500, "/error/code", "InternalServerError"),
        (on(IdentityHost::ServiceFabric).without("api-version"), 400, "/error/code", "InvalidApiVersion"),
    ];
    for (program, expected, place, text) in cases {
        let (status, body) = program.ask().await;
        let said = body.pointer(place).map(|said| said.as_str().map_or_else(|| said.to_string(), ToOwned::to_owned));
        assert_eq!(status, expected, "{:?} {:?}: {body}", program.host, program.query);
        assert!(said.is_some_and(|said| said.starts_with(text)), "{:?} {:?}: {body}", program.host, program.query);
    }
    let newer = on(IdentityHost::Imds).with("api-version", "2021-02-01").ask().await;
    assert_eq!(newer.0, 200);
}

#[tokio::test]
async fn nobody_gets_a_token_without_the_header_of_the_host() {
    let azure = Emulator::start();
    for (host, status, header) in [
        (IdentityHost::AppService, 401, "X-IDENTITY-HEADER"),
        (IdentityHost::Arc, 400, "Metadata"),
        (IdentityHost::AzureMl, 401, "secret"),
        (IdentityHost::CloudShell, 400, "Metadata"),
        (IdentityHost::Imds, 400, "Metadata"),
        (IdentityHost::LegacyAppService, 401, "secret"),
        (IdentityHost::ServiceFabric, 400, "Secret"),
    ] {
        let program = Program::on(&azure, host);
        assert_eq!(program.bare().send().await.unwrap().status(), status, "{host:?}");
        let wrong = program.bare().header(header, "True").send().await.unwrap();
        assert_eq!(wrong.status(), status, "{host:?}");
        assert!(!wrong.text().await.unwrap().contains("access_token"));
    }
    let forwarded = Program::on(&azure, IdentityHost::Imds).request().header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(forwarded.send().await.unwrap().status(), 400);
    let secret = &azure.managed_identity_env(IdentityHost::ServiceFabric)[2];
    assert_eq!(secret.0, "IDENTITY_HEADER");
    assert!(azure.secrets().contains(&secret.1));
}

#[tokio::test]
async fn a_compute_instance_answers_for_its_owner_until_an_identity_is_named() {
    let azure = Emulator::start();
    let program = || Program::on(&azure, IdentityHost::AzureMl);
    assert_eq!(program().env["DEFAULT_IDENTITY_CLIENT_ID"], defaults::SYSTEM_ASSIGNED_CLIENT_ID);
    assert_eq!(program().with("clientid", "clientid").identity().await["idtyp"], "user");
    let wrong = program().with("clientid", defaults::USER_ASSIGNED_OBJECT_ID).request().send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), wrong.headers()["content-type"].to_str().unwrap()),
        (400, "text/plain; charset=utf-8")
    );
    assert!(wrong.text().await.unwrap().contains("Request failure status code: 404"));

    azure.change_world(|world| world.signed_in = None);
    assert_eq!(program().identity().await["oid"], defaults::SYSTEM_ASSIGNED_OBJECT_ID);
    azure.change_world(|world| world.managed_identities.clear());
    assert_eq!(program().env["DEFAULT_IDENTITY_CLIENT_ID"], "clientid");
    let neither = program().request().send().await.unwrap();
    assert_eq!(neither.status(), 400);
    assert!(neither.text().await.unwrap().starts_with("SSO failure"));
}

#[tokio::test]
async fn a_machine_without_an_identity_of_its_own_answers_for_the_only_one_or_asks_which() {
    let azure = Emulator::start();
    azure.change_world(|world| drop(world.managed_identities.remove(0)));
    let program = || Program::on(&azure, IdentityHost::Imds);
    assert!(program().ask().await.1["error_description"].as_str().unwrap().starts_with("Multiple user assigned"));
    azure.change_world(|world| world.managed_identities.truncate(1));
    assert_eq!(program().identity().await["oid"], defaults::USER_ASSIGNED_OBJECT_ID);
    azure.change_world(|world| world.managed_identities.clear());
    assert_eq!(program().ask().await.1["error_description"], "Identity not found");
    let cluster = Program::on(&azure, IdentityHost::ServiceFabric).ask().await;
    assert_eq!((cluster.0.as_u16(), &cluster.1["error"]["code"]), (404, &"ManagedIdentityNotFound".into()));
}

#[tokio::test]
async fn a_key_of_azure_arc_is_a_file_that_counts_once() {
    let azure = Emulator::start();
    let folder = tempfile::TempDir::new().unwrap();
    assert!(azure.arc_tokens_folder().ends_with("var/opt/azcmagent/tokens"));
    azure.set_arc_tokens_folder(folder.path());
    let program = Program::on(&azure, IdentityHost::Arc);
    let file = key_file(&program.request().send().await.unwrap());
    assert_eq!((file.parent().unwrap(), file.extension().unwrap()), (folder.path(), "key".as_ref()));
    let key = std::fs::read_to_string(&file).unwrap();
    assert!(azure.secrets().contains(&key));
    for expected in [200, 401] {
        let answer = program.request().header("Authorization", format!("Basic {key}")).send().await.unwrap();
        assert_eq!(answer.status(), expected);
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn service_fabric_is_not_there_without_tls() {
    let azure = Emulator::start();
    let mut program = Program::on(&azure, IdentityHost::ServiceFabric);
    let place = program.env["IDENTITY_ENDPOINT"].replace(azure.https_url(), azure.http_url());
    program.env.insert("IDENTITY_ENDPOINT".into(), place);
    assert_eq!(program.request().send().await.unwrap().status(), 404);
    assert_eq!(program.env["IDENTITY_SERVER_THUMBPRINT"].len(), 40);
}

#[tokio::test]
async fn a_client_that_understands_revocation_gets_a_token_that_says_so() {
    let azure = Emulator::start();
    let token = Program::on(&azure, IdentityHost::ServiceFabric).with("xms_cc", "cp1,other").identity().await;
    assert_eq!(token["xms_cc"][0], "CP1");
}

#[tokio::test]
async fn faults_hit_these_endpoints_too() {
    let azure = Emulator::start();
    azure.add_fault(Fault::once("/metadata/identity", Effect::throttled(3)));
    let program = Program::on(&azure, IdentityHost::Imds);
    assert_eq!(program.request().send().await.unwrap().headers()["retry-after"], "3");
    assert_eq!(program.ask().await.0, 200);
}

#[tokio::test]
async fn a_managed_identity_is_also_an_application_that_trusts_another_issuer() {
    let credential = FederatedCredential {
        issuer: "https://cluster.example/".into(),
        subject: "system:serviceaccount:ml:trainer".into(),
        audience: defaults::FEDERATION_AUDIENCE.into(),
    };
    let mut world = World::default();
    let identity = world.managed_identities[1].clone();
    world.service_principals.push(ServicePrincipal {
        client_id: identity.client_id,
        secret: "nobody knows it".into(),
        secret_has_expired: false,
        certificates: Vec::new(),
        federated_credentials: vec![credential.clone()],
        tenant_id: identity.tenant_id,
        object_id: identity.object_id,
    });
    let azure = Emulator::start_with(world);
    let assertion = azure.issue_federated_token(&credential.issuer, &credential.subject, Duration::from_secs(600));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", defaults::USER_ASSIGNED_CLIENT_ID),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
        ("scope", "https://management.azure.com/.default"),
    ];
    let (status, body) = token(&client(&azure), defaults::CONTOSO, &form).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(claims(body["access_token"].as_str().unwrap())["oid"], defaults::USER_ASSIGNED_OBJECT_ID);
}
