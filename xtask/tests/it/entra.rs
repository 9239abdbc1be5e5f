//! Signing in and refreshing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::StatusCode;
use serde_json::json;
use xtask::emulator::{ClientCertificate, Emulator, World, defaults};

use crate::client::{ARM_SCOPE, LOGIN, Loopback, VERIFIER, authorize_url, claims, client, json, refresh, token};

fn code_form<'a>(code: &'a str, redirect_uri: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", defaults::AZURE_CLI_CLIENT_ID),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
        ("scope", ARM_SCOPE),
        ("client_info", "1"),
    ]
}

#[tokio::test]
async fn a_code_with_pkce_by_form_post_becomes_tokens_once() {
    let azure = Emulator::start();
    let client = client(&azure);
    let loopback = Loopback::listen();
    let redirect_uri = loopback.redirect_uri.clone();

    let landing = azure.approve(authorize_url("organizations", &redirect_uri, &[]).as_str()).await;
    assert_eq!((landing.status, landing.body.as_str()), (200, "<p id=\"done\">Signed in</p>"));
    let (method, answer) = loopback.received();
    assert_eq!((method.as_str(), answer["state"].as_str()), ("POST", "a-state-\"<&>"));

    let wrong = code_form(&answer["code"], &redirect_uri, "another-verifier-another-verifier-another-v");
    let (status, refused) = token(&client, "organizations", &wrong).await;
    assert_eq!((status, &refused["error_codes"]), (StatusCode::BAD_REQUEST, &json!([501_481])));

    let right = code_form(&answer["code"], &redirect_uri, VERIFIER);
    let (status, tokens) = token(&client, "organizations", &right).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["foci"], "1");
    assert_eq!(tokens["client_info"], answer["client_info"].as_str());
    let granted =
        "https://management.core.windows.net//user_impersonation https://management.core.windows.net//.default";
    assert_eq!(tokens["scope"], granted);
    assert!((3600..=5400).contains(&tokens["expires_in"].as_i64().unwrap()));
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["aud"], "https://management.core.windows.net/");
    assert_eq!(access["iss"], format!("https://sts.windows.net/{}/", defaults::CONTOSO));
    assert_eq!(
        (&access["upn"], &access["ver"], &access["xms_cc"]),
        (&json!(defaults::ADA), &json!("1.0"), &json!(null))
    );
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["nonce"], &id["aud"]), (&json!("a-nonce"), &json!(defaults::AZURE_CLI_CLIENT_ID)));
    assert_eq!(id["iss"], format!("{LOGIN}/{}/v2.0", defaults::CONTOSO));

    let (_, again) = token(&client, "organizations", &right).await;
    assert_eq!((&again["error"], &again["error_codes"]), (&json!("invalid_grant"), &json!([54_005])));

    let secrets = azure.secrets();
    for secret in ["access_token", "refresh_token", "id_token"] {
        assert!(secrets.contains(&tokens[secret].as_str().unwrap().to_owned()), "{secret}");
    }
    assert!(secrets.contains(&answer["code"]));
}

#[tokio::test]
async fn a_code_dies_after_ten_minutes_and_belongs_to_its_redirect_uri() {
    let azure = Emulator::start();
    let client = client(&azure);
    let loopback = Loopback::listen();
    let redirect_uri = loopback.redirect_uri.clone();
    azure.approve(authorize_url("organizations", &redirect_uri, &[]).as_str()).await;
    let code = loopback.received().1.remove("code").unwrap();

    let (_, moved) = token(&client, "organizations", &code_form(&code, &format!("{redirect_uri}/"), VERIFIER)).await;
    assert_eq!(moved["error_codes"], json!([500_112]));
    azure.advance_clock(Duration::from_secs(600));
    let (_, late) = token(&client, "organizations", &code_form(&code, &redirect_uri, VERIFIER)).await;
    assert_eq!(late["error_codes"], json!([70_008]));
}

