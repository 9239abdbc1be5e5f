//! That a workspace or a registry is not there.

use auth_core::{Error, ErrorKind};

use crate::arm::{ArmClient, ArmError, ResourceId};
use crate::reach;
use crate::resources::Kind;

/// Says more of an error, if it is about the resource itself, or about what that lies in.
pub(crate) async fn explain<K: Kind>(id: &ResourceId, client: &ArmClient, error: &Error) -> Option<Error> {
    if let Some(told) = reach::explain(client, id.subscription(), error).await {
        return Some(told);
    }
    let arm = ArmError::of(error)?;
    let is_missing = match arm.code()? {
        "ParentResourceNotFound" | "ResourceGroupNotFound" | "SubscriptionNotFound" => true,
        // What lies in it is told without its whole type (observed: azureml-core 1.61).
        "ResourceNotFound" => {
            let end = format!("{}/{}'", K::SEGMENT, id.root_name().to_lowercase());
            arm.message()?.to_lowercase().contains(&end)
        }
        _ => false,
    };
    if is_missing { not_found::<K>(id, error) } else { None }
}

/// What a 404 means here: the resource, its group or its subscription is not there.
pub(crate) fn not_found<K: Kind>(id: &ResourceId, error: &Error) -> Option<Error> {
    let arm = ArmError::of(error).filter(|arm| arm.status() == 404)?;
    let (kind, subscription, group) = (K::NAME, id.subscription(), id.resource_group());
    let help = match arm.code() {
        Some("SubscriptionNotFound") => "azml account list".to_owned(),
        Some("ResourceGroupNotFound") => format!("azml {kind} list --subscription {subscription}"),
        _ => format!("azml {kind} list --resource-group {group} --subscription {subscription}"),
    };
    let (first, rest) = kind.split_at(1);
    let place = format!("{} in resource group {group} of subscription {subscription}", id.root_name());
    let message = format!("{}{rest} not found: {place}", first.to_uppercase());
    let not_found = Error::new(ErrorKind::Rejected, message).with_help(help).with_status(404).with_source(arm.clone());
    Some(match error.correlation_id() {
        Some(id) => not_found.with_correlation_id(id),
        None => not_found,
    })
}
