//! Questions whose answer may take as long as a person does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Key, KeyId};

/// How long a place may take; it may be waiting for a person to unlock it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How long a place that refused is not asked again: longer than a command takes, shorter than a person's second thoughts.
const RESPITE: Duration = Duration::from_secs(30);

type Answer = Result<Vec<Key>, Error>;

/// The keys that a slow place has given, and the question that it has not answered yet.
///
/// A question that was not answered in time stays open and is not asked again, so that a person is not asked twice; until it
/// is answered, everybody else is told at once that it is not. A refusal, such as a prompt that was closed, is not questioned
/// for a while.
#[derive(Default)]
pub(super) struct Asked {
    found: Mutex<Vec<Key>>,
    open: Mutex<Option<Open>>,
    refused: Mutex<Option<Refusal>>,
}

#[derive(Clone)]
struct Open {
    answer: watch::Receiver<Option<Answer>>,
    deadline: Instant,
}

struct Refusal {
    error: Error,
    until: Instant,
}

impl Asked {
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
        if let Some(refusal) = locked(&self.refused).as_ref().filter(|refusal| Instant::now() < refusal.until) {
            return Err(refusal.error.clone());
        }
        let mut open = locked(&self.open);
        if let Some(open) = &*open {
            return Ok((open.clone(), false));
        }
        let (sender, answer) = watch::channel(None);
        on_a_thread(move || sender.send_replace(Some(ask())))?;
        let asked = Open { answer, deadline: Instant::now() + PATIENCE };
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
        match &answer {
            Ok(keys) => self.remember(keys.clone()),
            Err(error) => self.leave_alone(error),
        }
        answer
    }

    /// From now on these are the keys.
    pub(super) fn remember(&self, keys: Vec<Key>) {
        *locked(&self.found) = keys;
        *locked(&self.refused) = None;
    }

    /// The place has refused, and is not asked again for a while.
    pub(super) fn leave_alone(&self, error: &Error) {
        *locked(&self.refused) = Some(Refusal { error: error.clone(), until: Instant::now() + RESPITE });
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
    let (sender, answer) = tokio::sync::oneshot::channel();
    on_a_thread(move || sender.send(change()))?;
    timeout(PATIENCE, answer).await.map_err(|_| late())?.map_err(|_| late())?
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use auth_core::ErrorKind;

    use super::*;

    fn late() -> Error {
        Error::new(ErrorKind::Store, "late")
    }

    #[tokio::test]
    async fn whoever_refused_is_not_asked_again_for_a_while() {
        let (asked, count) = (Asked::default(), Arc::new(AtomicU32::new(0)));
        let counting = count.clone();
        let refuse = move || {
            counting.fetch_add(1, Ordering::Relaxed);
            Err(Error::new(ErrorKind::Store, "the prompt was closed"))
        };
        for _ in 0..3 {
            let error = asked.now(refuse.clone(), late).await.unwrap_err();
            assert_eq!(error.to_string(), "the prompt was closed");
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);

        tokio::time::pause();
        tokio::time::advance(RESPITE).await;
        tokio::time::resume();
        assert!(asked.now(refuse.clone(), late).await.is_err());
        assert_eq!(count.load(Ordering::Relaxed), 2);

        asked.remember(Vec::new());
        assert!(asked.now(refuse, late).await.is_err());
        assert_eq!(count.load(Ordering::Relaxed), 3, "a success ends it");
    }
}
