//! The clients, unchanged, at the emulator: each gets the token that it would get from Azure.

use std::collections::BTreeMap;

use xtask::emulator::{Emulator, IdentityHost, defaults};

use super::super::identity_server::claims;
use super::driver::{Driver, Outcome, Peer, Question};

/// The host, what an identity is named by, and whose token each client gets, in the order of [`Peer::ALL`]: that of the `machine`,
/// of the identity that was `named`, or of the `person`; otherwise the class of its error. `-` is a client that does not know the
/// host, and would ask a virtual machine's service in its place.
#[rustfmt::skip]
pub(super) const EXPECTED: &[(IdentityHost, &str, [&str; 3])] = &[
    (IdentityHost::AppService, "", ["machine", "machine", "machine"]),
    (IdentityHost::AppService, "client_id", ["named", "named", "named"]),
    (IdentityHost::AppService, "object_id", ["named", "ValueError", "named"]),
    (IdentityHost::AppService, "resource_id", ["named", "ValueError", "named"]),
    (IdentityHost::Arc, "", ["machine", "-", "machine"]),
    (IdentityHost::Arc, "client_id", ["named", "-", "named"]),
    (IdentityHost::Arc, "object_id", ["named", "-", "named"]),
    (IdentityHost::Arc, "resource_id", ["named", "-", "named"]),
    // azureml-core posts a form without the secret, as if it were in Cloud Shell.
    (IdentityHost::AzureMl, "", ["person", "AzureResponseError", "person"]),
    (IdentityHost::AzureMl, "client_id", ["named", "AzureResponseError", "named"]),
    // The others send parameters that a compute instance does not know.
    (IdentityHost::AzureMl, "object_id", ["person", "AzureResponseError", "person"]),
    (IdentityHost::AzureMl, "resource_id", ["person", "AzureResponseError", "person"]),
    (IdentityHost::CloudShell, "", ["person", "person", "-"]),
    (IdentityHost::CloudShell, "client_id", ["ValueError", "person", "-"]),
    (IdentityHost::CloudShell, "object_id", ["ValueError", "person", "-"]),
    (IdentityHost::CloudShell, "resource_id", ["ValueError", "person", "-"]),
    (IdentityHost::Imds, "", ["machine", "machine", "machine"]),
    (IdentityHost::Imds, "client_id", ["named", "named", "named"]),
    (IdentityHost::Imds, "object_id", ["named", "named", "named"]),
    (IdentityHost::Imds, "resource_id", ["named", "named", "named"]),
    // MSAL takes it for Azure ML, whose times are numbers.
    (IdentityHost::LegacyAppService, "", ["ValueError", "machine", "ValueError"]),
    (IdentityHost::LegacyAppService, "client_id", ["ValueError", "named", "ValueError"]),
    (IdentityHost::LegacyAppService, "object_id", ["ValueError", "ValueError", "ValueError"]),
    (IdentityHost::LegacyAppService, "resource_id", ["ValueError", "ValueError", "ValueError"]),
    (IdentityHost::ServiceFabric, "", ["machine", "-", "machine"]),
    (IdentityHost::ServiceFabric, "client_id", ["ClientAuthenticationError", "-", "machine"]),
    (IdentityHost::ServiceFabric, "object_id", ["ClientAuthenticationError", "-", "machine"]),
    (IdentityHost::ServiceFabric, "resource_id", ["ClientAuthenticationError", "-", "machine"]),
];

/// Asks everything of the table, and tells what came out otherwise.
pub(super) fn check(drivers: &mut BTreeMap<Peer, Driver>) -> Result<Vec<String>, String> {
    let azure = Emulator::start();
    let mut problems = Vec::new();
    for (host, named_by, expected) in EXPECTED {
        for (peer, expected) in Peer::ALL.iter().zip(expected).filter(|(_, expected)| **expected != "-") {
            let driver = drivers.get_mut(peer).expect("every peer has a driver");
            let got = whose(&driver.ask(&question(&azure, *host, named_by))?);
            if got != *expected {
                let peer = peer.name();
                problems.push(format!("{host:?} {named_by}: {peer} gets {got} from the emulator, not {expected}"));
            }
        }
    }
    Ok(problems)
}

fn question(azure: &Emulator, host: IdentityHost, named_by: &str) -> Question {
    let mut env = azure.env();
    env.extend(azure.managed_identity_env(host));
    // azureml-core has the address of a virtual machine's service built in, which only a proxy turns into another one.
    env.push(("HTTP_PROXY".into(), azure.http_url().into()));
    let mut question = Question::new(env, azure.arc_tokens_folder());
    let id = match named_by {
        "" => return question,
        "client_id" => defaults::USER_ASSIGNED_CLIENT_ID,
        "object_id" => defaults::USER_ASSIGNED_OBJECT_ID,
        _ => defaults::USER_ASSIGNED_RESOURCE_ID,
    };
    question.identity.insert(named_by.into(), id.into());
    question
}

fn whose(outcome: &Outcome) -> String {
    let token = match outcome {
        Outcome::Error { error } => return error.clone(),
        Outcome::Token { token } => token,
    };
    match claims(token)["oid"].as_str() {
        Some(defaults::ADA_OBJECT_ID) => "person".into(),
        Some(defaults::SYSTEM_ASSIGNED_OBJECT_ID) => "machine".into(),
        Some(defaults::USER_ASSIGNED_OBJECT_ID) => "named".into(),
        _ => "the token of somebody else".into(),
    }
}
