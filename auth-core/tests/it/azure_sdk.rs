//! Between our sign-ins and the Azure SDK's credentials.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use auth_core::azure_core::{Credential, CredentialSource};
use auth_core::{
    AccessToken, Authentication, Cached, Cloud, Error, ErrorKind, Scope, StaticToken, Tenant, TokenRequest, clock,
};
use azure_core::credentials::{AccessToken as SdkToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind as SdkKind;
use azure_core::time::OffsetDateTime;

const CANARY: &str = "canary-of-the-sdk";
const STORAGE: &str = "https://storage.azure.com/.default";

fn in_an_hour() -> SystemTime {
    clock::from_unix(clock::to_unix(SystemTime::now()) + 3600)
}

/// A credential of the SDK that answers with a new token each time, or with what it is told.
#[derive(Debug, Default)]
struct Sdk {
    asked: AtomicUsize,
    scopes: Mutex<Vec<String>>,
    same: bool,
    failure: Option<fn() -> azure_core::Error>,
}

#[async_trait]
impl TokenCredential for Sdk {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<SdkToken> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst);
        self.scopes.lock().unwrap().extend(scopes.iter().map(ToString::to_string));
        if let Some(failure) = self.failure {
            return Err(failure());
        }
        let count = if self.same { 0 } else { count };
        Ok(SdkToken::new(format!("{CANARY}-{count}"), OffsetDateTime::from(in_an_hour())))
    }
}

/// Nobody is signed in.
#[derive(Debug)]
struct Nobody(Cloud);

#[async_trait]
impl Authentication for Nobody {
    fn name(&self) -> &'static str {
        "Nobody"
    }

    fn cloud(&self) -> &Cloud {
        &self.0
    }

    async fn token(&self, _: &TokenRequest) -> Result<AccessToken, Error> {
        Err(Error::new(ErrorKind::Interaction, "nobody is signed in").with_help("azml login"))
    }
}

/// A credential of the SDK whose tokens are of one tenant.
#[derive(Debug)]
struct OfTenant;

#[async_trait]
impl TokenCredential for OfTenant {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<SdkToken> {
        // {"tid": "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01"}
        let payload = "eyJ0aWQiOiAiM2MxZjViMGUtN2E1Mi00ZDE5LTlmMGEtNWIxZjJlNmQ3YzAxIn0";
        Ok(SdkToken::new(format!("eyJhbGciOiJub25lIn0.{payload}."), OffsetDateTime::from(in_an_hour())))
    }
}

fn ours(sdk: Sdk) -> (Arc<Sdk>, impl Authentication) {
    let sdk = Arc::new(sdk);
    (sdk.clone(), Cached::new(CredentialSource::new(sdk), Cloud::public()))
}

#[tokio::test]
async fn a_client_of_the_sdk_gets_our_token_with_its_expiry() {
    let auth = StaticToken::new(Cloud::public(), AccessToken::new(CANARY, in_an_hour()));
    let credential = Credential::new(Arc::new(auth));
    let token = credential.get_token(&[STORAGE], None).await.unwrap();
    assert_eq!(token.token.secret(), CANARY);
    assert_eq!(SystemTime::from(token.expires_on), in_an_hour());
    assert!(!format!("{credential:?}{token:?}").contains(CANARY));

    // The SDK's dates end earlier than ours.
    let forever = AccessToken::new(CANARY, SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40));
    let credential = Credential::new(Arc::new(StaticToken::new(Cloud::public(), forever)));
    assert_eq!(credential.get_token(&[STORAGE], None).await.unwrap().expires_on.year(), 9999);
}

#[tokio::test]
async fn what_the_sdk_asks_for_is_checked() {
    let auth = StaticToken::new(Cloud::public(), AccessToken::new(CANARY, in_an_hour()));
    let credential = Credential::new(Arc::new(auth));
    for scopes in [&[][..], &["https://a.example/.default", "https://b.example/.default"], &["a b"]] {
        let error = credential.get_token(scopes, None).await.unwrap_err();
        assert!(matches!(error.kind(), SdkKind::Credential), "{scopes:?}");
    }
}

