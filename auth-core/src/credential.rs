//! How an application proves who it is, as far as that can be saved.

use std::path::PathBuf;

use crate::Secret;

/// How an application proves who it is, as far as that can be saved. Files are named, not copied: whoever renews them need not
/// sign in again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A token of another issuer, which Entra ID takes until it expires (RFC 7523; workload identity federation).
    Assertion(Secret),
    /// A file with such a token, read anew for each acquisition.
    AssertionFile(PathBuf),
    /// A PEM file with an RSA key and its certificate, read anew for each acquisition.
    Certificate {
        /// Where it lies.
        path: PathBuf,
        /// Whether the certificates are sent along (`x5c`), which registrations by subject name and issuer need.
        sends_chain: bool,
    },
    /// The identity of the machine, which the machine itself proves, in the Azure CLI's notation: `MSI`, `MSIClient-<id>`,
    /// `MSIObject-<id>` or `MSIResource-<id>` (observed: az 2.91).
    ManagedIdentity(String),
    /// A client secret.
    Secret(Secret),
}

impl Credential {
    /// The kind alone, which tells two partitions apart and a person what is used.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Assertion(_) | Self::AssertionFile(_) => "federated token",
            Self::Certificate { .. } => "certificate",
            Self::ManagedIdentity(_) => "managed identity",
            Self::Secret(_) => "secret",
        }
    }
}