#[test]
fn query_mode_brings_the_code_by_redirect_and_blocking_approval_works() {
    let azure = Emulator::start();
    let loopback = Loopback::listen();
    let url = authorize_url(defaults::FABRIKAM_DOMAIN, &loopback.redirect_uri, &[("response_mode", "query")]);
    let landing = azure.auto_approve(url.as_str());
    assert_eq!(landing.status, 200);
    let (method, answer) = loopback.received();
    assert_eq!(method, "GET");
    assert!(answer.contains_key("code"));
}

#[tokio::test]
async fn cancel_tells_the_application_that_access_was_denied() {
    let azure = Emulator::start();
    let loopback = Loopback::listen();
    let url = authorize_url("organizations", &loopback.redirect_uri, &[]);
    azure.visitor().cancel(url.as_str()).await.unwrap();
    let (_, answer) = loopback.received();
    assert_eq!((answer["error"].as_str(), answer["error_subcode"].as_str()), ("access_denied", "cancel"));
    assert!(answer["error_description"].starts_with("AADSTS65004: "));
    assert!(!answer.contains_key("code"));
}

#[tokio::test]
async fn a_wrong_authorize_request_never_reaches_a_foreign_address() {
    let azure = Emulator::start();
    let client = client(&azure);
    for (more, number) in [
        ([("redirect_uri", "https://attacker.example/")], "AADSTS50011"),
        ([("redirect_uri", "http://localhost.attacker.example/")], "AADSTS50011"),
        ([("client_id", "11111111-2222-4333-8444-555555555555")], "AADSTS700016"),
    ] {
        let url = authorize_url("organizations", "http://localhost:1", &more);
        let response = client.get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.text().await.unwrap().contains(number), "{more:?}");
    }
    for (more, number) in [
        ([("code_challenge", "")], "AADSTS9002325"),
        ([("code_challenge_method", "plain")], "AADSTS501491"),
        ([("state", "")], "AADSTS900144"),
        ([("prompt", "none")], "AADSTS50058"),
        ([("scope", "https://nobody.example/.default")], "AADSTS500011"),
    ] {
        let url = authorize_url("organizations", "http://localhost:1", &more);
        let page = client.get(url).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(r#"action="http://localhost:1""#) && page.contains(number), "{more:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_works_in_every_tenant_of_its_user_and_stays_valid() {
    let azure = Emulator::start();
    let client = client(&azure);
    let first = azure.issue_refresh_token(defaults::ADA);
    for (tenant, object_id) in
        [(defaults::CONTOSO, defaults::ADA_OBJECT_ID), (defaults::FABRIKAM_DOMAIN, defaults::ADA_GUEST_OBJECT_ID)]
    {
        let (status, tokens) = refresh(&client, tenant, &first).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        assert_ne!(tokens["refresh_token"], first);
        assert_eq!(claims(tokens["access_token"].as_str().unwrap())["oid"], object_id);
    }
    let (_, stranger) = refresh(&client, defaults::CONTOSO, &azure.issue_refresh_token(defaults::GRACE)).await;
    assert_eq!(stranger["error_codes"], json!([50_020]));
}

#[tokio::test]
async fn a_tenant_that_wants_mfa_refuses_a_refresh_and_takes_a_sign_in() {
    let mut world = World::default();
    world.tenants[1].requires_mfa = true;
    let azure = Emulator::start_with(world);
    let client = client(&azure);
    let (status, refused) = refresh(&client, defaults::FABRIKAM, &azure.issue_refresh_token(defaults::ADA)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!((&refused["error"], &refused["suberror"]), (&json!("interaction_required"), &json!("basic_action")));
    assert_eq!(refused["error_codes"], json!([50_076]));
    assert!(refused["claims"].as_str().unwrap().contains("capolids"));

    let loopback = Loopback::listen();
    let redirect_uri = loopback.redirect_uri.clone();
    azure.approve(authorize_url(defaults::FABRIKAM, &redirect_uri, &[]).as_str()).await;
    let code = loopback.received().1.remove("code").unwrap();
    let (_, tokens) = token(&client, defaults::FABRIKAM, &code_form(&code, &redirect_uri, VERIFIER)).await;
    let (status, _) = refresh(&client, defaults::FABRIKAM, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn revoking_a_user_ends_refresh_tokens_until_the_next_sign_in() {
    let azure = Emulator::start();
    let client = client(&azure);
    let old = azure.issue_refresh_token(defaults::ADA);
    azure.revoke(defaults::ADA);
    let (_, refused) = refresh(&client, defaults::CONTOSO, &old).await;
    assert_eq!((&refused["error"], &refused["error_codes"]), (&json!("invalid_grant"), &json!([50_173])));
    let (status, _) = refresh(&client, defaults::CONTOSO, &azure.issue_refresh_token(defaults::ADA)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn errors_carry_the_clients_request_id() {
    let azure = Emulator::start();
    let request = client(&azure).post(format!("{LOGIN}/organizations/oauth2/v2.0/token"));
    let request =
        request.header("client-request-id", "a-request-id").form(&[("grant_type", "password"), ("client_id", "x")]);
    let (status, refused) = json(request.send().await.unwrap()).await;
    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("unsupported_grant_type")));
    assert_eq!(refused["correlation_id"], "a-request-id");
    let description = refused["error_description"].as_str().unwrap();
    assert!(
        description.starts_with("AADSTS70003: ") && description.contains("Correlation ID: a-request-id Timestamp: ")
    );
    assert_eq!(refused["error_uri"], "https://login.microsoftonline.com/error?code=70003");
}

#[tokio::test]
async fn one_token_is_for_one_resource() {
    let azure = Emulator::start();
    let refresh_token = azure.issue_refresh_token(defaults::ADA);
    for (scope, number) in [
        ("https://management.azure.com/.default https://graph.microsoft.com/.default", 28_000),
        ("https://management.azure.com/.default https://management.azure.com/user_impersonation", 70_011),
        ("", 70_011),
        ("https://nobody.example/.default", 500_011),
    ] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", defaults::APPLICATION_ID),
            ("refresh_token", &refresh_token),
            ("scope", scope),
        ];
        let (_, refused) = token(&client(&azure), defaults::CONTOSO, &form).await;
        assert_eq!(refused["error_codes"], json!([number]), "{scope}");
    }
}

#[tokio::test]
async fn a_service_principal_signs_in_with_its_secret_at_its_own_tenant() {
    let azure = Emulator::start();
    let client = client(&azure);
    let form = |secret: &'static str| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", defaults::SERVICE_PRINCIPAL_ID),
            ("client_secret", secret),
            ("scope", "https://management.azure.com/.default"),
        ]
    };
    let (status, tokens) = token(&client, defaults::CONTOSO, &form(defaults::SERVICE_PRINCIPAL_SECRET)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(tokens.get("refresh_token"), None);
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&access["aud"], &access["idtyp"]), (&json!("https://management.azure.com"), &json!("app")));

    let (status, refused) = token(&client, defaults::CONTOSO, &form("wrong")).await;
    assert_eq!((status, &refused["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
    assert_eq!(refused["error_codes"], json!([7_000_215]));
    let (_, refused) = token(&client, "common", &form(defaults::SERVICE_PRINCIPAL_SECRET)).await;
    assert_eq!(refused["error_codes"], json!([9_001_023]));
}

#[tokio::test]
async fn a_device_code_is_pending_until_the_person_enters_it() {
    let azure = Emulator::start();
    let client = client(&azure);
    let start = [("client_id", defaults::AZURE_CLI_CLIENT_ID), ("scope", ARM_SCOPE)];
    let url = format!("{LOGIN}/organizations/oauth2/v2.0/devicecode");
    let (_, device) = json(client.post(url).form(&start).send().await.unwrap()).await;
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", defaults::AZURE_CLI_CLIENT_ID),
        ("device_code", device["device_code"].as_str().unwrap()),
    ];
    let (_, pending) = token(&client, "organizations", &poll).await;
    assert_eq!(pending["error"], "authorization_pending");
    let (_, early) = token(&client, "organizations", &poll).await;
    assert_eq!(early["error"], "slow_down");
    azure.advance_clock(Duration::from_secs(10));
    let (_, pending) = token(&client, "organizations", &poll).await;
    assert_eq!(pending["error"], "authorization_pending");

    let page =
        format!("{}?otc={}", device["verification_uri"].as_str().unwrap(), device["user_code"].as_str().unwrap());
    assert!(azure.approve(&page).await.body.contains("All done"));
    let (status, tokens) = token(&client, "organizations", &poll).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    assert!(tokens["refresh_token"].is_string());
}

#[tokio::test]
async fn discovery_names_the_endpoints_of_the_host_that_was_asked() {
    let azure = Emulator::start();
    let client = client(&azure);
    let get = async |url: String| json(client.get(url).send().await.unwrap()).await;

    let (_, known) = get(format!("{LOGIN}/{}/v2.0/.well-known/openid-configuration", defaults::CONTOSO_DOMAIN)).await;
    assert_eq!(known["issuer"], format!("{LOGIN}/{}/v2.0", defaults::CONTOSO));
    assert_eq!(known["token_endpoint"], format!("{LOGIN}/{}/oauth2/v2.0/token", defaults::CONTOSO));
    let (_, keys) = get(known["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!(keys["keys"][0]["kty"], "RSA");

    let (status, unknown) = get(format!("{LOGIN}/nobody.example/v2.0/.well-known/openid-configuration")).await;
    assert_eq!((status, &unknown["error_codes"]), (StatusCode::BAD_REQUEST, &json!([90_002])));

    let instance = |host: &str| {
        format!(
            "{LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint=https://{host}/common/oauth2/authorize"
        )
    };
    let (_, public) = get(instance("login.microsoftonline.com")).await;
    assert_eq!(public["metadata"][0]["preferred_cache"], "login.windows.net");
    let (status, foreign) = get(instance("login.attacker.example")).await;
    assert_eq!((status, &foreign["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_instance")));

    let direct = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/organizations/v2.0/.well-known/openid-configuration", azure.http_url());
    let (_, plain) = json(direct.get(url).send().await.unwrap()).await;
    assert_eq!(plain["token_endpoint"], format!("{}/organizations/oauth2/v2.0/token", azure.http_url()));
    assert_eq!(plain["issuer"], format!("{}/{{tenantid}}/v2.0", azure.http_url()));
}

/// Observed: azure-identity 1.27 names its certificate by a padded SHA-1 thumbprint, and sends times with fractions.
#[tokio::test]
async fn an_assertion_as_microsoft_s_python_client_signs_it_is_taken_and_a_changed_one_is_not() {
    let (azure, certificate) = (Emulator::start(), ClientCertificate::rsa());
    azure.change_world(|world| world.service_principals[0].certificates.push(certificate.registration()));
    let url = format!("{LOGIN}/{}/oauth2/v2.0/token", defaults::CONTOSO);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let id = defaults::SERVICE_PRINCIPAL_ID;
    let claims = json!({"aud": url, "iss": id, "sub": id, "exp": now + 600.0, "iat": now, "jti": "1"});
    let mut header = Header::new(Algorithm::RS256);
    header.x5t = Some(URL_SAFE.encode(certificate.registration().sha1));
    let key = EncodingKey::from_rsa_pem(certificate.key_pem.as_bytes()).unwrap();
    let assertion = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let changed = format!("{}AAAA", &assertion[..assertion.len() - 4]);
    let client = client(&azure);
    for (assertion, status) in [(&assertion, 200), (&changed, 401)] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("scope", "https://management.core.windows.net//.default"),
        ];
        let (found, answer) = token(&client, defaults::CONTOSO, &form).await;
        assert_eq!(found, status, "{answer}");
    }
}
