//! One line for each answer: who got what, until when.

use std::fmt::Write as _;
use std::time::SystemTime;

use auth_core::clock::{from_unix, to_unix};
use hyper::header::HeaderValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::{Answer, Granted};
use super::listener::Peer;

/// How much is shown of what a client says about itself, and of what is told to it.
const LONGEST: usize = 400;

/// The line, which holds no secret and nothing that could pass for another line.
pub(super) fn line(now: SystemTime, answer: &Answer, peer: Peer, user_agent: Option<&HeaderValue>) -> String {
    let now = utc(now);
    let mut line = match answer {
        Ok(Granted { resource, token }) => {
            format!("{now} 200 {peer} {} until {}", printable(resource), utc(token.expires_on()))
        }
        Err(refusal) => format!("{now} {} {peer} {}", refusal.status.as_u16(), printable(&refusal.message)),
    };
    if let Some(user_agent) = user_agent {
        // Writing to a string does not fail.
        let _ = write!(line, " [{}]", printable(&String::from_utf8_lossy(user_agent.as_bytes())));
    }
    line
}

fn utc(time: SystemTime) -> String {
    // In whole seconds.
    OffsetDateTime::from(from_unix(to_unix(time))).format(&Rfc3339).unwrap_or_default()
}

/// Bounded, without characters that steer a terminal, and without the brackets around what a client says.
fn printable(text: &str) -> String {
    let is_harmless = |c: char| c == ' ' || c.is_ascii_graphic() && !['[', ']'].contains(&c);
    text.chars().take(LONGEST).map(|c| if is_harmless(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use auth_core::AccessToken;
    use hyper::StatusCode;

    use super::super::answer::Refusal;
    use super::*;

    #[test]
    fn an_answer_is_one_line_without_secrets_and_control_characters() {
        let now = from_unix(1_764_098_411);
        let peer = Peer::Address("127.0.0.1:50112".parse().unwrap());
        let granted = Granted {
            resource: "https://management.azure.com".to_owned(),
            token: AccessToken::new("canary", from_unix(1_764_102_011)),
        };
        let agent = HeaderValue::from_bytes(b"azsdk-python-identity/1.27.0 \t\xe2\x80\xae x").unwrap();
        insta::assert_snapshot!(line(now, &Ok(granted), peer, Some(&agent)), @"2025-11-25T19:20:11Z 200 127.0.0.1:50112 https://management.azure.com until 2025-11-25T20:20:11Z [azsdk-python-identity/1.27.0 ?? x]");
        let refusal = Refusal::new(StatusCode::FORBIDDEN, format!("no\n2026 200{}", "x".repeat(1000)));
        let line = line(now, &Err(refusal), peer, None);
        assert!(
            line.starts_with("2025-11-25T19:20:11Z 403 127.0.0.1:50112 no?2026 200xxx") && !line.contains('\n'),
            "{line}"
        );
        assert!(line.len() < 2 * LONGEST, "{line}");
    }
}
