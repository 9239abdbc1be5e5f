//! Errors on their way from one side to the other.

use std::error::Error as _;

use ::azure_core::error::ErrorKind as SdkKind;

use crate::{Error, ErrorKind};

/// More of a foreign text is not shown.
const LONGEST_TEXT: usize = 500;

/// With the help in the message, as the SDK has no place for it; our error is its source, and comes back as it was.
pub(super) fn to_sdk(error: &Error) -> ::azure_core::Error {
    let message = match error.help() {
        Some(help) => format!("{error} (next: {help})"),
        None => error.to_string(),
    };
    ::azure_core::Error::with_error(SdkKind::Credential, error.clone(), message)
}

/// With the texts of its causes. What a response held beside them is left out.
pub(super) fn from_sdk(error: &::azure_core::Error) -> Error {
    if let Some(ours) = error.downcast_ref::<Error>() {
        return ours.clone();
    }
    let kind = match error.kind() {
        SdkKind::Connection | SdkKind::Io => ErrorKind::Network,
        SdkKind::DataConversion => ErrorKind::Protocol,
        _ => match error.http_status().map(u16::from) {
            Some(429) => ErrorKind::Throttled,
            Some(408 | 500..) => ErrorKind::Network,
            _ => ErrorKind::Rejected,
        },
    };
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let why = next.to_string();
        if !text.contains(&why) {
            text = format!("{text}: {why}");
        }
        cause = next.source();
    }
    let shown: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect();
    Error::new(kind, format!("the credential of the Azure SDK failed: {shown}"))
}
