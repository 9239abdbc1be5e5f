//! `azml identity serve`.

mod allow_list;
mod answer;
mod audit;
mod child;
mod listener;
mod protocol;
mod proxy;
mod rate;
mod server;
mod signals;
#[cfg(unix)]
mod socket_file;

use std::cell::{Cell, RefCell};
use std::process::ExitCode;
use std::sync::Arc;

use auth_core::claims::Claims;
use auth_core::{AccessToken, Authentication as _, Clock, Error, ErrorKind, Secret};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::allow_list::AllowList;
use self::child::{Child, End};
pub(crate) use self::listener::Bind;
use self::listener::Listener;
use self::protocol::{PATH, Rules};
use self::rate::Rate;
use self::server::Server;
use self::signals::Signals;
use super::token::Identity;
use crate::args::ServeArgs;
use crate::context::{Context, block_on};
use crate::output::{Outcome, Printer};
use crate::terminal::say;

/// Serves until it is asked to end, or until the command ends that it is for.
pub(crate) fn serve(args: &ServeArgs, context: &Context, printer: &Printer) -> Result<Outcome, Error> {
    let (auth, identity) = Identity::choose(&args.identity, context)?;
    let allow_list = AllowList::new(auth.cloud(), &args.allow)?;
    if matches!(args.bind, Bind::Socket(_)) && !args.command.is_empty() {
        return Err(Error::new(ErrorKind::Configuration, "a command cannot find a socket by itself").with_help(
            "name an address with --bind, or serve without a command, and forward a port to the socket, such as with socat",
        ));
    }
    block_on(async {
        // Whoever is not signed in learns it now, and not from a client.
        let token = auth.token(&identity.request(auth.cloud().arm_scope())).await?;
        let mut signals = Signals::new()?;
        let listener = Listener::bind(&args.bind).await?;
        let place = Place::of(&listener, &args.host);
        let header = header();
        let rules = Rules { header: header.clone(), hosts: place.hosts, allow_list, whom: whom(&token) };
        warn(&rules, place.is_exposed, &place.shown);
        let server = Server {
            rules,
            rate: RefCell::new(Rate::per_minute(args.rate)),
            auth: Arc::new(auth),
            tenant: identity.tenant().cloned(),
            clock: Clock::system(),
            is_unwatched: Cell::new(false),
        };
        let exceptions = proxy::exceptions(&context.env, &place.names);
        let exceptions = exceptions.as_deref().filter(|_| place.url.is_some());
        let mut variables =
            vec![("IDENTITY_ENDPOINT", place.url.as_deref()), ("IDENTITY_HEADER", Some(header.expose()))];
        if exceptions.is_some() {
            variables.extend(proxy::VARIABLES.map(|name| (name, exceptions)));
        }
        if args.command.is_empty() {
            printer.print(&exports(&variables)).map_err(|error| {
                Error::new(ErrorKind::Configuration, "the variables cannot be printed").with_source(error)
            })?;
            tokio::select! {
                error = server.run(&listener) => Err(error),
                _ = signals.next() => Ok(Outcome::silent(ExitCode::SUCCESS)),
            }
        } else {
            let mut child = Child::start(&args.command, &variables)?;
            let end: End = tokio::select! {
                error = server.run(&listener) => return Err(error),
                end = child.end(&mut signals) => end?,
            };
            drop(listener);
            child.farewell(end).await.map(Outcome::silent)
        }
    })
}

/// What a client needs to know about where the endpoint is.
struct Place {
    /// Where it is asked. None for a socket, as nobody but its user knows where that leads to.
    url: Option<String>,
    hosts: Option<Vec<String>>,
    /// The hosts again, which no proxy must be asked for.
    names: Vec<String>,
    is_exposed: bool,
    shown: String,
}

impl Place {
    fn of(listener: &Listener, more: &[String]) -> Self {
        match listener {
            Listener::Address(_, address) => {
                let (ip, port) = (address.ip(), address.port());
                let host = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
                let url = format!("http://{host}:{port}{PATH}");
                let is_loopback = ip.to_canonical().is_loopback();
                let localhost = is_loopback.then(|| "localhost".to_owned());
                let names: Vec<_> = std::iter::once(host).chain(localhost).chain(more.iter().cloned()).collect();
                Self { shown: url.clone(), url: Some(url), hosts: Some(names.clone()), names, is_exposed: !is_loopback }
            }
            #[cfg(unix)]
            Listener::Socket(socket) => {
                let shown = format!("{PATH} of the socket {}", socket.path().display());
                Self { url: None, hosts: None, names: Vec::new(), is_exposed: false, shown }
            }
        }
    }
}

/// 244 random bits in a form that passes through every shell.
fn header() -> Secret {
    Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}

/// Whose token it is, for a person.
fn whom(token: &AccessToken) -> String {
    let claims = Claims::peek(token.secret().expose()).unwrap_or_default();
    match (claims.username(), &claims.appid) {
        (Some(user), _) => user.to_owned(),
        (None, Some(application)) => format!("the application {application}"),
        (None, None) => "somebody whom the token does not name".to_owned(),
    }
}

fn warn(rules: &Rules, is_exposed: bool, place: &str) {
    let whom = &rules.whom;
    say(&format!("serving tokens of {whom} for {} at {place}", rules.allow_list.shown()));
    if is_exposed {
        say(&format!(
            "warning: whoever reaches this address and knows the header gets tokens of {whom}, and whoever listens on the way \
             reads both"
        ));
    }
    if rules.allow_list.is_open() {
        say(&format!(
            "warning: with these tokens all can be done that {whom} may do, in Azure, Microsoft Graph and elsewhere"
        ));
    }
}

/// The lines to paste into a shell; with -o an object.
fn exports(variables: &[(&str, Option<&str>)]) -> Outcome {
    let (mut lines, mut members) = (String::new(), Map::new());
    for (name, value) in variables.iter().filter_map(|(name, value)| Some((*name, (*value)?))) {
        lines.extend(["export ", name, "=", value, "\n"]);
        members.insert(name.to_owned(), value.into());
    }
    Outcome::new(Value::Object(members)).or_as_text(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_beyond_this_machine_is_exposed_and_answers_to_its_own_name_alone() {
        let at = async |address: &str| {
            let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).await.unwrap();
            let Listener::Address(tcp, _) = listener else { panic!("it is an address") };
            let place = Place::of(&Listener::Address(tcp, address.parse().unwrap()), &["box".to_owned()]);
            (place.url.unwrap(), place.hosts.unwrap(), place.is_exposed)
        };
        let hosts = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
        let bridge = ("http://172.17.0.1:8081/msi/token".to_owned(), hosts(&["172.17.0.1", "box"]), true);
        assert_eq!(at("172.17.0.1:8081").await, bridge);
        let loopback = ("http://[::1]:8081/msi/token".to_owned(), hosts(&["[::1]", "localhost", "box"]), false);
        assert_eq!(at("[::1]:8081").await, loopback);
    }

    #[test]
    fn no_two_headers_are_the_same_and_each_is_one_word() {
        let (one, other) = (header(), header());
        assert!(one != other && one.expose().len() == 64);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
