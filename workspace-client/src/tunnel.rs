//! The road to the SSH servers of compute instances and jobs: bytes in a web socket through a gateway of Azure ML (observed: azure-dev,
//! whose command `connect-ssh` does as that of `az ml` does).
//!
//! ```no_run
//! # async fn example() -> Result<(), workspace_client::Error> {
//! # let ws = workspace_client::Workspace::from_config()?;
//! let instance = ws.computes().get("ada-ci").await?;
//! let gateway = instance.ssh_gateway().expect("a compute instance that runs has one");
//! let tunnel = ws.tunnel(&gateway).await?;
//! tunnel.join(tokio::io::stdin(), tokio::io::stdout()).await?;
//! # Ok(()) }
//! ```

use std::fmt;
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest_websocket::{CloseCode, Message, WebSocket};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use url::Url;

use crate::Workspace;
use crate::arm::Service;
use crate::resources::compute::Compute;
use crate::resources::job::JobService;

/// Where a gateway lets bytes through.
const PATH: &str = "nbip/v1.0/ws-tcp";
/// How often it is asked whether it is still there.
const PULSE: Duration = Duration::from_secs(30);
/// Whoever is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(75);
const CHUNK: usize = 16 << 10;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// The gateway to an SSH server. Azure names it; no other host gets a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway(Url);

/// A connection to an SSH server.
pub struct Tunnel {
    socket: WebSocket,
    host: String,
}

impl Workspace {
    /// Connects to an SSH server of this workspace. The token, which is one for Azure Resource Manager, goes to the gateway.
    ///
    /// # Errors
    /// As [`Workspace::get`], and [`ErrorKind::Rejected`] where the gateway lets nobody through, such as to a server that does not run.
    pub async fn tunnel(&self, gateway: &Gateway) -> Result<Tunnel, Error> {
        let client = self.reach().await?;
        let service = Service::named("the gateway", gateway.0.clone(), Some(client.cloud().arm_scope()))?;
        let socket = client.socket(&service, PATH, self.subscription()).await?;
        Ok(Tunnel { socket, host: gateway.host().to_owned() })
    }
}

impl Compute {
    /// The gateway to the SSH server of a compute instance, where its other services are known, beside which it lies (Microsoft: "How to
    /// use your workspace with a custom DNS server").
    pub fn ssh_gateway(&self) -> Option<Gateway> {
        let mut applications = self.json().items("/properties/properties/applications");
        let known = applications.find_map(|it| it.pointer("/endpointUri")?.as_str()?.parse::<Url>().ok())?;
        let domain = known.host_str()?.strip_prefix(&self.name().to_lowercase())?.strip_prefix('.')?;
        Gateway::at(&format!("https://{}-22.{domain}", self.name().to_lowercase()))
    }
}

impl JobService {
    /// The gateway to an SSH server.
    pub fn gateway(&self) -> Option<Gateway> {
        Gateway::at(self.raw().pointer("/properties/ProxyEndpoint")?.as_str()?)
    }
}

impl Gateway {
    fn at(url: &str) -> Option<Self> {
        let url = match url.split_once("://")? {
            ("wss", rest) => format!("https://{rest}"),
            ("ws", rest) => format!("http://{rest}"),
            _ => url.to_owned(),
        };
        url.parse::<Url>().ok().filter(Url::has_host).map(Self)
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl Tunnel {
    /// Carries bytes both ways until one side ends.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] where the connection breaks, [`ErrorKind::Timeout`] where nothing is heard of the gateway any more.
    pub async fn join(
        self,
        mut input: impl AsyncRead + Unpin,
        mut output: impl AsyncWrite + Unpin,
    ) -> Result<(), Error> {
        let Self { mut socket, host } = self;
        let local =
            |error: std::io::Error| Error::new(ErrorKind::Network, "whoever was served is gone").with_source(error);
        let mut chunk = vec![0; CHUNK];
        let mut pulse = interval_at(Instant::now() + PULSE, PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                read = input.read(&mut chunk) => match read.map_err(local)? {
                    0 => break,
                    count => send(&mut socket, Message::from(&chunk[..count]), &host).await?,
                },
                message = socket.next() => {
                    heard = Instant::now();
                    match message {
                        None | Some(Ok(Message::Close { code: CloseCode::Normal | CloseCode::Away, .. })) => return Ok(()),
                        Some(Ok(Message::Close { .. })) => {
                            return Err(Error::new(ErrorKind::Network, format!("{host} has closed the connection")));
                        }
                        Some(Ok(Message::Binary(bytes))) => {
                            output.write_all(&bytes).await.map_err(local)?;
                            output.flush().await.map_err(local)?;
                        }
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(broken(&host, error)),
                    }
                }
                _ = pulse.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Err(silent(&host));
                    }
                    send(&mut socket, Message::Ping(Vec::new().into()), &host).await?;
                }
            }
        }
        // Nobody waits for an answer.
        let _ = timeout(FAREWELL, socket.close(CloseCode::Normal, None)).await;
        Ok(())
    }
}

async fn send(socket: &mut WebSocket, message: Message, host: &str) -> Result<(), Error> {
    match timeout(SILENCE, socket.send(message)).await {
        Ok(sent) => sent.map_err(|error| broken(host, error)),
        Err(_) => Err(silent(host)),
    }
}

fn broken(host: &str, error: reqwest_websocket::Error) -> Error {
    Error::new(ErrorKind::Network, format!("the connection to {host} broke")).with_source(error)
}

fn silent(host: &str) -> Error {
    let message = format!("nothing was heard of {host} for {} s", SILENCE.as_secs());
    Error::new(ErrorKind::Timeout, message).with_help("check the network")
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gateway").field(&self.host()).finish()
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("host", &self.host).finish_non_exhaustive()
    }
}
