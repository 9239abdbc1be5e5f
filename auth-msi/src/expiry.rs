//! When a token expires, in each of the forms in which identity endpoints say it.

use std::time::{Duration, SystemTime};

use auth_core::clock;
use serde_json::Value;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A hundred years: nothing lives longer, and the sum with the present cannot overflow.
const LONGEST: u64 = 100 * 365 * 86_400;
/// Later than that are milliseconds.
const LAST_SECOND_OF_9999: u64 = 253_402_300_799;

/// A lifetime: a number of seconds, or text that is one.
pub(crate) fn lifetime(value: &Value) -> Option<Duration> {
    number(value).filter(|seconds| *seconds <= LONGEST).map(Duration::from_secs)
}

/// An instant: seconds since the Unix epoch as a number or as text, or a date.
pub(crate) fn instant(value: &Value) -> Option<SystemTime> {
    let seconds = number(value).or_else(|| date(value.as_str()?.trim()));
    seconds.filter(|seconds| (1..=LAST_SECOND_OF_9999).contains(seconds)).map(clock::from_unix)
}

fn number(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| *number > 0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(number: f64) -> Option<u64> {
    (1.0..1e15).contains(&number).then_some(number as u64)
}

const OFFSET_DATES: [&[BorrowedFormatItem<'_>]; 3] = [
    // App Service 2017 on Windows.
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period case:upper] \
         [offset_hour sign:mandatory]:[offset_minute]"
    ),
    // App Service 2017 on Linux.
    format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour padding:none]:[minute]:[second] \
         [offset_hour sign:mandatory]:[offset_minute]"
    ),
    // RFC 3339 (accepted by MSAL Go and Node).
    format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]][offset_hour sign:mandatory]:[offset_minute]"
    ),
];
const PLAIN_DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// A date in one of the forms that occur, as seconds since the Unix epoch.
fn date(text: &str) -> Option<u64> {
    let text = match text.strip_suffix(['Z', 'z']) {
        Some(text) => format!("{text}+00:00"),
        None => text.to_owned(),
    };
    let with_offset = OFFSET_DATES.iter().find_map(|format| OffsetDateTime::parse(&text, format).ok());
    let date = with_offset.or_else(|| Some(PrimitiveDateTime::parse(&text, PLAIN_DATE).ok()?.assume_utc()))?;
    u64::try_from(date.unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_is_read_in_every_form() {
        for (form, expected) in [
            (json!(1_605_238_724), 1_605_238_724),
            (json!("1605238724"), 1_605_238_724),
            (json!(1_605_238_724.7), 1_605_238_724),
            (json!("06/20/2019 02:57:58 +00:00"), 1_560_999_478),
            (json!("1/16/2020 5:24:12 AM +00:00"), 1_579_152_252),
            (json!("1/16/2020 5:24:12 PM +00:00"), 1_579_195_452),
            (json!("11/10/2019 12:00:00 AM +00:00"), 1_573_344_000),
            (json!("11/10/2019 12:00:00 PM +00:00"), 1_573_387_200),
            (json!("11/05/2021 15:18:31 +00:00"), 1_636_125_511),
            (json!("11/05/2021 16:18:31 +01:00"), 1_636_125_511),
            (json!("2030-01-01T00:00:00+00:00"), 1_893_456_000),
            (json!("2030-01-01T00:00:00.123456Z"), 1_893_456_000),
            (json!("2030-01-01 00:00:00"), 1_893_456_000),
        ] {
            assert_eq!(instant(&form).map(clock::to_unix), Some(expected), "{form}");
        }
    }

    #[test]
    fn an_instant_that_makes_no_sense_is_not_invented() {
        for form in [
            json!(""),
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1e30),
            json!("NaN"),
            json!("18446744073709551616"),
            json!("1893456000000"),
            json!("13:00:00 PM"),
            json!("31/12/2029 00:00:00 +00:00"),
            json!("11/10/2029 13:00:00 PM +00:00"),
            json!("\u{661}\u{662}"),
            json!(["1605238724"]),
        ] {
            assert_eq!(instant(&form), None, "{form}");
        }
    }

    #[test]
    fn a_lifetime_is_a_number_of_seconds() {
        let seconds = |form| lifetime(&form).map(|it| it.as_secs());
        assert_eq!(
            [seconds(json!("86399")), seconds(json!(60)), seconds(json!(60.9))],
            [Some(86_399), Some(60), Some(60)]
        );
        for form in [json!(0), json!(-1), json!("1h"), json!(1e12), json!(null)] {
            assert_eq!(seconds(form.clone()), None, "{form}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_values_never_panic(text: String, number: f64, whole: u64) {
            for value in [json!(text), json!(number), json!(whole), json!(whole.to_string())] {
                let _ = (instant(&value), lifetime(&value));
            }
        }
    }
}
