//! The Redis server: a connection that is made at first use, made again when it is lost, and never waited for long.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Error, ErrorKind, Secret};
use futures_util::FutureExt as _;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo as _, RedisError};
use tokio::time::{Instant, timeout_at};

/// How long a server that failed is not asked again, so that a thousand calls do not each wait for it.
const REST: Duration = Duration::from_secs(5);

pub(super) struct Server {
    client: Client,
    address: String,
    link: Mutex<Option<Link>>,
    /// Held by the one who connects: the last failure, and when it was.
    connecting: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

type Link = Arc<MultiplexedConnection>;

/// Why a connection brought no answer.
enum Failure {
    /// It is gone, as after a restart of the server.
    Lost(Error),
    /// The server said no.
    Refused(Error),
    /// The time is over.
    Silent(Error),
}

impl Server {
    /// The server of this URL, which is not contacted yet.
    pub(super) fn new(url: &Secret) -> Result<Self, Error> {
        let unusable = |error: RedisError| {
            // Only the library's own words: what follows them may be a part of the URL.
            let why = error.to_string();
            let why = why.split(" - ").next().unwrap_or_default();
            Error::new(ErrorKind::Configuration, format!("the Redis URL is not usable ({why})")).with_help(
                "write it as redis://user:password@host:port/number, rediss:// for TLS, or unix:///path?pass=password, \
                 with percent codes for special characters in the password",
            )
        };
        let info = url.expose().into_connection_info().map_err(unusable)?;
        let address = info.addr().to_string();
        // A user of Redis who may do little may not name the library either.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        let client = Client::open(info.set_redis_settings(settings)).map_err(unusable)?;
        Ok(Self { client, address, link: Mutex::default(), connecting: tokio::sync::Mutex::default() })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The answer to a command, or why there is none after `limit`. The command may reach the server twice.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd, limit: Duration) -> Result<T, Error> {
        let deadline = Instant::now() + limit;
        let known = self.link().clone();
        if let Some(link) = known {
            match self.ask_over(&link, command, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Refused(error)) => return Err(error),
                Err(Failure::Silent(error)) => return Err(self.rest(error).await),
                // Only using a connection shows that the server was started again since.
                Err(Failure::Lost(_)) => {}
            }
        }
        let link = self.connect(deadline).await?;
        match self.ask_over(&link, command, deadline).await {
            Ok(answer) => Ok(answer),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Lost(error) | Failure::Silent(error)) => Err(self.rest(error).await),
        }
    }

    /// Sends a command if there is a connection, without waiting for anything.
    pub(super) fn send_now(&self, mut command: Cmd) {
        command.set_no_response(true);
        let link = self.link().clone();
        if let Some(link) = link {
            let mut connection = MultiplexedConnection::clone(&link);
            // Once it is in the connection's queue, the connection sends it.
            let _ = tokio::task::unconstrained(connection.send_packed_command(&command)).now_or_never();
        }
    }

    async fn ask_over<T: FromRedisValue>(&self, link: &Link, command: &Cmd, until: Instant) -> Result<T, Failure> {
        let mut connection = MultiplexedConnection::clone(link);
        let failure = match timeout_at(until, command.query_async(&mut connection)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if error.is_io_error() || error.is_unrecoverable_error() => {
                Failure::Lost(self.explain(&error))
            }
            Ok(Err(error)) => return Err(Failure::Refused(self.explain(&error))),
            Err(_) => Failure::Silent(self.silent()),
        };
        self.link().take_if(|current| Arc::ptr_eq(current, link));
        Err(failure)
    }

    async fn connect(&self, deadline: Instant) -> Result<Link, Error> {
        let mut failure = timeout_at(deadline, self.connecting.lock()).await.map_err(|_| self.silent())?;
        let made_by_another = self.link().clone();
        if let Some(link) = made_by_another {
            return Ok(link);
        }
        if let Some((_, error)) = failure.as_ref().filter(|(when, _)| when.elapsed() < REST) {
            return Err(error.clone());
        }
        use_our_tls();
        // The caller's deadline counts; and commands are also sent where there is no runtime to measure time.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let error = match timeout_at(deadline, connecting).await {
            Ok(Ok(connection)) => {
                tracing::debug!(address = self.address, "connected to Redis");
                let link = Arc::new(connection);
                *self.link() = Some(link.clone());
                return Ok(link);
            }
            Ok(Err(error)) => self.explain(&error),
            Err(_) => self.silent(),
        };
        *failure = Some((Instant::now(), error.clone()));
        Err(error)
    }

    /// Leaves the server alone for a while.
    async fn rest(&self, error: Error) -> Error {
        *self.connecting.lock().await = Some((Instant::now(), error.clone()));
        error
    }

    fn link(&self) -> MutexGuard<'_, Option<Link>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn silent(&self) -> Error {
        self.unreachable("it does not answer")
    }

    fn unreachable(&self, why: &str) -> Error {
        Error::new(ErrorKind::Store, format!("Redis at {} cannot be reached ({why})", self.address))
            .with_help("check that it runs, and that the Redis URL names it")
    }

    /// What went wrong, without the server's own words: some servers repeat what they were sent, the password too.
    fn explain(&self, error: &RedisError) -> Error {
        let is_code = |code: &&str| code.len() <= 20 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let (what, help) = match (error.kind(), error.code().filter(is_code)) {
            (redis::ErrorKind::Io, _) => return self.unreachable(&error.to_string()),
            (redis::ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => {
                ("refuses the user name or the password".to_owned(), "check them in the Redis URL")
            }
            (_, Some("NOPERM")) => (
                "does not let this user do what a store does".to_owned(),
                "allow the user EVAL, GET, SET, DEL, GETRANGE, SCAN, PTTL, PEXPIRE, HGET, HSET and HINCRBY on the keys of the namespace",
            ),
            (_, Some(code)) => (format!("refuses with {code}"), "look into the log of Redis"),
            (_, None) => ("answers what was not expected".to_owned(), "check that the Redis URL names a Redis server"),
        };
        Error::new(ErrorKind::Store, format!("Redis at {} {what}", self.address)).with_help(help)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Without a provider of its own the connection would take the process's, and end the process if it cannot tell which.
fn use_our_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody who was faster is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}
