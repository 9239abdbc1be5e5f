//! The secrets of the emulator's services. All of them are invented and begin with `emu-`, so that tests can search for them.

/// The key of the storage account, unless the world has another.
pub const STORAGE_KEY: &str = "emu-an-invented-storage-account-key";
/// What signs a container's address, unless the world has another.
pub const STORAGE_SAS: &str = "sv=2024-11-04&sr=c&sp=racwl&sig=emu-an-invented-signature";
/// The password of the administrator of every attached virtual machine.
pub const COMPUTE_PASSWORD: &str = "emu-an-invented-administrator-password";
/// What the application insights of every workspace are written with.
pub const INSIGHTS_KEY: &str = "emu-an-invented-instrumentation-key";
/// The password of the container registry of every workspace.
pub const REGISTRY_PASSWORD: &str = "emu-an-invented-registry-password";
/// The first key of the notebooks of every workspace.
pub const NOTEBOOK_PRIMARY_KEY: &str = "emu-an-invented-primary-notebook-key";
/// The second key of the notebooks of every workspace.
pub const NOTEBOOK_SECONDARY_KEY: &str = "emu-an-invented-secondary-notebook-key";
/// The token of the notebooks of every workspace.
pub const NOTEBOOK_TOKEN: &str = "emu-an-invented-notebook-access-token";
/// The token that renews [`NOTEBOOK_TOKEN`].
pub const NOTEBOOK_REFRESH_TOKEN: &str = "emu-an-invented-notebook-refresh-token";
/// The first key of an endpoint that was described without keys.
pub const ENDPOINT_PRIMARY_KEY: &str = "emu-an-invented-primary-endpoint-key";
/// The second key of an endpoint that was described without keys.
pub const ENDPOINT_SECONDARY_KEY: &str = "emu-an-invented-secondary-endpoint-key";
/// What a regenerated key begins with; a number follows.
pub const REGENERATED_KEY: &str = "emu-an-invented-regenerated-key-";
/// The token of an online endpoint.
pub const ENDPOINT_TOKEN: &str = "emu-an-invented-endpoint-token";

/// All of them.
pub const ALL: &[&str] = &[
    STORAGE_KEY,
    STORAGE_SAS,
    COMPUTE_PASSWORD,
    INSIGHTS_KEY,
    REGISTRY_PASSWORD,
    NOTEBOOK_PRIMARY_KEY,
    NOTEBOOK_SECONDARY_KEY,
    NOTEBOOK_TOKEN,
    NOTEBOOK_REFRESH_TOKEN,
    ENDPOINT_PRIMARY_KEY,
    ENDPOINT_SECONDARY_KEY,
    REGENERATED_KEY,
    ENDPOINT_TOKEN,
];
