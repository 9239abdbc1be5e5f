//! Lists that come in pages.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use auth_core::{Error, ErrorKind};
use futures_util::FutureExt as _;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::ArmClient;

/// The items of a list, fetched page by page as they are taken.
///
/// It is a [`Stream`]; [`Pager::try_next`] and [`Pager::try_collect`] serve those who need no more.
pub struct Pager<T>(BoxStream<'static, Result<T, Error>>);

#[derive(Deserialize)]
struct Page {
    value: Option<Vec<Value>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

impl<T: Send + 'static> Pager<T> {
    /// Starts at `first`.
    pub(crate) fn new(
        client: ArmClient,
        first: Url,
        read: impl Fn(Value) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Self {
        let pages = stream::try_unfold(Some(Ok(first)), move |url| {
            let (client, read) = (client.clone(), read.clone());
            async move {
                let Some(url) = url.transpose()? else { return Ok(None) };
                let page: Page = client.get_url(&url).await?;
                // A link that is wrong does not spoil the items before it.
                let next = next(&url, page.next_link.as_deref()).transpose();
                let items: Vec<_> = page.value.unwrap_or_default().into_iter().map(read).collect();
                Ok(Some((stream::iter(items), next)))
            }
        });
        Self(pages.try_flatten().boxed())
    }

    /// A list that could not even be asked for.
    pub(crate) fn failed(error: Error) -> Self {
        Self(stream::iter([Err(error)]).boxed())
    }

    /// Replaces an error by another one, which may take a question to find out.
    pub(crate) fn or_else<F: Future<Output = Error> + Send + 'static>(
        self,
        explain: impl Fn(Error) -> F + Send + 'static,
    ) -> Self {
        Self(self.0.or_else(move |error| explain(error).map(Err)).boxed())
    }

    /// The next item, or none at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As [`ArmClient::get`]. After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.0.try_next().await
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Pager::try_next`].
    pub async fn try_collect(self) -> Result<Vec<T>, Error> {
        self.0.try_collect().await
    }
}

/// The next page. An empty page may well have one; whether its host is the right one is the client's business.
fn next(current: &Url, link: Option<&str>) -> Result<Option<Url>, Error> {
    let refuse = |why: &str| Error::new(ErrorKind::Protocol, format!("the link to the list's next page {why}"));
    let Some(link) = link.filter(|link| !link.is_empty()) else { return Ok(None) };
    let next = Url::parse(link).map_err(|error| refuse("is not a URL").with_source(error))?;
    if next == *current { Err(refuse("leads back to the same page")) } else { Ok(Some(next)) }
}

impl<T> Stream for Pager<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").finish_non_exhaustive()
    }
}
