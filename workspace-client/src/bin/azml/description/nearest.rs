//! The name that was meant.

/// As alike as this, a name is taken for the one that was meant (observed: clap).
const ALIKE: f64 = 0.7;

/// What to write instead.
pub(super) fn help(name: &str, known: &[&str]) -> String {
    let alike = known.iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let nearest = alike.filter(|(alike, _)| *alike > ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest {
        Some((_, nearest)) => format!("did you mean {nearest}?"),
        None if known.is_empty() => "leave it out: there are no members here".to_owned(),
        None => {
            let mut known: Vec<_> = known.iter().copied().filter(|name| !name.starts_with('$')).collect();
            known.sort_unstable();
            format!("write one of {}", known.join(", "))
        }
    }
}
