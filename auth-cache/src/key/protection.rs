//! Where the key may be kept.

use super::KeyOrigin;

/// Where the key that encrypts the records may be kept, in the order of preference.
///
/// ```
/// use auth_cache::{KeyOrigin, Protection};
///
/// let headless = Protection::keyring().or(Protection::passphrase()).or(Protection::memory());
/// assert_eq!(headless.steps(), [KeyOrigin::Keyring, KeyOrigin::Passphrase]);
/// assert!(headless.allows_memory());
/// assert_eq!(Protection::default(), Protection::keyring().or(Protection::file()).or_where_it_is());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    steps: Vec<KeyOrigin>,
    /// Always the last step, because nothing can be out of reach of it.
    memory: bool,
    /// Whether a key that is in another place stays there.
    stays: bool,
}

impl Protection {
    /// In a file beside the records, with mode 0600; the keyring is never asked. Whoever can read the person's files can read
    /// the records.
    pub fn file() -> Self {
        Self { steps: vec![KeyOrigin::KeyFile], memory: false, stays: false }
    }

    /// In the operating system's keyring; without one nothing is saved. A key file opens the records that it sealed before.
    pub fn keyring() -> Self {
        Self { steps: vec![KeyOrigin::Keyring], memory: false, stays: false }
    }

    /// In the keyring of the Linux kernel, which forgets it at logout or reboot; everybody signs in again then.
    #[cfg(feature = "keyutils")]
    pub fn keyutils() -> Self {
        Self { steps: vec![KeyOrigin::Keyutils], memory: false, stays: false }
    }

    /// Nowhere: the key is derived from the passphrase that [`crate::FileStore::with_passphrase`] gives.
    pub fn passphrase() -> Self {
        Self { steps: vec![KeyOrigin::Passphrase], memory: false, stays: false }
    }

    /// Nowhere: records are kept in this process, and nothing is written.
    pub fn memory() -> Self {
        Self { steps: Vec::new(), memory: true, stays: false }
    }

    /// This, or else `next` where it cannot be had. Memory always comes last.
    pub fn or(mut self, next: Self) -> Self {
        for step in next.steps {
            if !self.steps.contains(&step) {
                self.steps.push(step);
            }
        }
        self.memory |= next.memory;
        self.stays |= next.stays;
        self
    }

    /// These places only for a key that has yet to be made: one that is in another place stays in use there. For a choice that
    /// the person has not made. Without it a save moves the key to these places, with a warning in the log.
    pub fn or_where_it_is(mut self) -> Self {
        self.stays = true;
        self
    }

    /// The places, in order.
    pub fn steps(&self) -> &[KeyOrigin] {
        &self.steps
    }

    /// Whether records may be kept in this process alone, where no step can be taken.
    pub fn allows_memory(&self) -> bool {
        self.memory
    }

    /// Whether nothing is ever written.
    pub(crate) fn is_memory(&self) -> bool {
        self.memory && self.steps.is_empty()
    }

    /// Whether a key that is in another place stays in use there.
    pub(crate) fn stays(&self) -> bool {
        self.stays
    }

    /// Whether a key that is there already may be used.
    pub(crate) fn allows(&self, origin: KeyOrigin) -> bool {
        self.stays || self.steps.contains(&origin)
    }
}

/// Where the key is already; a new one is made in the keyring if there is one, else in a key file, with a warning in the log.
impl Default for Protection {
    fn default() -> Self {
        Self::keyring().or(Self::file()).or_where_it_is()
    }
}
