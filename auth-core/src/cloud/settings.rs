//! What is said about a cloud, in the words of the Azure CLI.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::Cloud;
use crate::{Error, ErrorKind, Scopes};

/// Every setting: the Azure CLI's own names of `clouds.config` (observed: az 2.91), and three of ours for Azure ML, about which
/// the Azure CLI has none.
const NAMES: [&str; 10] = [
    "endpoint_active_directory",
    "endpoint_active_directory_resource_id",
    "endpoint_machine_learning_registry_discovery",
    "endpoint_machine_learning_resource_id",
    "endpoint_microsoft_graph_resource_id",
    "endpoint_portal",
    "endpoint_resource_manager",
    "suffix_keyvault_dns",
    "suffix_machine_learning_api",
    "suffix_storage_endpoint",
];

/// The settings that every cloud needs (observed: az 2.91).
const NEEDED: [&str; 3] =
    ["endpoint_resource_manager", "endpoint_active_directory", "endpoint_active_directory_resource_id"];

/// More than any description of one cloud needs.
const LARGEST_TEXT: usize = 256 << 10;

/// What is said about a cloud, complete or not, by the names that the Azure CLI gives to its settings.
///
/// Its JSON is that of `az cloud show` and of the files that `az cloud register --cloud-config` takes. What is not known here is
/// passed over. Nothing is checked before [`CloudSettings::build`].
///
/// ```
/// use auth_core::CloudSettings;
/// let settings = CloudSettings::parse(r#"{
///     "endpoints": {"activeDirectory": "https://login.rig.example", "resourceManager": "https://arm.rig.example"},
///     "endpointActiveDirectoryResourceId": "https://arm.rig.example/"
/// }"#)?;
/// assert_eq!(settings.build("Rig")?.authority_host(), "login.rig.example");
/// # Ok::<(), auth_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct CloudSettings(BTreeMap<&'static str, String>);

impl CloudSettings {
    /// The settings of a cloud.
    pub fn of(cloud: &Cloud) -> Self {
        let url = |url: Option<&Url>| url.map(ToString::to_string);
        let resource = |scopes: Option<Scopes>| Some(scopes?.as_str().strip_suffix("/.default")?.to_owned());
        let values = [
            Some(cloud.authority().as_str().trim_end_matches('/').to_owned()),
            resource(Some(cloud.arm_scope())),
            url(cloud.ml_registry_discovery()),
            resource(cloud.ml_scope()),
            resource(cloud.graph_scope()),
            url(cloud.portal()),
            url(Some(cloud.resource_manager())),
            cloud.key_vault_suffix().map(str::to_owned),
            cloud.ml_api_suffix().map(str::to_owned),
            cloud.storage_suffix().map(str::to_owned),
        ];
        Self(NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect())
    }

