//! The grants that the token endpoint understands.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::state::{Decision, State as Memory};
use super::Audience;
use super::error::EntraError;
use super::scope::Scopes;
use super::token::{Granted, TokenRequest, demanded_contexts};

/// A code that the authorize endpoint handed out; it works once, for ten minutes.
pub(super) fn authorization_code(memory: &mut Memory, request: &TokenRequest<'_>) -> Result<Value, EntraError> {
    let client_id = request.public_client(memory)?;
    let (code, redirect_uri) = (request.required("code")?, request.required("redirect_uri")?);
    let now = memory.now();
    let grant = memory.codes.get(code).cloned();
    let grant = grant.ok_or_else(|| {
        EntraError::invalid_grant(
            9_002_313,
            "Invalid request. Request is malformed or invalid: the code is not one of ours.",
        )
    })?;
    if grant.client_id != client_id {
        return Err(wrong_client());
    }
    if grant.redeemed {
        let message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.";
        return Err(EntraError::invalid_grant(54_005, message));
    }
    if now >= grant.expires {
        let message = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.";
        return Err(EntraError::invalid_grant(70_008, message));
    }
    if !request.audience.admits(&grant.tenant_id) {
        let message = "Provided Authorization Code is intended to use against other tenant, thus rejected.";
        return Err(EntraError::invalid_grant(700_005, message));
    }
    if grant.redirect_uri != redirect_uri {
        let message = "The reply address in the token request does not match the one that the authorization code was requested with.";
        return Err(EntraError::invalid_grant(500_112, message));
    }
    let verifier = request.optional("code_verifier").ok_or_else(|| {
        EntraError::invalid_grant(
            50_148,
            "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.",
        )
    })?;
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != grant.code_challenge {
        let message = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
        return Err(EntraError::invalid_grant(501_481, message));
    }
    let scopes = Scopes::parse(&memory.world, request.optional("scope").unwrap_or(&grant.scope))?;
    memory.codes.entry(code.to_owned()).and_modify(|grant| grant.redeemed = true);
    let granted = Granted {
        user: memory.expect_user(&grant.username),
        tenant_id: grant.tenant_id.clone(),
        signed_in_at: grant.tenant_id,
        client_id,
        scopes,
        nonce: grant.nonce,
        contexts: grant.contexts,
    };
    request.tokens(memory, &granted)
}

/// A refresh token works for every tenant and resource of its user, and stays valid when a new one is issued.
pub(super) fn refresh_token(memory: &mut Memory, request: &TokenRequest<'_>) -> Result<Value, EntraError> {
    let client_id = request.public_client(memory)?;
    let grant = memory.refresh_tokens.get(request.required("refresh_token")?).cloned();
    let grant = grant.ok_or_else(|| EntraError::invalid_grant(70_000, "Provided grant is invalid or malformed."))?;
    if grant.client_id.is_some_and(|owner| owner != client_id) {
        return Err(wrong_client());
    }
    if grant.revoked {
        let message = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.";
        return Err(EntraError::invalid_grant(50_173, message));
    }
    let user = memory.expect_user(&grant.username);
    let tenant_id = match &request.audience {
        Audience::Everybody => user.home().tenant_id.clone(),
        Audience::Tenant(tenant) => tenant.id.clone(),
    };
    let scopes = Scopes::parse(&memory.world, request.optional("scope").unwrap_or_default())?;
    let (signed_in_at, contexts) = (grant.tenant_id, grant.contexts);
    let granted = Granted { user, tenant_id, signed_in_at, client_id, scopes, nonce: None, contexts };
    request.tokens(memory, &granted)
}

/// A device code, asked for again and again until the person has decided.
pub(super) fn device_code(memory: &mut Memory, request: &TokenRequest<'_>) -> Result<Value, EntraError> {
    let client_id = request.public_client(memory)?;
    let device_code = request.required("device_code")?.to_owned();
    let grant = memory.device_codes.get(&device_code).cloned();
    let grant = grant.filter(|grant| grant.client_id == client_id).ok_or_else(|| {
        EntraError::of_device_flow(
            "bad_verification_code",
            70_018,
            "Invalid verification code due to User typing in wrong user code for device code flow.",
        )
    })?;
    if memory.now() >= grant.expires {
        return Err(EntraError::of_device_flow(
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        ));
    }
    let username = match grant.decision {
        Decision::Pending => {
            let now = memory.now();
            let is_early = memory.device_codes.get_mut(&device_code).is_some_and(|grant| {
                let is_early = grant.asked_at.replace(now).is_some_and(|last| now - last < grant.interval);
                grant.interval += if is_early { 5 } else { 0 };
                is_early
            });
            if is_early {
                let message = "OAuth 2.0 device flow error. Polling is too frequent. Slow down.";
                return Err(EntraError::of_device_flow("slow_down", 70_016, message));
            }
            let message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            return Err(EntraError::of_device_flow("authorization_pending", 70_016, message));
        }
        Decision::Declined => {
            let message = "The user declined to sign in on the device code page.";
            return Err(EntraError::of_device_flow("authorization_declined", 65_004, message));
        }
        Decision::Approved(username) => username,
    };
    let user = memory.expect_user(&username);
    let tenant_id = match &request.audience {
        Audience::Everybody => user.home().tenant_id.clone(),
        Audience::Tenant(tenant) => tenant.id.clone(),
    };
    let scopes = Scopes::parse(&memory.world, request.optional("scope").unwrap_or(&grant.scope))?;
    // The person was asked for whatever is demanded.
    let contexts = demanded_contexts(request.optional("claims"));
    let signed_in_at = tenant_id.clone();
    let granted = Granted { user, tenant_id, signed_in_at, client_id, scopes, nonce: None, contexts };
    let answer = request.tokens(memory, &granted)?;
    memory.device_codes.remove(&device_code);
    Ok(answer)
}

fn wrong_client() -> EntraError {
    EntraError::invalid_grant(700_007, "The grant was issued for a different client id.")
}
