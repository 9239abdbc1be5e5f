//! A Redis that is away, silent, hostile, or comes back.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_cache::{RedisStore, SharedKey};
use auth_core::{Authentication, Cached, Clock, Cloud, Error, ErrorKind, Secret, TokenRequest, TokenStore, clock};
use xtask::log::Log;

use super::server::Server;
use crate::cached::Counter;
use crate::support::{PATIENCE, ann, ben, record, save};

/// As the five seconds in which a server that failed is left alone.
async fn let_the_rest_pass() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    tokio::time::resume();
}

fn store(url: &str) -> RedisStore {
    RedisStore::new(&url.into(), SharedKey::generate()).unwrap()
}

fn cached(store: RedisStore) -> (Cached<Counter>, Clock) {
    let clock = Clock::fixed(clock::from_unix(1_000));
    let auth = Cached::new(Counter::default(), Cloud::public()).with_store(Arc::new(store)).with_clock(clock.clone());
    (auth, clock)
}

#[tokio::test]
async fn without_redis_tokens_are_obtained_and_one_warning_says_that_they_are_not_shared() -> Result<(), Error> {
    let (log, _guard) = Log::of_this_thread();
    let server = Server::stopped();
    let (auth, clock) = cached(server.store());
    let started = Instant::now();
    let request = TokenRequest::arm(auth.cloud());
    assert_eq!(auth.token(&request).await?.secret().expose(), "token-1");
    for _ in 0..100 {
        assert_eq!(auth.token(&request).await?.secret().expose(), "token-1");
    }
    clock.advance(Duration::from_secs(9_000));
    assert_eq!(auth.token(&request).await?.secret().expose(), "token-2");
    assert!(started.elapsed() < Duration::from_secs(2));

    let log = log.text();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(
        "cannot be reached (No such file or directory (os error 2)); what is obtained now is kept in memory only"
    ));
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_costs_one_time_limit_and_is_then_left_alone() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let limit = Duration::from_millis(300);
    let store = store(&format!("redis://:canary@{address}")).with_time_limit(limit);
    let started = Instant::now();
    let (auth, _) = cached(store.clone());
    assert_eq!(auth.token(&TokenRequest::arm(auth.cloud())).await?.secret().expose(), "token-1");
    for _ in 0..1000 {
        let error = store.lock(&ann(), PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert_eq!(error.to_string(), format!("Redis at {address} cannot be reached (it does not answer)"));
    }
    assert!(started.elapsed() >= limit && started.elapsed() < 10 * limit, "{:?}", started.elapsed());
    let_the_rest_pass().await;
    assert!(store.load(&ann()).await.is_err());

    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.incoming().take_while(Result::is_ok).count(), 2, "once, and once more after the rest");
    Ok(())
}

