//! The redirect as a person copies it from the address bar of a browser on another machine.

use std::fmt;

use url::{Host, Url};

use super::redirect::{self, Redirect, Stray};
use crate::Secret;

/// Why a pasted text is not the redirect of this sign-in, as one sentence for whoever pasted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    Doubled,
    Empty,
    NoCode,
    NoState,
    NotAnAddress,
    OtherHost,
    OtherPort,
    OtherSignIn,
    SignInUrl,
    TooLong,
}

/// A terminal hands over at most this much of a line (Linux' `N_TTY_BUF_SIZE`, 4096, with the line feed).
const LONGEST_LINE: usize = 4095;

/// Reads `http://localhost:<port>/?code=...&state=...`, or only its query, with what a terminal or a mail program put around
/// it. The checks are those of the listener.
pub(super) fn read(text: &Secret, port: u16, state: &Secret) -> Result<Redirect, Mistake> {
    let address = plain(text.expose());
    let address = address.expose();
    if address.is_empty() {
        return Err(Mistake::Empty);
    }
    let result = match address.strip_prefix("/?").or_else(|| address.strip_prefix('?')) {
        Some(query) => parameters(query, state),
        None if is_query(address) => parameters(address, state),
        None => of_url(address, port, state),
    };
    match result {
        // Whatever is wrong with it, it was cut off.
        Err(_) if text.expose().len() >= LONGEST_LINE => Err(Mistake::TooLong),
        result => result,
    }
}

fn of_url(address: &str, port: u16, state: &Secret) -> Result<Redirect, Mistake> {
    // Browsers hide the scheme.
    let parsed = if address.contains("://") { Url::parse(address) } else { Url::parse(&format!("http://{address}")) };
    let url = parsed.map_err(|_| Mistake::NotAnAddress)?;
    if url.query_pairs().any(|(name, _)| name == "response_type") {
        return Err(Mistake::SignInUrl);
    }
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if !address.contains("://") && !is_local && url.query().is_none() {
        return Err(Mistake::NotAnAddress);
    }
    if url.scheme() != "http" || !is_local {
        return Err(Mistake::OtherHost);
    }
    if url.port_or_known_default() != Some(port) {
        return Err(Mistake::OtherPort);
    }
    parameters(url.query().unwrap_or_default(), state)
}

fn parameters(query: &str, state: &Secret) -> Result<Redirect, Mistake> {
    if !url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "code" || name == "error") {
        return Err(Mistake::NoCode);
    }
    redirect::checked_parameters(query.as_bytes(), state).map_err(|stray| match stray {
        Stray::BadState => Mistake::OtherSignIn,
        Stray::Doubled => Mistake::Doubled,
        Stray::NoState => Mistake::NoState,
        _ => Mistake::NoCode,
    })
}

