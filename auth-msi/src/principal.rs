//! Whose token it is.

use std::fmt;

use auth_core::claims::Claims;
use auth_core::{AccessToken, Error};

/// Whose token it is: an application, such as a managed identity, or a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// The object id, `oid`.
    pub object_id: Option<String>,
    /// The client id, `appid`: of the application, or of the one that the person signed in with.
    pub client_id: Option<String>,
    /// The tenant, `tid`.
    pub tenant_id: Option<String>,
    /// The Azure resource id of a managed identity, `xms_mirid`.
    pub resource_id: Option<String>,
    /// The user principal name of a person. None for an application.
    pub username: Option<String>,
    is_user: bool,
}

impl Principal {
    /// Reads the claims of a token. Nothing verifies them: they serve for display.
    ///
    /// # Errors
    /// [`auth_core::ErrorKind::Protocol`] if the token is opaque.
    pub fn of(token: &AccessToken) -> Result<Self, Error> {
        Claims::peek(token.secret().expose()).map(|claims| Self::of_claims(&claims))
    }

    /// Whether it is a person: Azure ML compute instances and Cloud Shell give out tokens of whoever is signed in there.
    pub fn is_user(&self) -> bool {
        self.is_user
    }

    pub(crate) fn of_claims(claims: &Claims) -> Self {
        let username = claims.username().or(claims.unique_name.as_deref());
        let is_user = claims.idtyp.as_deref().map_or(username.is_some(), |kind| kind == "user");
        Self {
            object_id: claims.oid.clone(),
            client_id: claims.appid.clone().or_else(|| claims.azp.clone()),
            tenant_id: claims.tid.clone(),
            resource_id: claims.xms_mirid.clone(),
            username: username.filter(|_| is_user).map(str::to_owned),
            is_user,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        if self.is_user {
            write!(f, "the user {}", unknown(&self.username))?;
        } else {
            // The last segment of the resource id is its name.
            let name = self.resource_id.as_deref().and_then(|id| id.rsplit('/').next());
            let name = name.map(|name| format!("{name}, ")).unwrap_or_default();
            write!(f, "the application {name}client id {}", unknown(&self.client_id))?;
        }
        write!(f, ", object id {}, tenant {}", unknown(&self.object_id), unknown(&self.tenant_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        let claims: Claims = serde_json::from_str(json).unwrap();
        Principal::of_claims(&claims).to_string()
    }

    #[test]
    fn an_identity_and_a_person_are_told_apart() {
        let shown = [
            shown(r#"{"idtyp":"app","appid":"a","oid":"o","tid":"t","xms_mirid":"/subscriptions/s/x/my-identity"}"#),
            shown(r#"{"idtyp":"user","appid":"a","oid":"o","tid":"t","upn":"ada@contoso.example"}"#),
            shown(r#"{"appid":"a","oid":"o","tid":"t","unique_name":"ada@contoso.example"}"#),
            shown(r#"{"appid":"a"}"#),
        ];
        insta::assert_snapshot!(shown.join("\n"), @r"
            the application my-identity, client id a, object id o, tenant t
            the user ada@contoso.example, object id o, tenant t
            the user ada@contoso.example, object id o, tenant t
            the application client id a, object id unknown, tenant unknown
        ");
    }
}
