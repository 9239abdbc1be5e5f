//! With what a request is let in.

use std::sync::Arc;

use auth_core::claims::Challenge;
use auth_core::{AccessToken, Authentication, Error, ErrorKind, Scope, Secret, TokenRequest};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use url::Url;

/// Blob Storage's audience, in every cloud (Microsoft, "Authorize access to blobs using Microsoft Entra ID").
const AUDIENCE: &str = "https://storage.azure.com";

/// With what a container lets us in.
#[derive(Clone, Debug)]
pub(super) enum Access {
    Anonymous,
    Identity(Arc<dyn Authentication>),
    Sas(Secret),
}

/// What one request is let in with.
pub(super) enum Pass {
    Nothing,
    Sas(Secret),
    Token(TokenRequest, AccessToken),
}

impl Access {
    /// What a request needs now. A person is never asked.
    pub(super) async fn pass(&self) -> Result<Pass, Error> {
        match self {
            Self::Anonymous => Ok(Pass::Nothing),
            Self::Identity(auth) => {
                let asked = TokenRequest::new(Scope::default_of(AUDIENCE)?);
                let token = auth.token(&asked).await?;
                Ok(Pass::Token(asked, token))
            }
            Self::Sas(sas) => Ok(Pass::Sas(sas.clone())),
        }
    }

    /// Another token instead of one that was refused, with the claims that were demanded; none where there is no other.
    pub(super) async fn instead_of(&self, refused: Pass, answer: &HeaderMap) -> Result<Option<Pass>, Error> {
        let (Self::Identity(auth), Pass::Token(asked, token)) = (self, refused) else { return Ok(None) };
        let mut asked = asked.instead_of(&token);
        if let Some(claims) = Challenge::from_headers(answer).claims() {
            asked = asked.claims(claims);
        }
        tracing::debug!("the token was refused; another one is asked for");
        let token = auth.token(&asked).await?;
        Ok(Some(Pass::Token(asked, token)))
    }
}

impl Pass {
    /// Puts it into a request, at the last moment: nobody else sees a URL with a SAS.
    pub(super) fn show(&self, url: &mut Url, headers: &mut HeaderMap) -> Result<(), Error> {
        match self {
            Self::Nothing => {}
            Self::Sas(sas) => {
                let query = url.query().map(|query| format!("{query}&")).unwrap_or_default();
                url.set_query(Some(&format!("{query}{}", sas.expose())));
            }
            Self::Token(_, token) => {
                let mut value = HeaderValue::from_str(token.header().expose()).map_err(|_| {
                    Error::new(ErrorKind::Protocol, "the token holds characters that a header cannot carry")
                })?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(())
    }
}
