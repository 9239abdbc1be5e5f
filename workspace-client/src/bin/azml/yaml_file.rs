//! The YAML files that describe what is to be created, and `--set`.

use std::collections::BTreeMap;
use std::path::Path;

use auth_core::{Error, ErrorKind};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Larger ones are no descriptions.
const LARGEST: u64 = 4 << 20;

/// The members of the file.
pub(crate) fn read(path: &Path) -> Result<Map<String, Value>, Error> {
    let refuse =
        |why: String| Error::new(ErrorKind::Configuration, format!("{} cannot be read: {why}", path.display()));
    // Asked first, because reading a pipe would never end.
    let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(refuse("it is not a plain file of at most 4 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    match serde_saphyr::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(refuse("it does not hold members, such as name: cpu-cluster".to_owned())),
        Err(error) => Err(refuse(format!("it is not YAML: {}", error.to_string().lines().next().unwrap_or_default()))),
    }
}

/// Why a description does not fit, without the value, which may be a password.
pub(crate) fn misfit(error: &serde_json::Error) -> String {
    let told = error.to_string();
    match told.split_once(", expected ") {
        Some((start, expected)) if start.starts_with("invalid ") => format!("one of its members is not {expected}"),
        _ => told,
    }
}

/// A text, which YAML may have taken for a number or a truth.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
}

/// Texts by name.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let texts = BTreeMap::<String, Option<Text>>::deserialize(deserializer)?;
    Ok(texts.into_iter().map(|(name, text)| (name, text.map(|text| text.0).unwrap_or_default())).collect())
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(value) => Ok(Self(value.to_string())),
            Value::Number(value) => Ok(Self(value.to_string())),
            Value::String(value) => Ok(Self(value)),
            _ => Err(serde::de::Error::custom("one of its members is not a text")),
        }
    }
}

/// Sets members by `path.to.member=value`, whose value is read as YAML, so that `3` is a number.
pub(crate) fn set(members: &mut Map<String, Value>, settings: &[String]) -> Result<(), Error> {
    for setting in settings {
        let refuse = |which: &str| {
            Error::new(ErrorKind::Configuration, format!("--set{which} sets no member"))
                .with_help("write it as MEMBER=VALUE, such as --set max_instances=4")
        };
        // What stands there may be a password.
        let (path, value) = setting.split_once('=').ok_or_else(|| refuse(" without ="))?;
        let refuse = || refuse(&format!(" {path}="));
        let value = serde_saphyr::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let mut names: Vec<_> = path.split('.').collect();
        if names.contains(&"") {
            return Err(refuse());
        }
        let last = names.pop().unwrap_or_default();
        let mut place = &mut *members;
        for name in names {
            let inner = place.entry(name).or_insert_with(|| Value::Object(Map::new()));
            place = inner.as_object_mut().ok_or_else(refuse)?;
        }
        place.insert(last.to_owned(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_set_however_deep_they_lie_and_with_their_type() {
        let mut members = Map::from_iter([("tags".to_owned(), json!({"a": "1"})), ("size".to_owned(), json!("S"))]);
        let settings = ["tags.b=x=y", "max_instances=4", "on=true", "network_settings.subnet=/s", "none="];
        set(&mut members, &settings.map(str::to_owned)).unwrap();
        let expected = json!({
            "tags": {"a": "1", "b": "x=y"}, "size": "S", "max_instances": 4, "on": true,
            "network_settings": {"subnet": "/s"}, "none": null,
        });
        assert_eq!(Value::Object(members.clone()), expected);
        for wrong in ["tags", "=x", "tags.=x", ".x=1", "size.x=1"] {
            let error = set(&mut members, &[wrong.to_owned()]).unwrap_err();
            let which = wrong.split_once('=').map_or_else(|| " without =".to_owned(), |(path, _)| format!(" {path}="));
            assert_eq!(error.to_string(), format!("--set{which} sets no member"));
        }
    }
}
