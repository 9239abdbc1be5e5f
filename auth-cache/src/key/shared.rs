//! The key that services on many machines share.

use std::fmt;

use auth_core::{Error, ErrorKind, Secret};

use super::vault::SHARED;
use super::{Key, KeyOrigin, asked};

/// The key of a shared store: 32 random bytes that every replica of a service has, wiped when dropped.
///
/// It comes from a secret manager or a variable, as text, or from the keyring of the machine, under a name. Whoever has it can
/// read every record that it sealed.
#[derive(Clone)]
pub struct SharedKey(Key);

impl SharedKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Key::random(KeyOrigin::Shared))
    }

    /// Reads the text that [`SharedKey::to_text`] gave: 32 bytes in base64.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the text is not a key.
    pub fn from_text(text: &Secret) -> Result<Self, Error> {
        Key::from_text(KeyOrigin::Shared, text.expose()).map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, "the shared key is not the base64 of 32 bytes")
                .with_help("make a key: head -c 32 /dev/urandom | base64")
        })
    }

    /// The key as text, to be kept by a secret manager.
    pub fn to_text(&self) -> Secret {
        Secret::new(self.0.to_text().as_str())
    }

    /// The key that the keyring of this machine has under `name`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the keyring has none, [`ErrorKind::Store`] if it does not answer within two seconds or
    /// what it has is not a key.
    pub async fn from_keyring(name: &str) -> Result<Self, Error> {
        let user = user(name);
        let keys = asked::change(move || SHARED.read(&SHARED.entry(&user)?), || SHARED.late());
        keys.await.map_err(with_help)?.into_iter().next().map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("the keyring has no shared key {name:?}"))
                .with_help("put the key of the other machines into it, with SharedKey::put_into_keyring")
        })
    }

    /// Puts the key into the keyring of this machine under `name`. A key that is there already is never replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if the keyring has another key of that name, [`ErrorKind::Store`] if it does not answer
    /// within two seconds.
    pub async fn put_into_keyring(&self, name: &str) -> Result<(), Error> {
        let (user, key) = (user(name), self.0.clone());
        let put = move || {
            let entry = SHARED.entry(&user)?;
            let found = SHARED.read(&entry)?;
            if found.is_empty() {
                SHARED.write(&entry, &[key])?;
            }
            SHARED.read(&entry)
        };
        let kept = asked::change(put, || SHARED.late()).await.map_err(with_help)?;
        if kept.first().is_some_and(|kept| kept.id() == self.0.id()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Configuration, format!("the keyring has another shared key {name:?}"))
            .with_help("choose another name, or remove that entry from the keyring first"))
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey([redacted])")
    }
}

fn user(name: &str) -> String {
    format!("shared key {name}")
}

fn with_help(error: Error) -> Error {
    error.with_help("unlock the keyring and try again, or give the shared key as text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_key_survives_its_text_and_shows_nothing_of_it() {
        let key = SharedKey::generate();
        let again = SharedKey::from_text(&key.to_text()).unwrap();
        assert_eq!(key.key().expose(), again.key().expose());
        assert_eq!(format!("{key:?}"), "SharedKey([redacted])");
    }

    #[test]
    fn a_text_that_is_no_key_is_not_repeated() {
        let error = SharedKey::from_text(&"canary".into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @"
        the shared key is not the base64 of 32 bytes
        help: make a key: head -c 32 /dev/urandom | base64
        ");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
