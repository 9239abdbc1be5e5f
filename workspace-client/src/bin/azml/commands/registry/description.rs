//! What `azml registry create` and `update` are told: a YAML file, changes and options, in the words of `az ml`.

use std::collections::BTreeMap;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;
use workspace_client::registry::RegistryRegion;
use workspace_client::{NewRegistry, PublicNetworkAccess, RegistryDetails};

use super::shown;
use crate::args::{CreateRegistryArgs, UpdateRegistryArgs};
use crate::description::Description;
use crate::terminal::warn;

/// What Azure alone sets.
const READ_ONLY: [&str; 10] = [
    "creation_context",
    "discovery_url",
    "id",
    "identity",
    "kind",
    "managed_resource_group",
    "mlflow_registry_uri",
    "properties",
    "resourceGroup",
    "sku",
];

/// A registry as a file describes it. What nobody knows is refused, so that nothing is passed over in silence.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Described {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    container_registry: Value,
    description: Option<String>,
    intellectual_property: Publisher,
    location: Option<String>,
    name: Option<String>,
    public_network_access: Option<String>,
    replication_locations: Vec<Region>,
    tags: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Publisher {
    publisher: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Region {
    location: String,
    #[serde(default)]
    storage_config: Value,
}

/// Accounts that Azure creates; their ids are shown and not read.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Accounts {
    #[serde(rename = "arm_resource_id")]
    _id: Value,
    #[serde(rename = "replicated_ids")]
    _ids: Value,
    replication_count: u8,
    storage_account_hns: bool,
    storage_account_type: String,
}

/// The name, and what the API takes: from the file, then from `--set`, then from the options.
pub(super) fn new(args: &CreateRegistryArgs) -> Result<(String, NewRegistry), Error> {
    let mut said = Description::said(&args.described)?.without(&READ_ONLY);
    put_options(&mut said, args.public_network_access.as_deref(), &args.tags);
    let described: Described = said.parse("a registry")?;
    let name = name(args.name.clone().or(described.name.clone()), None)?;
    Ok((name, described.build()?))
}

/// What the file of an update says.
pub(super) fn file_of(args: &UpdateRegistryArgs) -> Result<Option<Description>, Error> {
    args.file.as_deref().map(|file| Ok(Description::read(Some(file))?.without(&READ_ONLY))).transpose()
}

pub(super) fn name(option: Option<String>, file: Option<&Description>) -> Result<String, Error> {
    let in_file = || file?.members()["name"].as_str().map(str::to_owned);
    option.or_else(in_file).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "what is the name of the registry?")
            .with_help("name it with --name, or in the file that --file names")
    })
}

/// The registry as it is to be. What is not said stays as Azure has it, storage accounts with their ids among it.
pub(super) fn changed(
    registry: &RegistryDetails,
    file: Option<Description>,
    args: &UpdateRegistryArgs,
) -> Result<RegistryDetails, Error> {
    let mut said = file.unwrap_or_else(|| Description::of(shown::registry(registry)).without(&READ_ONLY));
    said.edit(&args.edit.edits, args.edit.force_string)?;
    put_options(&mut said, args.public_network_access.as_deref(), &args.tags);
    let was = shown::registry(registry);
    let is_other = |name: &&&str| {
        let (is, was) = (&said.members()[**name], &was[**name]);
        // The id of the one that Azure created need not be repeated.
        !is.is_null() && is != was && !(was.is_object() && is_premium(is))
    };
    if let Some(name) = ["container_registry", "location", "name"].iter().find(is_other) {
        return Err(Error::new(ErrorKind::Configuration, format!("{name} of a registry cannot be changed")));
    }
    let is_said = |name: &str| said.members().get(name).is_some();
    let mut described: Described = said.parse("a registry")?;
    described.location = registry.location().map(str::to_owned);
    let [tags, access, publisher, regions] =
        ["tags", "public_network_access", "intellectual_property", "replication_locations"].map(is_said);
    let new = serde_json::to_value(described.build()?)
        .map_err(|error| Error::new(ErrorKind::Protocol, "the registry cannot be described").with_source(error))?;
    let members = [
        (tags, "/tags", "/tags"),
        (tags, "/tags", "/properties/managedResourceGroupTags"),
        (access, "/properties/publicNetworkAccess", "/properties/publicNetworkAccess"),
        (publisher, "/properties/intellectualPropertyPublisher", "/properties/intellectualPropertyPublisher"),
    ];
    let said = members.iter().filter_map(|(is_said, from, to)| is_said.then_some((new.pointer(from)?, to)));
    let changed = said.fold(registry.clone(), |changed, (value, to)| changed.with(to, value.clone()));
    if !regions {
        return Ok(changed);
    }
    let regions = merged(&registry.raw()["properties"]["regionDetails"], &new["properties"]["regionDetails"])?;
    Ok(changed.with("/properties/regionDetails", regions))
}

