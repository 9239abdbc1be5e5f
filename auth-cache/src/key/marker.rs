//! The file that says which key seals new records. It holds no secret.

use std::io;
use std::path::{Path, PathBuf};

use auth_core::Error;

use super::{KeyId, KeyOrigin};
use crate::{atomic, directory};

/// What the marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    /// The key for new records.
    pub(super) current: KeyId,
    /// Other places that may still hold a key of this directory.
    pub(super) earlier: Vec<KeyOrigin>,
}

#[derive(Debug)]
pub(super) struct Marker {
    path: PathBuf,
}

impl Marker {
    pub(super) fn new(directory: &Path) -> Self {
        Self { path: directory.join("key.current") }
    }

    /// None if there is no marker, or none that makes sense: then the places themselves are looked at.
    pub(super) fn read(&self) -> Result<Option<Marked>, Error> {
        match directory::read(&self.path) {
            Ok(bytes) => Ok(bytes.and_then(|bytes| Marked::from_text(std::str::from_utf8(&bytes).ok()?))),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(directory::failed(&self.path, "read", error)),
        }
    }

    /// Names the key for new records. The caller holds the key lock.
    pub(super) fn set(&self, current: KeyId) -> Result<(), Error> {
        let before = self.read()?;
        if before.as_ref().is_some_and(|before| before.current == current) {
            return Ok(());
        }
        let earlier = before.into_iter().flat_map(|before| before.places().collect::<Vec<_>>());
        let earlier = earlier.filter(|origin| *origin != current.origin).collect();
        self.write(&Marked { current, earlier })
    }

    /// Forgets the places that were used earlier. The caller holds the key lock.
    pub(super) fn forget_earlier(&self) -> Result<(), Error> {
        match self.read()? {
            Some(Marked { current, earlier }) if !earlier.is_empty() => {
                self.write(&Marked { current, earlier: Vec::new() })
            }
            _ => Ok(()),
        }
    }

    /// The caller holds the key lock.
    pub(super) fn remove(&self) -> Result<(), Error> {
        directory::remove(&self.path).map(drop).map_err(|error| directory::failed(&self.path, "removed", error))
    }

    fn write(&self, marked: &Marked) -> Result<(), Error> {
        let written = atomic::replace(&self.path, marked.to_text().as_bytes());
        written.map_err(|error| directory::failed(&self.path, "written", error))
    }
}

impl Marked {
    /// Every place that may hold a key of this directory.
    pub(super) fn places(&self) -> impl Iterator<Item = KeyOrigin> {
        [self.current.origin].into_iter().chain(self.earlier.iter().copied())
    }

    fn to_text(&self) -> String {
        let current = format!("{} {}", self.current.origin.name(), directory::hex(&self.current.fingerprint));
        let earlier = self.earlier.iter().map(|origin| origin.name().to_owned());
        [current].into_iter().chain(earlier).map(|line| line + "\n").collect()
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, fingerprint) = lines.next()?.split_once(' ')?;
        let fingerprint = directory::from_hex(fingerprint)?;
        let current = KeyId { origin: KeyOrigin::named(origin)?, fingerprint };
        Some(Self { current, earlier: lines.filter_map(KeyOrigin::named).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_survives_its_text_and_nonsense_is_no_marker() {
        let current = KeyId { origin: KeyOrigin::Keyring, fingerprint: [0, 1, 2, 3, 4, 5, 254, 255] };
        let marked = Marked { current, earlier: vec![KeyOrigin::KeyFile, KeyOrigin::Keyutils] };
        assert_eq!(marked.to_text(), "keyring 000102030405feff\nkey-file\nkeyutils\n");
        assert_eq!(Marked::from_text(&marked.to_text()), Some(marked));
        for text in ["", "keyring", "keyring 00", "keyring 000102030405fefg", "elsewhere 000102030405feff"] {
            assert_eq!(Marked::from_text(text), None, "{text:?}");
        }
    }
}
