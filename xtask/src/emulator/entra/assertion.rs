//! What proves who an application is when it is not a secret: an assertion that it signed itself, or one of another issuer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::super::state::State as Memory;
use super::super::tokens;
use super::super::world::{RegisteredCertificate, ServicePrincipal, Tenant};
use super::error::EntraError;
use super::token::TokenRequest;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Checks the `client_assertion` of a request (RFC 7523, with Entra ID's rules).
pub(super) fn check(
    memory: &Memory,
    request: &TokenRequest<'_>,
    principal: &ServicePrincipal,
    tenant: &Tenant,
) -> Result<(), EntraError> {
    let assertion = request.required("client_assertion")?;
    if request.required("client_assertion_type")? != JWT_BEARER {
        return Err(EntraError::invalid_request(900_028, format!("The client_assertion_type must be '{JWT_BEARER}'.")));
    }
    let claims =
        claims(assertion).ok_or_else(|| EntraError::invalid_client(50_027, "JWT token is invalid or malformed."))?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    if claim("iss").eq_ignore_ascii_case(&principal.client_id) {
        check_signature(assertion, principal)?;
        if claim("sub") != claim("iss") {
            let message = "Client assertion application identifier doesn't match 'client_id' parameter.";
            return Err(EntraError::invalid_client(700_021, message));
        }
        let place = |name: &str| format!("{}/{name}/oauth2/v2.0/token", request.origin);
        if ![place(request.segment), place(&tenant.id)].iter().any(|place| place == claim("aud")) {
            let message = "Client assertion audience claim does not match Realm issuer.";
            return Err(EntraError::invalid_client(700_023, message));
        }
    } else {
        check_federation(assertion, principal, &claims)?;
    }
    let now = memory.now();
    // With a fraction, from MSAL (RFC 7519, 2: `NumericDate`).
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as it should")]
    let time = |name: &str| claims[name].as_f64().map(|seconds| seconds as i64);
    let begins = time("nbf").unwrap_or_default();
    // Entra ID tolerates clocks that differ by five minutes.
    if now + 300 < begins || time("exp").is_none_or(|ends| now - 300 >= ends) {
        let message = format!(
            "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {begins}, expiry time of assertion {}.",
            time("exp").unwrap_or_default()
        );
        return Err(EntraError::invalid_client(700_024, message));
    }
    Ok(())
}

/// The assertion must be signed with the key of a certificate that is registered.
fn check_signature(assertion: &str, principal: &ServicePrincipal) -> Result<(), EntraError> {
    let refuse = |reason: &str| {
        let message = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}]"
        );
        EntraError::invalid_client(700_027, message)
    };
    let header = decode_header(assertion).map_err(|_| refuse("The header of the assertion is malformed."))?;
    // MSAL pads it.
    let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?.trim_end_matches('=')).ok();
    let (sha1, sha256) = (bytes(&header.x5t), bytes(&header.x5t_s256));
    let is_named = |own: &&RegisteredCertificate| match &sha256 {
        Some(sha256) => *sha256 == own.sha256,
        None => sha1.as_deref() == Some(&own.sha1[..]),
    };
    let registered = principal.certificates.iter().find(is_named);
    let registered = registered.ok_or_else(|| refuse("The key was not found."))?;
    if ![Algorithm::PS256, Algorithm::RS256].contains(&header.alg) {
        return Err(refuse("The algorithm is not supported."));
    }
    let key = DecodingKey::from_rsa_pem(registered.public_key_pem.as_bytes());
    let key = key.map_err(|_| refuse("The key is not an RSA key."))?;
    let mut validation = Validation::new(header.alg);
    // The emulator has a clock of its own, and says more than this crate about what else is wrong.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let signed = decode::<Value>(assertion, &key, &validation);
    signed.map(|_| ()).map_err(|_| refuse("The provided signature value did not match the expected signature value."))
}

/// The assertion must be of an issuer, a subject and an audience that are registered; matching is case-sensitive.
fn check_federation(assertion: &str, principal: &ServicePrincipal, claims: &Value) -> Result<(), EntraError> {
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    let mismatch = |number: u32, what: &str, value: &str| {
        let message = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated identity \
             credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        );
        EntraError::invalid_client(number, message)
    };
    let mut candidates: Vec<_> = principal.federated_credentials.iter().collect();
    for (number, what, name) in [(700_211, "issuer", "iss"), (700_213, "subject", "sub"), (700_212, "audience", "aud")]
    {
        candidates.retain(|known| {
            let expected = match name {
                "iss" => &known.issuer,
                "sub" => &known.subject,
                _ => &known.audience,
            };
            expected == claim(name)
        });
        if candidates.is_empty() {
            return Err(mismatch(number, what, claim(name)));
        }
    }
    if tokens::verify(assertion).is_none() {
        return Err(EntraError::invalid_client(50_013, "Assertion failed signature validation."));
    }
    Ok(())
}

fn claims(assertion: &str) -> Option<Value> {
    let payload = assertion.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
