//! `auth-msi/PEERS.md`: what came out, for people and for the next run to compare with.

use std::fmt::Write as _;

use super::cases::{Compared, Verdict};
use super::driver::Peer;
use super::{PACKAGES, REPORT, emulator};

/// The whole document.
pub(super) fn render(compared: &[Compared]) -> String {
    let names = Peer::ALL.map(Peer::name).join(" | ");
    let mut text = String::from("# Microsoft's clients and ours\n\n");
    let versions: Vec<String> = PACKAGES.iter().map(|package| package.replace("==", " ")).collect();
    let _ = writeln!(
        text,
        "Written by `cargo xtask peers --bless`, which installs {} from PyPI and runs them unchanged but for three things: nobody \
         sleeps, the clock of the cases stands where theirs does, and the key files of Azure Arc may be in another folder.",
        versions.join(", ")
    );
    let _ = write!(
        text,
        "\n## At the emulator\n\nWhose token a client gets: that of the machine's own identity, of the identity that was named, or of \
         the person; otherwise the class of its error. A client is not asked (-) where it does not know the host.\n\n\
         | host | named by | {names} |\n|---|---|---|---|---|\n"
    );
    for (host, named_by, expected) in emulator::EXPECTED {
        let named_by = if named_by.is_empty() { "-" } else { named_by };
        let _ = writeln!(text, "| {host:?} | {named_by} | {} |", expected.join(" | "));
    }
    let _ = write!(
        text,
        "\n## In the cases of `tests/cases`\n\nSame: the same requests, and the same token or an error as well. A client is not asked \
         (-) where it does not know the host or has no word for what is asked.\n\n| case | ours | {names} |\n|---|---|---|---|---|\n"
    );
    for case in compared {
        let cells: Vec<&str> = case.theirs.iter().map(|(_, verdict)| cell(verdict)).collect();
        let _ = writeln!(text, "| {} | {} | {} |", case.name, case.ours, cells.join(" | "));
    }
    text.push_str("\n## Where they differ, and why\n\n");
    for case in compared {
        for (peer, verdict) in &case.theirs {
            if let Verdict::Differs { what, reason } = verdict {
                let reason = reason.as_deref().unwrap_or("no reason is given");
                let _ = writeln!(text, "* {}: {} {what}. Why: {reason}.", case.name, peer.name());
            }
        }
    }
    text
}

/// The first line that is not as it was written down.
pub(super) fn first_change(known: &str, report: &str) -> Option<String> {
    let (mut known, mut report) = (known.lines(), report.lines());
    for number in 1.. {
        match (known.next(), report.next()) {
            (None, None) => return None,
            (known, report) if known == report => {}
            (known, report) => {
                let (known, report) = (known.unwrap_or_default(), report.unwrap_or_default());
                return Some(format!(
                    "{REPORT}:{number} says {known:?}, and now it is {report:?}; `cargo xtask peers --bless` writes it"
                ));
            }
        }
    }
    None
}

fn cell(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Differs { .. } => "differs",
        Verdict::NotAsked => "-",
        Verdict::Same => "same",
    }
}

#[cfg(test)]
mod tests {
    use super::first_change;

    #[test]
    fn the_first_line_that_changed_is_told() {
        assert_eq!(first_change("a\r\nb\n", "a\nb\n"), None);
        let change = first_change("a\nb\n", "a\n").unwrap();
        assert!(change.starts_with(r#"auth-msi/PEERS.md:2 says "b", and now it is """#), "{change}");
    }
}
