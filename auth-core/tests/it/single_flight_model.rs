//! Every order in which tasks may run: the real `Cached` under a scheduler that chooses the next task at each await.

use std::collections::HashSet;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use auth_core::clock::from_unix;
use auth_core::{
    AccessToken, Authentication as _, Cached, Clock, Cloud, Error, ErrorKind, Grant, MemoryStore, Partition, Record,
    TokenRequest, TokenSource,
};
use shuttle::rand::Rng as _;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};

use crate::support::{NOON, arm, hour_from};

/// Checks that it is never asked twice at the same time, and sometimes fails.
#[derive(Clone, Debug, Default)]
struct Exclusive {
    asking: Arc<AtomicUsize>,
    granted: Arc<AtomicUsize>,
}

/// Counts a request as over when it is dropped, too.
struct Asking<'a>(&'a AtomicUsize);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl TokenSource for Exclusive {
    fn name(&self) -> &'static str {
        "exclusive"
    }

    fn partition(&self) -> Partition {
        Partition::new("exclusive", [])
    }

    async fn acquire(&self, _request: &TokenRequest, _previous: Option<&Record>) -> Result<Grant, Error> {
        assert_eq!(self.asking.fetch_add(1, Ordering::SeqCst), 0, "two requests at the same time");
        let _asking = Asking(&self.asking);
        shuttle::future::yield_now().await;
        if shuttle::rand::thread_rng().gen_bool(0.2) {
            return Err(Error::new(ErrorKind::Network, "dead"));
        }
        let number = self.granted.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(hour_from(from_unix(NOON), &number.to_string()).into())
    }
}

/// A future that may be dropped before it ends.
struct Impatient<F>(F, usize);

impl<F: Future + Unpin> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        let polled = pin!(&mut self.0).poll(context).map(Some);
        if polled.is_pending() && self.1 == 0 {
            context.waker().wake_by_ref();
        }
        polled
    }
}

/// Five callers in two processes, some of which give up, and each of which has its token refused once.
fn callers_in_two_processes() {
    let (source, store) = (Exclusive::default(), Arc::new(MemoryStore::new()));
    let process = || {
        let cached = Cached::new(source.clone(), Cloud::public()).with_store(store.clone());
        Arc::new(cached.with_clock(Clock::fixed(from_unix(NOON))))
    };
    let processes = [process(), process()];
    let refused = Arc::new(Mutex::new(HashSet::new()));
    let gave_up = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..5)
        .map(|caller| {
            let (auth, refused, gave_up) = (processes[caller % 2].clone(), refused.clone(), gave_up.clone());
            shuttle::future::spawn(async move {
                let polls = match shuttle::rand::thread_rng().gen_range(0..12) {
                    patience @ 0..8 => patience,
                    _ => usize::MAX,
                };
                let Some(first) = Impatient(auth.token(&arm()), polls).await else {
                    gave_up.fetch_add(1, Ordering::SeqCst);
                    return;
                };
                let Ok(first) = first else { return };
                refused.lock().unwrap().insert(first.secret().expose().to_owned());
                let second: Result<AccessToken, Error> = auth.token(&arm().instead_of(&first)).await;
                assert_ne!(second.as_ref().ok(), Some(&first), "the refused token was served again");
            })
        })
        .collect();
    for caller in callers {
        shuttle::future::block_on(caller).unwrap();
    }
    // Nobody holds anything any more, and nobody gets what this process knows to be refused.
    for auth in processes {
        let last = loop {
            match shuttle::future::block_on(auth.token(&arm())) {
                Ok(token) => break token,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Network),
            }
        };
        assert!(last.is_fresh(from_unix(NOON)));
    }
    // One grant, one more for each token that was refused, and one for each caller that may have been dropped before the other
    // process could see what it was granted.
    let [granted, gave_up] = [source.granted, gave_up].map(|count| count.load(Ordering::SeqCst));
    let refused = refused.lock().unwrap().len();
    assert!(granted <= 1 + refused + gave_up, "{granted} grants, {refused} refused, {gave_up} gave up");
}

/// The deadlines of `Cached` need a timer to be registered with; it never fires, as nothing drives it.
fn check(scheduler: impl Scheduler + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _context = runtime.enter();
    shuttle::Runner::new(scheduler, shuttle::Config::default()).run(callers_in_two_processes);
}

#[test]
fn one_request_at_a_time_in_whatever_order_tasks_run_and_give_up() {
    check(RandomScheduler::new_from_seed(1, 3000));
}

#[test]
fn one_request_at_a_time_under_schedules_that_look_for_rare_orders() {
    check(PctScheduler::new_from_seed(1, 3, 3000));
}
