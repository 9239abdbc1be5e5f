//! What an `MLTable` file refers to.

use std::path::Path;

use auth_core::Error;

use crate::description::Description;

/// The name of the file in the folder of a table (Microsoft, "CLI (v2) `MLTable` YAML schema").
const FILE: &str = "MLTable";

/// The paths that the table in this folder names.
pub(super) fn referenced(folder: &Path) -> Result<Vec<String>, Error> {
    let table = Description::read(Some(&folder.join(FILE)))?;
    let paths = table.members()["paths"].as_array().into_iter().flatten();
    let names = paths.filter_map(|path| ["file", "folder", "pattern"].iter().find_map(|kind| path[kind].as_str()));
    Ok(names.map(str::to_owned).collect())
}
