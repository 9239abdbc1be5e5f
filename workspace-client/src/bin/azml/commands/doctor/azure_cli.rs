//! The state of the Azure CLI, as far as files tell.

use auth_cli_bridge::{CliConfig, Clouds, ConfigDir, Profile};
use auth_core::Env;

use super::finding::Finding;
use crate::context::Context;

pub(super) fn state(context: &Context) -> Vec<Finding> {
    let env = &context.env;
    let directory = ConfigDir::azure_cli(env);
    let Some(path) = directory.accounts().filter(|path| path.is_dir()) else {
        return vec![Finding::absent("configuration", "the Azure CLI was never used here")];
    };
    let program = env.path("PATH").and_then(|paths| {
        let name = if cfg!(windows) { "az.cmd" } else { "az" };
        std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|program| program.is_file())
    });
    let settings = CliConfig::load(env).and_then(|config| {
        let clouds = Clouds::load(&directory)?;
        Ok((config.cloud_name()?, clouds.custom_names().map(str::to_owned).collect::<Vec<_>>()))
    });
    vec![
        program
            .map_or_else(|| missing(&directory, env), |program| Finding::ok("program", program.display().to_string())),
        match settings {
            Ok((cloud, custom)) => {
                let cloud = cloud.as_deref().unwrap_or("AzureCloud");
                let custom = if custom.is_empty() { String::new() } else { format!("; also {}", custom.join(", ")) };
                Finding::ok("configuration", format!("{}: cloud {cloud}{custom}", path.display()))
            }
            Err(error) => Finding::from_error("configuration", &error),
        },
        match Profile::load(&directory) {
            Ok(profile) if profile.subscriptions().is_empty() => {
                Finding::absent("subscriptions", "nobody has signed in with az login")
            }
            Ok(profile) => {
                let default = profile.subscriptions().iter().find(|it| it.is_default);
                let default = default.map_or_else(String::new, |it| format!("; the default is {}", it.name));
                Finding::ok("subscriptions", format!("{}{default}", profile.subscriptions().len()))
            }
            Err(error) => Finding::from_error("subscriptions", &error),
        },
    ]
}

fn missing(directory: &ConfigDir, env: &Env) -> Finding {
    // What is wrong with its settings is the next finding.
    match directory.encrypted_token_cache(env).ok().flatten() {
        Some(cache) => {
            let why = format!("az is not in PATH, and {} is for az alone to read", cache.display());
            Finding::warning("program", why).with_help("install the Azure CLI, or sign in with azml login")
        }
        None => Finding::absent("program", "az is not in PATH; azml does not need it"),
    }
}
