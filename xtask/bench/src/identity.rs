//! Who signs in, and for what.

/// What every function here may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The scope of Azure Resource Manager.
pub const ARM: &str = "https://management.azure.com/.default";
/// The scope of the Azure ML data plane.
pub const ML: &str = "https://ml.azure.com/.default";
/// The part of the path that every token request has.
pub const TOKEN_ENDPOINT: &str = "/oauth2/v2.0/token";
