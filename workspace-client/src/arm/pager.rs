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

use super::{ArmClient, Request};

/// The items of a list, fetched page by page as they are taken: one page is held, and none is asked for that nobody wants.
///
/// It is a [`Stream`]; [`Pager::try_next`] and [`Pager::try_collect`] serve those who need no more.
pub struct Pager<T> {
    /// Until it is begun: the first request, and what makes the items of it.
    first: Option<(Request, Start<T>)>,
    items: Items<T>,
}

type Items<T> = BoxStream<'static, Result<T, Error>>;
type Start<T> = Box<dyn FnOnce(Request) -> Items<T> + Send>;

#[derive(Deserialize)]
struct Page {
    /// Those of a compute are `nodes`.
    #[serde(alias = "nodes")]
    value: Option<Vec<Value>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

/// Where the pages lead. A circle is noticed with one link of the past, which is renewed at ever longer distances (Brent).
#[derive(Clone)]
struct Trail {
    past: Url,
    steps: u32,
    distance: u32,
}

impl<T: Send + 'static> Pager<T> {
    /// Starts with `first`; the pages after it are asked for with `GET`, whatever the first one was.
    pub(crate) fn new(
        client: ArmClient,
        first: Request,
        read: impl Fn(Value) -> Result<T, Error> + Clone + Send + 'static,
    ) -> Self {
        let start = move |first: Request| {
            let trail = Trail { past: first.url.clone(), steps: 0, distance: 1 };
            let pages = stream::try_unfold(Some(Ok((first, trail))), move |next| {
                let (client, read) = (client.clone(), read.clone());
                async move {
                    let Some((request, trail)) = next.transpose()? else { return Ok(None) };
                    let page: Page = client.fetch(&request).await?;
                    // A link that is wrong does not spoil the items before it.
                    let next = trail.follow(page.next_link.as_deref()).transpose();
                    let items: Vec<_> = page.value.unwrap_or_default().into_iter().map(read).collect();
                    Ok(Some((stream::iter(items), next)))
                }
            });
            pages.try_flatten().boxed()
        };
        Self { first: Some((first, Box::new(start))), items: stream::empty().boxed() }
    }

    /// A list that could not even be asked for.
    pub(crate) fn failed(error: Error) -> Self {
        Self { first: None, items: stream::iter([Err(error)]).boxed() }
    }

    /// Replaces an error by another one, which may take a question to find out.
    pub(crate) fn or_else<F: Future<Output = Error> + Send + 'static>(
        self,
        explain: impl Fn(Error) -> F + Send + 'static,
    ) -> Self {
        let explained = move |items: Items<T>| items.or_else(move |error| explain(error).map(Err)).boxed();
        let Some((first, start)) = self.first else { return Self { first: None, items: explained(self.items) } };
        Self { first: Some((first, Box::new(move |first| explained(start(first))))), ..self }
    }

    /// Asks for pages of this many items (`$top`), where the service lets its caller choose. It has no effect once the first item
    /// was taken.
    pub fn page_size(self, items: u32) -> Self {
        let first = self.first.map(|(first, start)| (first.query("$top", &items.to_string()), start));
        Self { first, ..self }
    }

    /// The next item, or none at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As [`ArmClient::get`]. After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.items().try_next().await
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Pager::try_next`].
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        self.items().try_collect().await
    }

    fn items(&mut self) -> &mut Items<T> {
        if let Some((first, start)) = self.first.take() {
            self.items = start(first);
        }
        &mut self.items
    }
}

impl Trail {
    /// The next page. An empty page may well have one; whether its host is the right one is the client's business.
    fn follow(mut self, link: Option<&str>) -> Result<Option<(Request, Self)>, Error> {
        let refuse = |why: &str| Error::new(ErrorKind::Protocol, format!("the link to the list's next page {why}"));
        let Some(link) = link.filter(|link| !link.is_empty()) else { return Ok(None) };
        let next = Url::parse(link).map_err(|error| refuse("is not a URL").with_source(error))?;
        if next == self.past {
            return Err(refuse("leads back to a page that was read"));
        }
        self.steps += 1;
        if self.steps == self.distance {
            self = Self { past: next.clone(), steps: 0, distance: self.distance.saturating_mul(2) };
        }
        Ok(Some((Request::get(next), self)))
    }
}

impl<T: Send + 'static> Stream for Pager<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items().poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").finish_non_exhaustive()
    }
}
