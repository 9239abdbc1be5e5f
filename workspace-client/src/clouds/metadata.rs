//! The table of clouds at `ARM_CLOUD_METADATA_URL`, and our copy of it: `cloud-metadata.json` in azml's folder.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use auth_core::clock::to_unix;
use auth_core::cloud::metadata;
use auth_core::http::HttpClient;
use auth_core::{Clock, CloudSettings, Env, Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::dirs;
use crate::file::{Audience, lock, prepare_folder, read_plain, replace};

/// A copy is renewed after a day (observed: MSAL keeps what it learnt about an authority as long).
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// A copy that cannot be renewed is better than none, but not for ever.
const USABLE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Asks for the table of clouds at `ARM_CLOUD_METADATA_URL`, and keeps a copy of it: if that is set, and the copy is missing or a
/// day old. Where it cannot be had, a copy of up to 30 days stays in use, with a warning in the log.
///
/// # Errors
/// As [`auth_core::cloud::metadata::fetch`], and [`ErrorKind::Store`] if the copy cannot be kept.
pub async fn refresh(env: &Env, http: &HttpClient, clock: &Clock) -> Result<(), Error> {
    let Some(url) = url(env) else { return Ok(()) };
    let now = to_unix(clock.now());
    let copy = Copies::load(env).0.remove(&url);
    if copy.as_ref().is_some_and(|copy| copy.is_younger(FRESH, now)) {
        return Ok(());
    }
    match usable_clouds(http, &url).await {
        Ok(clouds) => Copies::keep(env, url, Copy { fetched: now, clouds }, now).await,
        Err(error) if copy.is_some_and(|copy| copy.is_younger(USABLE, now)) => {
            tracing::warn!(%error, "the table of clouds cannot be had, so an older copy of it is used");
            Ok(())
        }
        Err(error) => {
            let message = format!("the clouds of ARM_CLOUD_METADATA_URL cannot be had: {error}");
            Err(Error::new(error.kind(), message).with_help("correct ARM_CLOUD_METADATA_URL, or unset it"))
        }
    }
}

/// The table at this URL, without the clouds that cannot be used.
async fn usable_clouds(http: &HttpClient, url: &str) -> Result<Vec<(String, CloudSettings)>, Error> {
    let mut problem = None;
    let mut clouds = metadata::fetch(http, url).await?;
    clouds.retain(|(name, settings)| match settings.build(name) {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%error, "a cloud of ARM_CLOUD_METADATA_URL cannot be used");
            problem = Some(error);
            false
        }
    });
    match problem {
        Some(error) if clouds.is_empty() => Err(error),
        _ => Ok(clouds),
    }
}

/// The copy of the table; none if no table is asked for.
pub(super) fn cached(env: &Env, clock: &Clock) -> Result<Option<Vec<(String, CloudSettings)>>, Error> {
    let Some(url) = url(env) else { return Ok(None) };
    let now = to_unix(clock.now());
    match Copies::load(env).0.remove(&url).filter(|copy| copy.is_younger(USABLE, now)) {
        Some(copy) => Ok(Some(copy.clouds)),
        None => {
            Err(Error::new(ErrorKind::Configuration, "the clouds of ARM_CLOUD_METADATA_URL are not known here yet")
                .with_help("azml cloud list asks for them, and so does a login; or unset ARM_CLOUD_METADATA_URL"))
        }
    }
}

fn url(env: &Env) -> Option<String> {
    Some(env.var("ARM_CLOUD_METADATA_URL")?.trim().to_owned())
}

/// The table of each URL.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Copies(BTreeMap<String, Copy>);

#[derive(Debug, Deserialize, Serialize)]
struct Copy {
    /// In seconds since the epoch.
    fetched: u64,
    clouds: Vec<(String, CloudSettings)>,
}

impl Copy {
    /// One of the future is from a clock that was wrong.
    fn is_younger(&self, limit: Duration, now: u64) -> bool {
        now.checked_sub(self.fetched).is_some_and(|age| age < limit.as_secs())
    }
}

impl Copies {
    /// What cannot be read is asked for again.
    fn load(env: &Env) -> Self {
        let bytes = path(env).and_then(|path| read_plain(&path).ok());
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    async fn keep(env: &Env, url: String, copy: Copy, now: u64) -> Result<(), Error> {
        let path = path(env).ok_or_else(dirs::homeless)?;
        path.parent().map_or(Ok(()), prepare_folder)?;
        let _lock = lock(&path.with_extension("json.lock")).await?;
        let mut copies = Self::load(env);
        copies.0.retain(|_, copy| copy.is_younger(USABLE, now));
        copies.0.insert(url, copy);
        let json = serde_json::to_vec(&copies).map_err(|error| {
            Error::new(ErrorKind::Store, format!("{} cannot be written", path.display())).with_source(error)
        })?;
        replace(&path, &json, Audience::Owner)
    }
}

fn path(env: &Env) -> Option<PathBuf> {
    Some(dirs::config_dir(env)?.join("cloud-metadata.json"))
}
