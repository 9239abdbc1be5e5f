//! The data key: where it is kept, and which one a record needs.

mod asked;
pub(crate) mod key_file;
mod keys;
mod marker;
mod passphrase;
mod place;
mod protection;
#[cfg(feature = "redis")]
mod shared;
mod vault;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub(crate) use self::keys::{Keys, Reach, Sealing};
pub(crate) use self::passphrase::Source;
pub use self::protection::Protection;
#[cfg(feature = "redis")]
pub use self::shared::SharedKey;

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyOrigin {
    /// In a file of mode 0600 beside the records.
    KeyFile,
    /// In the operating system's keyring.
    Keyring,
    /// In the keyring of the Linux kernel.
    Keyutils,
    /// Nowhere: it is derived from a passphrase, and a file beside the records holds the salt.
    Passphrase,
    /// With the services that share a store.
    Shared,
}

impl KeyOrigin {
    /// A word for settings and reports: `key-file`, `keyring`, `keyutils`, `passphrase`, `shared`.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyFile => "key-file",
            Self::Keyring => "keyring",
            Self::Keyutils => "keyutils",
            Self::Passphrase => "passphrase",
            Self::Shared => "shared",
        }
    }

    /// How long a key stays there if nobody removes it.
    pub fn durability(self) -> &'static str {
        match self {
            Self::KeyFile => "as long as the file",
            Self::Keyring => "as long as the keyring",
            Self::Keyutils => "until reboot at the latest; it may end with the logout",
            Self::Passphrase => "as long as the passphrase is known and the salt's file is there",
            Self::Shared => "as long as the services keep it",
        }
    }

    /// Reads what [`KeyOrigin::name`] wrote of a place that a directory may have.
    fn named(name: &str) -> Option<Self> {
        [Self::KeyFile, Self::Keyring, Self::Keyutils, Self::Passphrase]
            .into_iter()
            .find(|origin| origin.name() == name)
    }
}

impl fmt::Display for KeyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "a key file",
            Self::Keyring => "the operating system's keyring",
            Self::Keyutils => "the kernel's keyring",
            Self::Passphrase => "a passphrase",
            Self::Shared => "the services that share a store",
        })
    }
}

/// Which key sealed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyId {
    pub(crate) origin: KeyOrigin,
    pub(crate) fingerprint: [u8; 8],
}

/// A key, wiped when dropped.
#[derive(Clone)]
pub(crate) struct Key {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    pub(crate) fn random(origin: KeyOrigin) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes).expect("the operating system gives random bytes");
        Self::new(origin, bytes)
    }

    fn new(origin: KeyOrigin, bytes: Zeroizing<[u8; 32]>) -> Self {
        let input = Zeroizing::new([&b"azml key id\0"[..], &*bytes].concat());
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&digest(&SHA256, &input).as_ref()[..8]);
        Self { id: KeyId { origin, fingerprint }, bytes }
    }

    /// Reads what [`Key::to_text`] wrote.
    fn from_text(origin: KeyOrigin, text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        // The decoder asks for more room than it fills.
        let mut decoded = Zeroizing::new([0; 36]);
        let length = STANDARD.decode_slice(text.trim(), &mut *decoded).ok()?;
        bytes.copy_from_slice(decoded.get(..length).filter(|decoded| decoded.len() == 32)?);
        Some(Self::new(origin, bytes))
    }

    fn to_text(&self) -> Zeroizing<String> {
        // Of a reference: an array by value would leave a copy on the stack.
        Zeroizing::new(STANDARD.encode(self.expose()))
    }

    /// Reads what [`Key::all_to_text`] wrote; none unless every line is a key.
    fn all_from_text(origin: KeyOrigin, text: &str) -> Option<Vec<Self>> {
        let keys: Option<Vec<Self>> = text.trim().lines().map(|line| Self::from_text(origin, line)).collect();
        keys.filter(|keys| !keys.is_empty())
    }

    /// One key a line: the first is for new records, the others are there until no record needs them.
    fn all_to_text(keys: &[Self]) -> Zeroizing<String> {
        // A line is 44 bytes; the buffer never grows, which would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(keys.len() * 45));
        for key in keys {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&key.to_text());
        }
        text
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself. Every call is a place to review.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_text_and_show_nothing_of_it() {
        let keys = [Key::random(KeyOrigin::KeyFile), Key::random(KeyOrigin::KeyFile)];
        for keys in [&keys[..], &keys[..1]] {
            let text = Key::all_to_text(keys);
            assert_eq!(text.len(), keys.len() * 45 - 1, "the buffer was large enough");
            let again = Key::all_from_text(KeyOrigin::KeyFile, &format!("{}\n", *text)).unwrap();
            let bytes = |keys: &[Key]| keys.iter().map(|key| *key.expose()).collect::<Vec<_>>();
            assert_eq!(bytes(&again), bytes(keys));
            assert_eq!(again[0].id(), keys[0].id());
            assert!(!format!("{keys:?}").contains(keys[0].to_text().as_str()));
        }
    }

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        let long = STANDARD.encode([1; 33]);
        let short = STANDARD.encode([1; 31]);
        let half = format!("{}\ncanary", *Key::random(KeyOrigin::KeyFile).to_text());
        for text in ["", "\n", "canary", &long, &short, &half, &"A".repeat(5000)] {
            assert!(Key::all_from_text(KeyOrigin::KeyFile, text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn an_origin_survives_its_name() {
        for origin in [KeyOrigin::KeyFile, KeyOrigin::Keyring, KeyOrigin::Keyutils, KeyOrigin::Passphrase] {
            assert_eq!(KeyOrigin::named(origin.name()), Some(origin));
        }
    }
}
