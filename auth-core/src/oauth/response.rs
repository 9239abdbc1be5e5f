//! What the token endpoint answers.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::basic::BasicTokenType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::claims::Claims;
use crate::{AccessToken, Account, Cloud, Error, ErrorKind, Grant, Secret, Tenant};

/// Assumed where the answer does not say how long the token lives (observed: MSAL).
const DEFAULT_LIFETIME: u64 = 3600;

/// A successful answer (RFC 6749, 5.1, with Entra ID's additions). Numbers may come as strings.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    access_token: oauth2::AccessToken,
    #[serde(deserialize_with = "token_type")]
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "number")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    refresh_in: Option<u64>,
    refresh_token: Option<oauth2::RefreshToken>,
    id_token: Option<Secret>,
    client_info: Option<String>,
}

impl Serialize for Answer {
    /// Demanded by [`oauth2::TokenResponse`]; tokens are never serialized.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl oauth2::TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &oauth2::AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&oauth2::RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<oauth2::Scope>> {
        None
    }
}

/// What an answer must fit to be accepted.
pub(super) struct Expected<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) client_id: &'a str,
    pub(super) tenant: &'a Tenant,
    /// The nonce of the sign-in: then an id token must be there and carry it.
    pub(super) nonce: Option<&'a Secret>,
    pub(super) now: SystemTime,
}

impl Answer {
    /// The grant, if the answer fits.
    pub(super) fn into_grant(self, expected: &Expected<'_>) -> Result<Grant, Error> {
        let host = expected.cloud.authority_host();
        let refuse = |why: &str| Error::new(ErrorKind::Protocol, format!("{host} answered with a token that {why}"));
        if self.token_type != BasicTokenType::Bearer {
            return Err(refuse("is not a bearer token"));
        }
        let lifetime = self.expires_in.unwrap_or(DEFAULT_LIFETIME);
        if lifetime == 0 || self.access_token.secret().is_empty() {
            return Err(refuse("is empty or has already expired"));
        }
        let id = match &self.id_token {
            // Outside a sign-in nothing depends on the id token, so an odd one costs nobody the access token.
            Some(id_token) if expected.nonce.is_none() => checked_id_token(id_token, expected).ok(),
            Some(id_token) => Some(checked_id_token(id_token, expected)?),
            None if expected.nonce.is_some() => return Err(refuse("came without an id token")),
            None => None,
        };
        let access = Claims::peek(self.access_token.secret()).unwrap_or_default();
        let tid = access.tid.or_else(|| id.as_ref().and_then(|id| id.tid.clone()));
        let tenant = tid.and_then(|tid| Tenant::parse(&tid).ok());
        if let Some(tenant) = &tenant
            && expected.tenant.is_id()
            && tenant != expected.tenant
        {
            let wanted = expected.tenant;
            return Err(Error::new(ErrorKind::Rejected, format!("the token is of tenant {tenant}, not of {wanted}"))
                .with_help(format!("sign in to that tenant: azml login --tenant {wanted}")));
        }
        let tenant = tenant.or_else(|| expected.tenant.is_id().then(|| expected.tenant.clone()));
        let account = id.as_ref().map(|id| Account {
            // Authorities without client_info, such as AD FS, still name a subject (observed: MSAL).
            home_account_id: home_account_id(self.client_info.as_deref()).or_else(|| id.sub.clone()),
            username: id.username().map(str::to_owned),
            tenant: id.tid.as_deref().and_then(|tid| Tenant::parse(tid).ok()),
        });
        let lifetime = Duration::from_secs(lifetime);
        let refresh_in = self.refresh_in.map(Duration::from_secs);
        let access_token = AccessToken::obtained(self.access_token.into_secret(), expected.now, lifetime, refresh_in)
            .with_tenant(tenant);
        let refresh_token = self.refresh_token.map(|token| Secret::new(token.into_secret()));
        Ok(Grant { refresh_token, account, ..access_token.into() })
    }
}

/// The claims of an id token that was issued for this client, by this cloud, in answer to this sign-in. The signature need
/// not be verified, as the token came over TLS from the token endpoint (OpenID Connect Core, 3.1.3.7).
fn checked_id_token(id_token: &Secret, expected: &Expected<'_>) -> Result<Claims, Error> {
    use subtle::ConstantTimeEq as _;
    let host = expected.cloud.authority_host();
    let refuse = |why: &str| Error::new(ErrorKind::Protocol, format!("{host} answered with an id token that {why}"));
    let claims = Claims::peek(id_token.expose())?;
    if !claims.aud.as_ref().is_some_and(|audience| audience.contains(expected.client_id)) {
        return Err(refuse("is meant for another application"));
    }
    if let Some(nonce) = expected.nonce {
        let found = claims.nonce.as_deref().unwrap_or_default();
        if !bool::from(found.as_bytes().ct_eq(nonce.expose().as_bytes())) {
            return Err(refuse("does not belong to this sign-in (its nonce differs)")
                .with_help("sign in again; if it happens again, somebody is tampering with the connection"));
        }
    }
    let issuer = claims.iss.as_deref().and_then(|issuer| url::Url::parse(issuer).ok());
    let issuer = issuer.as_ref().and_then(url::Url::host_str);
    if !issuer.is_some_and(|issuer| expected.cloud.authority_hosts().any(|host| host == issuer)) {
        return Err(refuse("was issued by another authority"));
    }
    Ok(claims)
}

/// `<uid>.<utid>` of the answer's `client_info` (observed: MSAL).
fn home_account_id(client_info: Option<&str>) -> Option<String> {
    #[derive(Deserialize)]
    struct ClientInfo {
        uid: String,
        utid: Option<String>,
    }
    let json = URL_SAFE_NO_PAD.decode(client_info?.trim_end_matches('=')).ok()?;
    let ClientInfo { uid, utid } = serde_json::from_slice(&json).ok()?;
    Some(format!("{uid}.{}", utid.as_deref().unwrap_or(&uid)))
}

fn token_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BasicTokenType, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(if text.eq_ignore_ascii_case("bearer") { BasicTokenType::Bearer } else { BasicTokenType::Extension(text) })
}

/// A number, or a string that holds one; negative numbers count as zero.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Float(f64),
        Text(String),
    }
    let number = match Option::<Number>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Number::Float(number)) => number,
        Some(Number::Text(text)) => text.trim().parse().map_err(serde::de::Error::custom)?,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, as it should")]
    Ok(Some(number as u64))
}
