//! The clouds that Azure Resource Manager tells about: `GET <resource manager>/metadata/endpoints`, to anybody, without a token.

#[cfg(feature = "http")]
use std::fmt::Display;

use serde::Deserialize;
use serde_json::Value;
#[cfg(feature = "http")]
use url::Url;

#[cfg(feature = "http")]
use super::endpoint::{endpoint, is_trustworthy};
use super::{Cloud, CloudSettings};
#[cfg(feature = "http")]
use crate::http::{HttpClient, body, network_error};
use crate::{Error, ErrorKind};

/// The version whose answer is the cloud that was asked (observed: az 2.91 `cloud register`).
#[cfg(feature = "http")]
const ONE_CLOUD: &str = "metadata/endpoints?api-version=2022-09-01";

/// More clouds than there will ever be.
const MOST_CLOUDS: usize = 100;

/// Reads an answer: a list of clouds (version 2019-05-01), or one cloud (2022-09-01 and later). Each has its name and what is
/// said about it; nothing is checked before [`CloudSettings::build`], so that one bad cloud does not spoil the others.
///
/// # Errors
/// [`ErrorKind::Protocol`] if it is neither, or holds no cloud.
pub fn parse(answer: &[u8]) -> Result<Vec<(String, CloudSettings)>, Error> {
    let refuse = |why: String| Error::new(ErrorKind::Protocol, format!("this is not a list of clouds: {why}"));
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| refuse(error.to_string()))?;
    let clouds = match answer {
        Answer::Many(clouds) => clouds,
        Answer::One(cloud) => vec![*cloud],
    };
    if clouds.is_empty() || clouds.len() > MOST_CLOUDS {
        return Err(refuse(format!("it has {} entries", clouds.len())));
    }
    Ok(clouds.into_iter().map(Metadata::settings).collect())
}

/// Asks for the table of clouds at this URL, as `ARM_CLOUD_METADATA_URL` names it. Asking takes at most 30 s.
///
/// # Errors
/// [`ErrorKind::Configuration`] if the URL is neither https nor on this machine, [`ErrorKind::Network`], [`ErrorKind::Timeout`],
/// and as [`parse`].
#[cfg(feature = "http")]
pub async fn fetch(http: &HttpClient, url: &str) -> Result<Vec<(String, CloudSettings)>, Error> {
    let parsed = Url::parse(url.trim()).ok();
    let Some(url) = parsed.filter(|it| is_trustworthy(it) && it.username().is_empty() && it.password().is_none())
    else {
        return Err(Error::new(ErrorKind::Configuration, "the URL of the clouds' metadata cannot be used")
            .with_help("set ARM_CLOUD_METADATA_URL to an https URL without a user name, or to an http URL on this machine, or unset it"));
    };
    ask(http, url).await
}

/// Asks the Azure Resource Manager at this URL about its cloud, which is going to be called `name`. Asking takes at most 30 s.
///
/// # Errors
/// As [`fetch`].
#[cfg(feature = "http")]
pub async fn fetch_from(http: &HttpClient, name: &str, resource_manager: &str) -> Result<CloudSettings, Error> {
    let manager = endpoint(name, "resource manager", resource_manager)?;
    let url = format!("{}/{ONE_CLOUD}", manager.as_str().trim_end_matches('/'));
    let url = Url::parse(&url).map_err(|error| unusable(resource_manager, &error))?;
    let clouds = ask(http, url).await?;
    let own = |(_, settings): &(String, CloudSettings)| {
        settings.get("endpoint_resource_manager").and_then(|url| Url::parse(url).ok()).as_ref() == Some(&manager)
    };
    let position = clouds.iter().position(own).unwrap_or(0);
    let found = clouds.into_iter().nth(position).map(|(_, settings)| settings).unwrap_or_default();
    // Whatever address it names, it is this one that was meant.
    Ok(CloudSettings::default().with("endpoint_resource_manager", resource_manager).or(found))
}

#[cfg(feature = "http")]
async fn ask(http: &HttpClient, url: Url) -> Result<Vec<(String, CloudSettings)>, Error> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let response = http.get()?.get(url).send().await.map_err(network_error)?;
    let status = response.status();
    if !status.is_success() {
        return Err(unusable(&host, &format!("the answer was {status}")));
    }
    parse(&body(response).await?).map_err(|error| unusable(&host, &error))
}

