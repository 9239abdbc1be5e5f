//! What the Azure CLI is configured to.

use auth_cli_bridge::CliConfig;
use auth_core::Env;
use clap::ValueEnum as _;

use crate::output::Format;

/// `[core] output`.
pub(crate) fn output(env: &Env) -> Option<Format> {
    Format::from_str(&setting(env, "core", "output")?, true).ok()
}

/// `[defaults] group`, as `az configure --defaults group=...` sets it.
pub(crate) fn group(env: &Env) -> Option<String> {
    setting(env, "defaults", "group")
}

/// `[defaults] workspace`, as `az configure --defaults workspace=...` sets it.
pub(crate) fn workspace(env: &Env) -> Option<String> {
    setting(env, "defaults", "workspace")
}

/// `AZURE_<SECTION>_<OPTION>`, or else the option in the Azure CLI's file. A file that cannot be read sets nothing here; a login
/// through it says what is wrong.
fn setting(env: &Env, section: &str, option: &str) -> Option<String> {
    CliConfig::load(env).ok()?.get(section, option).ok()?
}
