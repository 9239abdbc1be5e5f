//! Which of a machine's identities is meant.

use auth_core::{Error, ErrorKind};

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
    /// The kind and the id, for messages and to tell identities apart.
    pub(crate) fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::ClientId(id) => ("client-id", id),
            Self::ObjectId(id) => ("object-id", id),
            Self::ResourceId(id) => ("resource-id", id),
            Self::SystemAssigned => ("system-assigned", ""),
        }
    }

    /// The error for a host that cannot select this kind of identity.
    pub(crate) fn unsupported(&self, host: &str, supported: &str) -> Error {
        let (kind, _) = self.parts();
        Error::new(ErrorKind::Configuration, format!("{host} cannot select an identity by its {kind}"))
            .with_help(format!("name {supported}"))
    }
}
