//! What is changed in `config` and `clouds.config`, line by line, so that comments and whatever is not ours stay.

/// The INI text with this option set, as Python's `ConfigParser` writes it where it is new.
pub(super) fn with_option(text: &str, section: &str, option: &str, value: &str) -> String {
    let line = format!("{option} = {}\n", value.replace('%', "%%"));
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_header = |line: &&str| line.starts_with('[');
    let header = lines.iter().position(|line| line.trim_end() == format!("[{section}]"));
    let Some(header) = header else {
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else if text.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        return format!("{text}{gap}[{section}]\n{line}\n");
    };
    let start = header + 1;
    let end = lines[start..].iter().position(is_header).map_or(lines.len(), |length| start + length);
    let is_option = |line: &&str| {
        let name = line.split(['=', ':']).next().unwrap_or_default();
        !line.starts_with([' ', '\t', '#', ';']) && name.trim().eq_ignore_ascii_case(option)
    };
    if let Some(place) = lines[start..end].iter().position(is_option).map(|offset| start + offset) {
        // A value may go on in indented lines.
        let rest = lines[place + 1..end].iter().take_while(|line| line.starts_with([' ', '\t'])).count();
        lines.splice(place..=place + rest, [line.as_str()]);
    } else {
        let filled = lines[start..end].iter().rposition(|line| !line.trim().is_empty());
        let place = filled.map_or(start, |offset| start + offset + 1);
        let ends_line = lines[place - 1].ends_with('\n');
        lines.splice(place..place, if ends_line { vec![line.as_str()] } else { vec!["\n", line.as_str()] });
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::with_option;

    #[test]
    fn an_option_is_set_in_its_place_and_everything_else_stays() {
        let set = |text| with_option(text, "AzureCloud", "subscription", "new");
        for (before, after) in [
            ("", "[AzureCloud]\nsubscription = new\n\n"),
            ("[AzureCloud]\nsubscription = old\n\n", "[AzureCloud]\nsubscription = new\n\n"),
            ("# mine\n[x]\na=1", "# mine\n[x]\na=1\n\n[AzureCloud]\nsubscription = new\n\n"),
            ("[AzureCloud]\n\n[x]\na = 1\n", "[AzureCloud]\nsubscription = new\n\n[x]\na = 1\n"),
            ("[AzureCloud]", "[AzureCloud]\nsubscription = new\n"),
            (
                "[azurecloud]\nsubscription = other\n[AzureCloud]\n; subscription = no\nprofile = latest\nSubscription: a\n  b\n# end\n",
                "[azurecloud]\nsubscription = other\n[AzureCloud]\n; subscription = no\nprofile = latest\nsubscription = new\n# end\n",
            ),
        ] {
            assert_eq!(set(before), after, "{before:?}");
        }
    }
}