    /// Reads JSON in one of the two shapes that `az cloud register --cloud-config` takes, or in both at once:
    /// `{"endpoints": {"activeDirectory": ...}, "suffixes": {...}}` and `{"endpointActiveDirectory": ...}`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is larger than 256 KiB, not JSON of such a shape, or says nothing about a cloud.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let refuse = |why: String| {
            Error::new(ErrorKind::Configuration, format!("this does not describe a cloud: {why}"))
                .with_help("take the JSON of `az cloud show`, or of `azml cloud show`, as a pattern")
        };
        if json.len() > LARGEST_TEXT {
            return Err(refuse(format!("it is larger than {LARGEST_TEXT} bytes")));
        }
        let settings: Self =
            serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|error| refuse(error.to_string()))?;
        if settings.0.is_empty() {
            return Err(refuse("it names none of its endpoints".into()));
        }
        Ok(settings)
    }

    /// The names of all settings, such as `endpoint_active_directory`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter()
    }

    /// Adds a setting. An unknown name and a blank value say nothing.
    ///
    /// A portal says where Azure ML is, too, unless that is said: `portal.azure.cn` goes with `ml.azure.cn` (observed:
    /// azureml-core 1.61).
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let (known, value) = (NAMES.into_iter().find(|known| *known == name), value.trim());
        let Some(name) = known.filter(|_| !value.is_empty()) else { return self };
        if let (true, Some((_, zone))) =
            (name == "endpoint_portal", value.trim_end_matches('/').split_once("://portal.azure."))
        {
            let audience = format!("https://ml.azure.{zone}");
            self.0.entry("endpoint_machine_learning_resource_id").or_insert(audience);
        }
        self.0.insert(name, value.to_owned());
        self
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Takes from `other` what is not said here.
    pub fn or(mut self, other: Self) -> Self {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// The settings that a cloud needs and that are missing here.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        NEEDED.into_iter().filter(|name| !self.0.contains_key(name))
    }

    /// The cloud.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if one of the three settings is missing that every cloud needs, and as [`Cloud::custom`].
    pub fn build(&self, name: &str) -> Result<Cloud, Error> {
        let missing: Vec<_> = self.missing().collect();
        let [Some(manager), Some(authority), Some(audience)] = NEEDED.map(|needed| self.get(needed)) else {
            let message = format!("cloud {name:?} is not complete: it lacks {}", missing.join(", "));
            return Err(Error::new(ErrorKind::Configuration, message).with_help(
                "every cloud needs the URL of Azure Resource Manager, that of its sign-in authority, and the audience of its tokens",
            ));
        };
        let mut cloud = Cloud::custom(name, authority, manager, audience)?;
        for (name, value) in &self.0 {
            cloud = match *name {
                "endpoint_machine_learning_registry_discovery" => cloud.ml_registry_discovery(value)?,
                "endpoint_machine_learning_resource_id" => cloud.ml_audience(value)?,
                "endpoint_microsoft_graph_resource_id" => cloud.graph(value)?,
                "endpoint_portal" => cloud.portal(value)?,
                "suffix_keyvault_dns" => cloud.key_vault_suffix(value)?,
                "suffix_machine_learning_api" => cloud.ml_api_suffix(value)?,
                "suffix_storage_endpoint" => cloud.storage_suffix(value)?,
                _ => cloud,
            };
        }
        Ok(cloud.build())
    }
}

/// The JSON, as far as it is known.
#[derive(Deserialize, Serialize)]
struct Shape {
    #[serde(default)]
    endpoints: BTreeMap<String, Value>,
    #[serde(default)]
    suffixes: BTreeMap<String, Value>,
    #[serde(flatten, skip_serializing)]
    flat: BTreeMap<String, Value>,
}

impl TryFrom<Shape> for CloudSettings {
    type Error = String;

    fn try_from(Shape { endpoints, suffixes, flat }: Shape) -> Result<Self, String> {
        let nested = |prefix: &'static str, members: BTreeMap<String, Value>| {
            members.into_iter().map(move |(name, value)| (format!("{prefix}_{}", snake_case(&name)), value))
        };
        let flat = flat.into_iter().map(|(name, value)| (snake_case(&name), value));
        let mut settings = Self::default();
        for (name, value) in nested("endpoint", endpoints).chain(nested("suffix", suffixes)).chain(flat) {
            match value {
                Value::String(value) => settings = settings.with(&name, &value),
                Value::Null => {}
                _ if NAMES.contains(&&*name) => return Err(format!("{name} is not a text")),
                _ => {}
            }
        }
        Ok(settings)
    }
}

impl From<CloudSettings> for Shape {
    /// Every setting, those that are not said with null, as the Azure CLI shows them.
    fn from(settings: CloudSettings) -> Self {
        let of = |prefix: &str| {
            let own = NAMES.into_iter().filter_map(|name| Some((name, name.strip_prefix(prefix)?)));
            own.map(|(name, short)| (camel_case(short), settings.get(name).into())).collect()
        };
        Self { endpoints: of("endpoint_"), suffixes: of("suffix_"), flat: BTreeMap::new() }
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        name + &head.to_ascii_uppercase() + tail
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rig() -> CloudSettings {
        CloudSettings::default()
            .with("endpoint_active_directory", "https://login.rig.example")
            .with("endpoint_active_directory_resource_id", "https://arm.rig.example/")
            .with("endpoint_resource_manager", "https://arm.rig.example")
    }

    #[test]
    fn the_settings_of_a_cloud_make_that_cloud_again() {
        for name in Cloud::known_names() {
            let cloud = Cloud::named(name).unwrap();
            let settings = CloudSettings::of(&cloud);
            assert_eq!(settings.0.len(), NAMES.len(), "{name} lacks something");
            assert_eq!(settings.build(name).unwrap(), cloud);
            let json = serde_json::to_string(&settings).unwrap();
            assert_eq!(CloudSettings::parse(&json).unwrap(), settings);
        }
    }

    #[test]
    fn both_shapes_of_the_cli_say_the_same() {
        let nested = r#"{"name": "X", "isActive": true, "profile": "latest",
            "endpoints": {"activeDirectory": "https://l.example", "gallery": null, "sqlManagement": "https://s.example"},
            "suffixes": {"storageEndpoint": "core.rig", "sqlServerHostname": ".sql.rig"}}"#;
        let flat = r#"{"endpointActiveDirectory": "https://l.example", "suffixStorageEndpoint": "core.rig"}"#;
        let snake =
            r#"{"endpoints": {"active_directory": "https://l.example"}, "suffix_storage_endpoint": "core.rig"}"#;
        let settings = CloudSettings::parse(nested).unwrap();
        assert_eq!(settings.0.len(), 2);
        for other in [flat, snake, &format!("\u{feff}{flat}")] {
            assert_eq!(CloudSettings::parse(other).unwrap(), settings);
        }
    }

