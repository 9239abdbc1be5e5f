//! Durations as Azure writes them.

use std::time::Duration;

const DAY: u64 = 24 * 3600;

/// Reads an ISO 8601 duration of days and less, such as `PT5M` or `P1DT12H`. Weeks, months and years are none: nobody sends them.
pub fn parse(text: &str) -> Option<Duration> {
    let (days, times) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, times)) if !times.is_empty() => (days, times),
        Some(_) => return None,
        None => (text.strip_prefix('P')?, ""),
    };
    if days.is_empty() && times.is_empty() {
        return None;
    }
    let days = parts(days, &[('D', DAY)])?;
    let times = parts(times, &[('H', 3600), ('M', 60), ('S', 1)])?;
    days.checked_add(times)
}

/// Writes one in whole seconds, such as `PT1H30M`.
pub fn write(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let part = |number: u64, unit: &str| if number == 0 { String::new() } else { format!("{number}{unit}") };
    let days = part(seconds / DAY, "D");
    let times = [part(seconds % DAY / 3600, "H"), part(seconds % 3600 / 60, "M"), part(seconds % 60, "S")].concat();
    match (days.is_empty(), times.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (false, true) => format!("P{days}"),
        _ => format!("P{days}T{times}"),
    }
}

fn parts(mut text: &str, units: &[(char, u64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for (letter, seconds) in units {
        let Some((number, rest)) = text.split_once(*letter) else { continue };
        let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let exact = Duration::from_secs(whole.parse::<u64>().ok()?.checked_mul(*seconds)?);
        let fraction: f64 = format!("0.{fraction}").parse().ok()?;
        let seconds = u32::try_from(*seconds).ok()?;
        sum = sum.checked_add(exact)?.checked_add(Duration::from_secs_f64(fraction) * seconds)?;
        text = rest;
    }
    text.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        let cases = [("PT0S", 0), ("PT120S", 120), ("PT5M", 300), ("PT1H30M", 5400), ("P1D", DAY), ("P1DT1S", DAY + 1)];
        for (text, seconds) in cases {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("PT1.5S"), Some(Duration::from_millis(1500)));
        for text in [
            "",
            "P",
            "PT",
            "5M",
            "PT5",
            "PTM",
            "P1M",
            "PT-1S",
            "PT1M1H",
            "PT99999999999999999999S",
            "P99999999999999999D",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        let written = [0, 90, 120, 5400, DAY, DAY + 5].map(|seconds| write(Duration::from_secs(seconds)));
        assert_eq!(written, ["PT0S", "PT1M30S", "PT2M", "PT1H30M", "P1D", "P1DT5S"]);
    }
}
