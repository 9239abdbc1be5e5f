//! The envelope around a record; its layout is in the crate's documentation.

use auth_core::Partition;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use zeroize::Zeroizing;

use crate::key::{Key, KeyId, KeyOrigin};

const MAGIC: &[u8; 4] = b"AZML";
const VERSION: u8 = 1;
/// The number of each place for keys.
const ORIGINS: [(u8, KeyOrigin); 5] = [
    (1, KeyOrigin::Keyring),
    (2, KeyOrigin::KeyFile),
    (3, KeyOrigin::Keyutils),
    (4, KeyOrigin::Passphrase),
    (5, KeyOrigin::Shared),
];
/// What sealing adds to the end of the plaintext.
pub(crate) const TAG_LENGTH: usize = 16;

/// What is known of a sealed record without its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    pub(crate) key: KeyId,
    pub(crate) partition: &'a str,
    header: &'a [u8],
    nonce: [u8; NONCE_LEN],
    ciphertext: &'a [u8],
}

/// Why the envelope cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    /// It was never one of ours, or is not whole.
    Damaged,
    /// A later version of this crate wrote it.
    Newer,
}

impl<'a> Envelope<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(EnvelopeError::Damaged)?;
        let (version, rest) = rest.split_first().ok_or(EnvelopeError::Damaged)?;
        let (origin, rest) = rest.split_first().ok_or(EnvelopeError::Damaged)?;
        let known = ORIGINS.iter().find(|(number, _)| number == origin);
        let origin = match (*version, known) {
            (VERSION, Some((_, origin))) => *origin,
            // Another place for keys is as unknown here as another layout.
            (VERSION.., _) => return Err(EnvelopeError::Newer),
            _ => return Err(EnvelopeError::Damaged),
        };
        Self::parse_body(bytes, origin, rest).ok_or(EnvelopeError::Damaged)
    }

    fn parse_body(bytes: &'a [u8], origin: KeyOrigin, rest: &'a [u8]) -> Option<Self> {
        let (fingerprint, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (partition, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let header = &bytes[..bytes.len() - rest.len()];
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        let key = KeyId { origin, fingerprint: *fingerprint };
        Some(Self { key, partition: std::str::from_utf8(partition).ok()?, header, nonce: *nonce, ciphertext })
    }

    /// The plaintext.
    pub(crate) fn open(&self, key: &Key) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let mut buffer = Zeroizing::new(self.ciphertext.to_vec());
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let length = cipher(key)?.open_in_place(nonce, Aad::from(self.header), &mut buffer)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

/// Encrypts `plaintext` in place. It should have [`TAG_LENGTH`] bytes to spare, so that it need not move.
pub(crate) fn seal(
    key: &Key,
    partition: &Partition,
    mut plaintext: Zeroizing<Vec<u8>>,
) -> Result<Vec<u8>, Unspecified> {
    let partition = partition.as_str().as_bytes();
    let length = u16::try_from(partition.len()).map_err(|_| Unspecified)?;
    let (origin, _) = ORIGINS.iter().find(|(_, origin)| *origin == key.id().origin).ok_or(Unspecified)?;
    let mut sealed =
        [&MAGIC[..], &[VERSION, *origin], &key.id().fingerprint, &length.to_be_bytes(), partition].concat();
    let nonce = cipher(key)?.seal_in_place_append_tag(Aad::from(&sealed), &mut *plaintext)?;
    sealed.extend_from_slice(nonce.as_ref());
    sealed.extend_from_slice(&plaintext);
    Ok(sealed)
}

fn cipher(key: &Key) -> Result<RandomizedNonceKey, Unspecified> {
    RandomizedNonceKey::new(&AES_256_GCM, key.expose())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::SavedRecord;

    fn sealed(key: &Key) -> Vec<u8> {
        seal(key, &Partition::new("login", ["ann"]), Zeroizing::new(b"plaintext".to_vec())).unwrap()
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let key = Key::random(KeyOrigin::KeyFile);
        let bytes = sealed(&key);
        let envelope = Envelope::parse(&bytes).unwrap();
        assert_eq!(bytes[..6], *b"AZML\x01\x02");
        assert_eq!(bytes[6..14], key.id().fingerprint);
        assert_eq!(bytes[14..25], *b"\x00\x09login/ann");
        assert_eq!(bytes.len(), 25 + 12 + b"plaintext".len() + TAG_LENGTH);
        assert_eq!((envelope.key, envelope.partition), (key.id(), "login/ann"));
        assert_eq!(envelope.open(&key).unwrap().as_slice(), b"plaintext");
    }

    #[test]
    fn a_file_of_the_first_version_is_still_understood() {
        let envelope = Envelope::parse(include_bytes!("../fuzz/seeds/envelope/sealed")).unwrap();
        assert_eq!(envelope.key, KeyId { origin: KeyOrigin::KeyFile, fingerprint: [1, 2, 3, 4, 5, 6, 7, 8] });
        assert_eq!((envelope.partition, envelope.ciphertext.len()), ("login/ann", 9 + TAG_LENGTH));
    }

    #[test]
    fn no_two_seals_are_alike() {
        let key = Key::random(KeyOrigin::KeyFile);
        assert_ne!(sealed(&key), sealed(&key));
    }

    #[test]
    fn no_bit_can_be_changed_and_no_byte_cut_off() {
        let key = Key::random(KeyOrigin::KeyFile);
        let good = sealed(&key);
        let opens = |bytes: &[u8]| Envelope::parse(bytes).is_ok_and(|envelope| envelope.open(&key).is_ok());
        assert!(opens(&good));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!opens(&bad), "bit {bit}");
        }
        assert!((0..good.len()).all(|length| !opens(&good[..length])));
        assert!(!opens(&[&good[..], b"x"].concat()));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_never_open(bytes: Vec<u8>, start in 0_usize..40) {
            let key = Key::random(KeyOrigin::KeyFile);
            let with_a_good_start = [&sealed(&key)[..start], &bytes].concat();
            for bytes in [&bytes, &with_a_good_start] {
                if let Ok(envelope) = Envelope::parse(bytes) {
                    prop_assert!(envelope.open(&key).is_err());
                }
                let _ = SavedRecord::from_json(bytes).map(|saved| saved.record());
            }
        }
    }
}
