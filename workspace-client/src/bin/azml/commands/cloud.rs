//! `azml cloud list`, `azml cloud show`, `azml cloud set`, `azml cloud register` and `azml cloud unregister`.

use auth_core::cloud::metadata;
use auth_core::{Cloud, CloudSettings, Error, ErrorKind};
use serde_json::{Value, json};
use workspace_client::clouds::{self, CloudOrigin};

use crate::args::RegisterArgs;
use crate::context::{Context, block_on};
use crate::output::{Column, Outcome};
use crate::terminal::{say, warn};

/// The columns of the Azure CLI, and one of ours.
const COLUMNS: [Column; 4] = [("IsActive", "isActive"), ("Name", "name"), ("Profile", "profile"), ("Origin", "origin")];

pub(crate) fn list(context: &Context) -> Result<Outcome, Error> {
    let clouds = context.clouds()?;
    let (active, mut listed) = (active(context), Vec::new());
    for (name, _) in clouds.names() {
        match clouds.named(&name) {
            Ok((cloud, origin)) => listed.push(json(&cloud, origin, active.as_deref())),
            Err(error) => warn(&format!("cloud {name:?} cannot be used: {error}")),
        }
    }
    Ok(Outcome::with_columns(Value::Array(listed), &COLUMNS))
}

pub(crate) fn show(name: Option<&str>, context: &Context) -> Result<Outcome, Error> {
    let (cloud, origin) = if let Some(name) = name {
        context.clouds()?.named(name)?
    } else {
        let chosen = context.chosen_cloud()?;
        (chosen.cloud, chosen.origin)
    };
    Ok(Outcome::with_columns(json(&cloud, origin, active(context).as_deref()), &COLUMNS))
}

/// Says on stderr what it did, as az does.
pub(crate) fn set(name: &str, context: &Context) -> Result<(), Error> {
    let clouds = context.clouds()?;
    let cloud = block_on(clouds.set(name))?;
    say(&format!("from now on the cloud is {}", cloud.name()));
    if let Some(other) = context.env.var("AZUREML_CURRENT_CLOUD") {
        say(&format!("note: AZUREML_CURRENT_CLOUD names {other:?}, and goes before it"));
    }
    Ok(())
}

/// What is said on the command line goes before what the file says, and that before what Azure Resource Manager says of itself.
pub(crate) fn register(args: &RegisterArgs, context: &Context) -> Result<(), Error> {
    let clouds = context.clouds()?;
    let mut settings = args.settings();
    if let Some(config) = &args.cloud_config {
        let said = match config.trim_start() {
            json if json.starts_with('{') => CloudSettings::parse(json)?,
            path => clouds::read(path.strip_prefix('@').unwrap_or(path))?,
        };
        settings = settings.or(said);
    }
    let is_complete = settings.missing().next().is_none();
    if let Some(manager) =
        settings.get("endpoint_resource_manager").filter(|_| !is_complete && !args.skip_endpoint_discovery)
    {
        let found = block_on(metadata::fetch_from(&context.http, &args.name, manager))?;
        settings = settings.or(found);
    }
    let missing: Vec<_> = settings.missing().map(|name| format!("--{}", name.replace('_', "-"))).collect();
    if !missing.is_empty() {
        let message = format!("cloud {:?} is not complete", args.name);
        let help = format!("say {}, or say it in --cloud-config", missing.join(", "));
        return Err(Error::new(ErrorKind::Configuration, message).with_help(help));
    }
    let cloud = block_on(clouds.register(&args.name, settings))?;
    say(&format!("registered {}, which signs in at {}", cloud.name(), cloud.authority()));
    Ok(())
}

pub(crate) fn unregister(name: &str, context: &Context) -> Result<(), Error> {
    let clouds = context.clouds()?;
    block_on(clouds.unregister(name))
}

/// None if it is the choice that is wrong: a list must help there.
fn active(context: &Context) -> Option<String> {
    Some(context.chosen_cloud().ok()?.cloud.name().to_owned())
}

/// The members of `az cloud show`, as far as they are known here, and where the description comes from.
fn json(cloud: &Cloud, origin: CloudOrigin, active: Option<&str>) -> Value {
    let mut shown = json!(CloudSettings::of(cloud));
    shown["name"] = cloud.name().into();
    shown["isActive"] = (active == Some(cloud.name())).into();
    shown["origin"] = match origin {
        CloudOrigin::AzureCli => "az",
        CloudOrigin::Azml => "azml",
        CloudOrigin::BuiltIn => "built in",
        CloudOrigin::Metadata => "metadata",
    }
    .into();
    shown["profile"] = "latest".into();
    shown
}
