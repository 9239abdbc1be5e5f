//! Which names of blobs may become those of files.

use std::path::PathBuf;

/// The place of a blob in a folder, if its name leads nowhere else: no `..`, nothing absolute, no drive, no control characters, and on
/// Windows nothing that means something else there.
pub(super) fn local_name(name: &str) -> Option<PathBuf> {
    let leads_elsewhere = |part: &str| {
        let is_step = matches!(part, "" | "." | "..");
        let is_drive = part.len() >= 2 && part.as_bytes()[1] == b':' && part.as_bytes()[0].is_ascii_alphabetic();
        let is_odd = part.chars().any(|c| c.is_control() || c == '\\');
        is_step || is_drive || is_odd || (cfg!(windows) && means_something_else(part))
    };
    (!name.split('/').any(leads_elsewhere)).then(|| name.split('/').collect())
}

/// Devices, streams, and endings that are dropped (Microsoft, "Naming Files, Paths, and Namespaces").
fn means_something_else(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_port = (stem.starts_with("COM") || stem.starts_with("LPT")) && stem.chars().count() == 4;
    let is_device = matches!(stem.as_str(), "AUX" | "CON" | "CONIN$" | "CONOUT$" | "NUL" | "PRN") || is_port;
    is_device || part.ends_with(['.', ' ']) || part.contains(['<', '>', ':', '"', '|', '?', '*'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "", ".", "..", "../a", "a/../b", "/a", "a//b", "a/", "a\\b", "..\\a", "C:/a", "c:a", "x/C:/a", "a\0b",
            "a\nb", "a\u{85}",
        ] {
            assert_eq!(local_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn other_names_are_kept() {
        for name in ["a", "a/b.txt", "..a", "a..", "données/é", "12:30.log", "a b", "%2e%2e/a", "~"] {
            assert_eq!(local_name(name).as_deref(), Some(name.as_ref()), "{name:?}");
        }
    }

    #[test]
    fn windows_has_more_of_them() {
        for part in ["nul", "NUL.txt", "com1", "a.", "a ", "12:30.log", "a:stream", "a?"] {
            assert!(means_something_else(part), "{part:?}");
        }
        assert!(!means_something_else("console.txt") && !means_something_else("a.b"));
    }
}
