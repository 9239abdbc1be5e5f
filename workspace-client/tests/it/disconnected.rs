//! No host is asked but those of the cloud.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use xtask::emulator::{Emulator, defaults};

use crate::azml::Home;
use crate::emulator::{json, login, login_with};
use crate::support::assert_no_secret;

/// A proxy that lets nothing through, and counts who tried.
struct Wall {
    url: String,
    visitors: Arc<AtomicUsize>,
}

impl Wall {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let visitors = Arc::new(AtomicUsize::new(0));
        let counter = visitors.clone();
        std::thread::spawn(move || {
            for visitor in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = visitor.unwrap().write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { url, visitors }
    }

    fn visitors(&self) -> usize {
        self.visitors.load(Ordering::SeqCst)
    }
}

#[test]
fn a_whole_session_in_a_cloud_of_one_s_own_asks_no_other_host() {
    let (home, azure, wall) = (Home::new(), Emulator::start(), Wall::start());
    let ca = azure.ca_file().display().to_string();
    let mut variables = vec![("SSL_CERT_FILE", ca.as_str())];
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy"] {
        variables.push((name, &wall.url));
    }
    let azml = |args: &[&str]| home.azml_with(args, &variables);
    azml(&["cloud", "register", "-n", "Rig", "--endpoint-resource-manager", azure.https_url()]).success();
    azml(&["cloud", "set", "-n", "Rig"]).success();
    let accounts = json(login_with(&home, &azure, &["--no-browser"], &variables));
    assert_eq!(accounts[0]["cloudName"], "Rig");
    azml(&["account", "list"]).success();
    for resource in ["arm", "ml"] {
        azml(&["account", "get-access-token", "--resource-type", resource]).success();
    }
    azml(&["account", "get-access-token", "--tenant", defaults::FABRIKAM]).success();
    azml(&["workspace", "list"]).success();
    let group = defaults::RESOURCE_GROUP;
    let workspace = json(azml(&["workspace", "show", "-g", group, "-n", defaults::WORKSPACE]));
    assert_eq!(workspace["location"], defaults::LOCATION);
    let run = azml(&["doctor", "--online", "-o", "json"]);
    assert_no_secret(&azure, "the report", run.stdout.as_bytes());
    azml(&["logout", "--all"]).success();
    assert_eq!(wall.visitors(), 0);
    assert!(azure.refused_hosts().is_empty());

    // The wall does stand in the way: another cloud runs into it.
    let run = azml(&["login", "--cloud", "AzureCloud", "--no-browser", "--timeout", "1"]);
    let reached = azml(&["cloud", "register", "-n", "Far", "--endpoint-resource-manager", "https://arm.rig.example"]);
    assert!(run.code == 1 && reached.code == 1 && wall.visitors() > 0, "{}", reached.stderr);
}

#[test]
fn a_whole_session_in_the_public_cloud_asks_no_host_but_azure_s() {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    for args in [
        &["account", "get-access-token"][..],
        &["account", "get-access-token", "--resource-type", "ml"],
        &["workspace", "list"],
        &["cloud", "list"],
        &["cloud", "set", "-n", "AzureCloud"],
        &["doctor", "--online"],
        &["logout"],
    ] {
        let run = crate::emulator::azml(&home, &azure, args);
        assert!(run.code == 0 || args[0] == "doctor", "{args:?}: {}", run.stderr);
    }
    let hosts: Vec<_> =
        azure.requests().into_iter().filter_map(|request| request.headers.get("host").cloned()).collect();
    let strange: Vec<_> = hosts
        .iter()
        .filter(|host| !["login.microsoftonline.com", "management.azure.com"].contains(&host.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(azure.refused_hosts().is_empty(), "{:?}", azure.refused_hosts());
}
