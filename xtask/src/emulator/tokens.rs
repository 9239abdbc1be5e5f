//! RS256 tokens with the claims that Entra ID puts into them.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Who a token speaks for, and to whom.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) tenant_id: String,
    pub(super) object_id: String,
    pub(super) client_id: String,
    /// The person, or `None` for an application.
    pub(super) person: Option<Person>,
    /// The resource id, if the application is a managed identity.
    pub(super) managed_identity: Option<String>,
}

/// The person behind a token.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) name: String,
    pub(super) is_guest: bool,
    pub(super) signed_in_with_mfa: bool,
    /// The authentication contexts that the sign-in was made for.
    pub(super) contexts: Vec<String>,
}

/// When a token counts, in seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    pub(super) issued: i64,
    pub(super) expires: i64,
}

/// An access token in the shape that Azure Resource Manager gets (version 1.0).
pub(super) fn access_token(subject: &Subject, audience: &str, validity: Validity, continuous_access: bool) -> String {
    let mut claims = json!({
        "aud": audience,
        "iss": format!("https://sts.windows.net/{}/", subject.tenant_id),
        "iat": validity.issued,
        "nbf": validity.issued,
        "exp": validity.expires,
        "aio": opaque(""),
        "appid": subject.client_id,
        "oid": subject.object_id,
        "rh": format!("1.A{}.", &opaque("")[..20]),
        "sub": subject.object_id,
        "tid": subject.tenant_id,
        "uti": &opaque("")[..22],
        "ver": "1.0",
    });
    let more = match &subject.person {
        Some(person) => json!({
            "acr": "1",
            "amr": if person.signed_in_with_mfa { vec!["pwd", "mfa"] } else { vec!["pwd"] },
            "appidacr": "0",
            "idtyp": "user",
            "ipaddr": "192.0.2.10",
            "name": person.name,
            "scp": "user_impersonation",
            "unique_name": person.unique_name(),
            "upn": person.username,
        }),
        None => json!({
            // It proved itself with a certificate that Azure keeps.
            "appidacr": if subject.managed_identity.is_some() { "2" } else { "1" },
            "idp": format!("https://sts.windows.net/{}/", subject.tenant_id),
            "idtyp": "app",
        }),
    };
    extend(&mut claims, more);
    if let Some(person) = subject.person.as_ref().filter(|person| !person.contexts.is_empty()) {
        extend(&mut claims, json!({"acrs": person.contexts}));
    }
    if let Some(resource_id) = &subject.managed_identity {
        extend(&mut claims, json!({"xms_mirid": resource_id}));
    }
    if continuous_access {
        extend(&mut claims, json!({"xms_cc": ["CP1"]}));
    }
    sign(&claims)
}

/// An id token (version 2.0).
pub(super) fn id_token(subject: &Subject, issuer: &str, validity: Validity, nonce: Option<&str>) -> String {
    let mut claims = json!({
        "aud": subject.client_id,
        "iss": issuer,
        "iat": validity.issued,
        "nbf": validity.issued,
        "exp": validity.issued + 3600,
        "oid": subject.object_id,
        "rh": format!("1.A{}.", &opaque("")[..20]),
        "sub": format!("{}-{}", subject.object_id, subject.client_id),
        "tid": subject.tenant_id,
        "uti": &opaque("")[..22],
        "ver": "2.0",
    });
    if let Some(person) = &subject.person {
        extend(&mut claims, json!({"name": person.name, "preferred_username": person.username}));
    }
    if let Some(nonce) = nonce {
        extend(&mut claims, json!({"nonce": nonce}));
    }
    sign(&claims)
}

/// A token with these claims: of another issuer, or of another service, for which this process plays both.
pub(super) fn foreign_token(claims: &Value) -> String {
    sign(claims)
}

/// The claims of a token that this process signed; its times are not looked at.
pub(super) fn verify(token: &str) -> Option<Value> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, &KEY.decoding, &validation).ok().map(|data| data.claims)
}

/// The public key, for `jwks_uri`.
pub(super) fn key_set(issuer: &str) -> Value {
    let mut key = KEY.public.clone();
    extend(&mut key, json!({"issuer": issuer}));
    json!({"keys": [key]})
}

/// A random string without structure: a code, a refresh token, an id.
pub(super) fn opaque(prefix: &str) -> String {
    let bytes: Vec<u8> = std::iter::repeat_with(|| *Uuid::new_v4().as_bytes()).take(8).flatten().collect();
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

impl Person {
    fn unique_name(&self) -> String {
        if self.is_guest { format!("live.com#{}", self.username) } else { self.username.clone() }
    }
}

struct SigningKey {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Value,
}

static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("an RSA key can be made");
    let encoding = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("a PEM of our own is readable");
    let public = Jwk::from_encoding_key(&encoding, Algorithm::RS256).expect("an RSA key has a public half");
    let decoding = DecodingKey::from_jwk(&public).expect("a public key verifies");
    let id = opaque("")[..27].to_owned();
    let mut public = serde_json::to_value(public).expect("a JWK is JSON");
    extend(&mut public, json!({"use": "sig", "kid": id, "x5t": id}));
    SigningKey { id, encoding, decoding, public }
});

fn sign(claims: &Value) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KEY.id.clone());
    header.x5t = Some(KEY.id.clone());
    jsonwebtoken::encode(&header, claims, &KEY.encoding).expect("claims are JSON and the key is RSA")
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}
