//! Many processes on one directory, killed at random moments and started again.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use async_trait::async_trait;
use auth_core::{
    AccessToken, Account, Authentication, Cached, Clock, Cloud, Env, Error, Grant, Partition, Record, Secret,
    TokenRequest, TokenSource, TokenStore, clock,
};

use crate::support::{PATIENCE, Place, Role, directory_of_child, store, tell};

const TEST: &str = "storm::writers_that_are_killed_at_any_moment_lose_nothing_that_was_saved";
const PROCESSES: usize = 32;
const ROUNDS: u64 = 100;
const ACCOUNTS: usize = 4;
/// One of so many rounds ends with a kill of anybody, one of so many locks with a kill of its holder.
const ROUNDS_A_KILL: usize = 40;
const LOCKS_A_KILL: usize = 100;
/// Where the choices begin, and how many rounds are left to a child.
const SEED: &str = "AUTH_CACHE_STORM_SEED";
const ROUNDS_LEFT: &str = "AUTH_CACHE_STORM_ROUNDS";

/// One of the identities. Each record counts, in its refresh token, how often it was saved.
#[derive(Clone, Debug)]
struct Counter {
    account: usize,
    /// The number that this process acquired last, until it is taken out.
    acquired: Arc<AtomicU64>,
}

impl Counter {
    fn new(account: usize) -> Self {
        Self { account, acquired: Arc::default() }
    }

    fn owner(&self) -> Account {
        let id = Some(format!("object-{}.tenant", self.account));
        Account { home_account_id: id, username: None, tenant: None }
    }

    /// The number in a record, which is whole and this account's own.
    fn number(&self, record: &Record) -> u64 {
        assert_eq!(record.account, Some(self.owner()));
        assert_eq!(record.tokens.len(), 1);
        record.refresh_token.as_ref().unwrap().expose().parse().unwrap()
    }
}

#[async_trait]
impl TokenSource for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn partition(&self) -> Partition {
        Partition::new("storm", [self.account.to_string().as_str()])
    }

    async fn acquire(&self, _request: &TokenRequest, previous: Option<&Record>) -> Result<Grant, Error> {
        tell(format!("holds {}", self.account));
        let number = previous.map_or(0, |record| self.number(record)) + 1;
        self.acquired.store(number, Ordering::Relaxed);
        Ok(Grant {
            access_token: AccessToken::new(format!("access {number}"), clock::from_unix(9_000)),
            refresh_token: Some(Secret::new(number.to_string())),
            account: Some(self.owner()),
            credential: None,
        })
    }
}

/// The second role: reads, refreshes and writes, and tells each step when it is done.
async fn take_part(directory: &Path) -> Result<(), Error> {
    let store = store(directory);
    let cached = |account| {
        let cached = Cached::new(Counter::new(account), Cloud::public()).with_store(Arc::new(store.clone()));
        cached.with_clock(Clock::fixed(clock::from_unix(1_000)))
    };
    let accounts: Vec<Cached<Counter>> = (0..ACCOUNTS).map(cached).collect();
    let mut seen = [0; ACCOUNTS];
    let variable = |name: &str| Env::process().var(name).unwrap().parse().unwrap();
    let mut choices = Choices(variable(SEED));
    for _ in 0..variable(ROUNDS_LEFT) {
        let account = choices.below(ACCOUNTS);
        let (cached, counter) = (&accounts[account], accounts[account].source());
        let mut see = |number| {
            assert!(number >= seen[account], "account {account}: {number} after {}", seen[account]);
            seen[account] = number;
            number
        };

        let record = store.load(&counter.partition()).await?;
        tell(format!("read {account} {}", see(record.as_ref().map_or(0, |record| counter.number(record)))));

        // The token that was just read is refused, so that there is always a reason to refresh.
        let request = TokenRequest::arm(cached.cloud());
        let request = match record.as_ref().and_then(|record| record.token(&request)) {
            Some(refused) => request.instead_of(refused),
            None => request,
        };
        cached.token(&request).await?;
        match counter.acquired.swap(0, Ordering::Relaxed) {
            0 => tell(format!("took {account}")),
            number => tell(format!("refreshed {account} {}", see(number))),
        }

        let mut locked = store.lock(&counter.partition(), PATIENCE).await?;
        tell(format!("holds {account}"));
        let mut record = locked.load().await?.expect("a record that was saved is always there");
        let number = see(counter.number(&record)) + 1;
        record.refresh_token = Some(Secret::new(number.to_string()));
        locked.save(&record).await?;
        drop(locked);
        tell(format!("wrote {account} {}", see(number)));
        tell("round");
    }
    Ok(())
}

