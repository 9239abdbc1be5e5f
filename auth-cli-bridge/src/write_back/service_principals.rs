//! What a login and a logout change in `service_principal_entries.json`.

use auth_core::Credential;

use super::cli_login::{CliLogin, Principal};
use super::json::Json;

/// Replaces the credential of the same application and tenant, and moves it to the end (observed: az 2.91).
pub(super) fn sign_in(entries: &mut Json, login: &CliLogin) -> Result<(), String> {
    let Principal::Application { client_id, tenant, credential } = &login.principal else { return Ok(()) };
    let entries = list(entries)?;
    let is = |entry: &Json, name: &str, text: &str| entry.text_of(name).is_some_and(|own| own.expose() == text);
    entries.retain(|entry| !(is(entry, "client_id", client_id) && is(entry, "tenant", tenant.as_str())));
    let mut entry = Json::object([("client_id", Json::text(client_id)), ("tenant", Json::text(tenant.as_str()))]);
    match credential {
        Credential::Assertion(assertion) => entry.set("client_assertion", Json::text(assertion.expose())),
        Credential::Certificate { path, sends_chain } => {
            let path = path.to_str().ok_or("cannot hold the path of a certificate that is not UTF-8 text")?;
            entry.set("certificate", Json::text(path));
            if *sends_chain {
                entry.set("use_cert_sn_issuer", Json::boolean(true));
            }
        }
        Credential::Secret(secret) => entry.set("client_secret", Json::text(secret.expose())),
        _ => {}
    }
    entries.push(entry);
    Ok(())
}

/// Removes an application's credentials for all tenants.
pub(super) fn sign_out(entries: &mut Json, client_id: &str) -> Result<(), String> {
    list(entries)?
        .retain(|entry| !entry.text_of("client_id").is_some_and(|own| own.expose().eq_ignore_ascii_case(client_id)));
    Ok(())
}

fn list(entries: &mut Json) -> Result<&mut Vec<Json>, String> {
    match entries {
        Json::Array(entries) => Ok(entries),
        _ => Err("does not hold a JSON list".to_owned()),
    }
}