/// Whether this is a query alone.
fn is_query(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Without the marks of a bracketed paste, white space, control characters, and the quotes or brackets around it.
fn plain(text: &str) -> Secret {
    let mut visible = text.replace("\u{1b}[200~", "").replace("\u{1b}[201~", "");
    visible.retain(|c| !c.is_whitespace() && !c.is_control());
    Secret::new(visible.trim_matches(|c| "\"'`<>()[]{}".contains(c) && !visible.starts_with("[::1]")).to_owned())
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Doubled => "that address has a parameter twice; copy it from the browser once more",
            Self::Empty => "nothing was pasted; copy the whole address from the browser's address bar",
            Self::NoCode => "that address holds no code; copy the whole address once the browser has come to localhost",
            Self::NoState => "that address holds no state; copy the whole address, not only the code",
            Self::NotAnAddress => "that is no address; copy the one that starts with http://localhost from the browser",
            Self::OtherHost => {
                "that address is not of localhost; finish the sign-in, and copy the address that starts with http://localhost"
            }
            Self::OtherPort => "that address has the port of another sign-in; open the URL above and copy where it ends",
            Self::OtherSignIn => "that address is of another sign-in; open the URL above and copy where it ends",
            Self::SignInUrl => "that is the URL to sign in at; open it in a browser, and copy the address where it ends",
            Self::TooLong => {
                "the terminal cut the address off after 4095 characters; run stty -icanon before azml login, or use \
                 azml login --use-device-code"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 40_123;

    fn paste(text: &str) -> Result<Redirect, Mistake> {
        read(&Secret::new(text), PORT, &Secret::new("st+ate"))
    }

    #[test]
    fn the_address_is_taken_however_it_was_copied() {
        for text in [
            "http://localhost:40123/?code=canary&state=st%2Bate&session_state=x",
            "http://localhost:40123?state=st%2Bate&code=canary",
            "localhost:40123/?code=canary&state=st%2Bate",
            "http://127.0.0.1:40123/?code=canary&state=st%2Bate",
            "http://[::1]:40123/?code=canary&state=st%2Bate",
            "[::1]:40123/?code=canary&state=st%2Bate",
            "?code=canary&state=st%2Bate",
            "/?code=canary&state=st%2Bate",
            "code=canary&state=st%2Bate",
            "state=st%2Bate&code=canary",
            "  \"http://localhost:40123/?code=canary&state=st%2Bate\"\r\n",
            "<http://localhost:40123/?code=canary&state=st%2Bate>",
            "(code=canary&state=st%2Bate)",
            "\u{1b}[200~http://localhost:40123/?code=canary&state=st%2Bate\u{1b}[201~",
            "http://localhost:40123/?code=can\u{7} ary&state=st%2Bate",
        ] {
            assert_eq!(paste(text), Ok(Redirect::Code(Secret::new("canary"))), "{text:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        let long = format!("http://localhost:40123/?code={}", "c".repeat(5000));
        for (text, wanted) in [
            ("", Mistake::Empty),
            (" \t", Mistake::Empty),
            ("yes", Mistake::NotAnAddress),
            ("http://", Mistake::NotAnAddress),
            ("https://login.example/o/authorize?response_type=code&state=st%2Bate", Mistake::SignInUrl),
            ("https://login.example/kmsi", Mistake::OtherHost),
            ("http://evil.example:40123/?code=canary&state=st%2Bate", Mistake::OtherHost),
            ("https://localhost:40123/?code=canary&state=st%2Bate", Mistake::OtherHost),
            ("http://localhost:40124/?code=canary&state=st%2Bate", Mistake::OtherPort),
            ("http://localhost/?code=canary&state=st%2Bate", Mistake::OtherPort),
            ("http://localhost:40123/?code=canary&state=other", Mistake::OtherSignIn),
            ("code=canary&state=", Mistake::OtherSignIn),
            ("code=canary", Mistake::NoState),
            ("http://localhost:40123/", Mistake::NoCode),
            ("http://localhost:40123/?state=st%2Bate", Mistake::NoCode),
            ("code=&state=st%2Bate", Mistake::NoCode),
            ("code=canary&code=canary&state=st%2Bate", Mistake::Doubled),
            ("code=canary&state=st%2Bate&state=st%2Bate", Mistake::Doubled),
            (&long[..4095], Mistake::TooLong),
        ] {
            assert_eq!(paste(text), Err(wanted), "{text:?}");
            assert!(!wanted.to_string().contains("canary"));
        }
    }

    #[test]
    fn a_refusal_can_be_pasted_too() {
        let redirect =
            paste("http://localhost:40123/?error=access_denied&error_description=no%1b%5b31m&state=st%2Bate");
        assert_eq!(redirect, Ok(Redirect::Error("access_denied".into(), "no[31m".into())));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_or_passes_without_the_state(text in "(http://localhost:40123/\\?)?[ -~\\PC]{0,80}") {
            proptest::prop_assert!(read(&Secret::new(text), PORT, &Secret::new("a state that nobody guesses")).is_err());
        }
    }
}