/// `SplitMix64`: the same choices from the same seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// One of the processes, over all its lives.
#[derive(Default)]
struct Process {
    /// None once it was killed.
    alive: Option<Role>,
    rounds: u64,
    seen: [u64; ACCOUNTS],
    holds: bool,
}

#[derive(Debug, Default)]
struct Figures {
    kills: usize,
    kills_of_a_holder: usize,
    reads: usize,
    refreshes: usize,
    taken_from_another: usize,
    writes: usize,
}

#[tokio::test]
async fn writers_that_are_killed_at_any_moment_lose_nothing_that_was_saved() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        return take_part(&directory).await;
    }
    let seed = Env::process().var(SEED).map_or(2026, |seed| seed.parse().unwrap());
    let (place, mut choices, mut figures) = (Place::new(), Choices(seed), Figures::default());
    let counters: Vec<Counter> = (0..ACCOUNTS).map(Counter::new).collect();
    let mut saved: [BTreeSet<u64>; ACCOUNTS] = Default::default();
    let (teller, told) = mpsc::channel();
    let start = |process: usize, rounds: u64, seed: u64| {
        let mut command = Role::command(TEST, &place.directory);
        command.env(SEED, seed.to_string()).env(ROUNDS_LEFT, rounds.to_string());
        let (mut role, teller) = (Role::of(command), teller.clone());
        role.tells(move |line| teller.send((process, line)).is_ok());
        role
    };
    let mut processes: Vec<Process> = (0..PROCESSES).map(|_| Process::default()).collect();
    for (index, process) in processes.iter_mut().enumerate() {
        process.alive = Some(start(index, ROUNDS, choices.next()));
    }

    let mut running = PROCESSES;
    while running > 0 {
        let (index, line) = told.recv_timeout(PATIENCE).expect("somebody gets on");
        let process = &mut processes[index];
        let Some(line) = line else {
            match process.alive.take() {
                Some(role) => assert!(role.finish() && process.rounds == ROUNDS, "process {index} failed, seed {seed}"),
                None => figures.kills_of_a_holder += usize::from(process.holds),
            }
            if process.rounds < ROUNDS {
                process.alive = Some(start(index, ROUNDS - process.rounds, choices.next()));
            } else {
                running -= 1;
            }
            continue;
        };
        let mut words = line.split(' ');
        let what = words.next().unwrap();
        let mut number = || words.next().map(|word| word.parse().unwrap());
        let (account, number) = (number().map(|account: u64| usize::try_from(account).unwrap()), number());
        if let (Some(account), Some(number)) = (account, number) {
            assert!(number >= process.seen[account], "process {index}, seed {seed}: {line}");
            process.seen[account] = number;
        }
        process.holds = what == "holds";
        match what {
            "read" => figures.reads += 1,
            "refreshed" => figures.refreshes += 1,
            "took" => figures.taken_from_another += 1,
            "wrote" => figures.writes += 1,
            "round" => process.rounds += 1,
            _ => {}
        }
        if let ("refreshed" | "wrote", Some(account), Some(number)) = (what, account, number) {
            assert!(saved[account].insert(number), "account {account}, seed {seed}: {number} was saved twice");
        }

        let victim = match what {
            "holds" if choices.below(LOCKS_A_KILL) == 0 => index,
            "round" if choices.below(ROUNDS_A_KILL) == 0 => choices.below(PROCESSES),
            _ => continue,
        };
        if let Some(role) = processes[victim].alive.take_if(Role::is_running) {
            role.kill();
            figures.kills += 1;
        }
        for (counter, saved) in counters.iter().zip(&saved) {
            let read = place.store().load(&counter.partition()).await?.map_or(0, |record| counter.number(&record));
            assert!(read >= saved.last().copied().unwrap_or(0), "seed {seed}: {read} is not the last that was saved");
            figures.reads += 1;
        }
    }

    assert_eq!(place.store().partitions().await?.len(), ACCOUNTS);
    for (counter, saved) in counters.iter().zip(&saved) {
        let mut locked = place.store().lock(&counter.partition(), std::time::Duration::ZERO).await?;
        let record = locked.load().await?.expect("the account is there");
        let (found, least) = (counter.number(&record), saved.len() as u64);
        // Whoever was killed may have saved without having told.
        assert!((least..=least + figures.kills as u64).contains(&found), "seed {seed}: {least} saves led to {found}");
        // The next save sweeps what the dead left.
        locked.save(&record).await?;
    }
    let names = place.names();
    assert_eq!(names.len(), 2 * ACCOUNTS + 3, "a record and a lock each; the key, its marker and its lock: {names:?}");
    assert!(figures.kills_of_a_holder > 0, "{figures:?}");
    tell(format!("{PROCESSES} processes of {ROUNDS} rounds, seed {seed}: {figures:?}"));
    Ok(())
}
