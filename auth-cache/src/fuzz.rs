//! What the fuzzer calls: both decoders of a file, and what must hold of whatever they accept. Compiled for the fuzzer alone.

use std::sync::OnceLock;

use auth_core::Partition;
use zeroize::Zeroizing;

use crate::format::SavedRecord;
use crate::key::{Key, KeyOrigin};
use crate::seal::{Envelope, TAG_LENGTH, seal};

/// A file's bytes, as whoever can write into the directory may choose them.
pub fn envelope(bytes: &[u8]) {
    static KEY: OnceLock<Key> = OnceLock::new();
    let key = KEY.get_or_init(|| Key::random(KeyOrigin::KeyFile));
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert!(envelope.open(key).is_err(), "nobody sealed this");
    }

    // The same bytes as a name and a content: what is sealed opens as what it was, and not after a change.
    let (name, content) = bytes.split_at(bytes.len() / 2);
    let partition = Partition::from_text(&String::from_utf8_lossy(name));
    let Ok(mut sealed) = seal(key, &partition, Zeroizing::new(content.to_vec())) else {
        assert!(partition.as_str().len() > usize::from(u16::MAX), "only a name that is too long cannot be sealed");
        return;
    };
    let envelope = Envelope::parse(&sealed).expect("the envelope is whole");
    assert_eq!((envelope.key, envelope.partition), (key.id(), partition.as_str()));
    assert_eq!(envelope.open(key).expect("the key fits").as_slice(), content);
    let changed = content.first().map_or(0, |byte| usize::from(*byte)) % sealed.len();
    sealed[changed] ^= 1;
    assert!(Envelope::parse(&sealed).map_or(true, |envelope| envelope.open(key).is_err()), "byte {changed}");
}

/// The JSON in an envelope, as an older or a newer version may have written it.
pub fn record(json: &[u8]) {
    let Some(saved) = SavedRecord::from_json(json) else { return };
    let record = saved.record();
    let written = SavedRecord::new(&record, Some(saved)).to_json(TAG_LENGTH).expect("what was read can be written");
    assert_eq!(written.capacity(), written.len() + TAG_LENGTH, "the buffer never grows");
    let again = SavedRecord::from_json(&written).expect("what was written can be read");
    assert_eq!(again.record(), record, "nothing is lost");
    let written_again = SavedRecord::new(&record, Some(again)).to_json(0).expect("what was read can be written");
    assert_eq!(*written_again, *written, "not even what is unknown");
}
