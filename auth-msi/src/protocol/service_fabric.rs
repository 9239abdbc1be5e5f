//! Service Fabric (Microsoft, managed identity with Service Fabric application code; observed: MSAL for Python 1.39, MSAL Go 1.9).

use std::fmt::Write as _;

use auth_core::{Env, Error, ErrorKind, Secret};
use aws_lc_rs::digest::{SHA256, digest};
use reqwest::RequestBuilder;
use url::Url;

use super::{Clue, Protocol, Question, app_service, header, secret};
use crate::{HostKind, Identity, endpoint};

pub(super) const THUMBPRINT: &str = "IDENTITY_SERVER_THUMBPRINT";

/// The token that a service refused, and what this client can do about it: only Service Fabric takes either.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Revocation<'a> {
    pub(crate) answers_challenges: bool,
    pub(crate) refused: Option<&'a Secret>,
}

pub(super) fn find(env: &Env) -> Result<Clue, Error> {
    let (Some(url), Some(text), Some(thumbprint)) =
        (env.var(app_service::ENDPOINT), env.var(app_service::HEADER), env.var(THUMBPRINT))
    else {
        return Ok(Clue::Absent);
    };
    let thumbprint = parse(&thumbprint).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("{THUMBPRINT} is not the SHA-1 of a certificate"))
            .with_help("Service Fabric sets it to 40 hexadecimal digits; leave it as it is")
    })?;
    let endpoint = endpoint::https(app_service::ENDPOINT, &url)?;
    Ok(Clue::Found(Protocol::ServiceFabric { endpoint, secret: secret(app_service::HEADER, &text)?, thumbprint }))
}

pub(super) fn request(question: Question<'_>, endpoint: &Url, secret: &Secret) -> Result<RequestBuilder, Error> {
    if *question.identity != Identity::SystemAssigned {
        let supported = "no identity: the application's manifest assigns it";
        return Err(question.identity.unsupported(HostKind::ServiceFabric, supported));
    }
    let capabilities = question.revocation.answers_challenges.then_some(("xms_cc", "cp1"));
    let refused = question.revocation.refused.map(|token| ("token_sha256_to_refresh", sha256(token)));
    Ok(question
        .get(endpoint, "2019-07-01-preview")
        .query(capabilities.as_slice())
        .query(refused.as_slice())
        .header("Secret", header(secret)?)
        .header("Accept", "application/json"))
}

/// 40 hexadecimal digits, perhaps with spaces and colons between them.
fn parse(text: &str) -> Option<[u8; 20]> {
    let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace() && *c != ':').map(hex).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 40 { bytes.try_into().ok() } else { None }
}

fn hex(digit: char) -> Option<u8> {
    digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn sha256(token: &Secret) -> String {
    digest(&SHA256, token.expose().as_bytes()).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_40_digits_however_they_are_grouped() {
        let expected: [u8; 20] = std::array::from_fn(|index| if index % 2 == 0 { 0xab } else { 0xcd });
        for good in ["ABCD".repeat(10), "ab:cd:".repeat(10).trim_end_matches(':').to_owned(), " ab cd\t".repeat(10)] {
            assert_eq!(parse(&good), Some(expected), "{good}");
        }
        for bad in ["a".repeat(39), "a".repeat(41), "g".repeat(40), "a".repeat(64), String::new(), "\u{661}".repeat(40)]
        {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_https_gets_no_secret() {
        let thumbprint = "ab".repeat(20);
        let find = |url: &str, thumbprint: &str| {
            find(&Env::fake([("IDENTITY_ENDPOINT", url), ("IDENTITY_HEADER", "canary"), (THUMBPRINT, thumbprint)]))
                .err()
        };
        assert!(find("https://10.0.0.4:2377/metadata", &thumbprint).is_none());
        for (url, thumbprint) in [("http://localhost:2377/", &*thumbprint), ("https://node:2377/", "ab")] {
            let error = find(url, thumbprint).unwrap();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
