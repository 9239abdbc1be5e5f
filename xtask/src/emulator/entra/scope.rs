//! Scopes: what is asked for, and what is granted.

use super::super::world::World;
use super::error::EntraError;

const OIDC: &[&str] = &["openid", "profile", "email", "offline_access"];
const GRAPH: &str = "https://graph.microsoft.com";

/// The scopes of one request, all for one resource.
#[derive(Clone, Debug)]
pub(super) struct Scopes {
    /// The audience of the token, exactly as it was written.
    pub(super) resource: String,
    pub(super) openid: bool,
    pub(super) offline_access: bool,
}

impl Scopes {
    /// Reads a `scope` parameter of the token or device code endpoint.
    pub(super) fn parse(world: &World, text: &str) -> Result<Self, EntraError> {
        let mut resource: Option<String> = None;
        let (mut named, mut default) = (false, false);
        for scope in text.split_ascii_whitespace().filter(|scope| !OIDC.contains(scope)) {
            let (of, permission) = scope.rsplit_once('/').unwrap_or((GRAPH, scope));
            if resource.as_ref().is_some_and(|known| known != of) {
                return Err(EntraError::invalid_request(
                    28_000,
                    format!(
                        "Provided value for the input parameter scope is not valid because it contains more than one resource. \
                         Scope {text} is not valid."
                    ),
                ));
            }
            if permission == ".default" {
                default = true;
            } else {
                named = true;
            }
            resource = Some(of.to_owned());
        }
        if text.trim().is_empty() || (named && default) {
            return Err(EntraError::invalid_scope(
                70_011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {text} is not valid."
                ),
            ));
        }
        let resource = resource.unwrap_or_else(|| GRAPH.to_owned());
        if !world.knows_resource(&resource) {
            return Err(EntraError::unknown_resource(&resource));
        }
        let asks_for = |name: &str| text.split_ascii_whitespace().any(|scope| scope == name);
        Ok(Self { resource, openid: asks_for("openid"), offline_access: asks_for("offline_access") })
    }

    /// The answer's `scope`.
    pub(super) fn granted(&self) -> String {
        format!("{0}/user_impersonation {0}/.default", self.resource)
    }
}
