//! Connections to other services. Their credentials are told by `listsecrets` alone.

use serde_json::{Value, json};

use super::call::Call;
use super::kind::Action;
use super::request::ArmRequest;
use super::store::underlay;

pub(super) const READ_ONLY: &[&str] = &["/properties/createdByWorkspaceArmId", "/properties/group"];
pub(super) const HIDDEN: &[&str] = &["/properties/credentials"];
pub(super) const ACTIONS: &[(&str, Action)] =
    &[("listsecrets", Action::Answer(|_, connection| Ok(connection.clone())))];

pub(super) fn begun(call: &mut Call<'_>, connection: &mut Value) {
    let workspace = call.place.root();
    underlay(
        connection,
        json!({"properties": {"createdByWorkspaceArmId": workspace, "group": "AzureAI", "isSharedToAll": true}}),
    );
}

pub(super) fn shows(connection: &Value, request: &ArmRequest<'_>) -> bool {
    ["category", "target"].iter().all(|member| {
        let own = connection["properties"][*member].as_str().unwrap_or_default();
        request.parameter(member).is_none_or(|wanted| wanted.eq_ignore_ascii_case(own))
    })
}
