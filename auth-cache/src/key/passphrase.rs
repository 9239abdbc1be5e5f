//! Keys that are derived from a passphrase. A file beside the records holds what the derivation needs besides, none of it secret.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use auth_core::{Error, ErrorKind, Secret};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::asked::{self, Asked, Asking};
use super::place::Place;
use super::{Key, KeyId, KeyOrigin};
use crate::lock::FileLock;
use crate::{atomic, directory};

/// Gives the passphrase, if there is one.
#[derive(Clone)]
pub(crate) struct Source(Arc<dyn Fn() -> Option<Secret> + Send + Sync>);

impl Source {
    pub(crate) fn new(source: impl Fn() -> Option<Secret> + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    fn passphrase(&self) -> Result<Secret, Error> {
        (self.0)().filter(|passphrase| !passphrase.expose().is_empty()).ok_or_else(no_passphrase)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

/// What a file may ask of this machine at most: three times the memory and twice the passes of what is written today, and four
/// keys, where a rotation needs two. That is less than a second of work.
const MOST_MEMORY_KIB: u32 = 64 << 10;
const MOST_PASSES: u32 = 4;
const MOST_LANES: u32 = 4;
const MOST_LINES: usize = 4;
const SALT_LENGTH: usize = 16;

pub(super) struct Passphrase {
    path: PathBuf,
    source: Option<Source>,
    asked: Asked,
}

/// What it takes to derive one key and to recognise it.
#[derive(Clone, Debug, PartialEq)]
struct Derivation {
    params: Params,
    salt: Vec<u8>,
    id: KeyId,
}

impl Passphrase {
    pub(super) fn new(directory: &Path, source: Option<Source>) -> Self {
        Self { path: directory.join("key.passphrase"), source, asked: Asked::default() }
    }

    /// The first derivation is the one for new records.
    fn read(&self) -> Result<Vec<Derivation>, Error> {
        let bytes = directory::read(&self.path).map_err(|error| directory::failed(&self.path, "read", error))?;
        let Some(bytes) = bytes else { return Ok(Vec::new()) };
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let lines: Option<Vec<Derivation>> = text.lines().take(MOST_LINES + 1).map(Derivation::from_text).collect();
        lines.filter(|lines| (1..=MOST_LINES).contains(&lines.len())).ok_or_else(|| {
            let message = format!("{} does not say how the passphrase becomes a key", self.path.display());
            Error::new(ErrorKind::Store, message).with_help(
                "bring it back from a backup; without one those logins are lost: move it away, then azml login",
            )
        })
    }

    fn write(&self, derivations: &[Derivation]) -> Result<(), Error> {
        let text: String = derivations.iter().map(|derivation| derivation.to_text() + "\n").collect();
        let written = match derivations {
            [] => directory::remove(&self.path).map(drop),
            [_] if !self.path.exists() => atomic::create(&self.path, text.as_bytes()),
            _ => atomic::replace(&self.path, text.as_bytes()),
        };
        written.map_err(|error| directory::failed(&self.path, "written", error))
    }

    /// One more key than [`Passphrase::read`] accepts would make all of them unreadable.
    fn full(&self) -> Error {
        let message = format!(
            "{} has {MOST_LINES} keys already, which is the most, and nothing was changed",
            self.path.display()
        );
        Error::new(ErrorKind::Store, message).with_help(
            "update azml, or remove the records that it cannot open, such as one that a later version wrote; then try again",
        )
    }

    /// Derives whatever this passphrase gives of these.
    fn deriving(&self, derivations: Vec<Derivation>) -> Result<impl Asking, Error> {
        let Some(source) = self.source.clone() else { return Err(no_passphrase()) };
        Ok(move || {
            let passphrase = source.passphrase()?;
            let keys: Result<Vec<Key>, Error> =
                derivations.iter().map(|it| derive(&passphrase, &it.params, &it.salt)).collect();
            let known = |key: &Key| derivations.iter().any(|derivation| derivation.id == key.id());
            Ok(keys?.into_iter().filter(known).collect())
        })
    }
}

#[async_trait]
impl Place for Passphrase {
    fn origin(&self) -> KeyOrigin {
        KeyOrigin::Passphrase
    }

    fn lacks(&self) -> Option<Error> {
        self.source.is_none().then(no_passphrase)
    }

    async fn ids(&self) -> Result<Vec<KeyId>, Error> {
        Ok(self.read()?.into_iter().map(|derivation| derivation.id).collect())
    }

    async fn key(&self, id: KeyId) -> Result<Option<Key>, Error> {
        let derivations = self.read()?;
        if !derivations.iter().any(|derivation| derivation.id == id) {
            return Ok(None);
        }
        match self.asked.find(id, self.deriving(derivations)?, late).await? {
            Some(key) => Ok(Some(key)),
            None => {
                Err(Error::new(ErrorKind::Store, "the passphrase is not the one that the records were sealed with")
                    .with_help("set AZML_PASSPHRASE to the right one; to do without it: azml logout --all, then export AZML_PROTECTION=key-file and azml login"))
            }
        }
    }

    async fn add(&self, _lock: &Arc<FileLock>) -> Result<Key, Error> {
        let mut derivations = self.read()?;
        if derivations.len() >= MOST_LINES {
            return Err(self.full());
        }
        if let Some(current) = derivations.first() {
            // A mistyped passphrase must not become a second one.
            self.key(current.id).await?;
        }
        let Some(source) = self.source.clone() else { return Err(no_passphrase()) };
        let (params, salt) = (Params::DEFAULT, random_salt());
        let derive = {
            let (params, salt) = (params.clone(), salt.clone());
            move || Ok(vec![derive(&source.passphrase()?, &params, &salt)?])
        };
        let keys = asked::change(derive, late).await?;
        let key = keys.into_iter().next().ok_or_else(late)?;
        derivations.insert(0, Derivation { params, salt, id: key.id() });
        self.write(&derivations)?;
        self.asked.remember(vec![key.clone()]);
        Ok(key)
    }

    async fn retain(&self, kept: &[KeyId], _lock: &Arc<FileLock>) -> Result<(), Error> {
        let mut derivations = self.read()?;
        let before = derivations.len();
        derivations.retain(|derivation| kept.contains(&derivation.id));
        if derivations.len() == before { Ok(()) } else { self.write(&derivations) }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passphrase").field("is_given", &self.source.is_some()).finish_non_exhaustive()
    }
}

impl Derivation {
    /// The settings as the PHC string format writes them, and the fingerprint of the key.
    fn to_text(&self) -> String {
        format!(
            "$argon2id$v=19$m={},t={},p={}${} {}",
            self.params.m_cost(),
            self.params.t_cost(),
            self.params.p_cost(),
            STANDARD_NO_PAD.encode(&self.salt),
            directory::hex(&self.id.fingerprint),
        )
    }

    fn from_text(text: &str) -> Option<Self> {
        let (settings, fingerprint) = text.strip_prefix("$argon2id$v=19$m=")?.split_once(' ')?;
        let (costs, salt) = settings.split_once('$')?;
        let (memory, costs) = costs.split_once(",t=")?;
        let (passes, lanes) = costs.split_once(",p=")?;
        let at_most = |number: &str, most: u32| number.parse().ok().filter(|number| *number <= most);
        let (memory, passes) = (at_most(memory, MOST_MEMORY_KIB)?, at_most(passes, MOST_PASSES)?);
        let params = Params::new(memory, passes, at_most(lanes, MOST_LANES)?, None).ok()?;
        let salt = STANDARD_NO_PAD.decode(salt).ok().filter(|salt| (SALT_LENGTH..=64).contains(&salt.len()))?;
        let id = KeyId { origin: KeyOrigin::Passphrase, fingerprint: directory::from_hex(fingerprint)? };
        Some(Self { params, salt, id })
    }
}

fn derive(passphrase: &Secret, params: &Params, salt: &[u8]) -> Result<Key, Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut bytes = Zeroizing::new([0; 32]);
    argon2
        .hash_password_into(passphrase.expose().as_bytes(), salt, &mut *bytes)
        .map_err(|error| Error::new(ErrorKind::Store, format!("no key can be derived from the passphrase: {error}")))?;
    Ok(Key::new(KeyOrigin::Passphrase, bytes))
}

fn random_salt() -> Vec<u8> {
    let mut salt = vec![0; SALT_LENGTH];
    rand::fill(&mut salt).expect("the operating system gives random bytes");
    salt
}

fn no_passphrase() -> Error {
    Error::new(ErrorKind::Store, "no passphrase was given").with_help(
        "set AZML_PASSPHRASE; to do without it: azml logout --all, then export AZML_PROTECTION=key-file and azml login",
    )
}

/// Not that the place cannot be used: a machine that is busy must not lead to a place that protects less.
fn late() -> Error {
    let message = format!("no key was derived from the passphrase within {:?}", asked::PATIENCE);
    Error::new(ErrorKind::Timeout, message).with_help("try again when the machine is less busy")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> String {
        let id = KeyId { origin: KeyOrigin::Passphrase, fingerprint: [7; 8] };
        Derivation { params: Params::DEFAULT, salt: vec![1; SALT_LENGTH], id }.to_text()
    }

    #[test]
    fn a_derivation_survives_its_text() {
        insta::assert_snapshot!(written(), @"$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ 0707070707070707");
        assert_eq!(Derivation::from_text(&written()).unwrap().to_text(), written());
    }

    #[test]
    fn a_file_cannot_ask_for_more_than_a_second_of_work() {
        for (from, to) in [
            ("m=19456", "m=65537"),
            ("m=19456", "m=4294967295"),
            ("m=19456", "m=1"),
            ("t=2", "t=5"),
            ("t=2", "t=0"),
            ("p=1", "p=5"),
            ("p=1", "p=99999999999"),
            ("v=19", "v=16"),
            ("argon2id", "argon2d"),
            ("$AQEBAQEBAQEBAQEBAQEBAQ", "$AQE"),
            ("0707070707070707", "07"),
        ] {
            let hostile = written().replace(from, to);
            assert_ne!(hostile, written());
            assert_eq!(Derivation::from_text(&hostile), None, "{hostile}");
        }
    }
}