#[tokio::test]
async fn callers_that_ask_a_silent_server_together_wait_together() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let limit = Duration::from_millis(300);
    let store = store(&format!("redis://{}", listener.local_addr().unwrap())).with_time_limit(limit);
    let started = Instant::now();
    let partition = ann();
    let answers = futures_util::future::join_all((0..500).map(|_| store.load(&partition))).await;
    assert!(answers.iter().all(Result::is_err));
    assert!(started.elapsed() < 5 * limit, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_restart_in_between_costs_no_call_and_loses_no_lock() -> Result<(), Error> {
    let mut server = Server::start();
    let store = server.store();
    save(&store, &ann(), &record("first")).await;
    let mut locked = store.lock(&ben(), PATIENCE).await?;
    server.kill();
    server.run();
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    locked.save(&record("of ben")).await?;
    assert_eq!(store.load(&ben()).await?, Some(record("of ben")));
    Ok(())
}

#[tokio::test]
async fn a_redis_that_comes_back_is_used_again() -> Result<(), Error> {
    let mut server = Server::start();
    let store = server.store();
    save(&store, &ann(), &record("first")).await;
    server.kill();
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert_eq!(error.help(), Some("check that it runs, and that the Redis URL names it"));
    server.run();
    assert!(store.load(&ann()).await.is_err(), "it is left alone for a while");
    let_the_rest_pass().await;
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[tokio::test]
async fn a_redis_that_stops_answering_is_given_up_and_used_again() -> Result<(), Error> {
    let server = Server::start();
    let store = server.store().with_time_limit(Duration::from_millis(300));
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    server.signal("STOP");
    let error = locked.save(&record("first")).await.unwrap_err();
    assert!(error.to_string().ends_with("cannot be reached (it does not answer)"), "{error}");
    server.signal("CONT");
    assert!(store.load(&ann()).await.is_err(), "it is left alone for a while");
    let_the_rest_pass().await;
    locked.save(&record("first")).await?;
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    Ok(())
}

#[test]
fn a_connection_whose_runtime_is_gone_is_replaced() {
    let server = Server::start();
    let store = server.store();
    for number in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(save(&store, &ann(), &record(&number.to_string())));
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_a_clear_error() {
    let server = Server::start();
    let socket = server.socket().display().to_string();
    for url in [format!("unix://{socket}?pass=canary-wrong"), format!("unix://{socket}")] {
        let error = store(&url).load(&ann()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        insta::with_settings!({ filters => vec![(socket.as_str(), "[socket]")] }, {
            insta::allow_duplicates! {
                insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @"
                Redis at [socket] refuses the user name or the password
                help: check them in the Redis URL
                ");
            }
        });
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_user_who_may_do_too_little_is_told_what_is_needed() {
    let server = Server::start_with("user little on >canary-little ~* +get");
    let socket = server.socket().display().to_string();
    let store = store(&format!("unix://{socket}?user=little&pass=canary-little"));
    let error = store.lock(&ann(), PATIENCE).await.unwrap_err();
    insta::with_settings!({ filters => vec![(socket.as_str(), "[socket]")] }, {
        insta::assert_snapshot!(format!("{error}\nhelp: {}", error.help().unwrap()), @"
        Redis at [socket] does not let this user do what a store does
        help: allow the user EVAL, GET, SET, DEL, GETRANGE, SCAN, PTTL, PEXPIRE, HGET, HSET and HINCRBY on the keys of the namespace
        ");
    });
}

#[tokio::test]
async fn a_user_who_may_do_just_what_is_needed_can_keep_records() -> Result<(), Error> {
    let rights = "+eval +get +set +del +getrange +scan +pttl +pexpire +hget +hset +hincrby";
    let server = Server::start_with(&format!("user store on >pw ~orders:* {rights}"));
    let url = format!("unix://{}?user=store&pass=pw", server.socket().display());
    let store = store(&url).with_namespace("orders")?;
    save(&store, &ann(), &record("first")).await;
    assert_eq!(store.partitions().await?, [ann()]);
    assert!(store.lock(&ann(), PATIENCE).await?.remove().await?);
    Ok(())
}

/// Redis itself answers so to a command that it does not know, and a proxy may not know AUTH.
#[tokio::test]
async fn a_server_that_repeats_what_it_was_sent_does_not_get_the_password_into_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let echo = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 1000];
        let length = stream.read(&mut buffer).unwrap();
        assert!(String::from_utf8_lossy(&buffer[..length]).contains("canary"));
        stream.write_all(b"-ERR unknown command 'AUTH', with args beginning with: 'canary'\r\n").unwrap();
        let _ = stream.read(&mut buffer);
    });
    let error = store(&format!("redis://:canary@{address}")).load(&ann()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(!format!("{error} {error:?} {:?}", error.help()).contains("canary"), "{error:?}");
    echo.join().unwrap();
}

#[test]
fn a_url_that_is_none_is_not_repeated() {
    for (url, why) in [
        ("canary", "Redis URL did not parse"),
        ("https://:canary@localhost", "Redis URL did not parse"),
        ("redis://:canary@localhost/canary", "Invalid database number"),
        ("redis://:can/ary@localhost", "Redis URL did not parse"),
        ("redis://:canary@localhost?protocol=canary", "Invalid protocol version"),
        ("rediss://:canary@localhost#canary", "only #insecure is supported as URL fragment"),
    ] {
        let error = RedisStore::new(&Secret::from(url), SharedKey::generate()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.to_string(), format!("the Redis URL is not usable ({why})"));
        assert!(!format!("{error:?} {:?}", error.help()).contains("canary"), "{error:?}");
    }
}
