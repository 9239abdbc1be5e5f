//! The file that says which workspace a folder belongs to, as the Python SDK and the Azure portal write it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use serde_json::Value;

use crate::arm::ResourceId;
use crate::file::{Audience, replace};

/// Where the file may lie, best first. Every ancestor is searched for one place before the next place is tried, so
/// `.azureml/config.json` far above beats `config.json` right here (observed: azureml-core 1.61).
const PLACES: [(&str, &str); 6] = [
    (".azureml", "config.json"),
    (".azureml", "project.json"),
    ("aml_config", "config.json"),
    ("aml_config", "project.json"),
    ("", "config.json"),
    ("", "project.json"),
];

/// Which workspace a file names; not checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WorkspaceConfig {
    pub(crate) subscription: String,
    pub(crate) resource_group: String,
    pub(crate) name: String,
}

/// The file that `path` stands for: itself, or the one that a search from that folder upwards finds.
pub(crate) fn find(path: &Path) -> Result<PathBuf, Error> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let start = path.canonicalize().map_err(|error| {
        Error::new(ErrorKind::Configuration, format!("{} cannot be searched", path.display())).with_source(error)
    })?;
    let candidates =
        PLACES.iter().flat_map(|(folder, name)| start.ancestors().map(move |base| base.join(folder).join(name)));
    candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
        let message = format!("no workspace configuration in {} or above it", start.display());
        Error::new(ErrorKind::Unavailable, message).with_help(
            "download config.json from the workspace's page in the Azure portal, or name the workspace with its resource group and \
             subscription",
        )
    })
}

