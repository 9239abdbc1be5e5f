//! What a service asks for when it refuses a token, in its `WWW-Authenticate` header.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Map, Value};
use url::Url;

use crate::{Cloud, Tenant};

/// More than any policy asks for.
const LARGEST_HEADER: usize = 32 << 10;

/// What a service asks for when it refuses a token with status 401 (RFC 6750, 3; Microsoft identity platform, claims challenge).
///
/// Whoever gets one asks for another token once, and only once:
///
/// ```
/// # use auth_core::{AccessToken, Authentication, Error, TokenRequest};
/// # use auth_core::claims::Challenge;
/// # async fn example(auth: &dyn Authentication, refused: AccessToken, headers: reqwest::header::HeaderMap) -> Result<(), Error> {
/// let challenge = Challenge::from_headers(&headers);
/// let mut again = TokenRequest::arm(auth.cloud()).instead_of(&refused);
/// if let Some(claims) = challenge.claims() {
///     again = again.claims(claims);
/// }
/// let token = auth.token(&again).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    claims: Option<String>,
    authorization_uri: Option<Url>,
}

impl Challenge {
    /// Reads every bearer challenge of an answer. What cannot be understood asks for nothing.
    ///
    /// Several headers, several schemes in one header, values with and without quotes, and both alphabets of base64 are taken.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let texts = headers.get_all(WWW_AUTHENTICATE).into_iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<_> =
            texts.filter(|text| text.len() <= LARGEST_HEADER).flat_map(bearer_challenges).collect();
        Self {
            claims: challenges.iter().find_map(Parameters::claims),
            authorization_uri: challenges.iter().find_map(Parameters::authorization_uri),
        }
    }

    /// The claims that the next token must be asked for with, a JSON object, where the service says `insufficient_claims`.
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// The tenant whose tokens the service wants, if it names one at an authority of this cloud. An address anywhere else
    /// counts for nothing: whoever follows it hands tokens to a stranger.
    pub fn tenant(&self, cloud: &Cloud) -> Option<Tenant> {
        let uri = self.authorization_uri.as_ref()?;
        let is_own = uri.origin() == cloud.authority().origin()
            || uri.scheme() == "https"
                && uri.port().is_none()
                && uri.host_str().is_some_and(|host| cloud.authority_hosts().any(|own| own == host));
        let is_plain = uri.username().is_empty() && uri.password().is_none();
        let tenant = Tenant::parse(uri.path_segments()?.next()?).ok()?;
        (is_own && is_plain && tenant.is_id()).then_some(tenant)
    }
}

/// The claims of a challenge, a JSON object in either alphabet of base64, with or without padding. None if it is none.
pub fn decode_challenge(text: &str) -> Option<String> {
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decode = |alphabet| GeneralPurpose::new(alphabet, padding).decode(text.trim()).ok();
    let decoded = [&alphabet::STANDARD, &alphabet::URL_SAFE].into_iter().find_map(decode)?;
    let claims = String::from_utf8(decoded).ok()?;
    serde_json::from_str::<Map<String, Value>>(&claims).is_ok().then_some(claims)
}

/// The parameters of one bearer challenge, their names in lower case.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn claims(&self) -> Option<String> {
        decode_challenge(self.get("claims").filter(|_| self.get("error") == Some("insufficient_claims"))?)
    }

    fn authorization_uri(&self) -> Option<Url> {
        // Key Vault and others of its age say `authorization` (Microsoft, Key Vault authentication).
        Url::parse(self.get("authorization_uri").or_else(|| self.get("authorization"))?).ok()
    }
}

/// Takes a header apart (RFC 9110, 11.6.1), and forgives what Azure's own services do: values without quotes that should have
/// them, and white space instead of commas (observed: Azure Storage).
fn bearer_challenges(text: &str) -> Vec<Parameters> {
    let mut challenges = Vec::new();
    let mut is_bearer = false;
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return challenges;
        }
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after.trim_start_matches([' ', '\t']);
        if let Some(value) = after.strip_prefix('=') {
            let (value, after) = parameter_value(value.trim_start_matches([' ', '\t']));
            if let Some(Parameters(parameters)) = challenges.last_mut().filter(|_| is_bearer) {
                parameters.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
        } else {
            is_bearer = word.eq_ignore_ascii_case("bearer");
            if is_bearer {
                challenges.push(Parameters(Vec::new()));
            }
            rest = after;
        }
    }
}

