//! Applications that sign in as themselves: service principals, with a secret, a certificate, or a token of another issuer.

mod assertion;
mod authentication;
mod certificate;
mod environment;
mod oidc;
mod refusal;
mod source;

pub use assertion::{AssertionCallback, AssertionSource};
pub use authentication::{ServicePrincipalAuthentication, ServicePrincipalBuilder};
pub use certificate::{ClientCertificate, SigningAlgorithm};
pub use environment::{check_authority, variables};
pub use source::sign_in;
