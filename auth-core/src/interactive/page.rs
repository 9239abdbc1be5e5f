//! What the person's browser shows at the end.

/// How the sign-in ended, for the person's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Failure,
    NotHere,
    Success,
}

impl Page {
    /// A whole HTTP answer: a static page that reflects nothing of the request, with headers that forbid everything else.
    pub(super) fn answer(self) -> Vec<u8> {
        let status = if self == Self::NotHere { "400 Bad Request" } else { "200 OK" };
        let body = self.html();
        format!(
            "HTTP/1.1 {status}\r\n\
             Content-Type: text/html; charset=utf-8\r\n\
             Content-Length: {}\r\n\
             Cache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Referrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n\
             X-Frame-Options: DENY\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// The path under which a redirect that came by GET finds its page, so that the code leaves the address bar.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Failure => "/sign-in-failed",
            Self::NotHere => "/",
            Self::Success => "/signed-in",
        }
    }

    /// Sends a redirect that came by GET on to the page.
    pub(super) fn see_other(self) -> Vec<u8> {
        format!(
            "HTTP/1.1 303 See Other\r\nLocation: {}\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
            self.path()
        )
        .into_bytes()
    }

    fn html(self) -> String {
        let (id, sign, colour, title, text) = match self {
            Self::Failure => (
                "failure",
                "!",
                "#b3261e",
                "Sign-in did not succeed",
                "Return to the terminal: it says what happened and what to do next.",
            ),
            Self::NotHere => (
                "not-here",
                "?",
                "#5f6368",
                "Nothing to see here",
                "This address waits for one sign-in and understands nothing else.",
            ),
            Self::Success => (
                "success",
                "\u{2713}",
                "#0f7b0f",
                "You are signed in",
                "You can close this tab and return to the terminal.",
            ),
        };
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>\
             :root{{color-scheme:light dark}}\
             body{{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#f5f6f8;color:#1b1c1f}}\
             main{{max-width:26rem;margin:1rem;padding:2.5rem 3rem;text-align:center;background:#fff;border-radius:1rem;box-shadow:0 1px 3px #0002,0 8px 30px #0001}}\
             .sign{{display:inline-grid;place-items:center;width:3.5rem;height:3.5rem;border-radius:50%;background:{colour};color:#fff;font-size:1.8rem;font-weight:600}}\
             h1{{font-size:1.4rem;margin:1.2rem 0 .4rem}}p{{margin:0;color:#5f6368}}\
             @media (prefers-color-scheme:dark){{body{{background:#16171a;color:#eceef1}}main{{background:#212327}}p{{color:#a7abb3}}}}\
             </style></head><body><main id=\"{id}\"><div class=\"sign\" aria-hidden=\"true\">{sign}</div><h1>{title}</h1><p>{text}</p></main></body></html>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_forbids_scripts_caching_framing_and_referrers() {
        for page in [Page::Failure, Page::NotHere, Page::Success] {
            let answer = String::from_utf8(page.answer()).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            for header in ["default-src 'none'", "no-store", "no-referrer", "nosniff", "DENY", "Connection: close"] {
                assert!(head.contains(header), "{header}");
            }
            assert!(head.contains(&format!("Content-Length: {}", body.len())));
            assert!(!body.contains("<script") && !body.contains("http"));
        }
    }
}
