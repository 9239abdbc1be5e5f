//! A cloud that is described in a file of its own.

use std::fmt::Display;
use std::path::Path;

use auth_core::{CloudSettings, Error, ErrorKind};

use crate::file::read_plain;

/// More than any description of one cloud needs.
const LARGEST_FILE: u64 = 256 << 10;

/// Reads a file as `az cloud register --cloud-config` takes it: see [`CloudSettings::parse`].
///
/// ```no_run
/// use workspace_client::auth::InteractiveLoginAuthentication;
/// use workspace_client::clouds;
/// # async fn example() -> Result<(), workspace_client::Error> {
/// let cloud = clouds::read("rig.json")?.build("Rig")?;
/// let auth = InteractiveLoginAuthentication::builder().custom_cloud(cloud).login().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`ErrorKind::Store`] if it cannot be read, and as [`CloudSettings::parse`]; both name the file.
pub fn read(path: impl AsRef<Path>) -> Result<CloudSettings, Error> {
    let path = path.as_ref();
    let refuse = |kind, why: &dyn Display| {
        Error::new(kind, format!("{}: {why}", path.display()))
            .with_help("name a file of JSON, with the JSON of `az cloud show` or `azml cloud show` as a pattern")
    };
    if path.metadata().is_ok_and(|metadata| metadata.len() > LARGEST_FILE) {
        return Err(refuse(ErrorKind::Configuration, &format!("it is larger than {LARGEST_FILE} bytes")));
    }
    let bytes = read_plain(path).map_err(|error| refuse(ErrorKind::Store, &error))?;
    CloudSettings::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| refuse(error.kind(), &error))
}