/// A quoted string without its quotes and escapes, or a word; and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[index + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const WANTED: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1?>"}}}"#;
    const TENANT: &str = "8c4d7b20-61fe-4f3a-b522-0000000fab02";

    fn challenge<'a>(texts: impl IntoIterator<Item = &'a str>) -> Challenge {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        Challenge::from_headers(&headers)
    }

    #[test]
    fn claims_are_found_in_every_spelling_of_a_challenge() {
        let claims = STANDARD.encode(WANTED);
        for encoded in
            [&claims, &STANDARD_NO_PAD.encode(WANTED), &URL_SAFE.encode(WANTED), &URL_SAFE_NO_PAD.encode(WANTED)]
        {
            for text in [
                format!(
                    r#"Bearer realm="", authorization_uri="https://login.example/common", error="insufficient_claims", claims="{encoded}""#
                ),
                format!(r#"Bearer claims="{encoded}", error="insufficient_claims""#),
                format!(r#"BEARER Error=insufficient_claims,CLAIMS="{encoded}""#),
                format!("bearer error=insufficient_claims, claims={encoded}"),
                format!("Bearer\terror = \"insufficient_claims\" ,\tclaims = \"{encoded}\""),
                format!(
                    r#"Bearer error_description="a \"quoted\", word=1", error="insufficient_claims", claims="{encoded}""#
                ),
                format!(r#"Bearer scope=foo, error="insufficient_claims", claims="{encoded}""#),
                format!(r#"Basic realm="x", Bearer error="insufficient_claims", claims="{encoded}", Negotiate"#),
                format!(
                    r#"Negotiate abcd==, PoP error="invalid_token", Bearer error="insufficient_claims", claims="{encoded}""#
                ),
                format!(r#"Bearer error="invalid_token", Bearer error="insufficient_claims", claims="{encoded}""#),
            ] {
                assert_eq!(challenge([text.as_str()]).claims(), Some(WANTED), "{text}");
                assert_eq!(challenge(["Basic realm=\"x\"", text.as_str()]).claims(), Some(WANTED), "{text}");
            }
        }
    }

    #[test]
    fn other_challenges_ask_for_no_claims() {
        let huge = format!(r#"Bearer error="insufficient_claims", claims="{}""#, STANDARD.encode("x".repeat(1 << 20)));
        for text in [
            r#"Bearer error="invalid_token", claims="e30=""#,
            r#"Bearer error="insufficient_claims", claims="!!!""#,
            r#"Bearer error="insufficient_claims", claims="W10=""#,
            r#"Bearer error="insufficient_claims", claims="/w==""#,
            r#"Bearer error="insufficient_claims""#,
            r#"Bearer error="insufficient_claims", Basic claims="e30=""#,
            r#"Basic error="insufficient_claims", claims="e30=""#,
            r#"error="insufficient_claims", claims="e30=""#,
            "Bearer",
            "Bearer error=\"",
            "Bearer error=\"\\",
            "=\"",
            "",
            &huge,
        ] {
            assert_eq!(challenge([text]), Challenge::default(), "{text}");
        }
    }

    #[test]
    fn a_tenant_is_taken_from_an_authority_of_the_cloud_only() {
        let tenant = |uri: &str| {
            let text =
                format!(r#"Bearer authorization_uri="{uri}", error="invalid_token", error_description="a, b=c""#);
            challenge([text.as_str()]).tenant(&Cloud::public())
        };
        let wanted = Tenant::parse(TENANT).ok();
        for host in ["login.windows.net", "login.microsoftonline.com", "sts.windows.net"] {
            assert_eq!(tenant(&format!("https://{host}/{TENANT}")), wanted);
            assert_eq!(tenant(&format!("https://{host}/{TENANT}/oauth2/authorize")), wanted);
        }
        for hostile in [
            format!("https://login.evil.example/{TENANT}"),
            format!("https://login.windows.net.evil.example/{TENANT}"),
            format!("http://login.windows.net/{TENANT}"),
            format!("https://login.windows.net:444/{TENANT}"),
            format!("https://user@login.windows.net/{TENANT}"),
            format!("https://login.chinacloudapi.cn/{TENANT}"),
            "https://login.windows.net/common".to_owned(),
            "https://login.windows.net/".to_owned(),
            TENANT.to_owned(),
        ] {
            assert_eq!(tenant(&hostile), None, "{hostile}");
        }
        let storage = format!(
            "Bearer authorization_uri=https://login.microsoftonline.com/{TENANT}/oauth2/authorize resource_id=https://storage.azure.com"
        );
        assert_eq!(challenge([storage.as_str()]).tenant(&Cloud::public()), wanted);
        let vault =
            format!(r#"Bearer authorization="https://login.windows.net/{TENANT}", resource="https://vault.azure.net""#);
        assert_eq!(challenge([vault.as_str()]).tenant(&Cloud::public()), wanted);
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(text in "(Bearer )?[ -~\t]{0,200}") {
            let _ = challenge([text.as_str()]);
        }
    }
}