/// The regions that there are, and those that are new.
fn merged(old: &Value, new: &Value) -> Result<Value, Error> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (mut regions, new) = (items(old), items(new));
    let is_in = |regions: &[Value], region: &Value| regions.iter().any(|it| it["location"] == region["location"]);
    if let Some(gone) = regions.iter().find(|region| !is_in(&new, region)) {
        let location = gone["location"].as_str().unwrap_or_default();
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("an update does not take a registry out of {location}"),
        )
        .with_help("leave the regions that it is in, and add others"));
    }
    regions.extend(new.into_iter().filter(|region| !is_in(&items(old), region)));
    Ok(regions.into())
}

fn put_options(said: &mut Description, access: Option<&str>, tags: &[String]) {
    if let Some(access) = access {
        said.put(&["public_network_access"], "--public-network-access", access.into());
    }
    said.put_tags(tags);
}

impl Described {
    fn build(self) -> Result<NewRegistry, Error> {
        let location = self.location.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "in which region is the registry?")
                .with_help("say it as location in the file that --file names, or with --set location=REGION")
        })?;
        if self.description.is_some() {
            warn("a registry has no description, so that it is left out; a tag can hold it");
        }
        let mut new = NewRegistry::new(location);
        for region in self.replication_locations {
            new = new.region(region.build()?);
        }
        new = match self.container_registry {
            Value::Null => new,
            Value::String(id) => new.container_registry(id),
            created if is_premium(&created) => new,
            _ => {
                return Err(Error::new(ErrorKind::Configuration, "container_registry of a registry cannot be that")
                    .with_help("it is the resource id of one, or acr_account_sku: premium"));
            }
        };
        new = self.intellectual_property.publisher.into_iter().fold(new, NewRegistry::publisher);
        if let Some(access) = self.public_network_access {
            new = new.public_network_access(&PublicNetworkAccess::from(access.as_str()));
        }
        let tags = self.tags.into_iter();
        Ok(tags.fold(new, |new, (name, value)| new.tag(&name, value.unwrap_or_default())))
    }
}

impl Region {
    fn build(self) -> Result<RegistryRegion, Error> {
        let region = RegistryRegion::new(&self.location);
        let refuse = || {
            let message = format!("storage_config of the region {} cannot be that", self.location);
            Error::new(ErrorKind::Configuration, message).with_help(
                "it is a list of resource ids, or storage_account_type, storage_account_hns and replication_count",
            )
        };
        match self.storage_config {
            Value::Null => Ok(region),
            Value::Array(ids) => {
                let ids: Option<Vec<_>> = ids.iter().map(Value::as_str).collect();
                Ok(region.storage_accounts(ids.ok_or_else(refuse)?))
            }
            // The library's own error would tell what stands there.
            config => match serde_json::from_value::<Accounts>(config) {
                Ok(it) if it.replication_count > 0 => {
                    let account_type = it.storage_account_type.to_lowercase();
                    Ok(region.storage(&account_type, it.storage_account_hns, it.replication_count))
                }
                _ => Err(refuse()),
            },
        }
    }
}

impl Default for Accounts {
    /// As for a region of which nothing is said (observed: azure-ai-ml 1.35).
    fn default() -> Self {
        Self {
            _id: Value::Null,
            _ids: Value::Null,
            replication_count: 1,
            storage_account_hns: false,
            storage_account_type: "standard_lrs".to_owned(),
        }
    }
}

fn is_premium(created: &Value) -> bool {
    let sku = created.get("acr_account_sku").and_then(Value::as_str);
    let members = created.as_object().into_iter().flatten();
    sku.is_none_or(|sku| sku.eq_ignore_ascii_case("premium"))
        && created.is_object()
        && members.map(|(name, _)| name.as_str()).all(|name| ["acr_account_sku", "arm_resource_id"].contains(&name))
}
