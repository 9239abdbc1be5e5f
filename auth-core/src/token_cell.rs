//! One token that many threads read at the same time.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;

use crate::AccessToken;

const COPIES: usize = 8;

/// Holds copies of one token, of which each thread reads its own: whoever clones a token writes to its reference count, and
/// threads that write to one place wait for each other.
///
/// While a token is being replaced, some threads read the earlier one and some the later.
#[derive(Debug, Default)]
pub(crate) struct TokenCell([ArcSwapOption<AccessToken>; COPIES]);

impl TokenCell {
    /// What `read` makes of this thread's copy.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&AccessToken) -> Option<T>) -> Option<T> {
        self.0[of_this_thread()].load().as_deref().and_then(read)
    }

    pub(crate) fn get(&self) -> Option<AccessToken> {
        self.read(|token| Some(token.clone()))
    }

    pub(crate) fn set(&self, token: &AccessToken) {
        for place in &self.0 {
            place.store(Some(Arc::new(token.copy())));
        }
    }

    /// Withdraws every token for which `is_meant` is true, and forgets it.
    pub(crate) fn withdraw(&self, is_meant: impl Fn(&AccessToken) -> bool) {
        for place in &self.0 {
            let current = place.load();
            if let Some(token) = current.as_deref().filter(|token| is_meant(token)) {
                token.withdraw();
                place.compare_and_swap(&current, None);
            }
        }
    }
}

/// Threads take turns, so that as many as there are copies have one each.
fn of_this_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % COPIES);
    }
    OWN.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_unix;

    #[test]
    fn every_thread_reads_what_was_set_last_and_nothing_that_was_withdrawn() {
        let cell = TokenCell::default();
        let texts = || {
            let read = || cell.get().map(|token| token.secret().expose().to_owned());
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..2 * COPIES).map(|_| scope.spawn(read)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            })
        };
        assert!(texts().iter().all(Option::is_none));
        for text in ["first", "second"] {
            cell.set(&AccessToken::new(text, from_unix(1000)));
            assert!(texts().iter().all(|read| read.as_deref() == Some(text)));
        }
        let kept = cell.get().unwrap();
        cell.withdraw(|token| token.secret().expose() == "first");
        assert!(kept.is_fresh(from_unix(0)));
        cell.withdraw(|token| token.secret().expose() == "second");
        assert!(texts().iter().all(Option::is_none) && !kept.is_fresh(from_unix(0)));
    }
}
