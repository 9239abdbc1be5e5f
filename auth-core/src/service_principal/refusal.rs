//! What to do when Entra ID refuses an application.

use crate::{Error, ErrorKind, Tenant};

/// The refusal with the next step. Nobody can be asked on behalf of an application, so a person is never called for.
pub(super) fn explained(error: Error, client_id: &str, tenant: &Tenant) -> Error {
    let code = error.entra().and_then(|entra| entra.code);
    let is_refusal = error.kind() == ErrorKind::Interaction;
    let error = if is_refusal { error.with_kind(ErrorKind::Rejected) } else { error };
    let help = match code {
        Some(70_021 | 700_211 | 700_212 | 700_213 | 7_002_137 | 7_002_138) => format!(
            "compare issuer, subject and audience with those that az ad app federated-credential list --id {client_id} shows"
        ),
        Some(50_027) => {
            "the federated token is no JSON Web Token: check the file or the text that was given".to_owned()
        }
        Some(700_016) => format!("check the client id {client_id}, and whether it belongs to tenant {tenant}"),
        Some(700_024) => "renew the federated token, or set the clock of this machine".to_owned(),
        Some(700_027) => {
            format!("register the certificate: az ad app credential reset --id {client_id} --append --cert @<file>")
        }
        Some(7_000_215) => format!("give the secret's value of {client_id}, not its id"),
        Some(7_000_222) => format!("make a new secret: az ad app credential reset --id {client_id} --append"),
        _ if is_refusal => format!("check the credential and the permissions of {client_id} in tenant {tenant}"),
        _ => return error,
    };
    error.with_help(help)
}
