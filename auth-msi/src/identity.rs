//! Which of a machine's identities is meant.

use auth_core::claims::Claims;
use auth_core::{Error, ErrorKind};

use crate::response::Echo;
use crate::{Host, HostKind, Principal};

/// Which of a machine's identities is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// A user-assigned identity, by its client id.
    ClientId(String),
    /// A user-assigned identity, by its object (principal) id.
    ObjectId(String),
    /// A user-assigned identity, by its Azure resource id.
    ResourceId(String),
    /// The machine's own identity, or whatever its host answers with when none is named.
    #[default]
    SystemAssigned,
}

impl Identity {
    /// The Azure CLI's notation: `MSI`, `MSIClient-<id>`, `MSIObject-<id>` or `MSIResource-<id>` (observed: az 2.91, the
    /// `assignedIdentityInfo` of a subscription).
    pub fn to_notation(&self) -> String {
        match self {
            Self::ClientId(id) => format!("MSIClient-{id}"),
            Self::ObjectId(id) => format!("MSIObject-{id}"),
            Self::ResourceId(id) => format!("MSIResource-{id}"),
            Self::SystemAssigned => "MSI".to_owned(),
        }
    }

    /// The identity with this [notation](Identity::to_notation), if it is one.
    pub fn from_notation(text: &str) -> Option<Self> {
        match text.split_once('-') {
            Some(("MSIClient", id)) => Some(Self::ClientId(id.to_owned())),
            Some(("MSIObject", id)) => Some(Self::ObjectId(id.to_owned())),
            Some(("MSIResource", id)) => Some(Self::ResourceId(id.to_owned())),
            None if text == "MSI" => Some(Self::SystemAssigned),
            _ => None,
        }
    }

    /// The kind and the id, for messages and to tell identities apart.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::ClientId(id) => ("client id", id),
            Self::ObjectId(id) => ("object id", id),
            Self::ResourceId(id) => ("resource id", id),
            Self::SystemAssigned => ("system-assigned", ""),
        }
    }

    /// The parameter that selects it, by the names that a host has for client, object and resource ids.
    pub(crate) fn selector(&self, names: [&'static str; 3]) -> Option<(&'static str, &str)> {
        let [client, object, resource] = names;
        match self {
            Self::ClientId(id) => Some((client, id)),
            Self::ObjectId(id) => Some((object, id)),
            Self::ResourceId(id) => Some((resource, id)),
            Self::SystemAssigned => None,
        }
    }

    /// The error for a host that cannot select this kind of identity.
    pub(crate) fn unsupported(&self, host: HostKind, supported: &str) -> Error {
        let (kind, _) = self.parts();
        Error::new(ErrorKind::Configuration, format!("{} cannot select an identity by its {kind}", host.name()))
            .with_help(format!("name {supported}"))
    }

    /// Refuses what cannot be an id: with one, an Azure ML host answers with the token of whoever is signed in there
    /// (azure-sdk-for-python 31032).
    pub(crate) fn check(&self) -> Result<(), Error> {
        let (kind, id) = self.parts();
        let (is_sound, shape) = match self {
            Self::ClientId(id) | Self::ObjectId(id) => {
                (is_guid(id), "a GUID such as 0a1b2c3d-0000-4000-8000-000000000001")
            }
            Self::ResourceId(id) => (
                id.to_lowercase().starts_with("/subscriptions/") && !id.chars().any(char::is_control),
                "one such as /subscriptions/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/my-identity",
            ),
            Self::SystemAssigned => return Ok(()),
        };
        if is_sound {
            return Ok(());
        }
        let shown: String = id.chars().take(100).collect();
        Err(Error::new(ErrorKind::Configuration, format!("{shown:?} is not the {kind} of an identity"))
            .with_help(format!("give {shape}")))
    }

    /// Refuses an answer of another identity than the one that was selected.
    pub(crate) fn check_answer(&self, host: &Host, echo: &Echo, claims: &Claims) -> Result<(), Error> {
        let principal = Principal::of_claims(claims);
        let (echoed, claimed) = match self {
            Self::ClientId(_) => (&echo.client, &principal.client_id),
            Self::ObjectId(_) => (&echo.object, &principal.object_id),
            Self::ResourceId(_) => (&echo.resource, &principal.resource_id),
            Self::SystemAssigned => return Ok(()),
        };
        let (kind, wanted) = self.parts();
        let refuse = |found: String, help: &str| {
            let message =
                format!("{} was asked for the identity of {kind} {wanted}, and answered {found}", host.name());
            Err(Error::new(ErrorKind::Rejected, message).with_help(help))
        };
        // An agent that does not know the parameter answers with the machine's own identity (observed: MSAL for Python 1.39).
        if host.kind() == HostKind::Arc && echoed.is_none() {
            return refuse(
                "without saying whose token it is".to_owned(),
                "update the agent of Azure Arc on this machine",
            );
        }
        if principal.is_user() {
            return refuse(format!("with the token of {principal}"), "assign the identity to this machine");
        }
        match [echoed, claimed].into_iter().flatten().find(|found| !found.eq_ignore_ascii_case(wanted)) {
            Some(other) => {
                refuse(format!("with that of {other}"), "check that the identity is assigned to this machine")
            }
            None => Ok(()),
        }
    }
}

pub(crate) fn is_guid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_of_the_azure_cli_is_read_as_it_is_written() {
        for (identity, text) in [
            (Identity::ClientId("a-b".into()), "MSIClient-a-b"),
            (Identity::ObjectId("o".into()), "MSIObject-o"),
            (Identity::ResourceId("/subscriptions/s".into()), "MSIResource-/subscriptions/s"),
            (Identity::SystemAssigned, "MSI"),
        ] {
            assert_eq!(identity.to_notation(), text);
            assert_eq!(Identity::from_notation(text), Some(identity));
        }
        for other in ["", "msi", "MSI-x", "MSIOther-x", "MSIClient"] {
            assert_eq!(Identity::from_notation(other), None, "{other}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_refused_before_anybody_is_asked() {
        let guid = "0A1B2C3D-0000-4000-8000-000000000001";
        let good = [
            Identity::ClientId(guid.into()),
            Identity::ObjectId(guid.to_lowercase()),
            Identity::ResourceId("/subscriptions/1/x".into()),
            Identity::SystemAssigned,
        ];
        assert!(good.iter().all(|identity| identity.check().is_ok()));
        for bad in
            ["", "clientid", "my-app", "0a1b2c3d-0000-4000-8000-00000000000", "x\n", guid.get(1..).unwrap_or_default()]
        {
            for identity in
                [Identity::ClientId(bad.into()), Identity::ObjectId(bad.into()), Identity::ResourceId(bad.into())]
            {
                assert_eq!(identity.check().unwrap_err().kind(), ErrorKind::Configuration, "{identity:?}");
            }
        }
    }
}
