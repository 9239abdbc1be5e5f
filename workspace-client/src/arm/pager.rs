//! Lists that come in pages.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use auth_core::{Error, ErrorKind};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::Stream;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::Request;
use super::exchange::{Answer, misfit};

/// The items of a list, fetched page by page as they are taken. The next page is asked for while the second half of this one is
/// taken, so that two pages are held at most.
///
/// It is a [`Stream`]; [`Pager::try_next`] and [`Pager::try_collect`] serve those who need no more.
pub struct Pager<T> {
    fetch: Fetch<T>,
    items: vec::IntoIter<T>,
    /// Once so few items are left, the next page is asked for.
    few: usize,
    ahead: Ahead<T>,
    trail: Option<Trail>,
}

/// Which page is wanted.
#[derive(Clone)]
pub(crate) enum Turn {
    /// The first one, of this many items if a number is said.
    First(Option<u32>),
    /// The one that the page before it names.
    Next(Box<Request>),
}

/// One page of a list.
pub(crate) struct Page<T> {
    items: Vec<T>,
    next: Option<Result<Box<Request>, Error>>,
}

type Fetch<T> = Arc<dyn Fn(Turn) -> BoxFuture<'static, Result<Page<T>, Error>> + Send + Sync>;

/// What comes after the page whose items are taken.
enum Ahead<T> {
    Asked(BoxFuture<'static, Result<Page<T>, Error>>),
    End,
    Failed(Error),
    Known(Turn),
    Read(Page<T>),
}

/// Where the pages lead. A circle is noticed with one link of the past, which is renewed at ever longer distances (Brent).
struct Trail {
    past: (Url, Option<Vec<u8>>),
    steps: u32,
    distance: u32,
}

impl<T: Send + 'static> Pager<T> {
    /// Asks `fetch` for the first page, and then for the one that each of them names.
    pub(crate) fn new<F>(fetch: impl Fn(Turn) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Page<T>, Error>> + Send + 'static,
    {
        Self {
            fetch: Arc::new(move |turn| fetch(turn).boxed()),
            items: Vec::new().into_iter(),
            few: 0,
            ahead: Ahead::Known(Turn::First(None)),
            trail: None,
        }
    }

    /// Asks for pages of this many items, where the service lets its caller choose. It has no effect once the first item was taken.
    #[must_use]
    pub fn page_size(mut self, items: u32) -> Self {
        if let Ahead::Known(Turn::First(size)) = &mut self.ahead {
            *size = Some(items);
        }
        self
    }

    /// The next item, or none at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// As [`ArmClient::get`](super::ArmClient::get). After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        poll_fn(|context| self.poll_item(context)).await.transpose()
    }

    /// All items that are left.
    ///
    /// # Errors
    /// As [`Pager::try_next`].
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(items)
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if self.items.len() <= self.few {
                self.look_ahead(context);
            }
            if let Some(item) = self.items.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match std::mem::replace(&mut self.ahead, Ahead::End) {
                Ahead::Asked(asked) => {
                    self.ahead = Ahead::Asked(asked);
                    return Poll::Pending;
                }
                Ahead::End => return Poll::Ready(None),
                Ahead::Failed(error) => return Poll::Ready(Some(Err(error))),
                Ahead::Known(turn) => self.ahead = Ahead::Known(turn),
                Ahead::Read(page) => self.turn(page),
            }
        }
    }

    /// Asks for the next page, or asks how far that has come.
    fn look_ahead(&mut self, context: &mut Context<'_>) {
        if let Ahead::Known(turn) = &self.ahead {
            self.ahead = Ahead::Asked((self.fetch)(turn.clone()));
        }
        let Ahead::Asked(asked) = &mut self.ahead else { return };
        match asked.poll_unpin(context) {
            Poll::Pending => {}
            Poll::Ready(Ok(page)) => self.ahead = Ahead::Read(page),
            Poll::Ready(Err(error)) => self.ahead = Ahead::Failed(error),
        }
    }

    fn turn(&mut self, page: Page<T>) {
        self.few = page.items.len() / 2;
        self.items = page.items.into_iter();
        // A link that is wrong does not spoil the items before it.
        self.ahead = match page.next.transpose().and_then(|next| next.map(|next| self.follow(next)).transpose()) {
            Ok(None) => Ahead::End,
            Ok(Some(next)) => Ahead::Known(Turn::Next(next)),
            Err(error) => Ahead::Failed(error),
        };
    }

    fn follow(&mut self, next: Box<Request>) -> Result<Box<Request>, Error> {
        let link = (next.url.clone(), next.body.clone());
        let trail = self.trail.get_or_insert_with(|| Trail { past: link.clone(), steps: 0, distance: 1 });
        trail.follow(link)?;
        Ok(next)
    }
}

impl Page<Value> {
    /// The page that answers a request, with its items in the member of this name. An empty page may well have a next one; whether
    /// its host is the right one is the client's business.
    pub(super) fn read(request: &Request, answer: &Answer, member: &str) -> Result<Self, Error> {
        let mut page: Map<String, Value> = answer.read_as(&answer.body)?;
        let items = match page.remove(member) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) => Vec::new(),
            None if page.contains_key("nextLink") => Vec::new(),
            _ => return Err(answer.unreadable(&format!("there is no list in its member {member}"))),
        };
        let link = page.get("nextLink").and_then(Value::as_str).filter(|link| !link.is_empty());
        let next = link.map(|link| {
            Url::parse(link)
                .map(|url| Box::new(request.follow(url)))
                .map_err(|error| wrong_link("is not a URL").with_source(error))
        });
        Ok(Self { items, next })
    }
}

impl<T> Page<T> {
    pub(crate) fn new(items: Vec<T>, next: Option<Request>) -> Self {
        Self { items, next: next.map(|next| Ok(Box::new(next))) }
    }

    pub(crate) fn map<U>(self, read: impl FnMut(T) -> Result<U, Error>) -> Result<Page<U>, Error> {
        let items = self.items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, next: self.next })
    }
}

/// An item of a list, read.
pub(crate) fn item<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        Error::new(ErrorKind::Protocol, format!("an item of the list cannot be understood: {}", misfit(&error)))
    })
}

impl Trail {
    fn follow(&mut self, next: (Url, Option<Vec<u8>>)) -> Result<(), Error> {
        if self.steps > 0 && next == self.past {
            return Err(wrong_link("leads back to a page that was read"));
        }
        self.steps += 1;
        if self.steps > self.distance {
            *self = Self { past: next, steps: 1, distance: self.distance.saturating_mul(2) };
        }
        Ok(())
    }
}

fn wrong_link(why: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the link to the list's next page {why}"))
}

impl<T: Send + 'static> Stream for Pager<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(context)
    }
}

impl<T> Unpin for Pager<T> {}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager").finish_non_exhaustive()
    }
}
