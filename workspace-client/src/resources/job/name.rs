//! Names for jobs that have none.

use uuid::Uuid;

const ADJECTIVES: [&str; 32] = [
    "agile", "ample", "astute", "balmy", "brisk", "candid", "cheery", "civil", "crisp", "deft", "earnest", "fair",
    "fleet", "fond", "hardy", "hearty", "humble", "limber", "lively", "mellow", "merry", "nimble", "noble", "peppy",
    "prompt", "rosy", "rustic", "snug", "spry", "sunny", "swift", "warm",
];
const NOUNS: [&str; 32] = [
    "anchor", "badger", "beacon", "birch", "canyon", "cedar", "comet", "cove", "delta", "ember", "falcon", "fjord",
    "glacier", "harbor", "heron", "lagoon", "lantern", "maple", "meadow", "otter", "pebble", "pine", "plover",
    "quartz", "reef", "sparrow", "summit", "thicket", "tundra", "valley", "willow", "wren",
];
/// Without vowels, so that no word comes about (observed: azure-ai-ml 1.35).
const LETTERS: &[u8; 31] = b"bcdfghjklmnpqrstvwxyz0123456789";

/// A new name for a job, in the form of the Python SDK's: an adjective, a noun and ten letters.
pub fn generated_name() -> String {
    let random = Uuid::new_v4().into_bytes();
    let pick = |words: &[&'static str; 32], byte: u8| words[usize::from(byte) % words.len()];
    // Two bytes in the middle tell the version of the UUID, and are not as random as the others.
    let letters = random[9..].iter().chain(&random[2..5]).map(|byte| char::from(LETTERS[usize::from(*byte) % 31]));
    let letters: String = letters.collect();
    format!("{}_{}_{letters}", pick(&ADJECTIVES, random[0]), pick(&NOUNS, random[1]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_have_the_form_of_the_python_sdk_and_do_not_repeat() {
        let names: BTreeSet<_> = (0..1000).map(|_| generated_name()).collect();
        assert_eq!(names.len(), 1000);
        for name in names {
            let parts: Vec<_> = name.split('_').collect();
            let [adjective, noun, letters] = parts[..] else { panic!("{name}") };
            assert!(ADJECTIVES.contains(&adjective) && NOUNS.contains(&noun), "{name}");
            assert!(letters.len() == 10 && letters.bytes().all(|letter| LETTERS.contains(&letter)), "{name}");
        }
    }
}