/// Reads either form: `Scope`, which wins, or the three names.
pub(crate) fn read(path: &Path) -> Result<WorkspaceConfig, Error> {
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("{} {why}", path.display()))
            .with_help("it holds subscription_id, resource_group and workspace_name, or the workspace's id as Scope")
    };
    let bytes = std::fs::read(path).map_err(|error| refuse("cannot be read".to_owned()).with_source(error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let config: Value =
        serde_json::from_slice(bytes).map_err(|error| refuse("is not JSON".to_owned()).with_source(error))?;
    let text = |key: &str| config.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(scope) = text("Scope") {
        let id = scope.parse::<ResourceId>().ok().filter(ResourceId::is_in_workspace);
        let id = id.ok_or_else(|| refuse("has a Scope that is not the id of a workspace".to_owned()))?;
        return Ok(WorkspaceConfig {
            subscription: id.subscription().to_owned(),
            resource_group: id.resource_group().to_owned(),
            name: id.root_name().to_owned(),
        });
    }
    let needed = |key: &str| text(key).map(str::to_owned).ok_or_else(|| refuse(format!("lacks {key}")));
    Ok(WorkspaceConfig {
        subscription: needed("subscription_id")?,
        resource_group: needed("resource_group")?,
        name: needed("workspace_name")?,
    })
}

/// Writes the file where the Python SDK does, and to the byte what it writes; returns its path.
pub(crate) fn write(folder: &Path, file_name: Option<&str>, id: &ResourceId) -> Result<PathBuf, Error> {
    let old = folder.join("aml_config");
    let folder = if old.is_dir() { old } else { folder.join(".azureml") };
    let path = match file_name {
        Some(name) if Path::new(name).file_name() != Some(name.as_ref()) => {
            return Err(Error::new(ErrorKind::Configuration, format!("{name:?} is not a file name")));
        }
        Some(name) => folder.join(format!("{}.json", name.strip_suffix(".json").unwrap_or(name))),
        None if folder.join("project.json").is_file() => folder.join("project.json"),
        None => folder.join("config.json"),
    };
    let content = format!("{{\"Id\": null, \"Scope\": \"{}\"}}", ascii(id.as_str()));
    replace(&path, content.as_bytes(), Audience::Everybody)?;
    Ok(path)
}

/// The text with what is not ASCII as `\u` escapes, as Python's JSON writer has it. An id holds nothing else to escape.
fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const SCOPE: &str = "/subscriptions/S/resourceGroups/R/providers/Microsoft.MachineLearningServices/workspaces/W";

    fn put(base: &Path, path: &str, content: &[u8]) -> PathBuf {
        let path = base.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(&path, content).unwrap();
        path
    }

    fn names(subscription: &str, resource_group: &str, name: &str) -> WorkspaceConfig {
        WorkspaceConfig { subscription: subscription.into(), resource_group: resource_group.into(), name: name.into() }
    }

    #[test]
    fn the_search_takes_each_place_all_the_way_up_before_the_next() {
        // The files that are there, and the one that is found from a/b/c.
        let cases: [(&[&str], &str); 7] = [
            (&["a/b/c/config.json", "a/.azureml/config.json"], "a/.azureml/config.json"),
            (&["a/b/c/.azureml/config.json", ".azureml/config.json"], "a/b/c/.azureml/config.json"),
            (&["a/b/c/.azureml/project.json", ".azureml/config.json"], ".azureml/config.json"),
            (&["a/b/c/aml_config/config.json", "a/.azureml/project.json"], "a/.azureml/project.json"),
            (&["a/b/c/aml_config/project.json", "aml_config/config.json"], "aml_config/config.json"),
            (&["a/b/c/project.json", "a/config.json"], "a/config.json"),
            (&["a/b/project.json"], "a/b/project.json"),
        ];
        for (files, found) in cases {
            let home = TempDir::new().unwrap();
            let base = home.path().canonicalize().unwrap();
            std::fs::create_dir_all(base.join("a/b/c")).unwrap();
            for file in files {
                put(&base, file, b"{}");
            }
            assert_eq!(find(&base.join("a/b/c")).unwrap(), base.join(found), "{files:?}");
        }
    }

    #[test]
    fn a_file_stands_for_itself_and_a_folder_without_any_is_named() {
        let home = TempDir::new().unwrap();
        let file = put(home.path(), "my.json", b"{}");
        assert_eq!(find(&file).unwrap(), file);
        let error = find(&home.path().join("nowhere")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().ends_with("nowhere cannot be searched"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_way_up_is_the_real_one_behind_a_link() {
        let home = TempDir::new().unwrap();
        let base = home.path().canonicalize().unwrap();
        let file = put(&base, "real/.azureml/config.json", b"{}");
        std::fs::create_dir_all(base.join("real/deep")).unwrap();
        std::fs::create_dir_all(base.join("other")).unwrap();
        std::os::unix::fs::symlink(base.join("real/deep"), base.join("other/link")).unwrap();
        assert_eq!(find(&base.join("other/link")).unwrap(), file);
    }

    #[test]
    fn both_forms_are_read_and_the_scope_wins() {
        let home = TempDir::new().unwrap();
        let three = r#"{"subscription_id": "s", "resource_group": "r", "workspace_name": " w "}"#;
        let cases = [
            (three.to_owned(), names("s", "r", "w")),
            (format!("\u{feff}{three}"), names("s", "r", "w")),
            (format!(r#"{{"Id": null, "Scope": "{SCOPE}"}}"#), names("S", "R", "W")),
            (format!(r#"{{"Scope": "{SCOPE}/", "subscription_id": "s"}}"#), names("S", "R", "W")),
            (format!(r#"{{"Scope": "{}/projects/p"}}"#, SCOPE.to_lowercase()), names("s", "r", "w")),
            (three.replace('{', r#"{"Scope": null, "extra": [1], "#), names("s", "r", "w")),
        ];
        for (content, expected) in cases {
            assert_eq!(read(&put(home.path(), "config.json", content.as_bytes())).unwrap(), expected, "{content}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_name() {
        let home = TempDir::new().unwrap();
        let cases = [
            ("", "is not JSON"),
            ("[]", "lacks subscription_id"),
            (r#"{"subscription_id": 7}"#, "lacks subscription_id"),
            (r#"{"subscription_id": "s", "resource_group": ""}"#, "lacks resource_group"),
            (r#"{"subscription_id": "s", "resource_group": "r"}"#, "lacks workspace_name"),
            (r#"{"Scope": "/subscriptions/S"}"#, "has a Scope that is not the id of a workspace"),
            (
                r#"{"Scope": "/subscriptions/S/resourceGroups/R/providers/Microsoft.Storage/storageAccounts/x"}"#,
                "has a Scope that is not the id of a workspace",
            ),
        ];
        for (content, expected) in cases {
            let path = put(home.path(), "config.json", content.as_bytes());
            let error = read(&path).unwrap_err();
            assert_eq!(error.to_string(), format!("{} {expected}", path.display()));
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
    }

    #[test]
    fn what_is_written_is_what_the_python_sdk_writes() {
        let subscription = "a0b1c2d3-0001-4000-8000-00000000a001";
        let id = ResourceId::workspace(subscription, "rg-ml", "ws-main").unwrap();
        let expected = format!(
            "{{\"Id\": null, \"Scope\": \"/subscriptions/{subscription}/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/\
             workspaces/ws-main\"}}"
        );
        // The folders and files that are there, the name that is asked for, and the file that is written.
        let cases = [
            ("", None, ".azureml/config.json"),
            ("aml_config/x", None, "aml_config/config.json"),
            (".azureml/project.json", None, ".azureml/project.json"),
            ("aml_config/project.json", Some("ws"), "aml_config/ws.json"),
            ("", Some("ws.json"), ".azureml/ws.json"),
        ];
        for (there, name, written) in cases {
            let home = TempDir::new().unwrap();
            if !there.is_empty() {
                put(home.path(), there, b"");
            }
            let path = write(home.path(), name, &id).unwrap();
            assert_eq!(path, home.path().join(written));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(read(&path).unwrap(), names(subscription, "rg-ml", "ws-main"));
        }
        assert!(write(Path::new("."), Some("../x"), &id).is_err());
    }

    #[test]
    fn letters_beyond_ascii_are_escaped_as_python_does() {
        assert_eq!(ascii("Größe-𝄞"), r"Gr\u00f6\u00dfe-\ud834\udd1e");
    }
}