#[tokio::test]
async fn our_error_goes_through_the_sdk_and_comes_back_with_its_help() {
    let expired = AccessToken::new(CANARY, SystemTime::UNIX_EPOCH);
    let credential = Credential::new(Arc::new(StaticToken::new(Cloud::public(), expired)));
    let error = credential.get_token(&[STORAGE], None).await.unwrap_err();
    insta::assert_snapshot!(error, @"the token that was given has expired");
    let back = Cached::new(CredentialSource::new(credential), Cloud::public());
    let back = back.token(&TokenRequest::arm(&Cloud::public())).await.unwrap_err();
    assert_eq!((back.kind(), back.to_string().as_str()), (ErrorKind::Rejected, "the token that was given has expired"));

    let error = Credential::new(Arc::new(Nobody(Cloud::public()))).get_token(&[STORAGE], None).await.unwrap_err();
    insta::assert_snapshot!(error, @"nobody is signed in (next: azml login)");
    assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::Interaction);
}

#[tokio::test]
async fn a_credential_of_the_sdk_is_asked_once_and_cached_as_ours() {
    let (sdk, auth) = ours(Sdk::default());
    let request = TokenRequest::new(Scope::parse(STORAGE).unwrap());
    let first = auth.token(&request).await.unwrap();
    assert_eq!(first, auth.token(&request).await.unwrap());
    assert!(first.expires_on() <= in_an_hour());
    assert_eq!((sdk.asked.load(Ordering::SeqCst), first.secret().expose()), (1, "canary-of-the-sdk-0"));
    assert_eq!(*sdk.scopes.lock().unwrap(), [STORAGE]);
    assert!(!format!("{auth:?}{first:?}").contains(CANARY));
    let second = auth.token(&request.clone().instead_of(&first)).await.unwrap();
    assert_eq!(second.secret().expose(), "canary-of-the-sdk-1");
}

#[tokio::test]
async fn what_the_sdk_cannot_do_is_an_error() {
    let (_, auth) = ours(Sdk { same: true, ..Sdk::default() });
    let request = TokenRequest::arm(&Cloud::public());
    let token = auth.token(&request).await.unwrap();
    let refused = auth.token(&request.clone().instead_of(&token)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Rejected);
    let challenged = auth.token(&request.clone().claims(r#"{"access_token": {}}"#)).await.unwrap_err();
    assert_eq!(challenged.kind(), ErrorKind::Rejected);
    assert!(!format!("{refused:?}{challenged:?}").contains(CANARY));
}

#[tokio::test]
async fn a_token_of_another_tenant_is_not_accepted() {
    let auth = Cached::new(CredentialSource::new(Arc::new(OfTenant)), Cloud::public());
    let own = Tenant::parse("3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01").unwrap();
    let other = Tenant::parse("8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02").unwrap();
    let request = TokenRequest::arm(&Cloud::public());
    assert_eq!(auth.token(&request.clone().tenant(own.clone())).await.unwrap().tenant(), Some(&own));
    assert_eq!(auth.token(&request.tenant(other)).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_error_of_the_sdk_is_told_with_its_causes_and_its_kind() {
    let cases: [(fn() -> azure_core::Error, ErrorKind); 4] = [
        (|| azure_core::Error::with_message(SdkKind::Connection, "no route"), ErrorKind::Network),
        (|| azure_core::Error::with_message(SdkKind::Credential, "wrong secret"), ErrorKind::Rejected),
        (
            || {
                let kind = SdkKind::HttpResponse { status: 429_u16.into(), error_code: None, raw_response: None };
                azure_core::Error::with_message(kind, "slow down")
            },
            ErrorKind::Throttled,
        ),
        (
            || {
                let kind = SdkKind::HttpResponse { status: 503_u16.into(), error_code: None, raw_response: None };
                azure_core::Error::with_message(kind, "closed")
            },
            ErrorKind::Network,
        ),
    ];
    let mut told = Vec::new();
    for (failure, kind) in cases {
        let (_, auth) = ours(Sdk { failure: Some(failure), ..Sdk::default() });
        let error = auth.token(&TokenRequest::arm(&Cloud::public())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        told.push(error.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    the credential of the Azure SDK failed: no route
    the credential of the Azure SDK failed: wrong secret
    the credential of the Azure SDK failed: slow down
    the credential of the Azure SDK failed: closed
    ");
}