#[cfg(feature = "http")]
fn unusable(host: &str, why: &dyn Display) -> Error {
    let message = format!("{host} does not tell about its cloud: {why}");
    Error::new(ErrorKind::Protocol, message).with_help(
        "check that this is Azure Resource Manager; a cloud without this service can be described in a file: azml cloud register --name <NAME> --cloud-config <FILE>",
    )
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Many(Vec<Metadata>),
    One(Box<Metadata>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    portal: Option<String>,
    authentication: Authentication,
    resource_manager: Option<String>,
    microsoft_graph_resource_id: Option<String>,
    #[serde(default)]
    suffixes: Suffixes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: String,
    #[serde(default)]
    audiences: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    storage: Option<String>,
    key_vault_dns: Option<String>,
}

impl Metadata {
    /// What is said, and for a known cloud what is known and not said (observed: az 2.91).
    fn settings(self) -> (String, CloudSettings) {
        let known = Cloud::named(&self.name).ok();
        let public = known.as_ref().filter(|cloud| **cloud == Cloud::public());
        // Azure Resource Manager names an older host of the public cloud (observed: az 2.91).
        let login = public.map_or(self.authentication.login_endpoint, |cloud| cloud.authority().to_string());
        let vault = self.suffixes.key_vault_dns.map(|it| format!(".{}", it.trim_start_matches('.')));
        let values = [
            ("endpoint_active_directory", Some(login.trim_end_matches('/').to_owned())),
            (
                "endpoint_active_directory_resource_id",
                self.authentication.audiences.first().and_then(Value::as_str).map(str::to_owned),
            ),
            ("endpoint_microsoft_graph_resource_id", self.microsoft_graph_resource_id),
            ("endpoint_portal", self.portal),
            ("endpoint_resource_manager", self.resource_manager),
            ("suffix_keyvault_dns", vault),
            ("suffix_storage_endpoint", self.suffixes.storage),
        ];
        let settings = (values.iter()).fold(CloudSettings::default(), |settings, (name, value)| {
            settings.with(name, value.as_deref().unwrap_or_default())
        });
        (self.name, settings.or(known.as_ref().map(CloudSettings::of).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn rig() -> Value {
        json!({
            "name": "RigCloud",
            "portal": "https://portal.azure.rig",
            "authentication": {
                "loginEndpoint": "https://login.rig.example/",
                "audiences": ["https://arm.rig.example/", "https://other.rig.example/"],
                "tenant": "common",
            },
            "resourceManager": "https://arm.rig.example/",
            "microsoftGraphResourceId": "https://graph.rig.example/",
            "suffixes": {"storage": "core.rig", "keyVaultDns": "vault.rig", "unknown": null},
            "somethingNew": [1, 2],
        })
    }

    #[test]
    fn both_shapes_give_the_same_cloud() {
        let one = parse(rig().to_string().as_bytes()).unwrap();
        let many = parse(
            json!([rig(), {"name": "AzureCloud", "authentication": {"loginEndpoint": "https://login.windows.net/"}}])
                .to_string()
                .as_bytes(),
        );
        let many = many.unwrap();
        assert_eq!(one[0], many[0]);
        let cloud = one[0].1.build(&one[0].0).unwrap();
        assert_eq!((cloud.name(), cloud.authority_host()), ("RigCloud", "login.rig.example"));
        assert_eq!(cloud.arm_scope().as_str(), "https://arm.rig.example//.default");
        assert_eq!(cloud.ml_scope().unwrap().as_str(), "https://ml.azure.rig/.default");
        assert_eq!(cloud.graph_scope().unwrap().as_str(), "https://graph.rig.example//.default");
        assert_eq!((cloud.storage_suffix(), cloud.key_vault_suffix()), (Some("core.rig"), Some(".vault.rig")));
        // A known cloud is completed from what is known, and the public one keeps its current authority.
        assert_eq!(many[1].1.build("AzureCloud").unwrap(), Cloud::public());
    }

    #[test]
    fn a_hostile_cloud_is_refused_when_it_is_chosen_and_spoils_no_other() {
        let mut evil = rig();
        evil["name"] = "Evil".into();
        evil["authentication"]["loginEndpoint"] = "http://login.evil.example".into();
        let clouds = parse(json!([evil, rig()]).to_string().as_bytes()).unwrap();
        assert_eq!(clouds[0].1.build("Evil").unwrap_err().kind(), ErrorKind::Configuration);
        assert!(clouds[1].1.build("RigCloud").is_ok());
    }

    #[test]
    fn what_is_no_list_of_clouds_is_refused() {
        let many = json!(vec![rig(); MOST_CLOUDS + 1]).to_string();
        for answer in ["", "[]", "{}", "<html>", "7", r#"[{"name": "X"}]"#, &"[".repeat(10_000), &many] {
            let error = parse(answer.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(error.to_string().len() < 300, "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(answer in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&answer);
        }

        #[test]
        fn no_value_makes_it_panic(member in 0_usize..4, value in ".{0,60}") {
            let mut cloud = rig();
            match member {
                0 => cloud["name"] = value.as_str().into(),
                1 => cloud["authentication"]["loginEndpoint"] = value.as_str().into(),
                2 => cloud["authentication"]["audiences"] = json!([value]),
                _ => cloud["suffixes"]["storage"] = value.as_str().into(),
            }
            for (name, settings) in parse(cloud.to_string().as_bytes()).unwrap() {
                let _ = settings.build(&name);
            }
        }
    }
}