    #[test]
    fn what_describes_no_cloud_is_refused_with_a_pattern() {
        let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(LARGEST_TEXT));
        let deep = "[".repeat(10_000);
        for text in [
            "",
            "<html>",
            "[]",
            "{}",
            "null",
            r#"{"endpoints": []}"#,
            r#"{"endpoints": {"portal": 7}}"#,
            r#"{"endpointPortal": " "}"#,
            &huge,
            &deep,
        ] {
            let error = CloudSettings::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().len() < 300 && error.help().is_some(), "{error}");
        }
    }

    #[test]
    fn a_cloud_that_is_not_complete_says_what_it_lacks() {
        let error = CloudSettings::default().with("endpoint_portal", "https://p.example").build("Rig").unwrap_err();
        insta::assert_snapshot!(error, @r#"cloud "Rig" is not complete: it lacks endpoint_resource_manager, endpoint_active_directory, endpoint_active_directory_resource_id"#);
    }

    #[test]
    fn what_must_not_be_trusted_is_refused_whoever_says_it() {
        for (name, value) in [
            ("endpoint_active_directory", "http://login.rig.example"),
            ("endpoint_active_directory", "https://user:canary@login.rig.example"),
            ("endpoint_resource_manager", "file:///etc/passwd"),
            ("endpoint_portal", "http://portal.rig.example"),
            ("endpoint_microsoft_graph_resource_id", "https://graph.rig.example/?x=1"),
            ("endpoint_machine_learning_registry_discovery", "https://ml.rig.example./"),
            ("suffix_storage_endpoint", "evil.example/path"),
            ("suffix_storage_endpoint", "user@evil.example"),
            ("suffix_keyvault_dns", "vault.rig evil"),
            ("suffix_machine_learning_api", "ml.rig\u{1b}[2J"),
        ] {
            let error = rig().with(name, value).build("Rig").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{name} {value}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        for name in ["", " ", "a\nb", &"x".repeat(200)] {
            assert!(rig().build(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_portal_says_where_azure_ml_is_unless_that_is_said() {
        let settings = rig().with("endpoint_portal", "https://portal.azure.rig/");
        assert_eq!(settings.get("endpoint_machine_learning_resource_id"), Some("https://ml.azure.rig"));
        let settings = rig().with("endpoint_machine_learning_resource_id", "https://ml.example");
        let settings = settings.with("endpoint_portal", "https://portal.azure.rig/");
        assert_eq!(settings.get("endpoint_machine_learning_resource_id"), Some("https://ml.example"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = CloudSettings::parse(&text);
            let _ = rig().with("endpoint_portal", &text).with("suffix_storage_endpoint", &text).build(&text);
        }

        #[test]
        fn no_members_make_it_panic(name in "[a-zA-Z_é]{0,20}", value in ".{0,40}") {
            let json = serde_json::json!({"endpoints": {&name: &value}, "suffixes": {&name: [&value]}, &name: &value});
            if let Ok(settings) = CloudSettings::parse(&json.to_string()) {
                let _ = settings.build(&name);
            }
        }

        #[test]
        fn the_cases_of_a_name_are_inverse(name in "[a-z]{1,5}(_[a-z]{1,5}){0,4}") {
            prop_assert_eq!(snake_case(&camel_case(&name)), name);
        }
    }
}
