//! Questions whose answer may take as long as a person does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Key, KeyId};

/// How long a place may take; it may be waiting for a person to unlock it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

type Answer = Result<Vec<Key>, Error>;

/// The keys that a slow place has given, and the question that it has not answered yet.
///
/// A question that was not answered in time stays open and is not asked again, so that a person is not asked twice; until it
/// is answered, everybody else is told at once that it is not.
pub(super) struct Asked {
    patience: Duration,
    found: Mutex<Vec<Key>>,
    open: Mutex<Option<Open>>,
}

#[derive(Clone)]
struct Open {
    answer: watch::Receiver<Option<Answer>>,
    deadline: Instant,
}

impl Default for Asked {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl Asked {
    pub(super) fn with_patience(patience: Duration) -> Self {
        Self { patience, found: Mutex::default(), open: Mutex::default() }
    }

    /// The key of this id: from memory, else from what `ask` finds now.
    pub(super) async fn find(
        &self,
        id: KeyId,
        ask: impl Asking,
        late: impl Fn() -> Error,
    ) -> Result<Option<Key>, Error> {
        let of_id = |keys: &[Key]| keys.iter().find(|key| key.id() == id).cloned();
        let known = of_id(&locked(&self.found));
        match known {
            Some(key) => Ok(Some(key)),
            None => Ok(of_id(&self.ask(ask, late, |keys| of_id(keys).is_some()).await?)),
        }
    }

    /// What `ask` finds now.
    pub(super) async fn now(&self, ask: impl Asking, late: impl Fn() -> Error) -> Answer {
        self.ask(ask, late, |_| false).await
    }

    /// An answer to somebody else's question may be older than this one: it will do only if it is `enough`.
    async fn ask(&self, ask: impl Asking, late: impl Fn() -> Error, enough: impl Fn(&[Key]) -> bool) -> Answer {
        let (open, is_mine) = self.open(ask.clone())?;
        let keys = self.answer(open, &late).await?;
        if is_mine || enough(&keys) {
            return Ok(keys);
        }
        let (open, _) = self.open(ask)?;
        self.answer(open, &late).await
    }

    fn open(&self, ask: impl Asking) -> Result<(Open, bool), Error> {
        let mut open = locked(&self.open);
        if let Some(open) = &*open {
            return Ok((open.clone(), false));
        }
        let (sender, answer) = watch::channel(None);
        on_a_thread(move || sender.send_replace(Some(ask())))?;
        let asked = Open { answer, deadline: Instant::now() + self.patience };
        *open = Some(asked.clone());
        Ok((asked, true))
    }

    async fn answer(&self, mut open: Open, late: impl Fn() -> Error) -> Answer {
        let answer = timeout_at(open.deadline, open.answer.wait_for(Option::is_some)).await;
        let Ok(answer) = answer.map(|answer| answer.ok().and_then(|answer| answer.clone())) else { return Err(late()) };
        // None if the thread is gone without an answer.
        let answer = answer.unwrap_or_else(|| Err(late()));
        let mut waiting = locked(&self.open);
        if waiting.as_ref().is_some_and(|waiting| waiting.answer.same_channel(&open.answer)) {
            *waiting = None;
        }
        if let Ok(keys) = &answer {
            self.remember(keys.clone());
        }
        answer
    }

    /// From now on these are the keys.
    pub(super) fn remember(&self, keys: Vec<Key>) {
        *locked(&self.found) = keys;
    }

    pub(super) fn has_found(&self) -> bool {
        !locked(&self.found).is_empty()
    }
}

/// Asks the place itself; may block.
pub(super) trait Asking: FnOnce() -> Answer + Clone + Send + 'static {}

impl<F: FnOnce() -> Answer + Clone + Send + 'static> Asking for F {}

/// Changes what a place holds, within [`PATIENCE`], and gives what it holds then.
pub(super) async fn change(change: impl FnOnce() -> Answer + Send + 'static, late: impl Fn() -> Error) -> Answer {
    within(PATIENCE, change, late).await
}

/// Like [`change`], for a place that may take as long as this.
pub(super) async fn within(
    patience: Duration,
    change: impl FnOnce() -> Answer + Send + 'static,
    late: impl Fn() -> Error,
) -> Answer {
    let (sender, answer) = tokio::sync::oneshot::channel();
    on_a_thread(move || sender.send(change()))?;
    timeout(patience, answer).await.map_err(|_| late())?.map_err(|_| late())?
}

/// Runs `work` on a thread that nobody waits for: a runtime that shuts down waits for its own blocking threads, and a keyring may
/// take as long as a person does.
fn on_a_thread<T>(work: impl FnOnce() -> T + Send + 'static) -> Result<(), Error> {
    let thread = std::thread::Builder::new().name("key".into()).spawn(move || drop(work()));
    thread.map(drop).map_err(|error| Error::new(ErrorKind::Store, "no thread to ask for the key").with_source(error))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
