//! The proxies of clients, which must not see the header.

use auth_core::Env;

/// Where clients look for hosts that are reached without a proxy: some in one spelling alone.
pub(super) const VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];
const PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The value of [`VARIABLES`] with which clients ask these hosts themselves. None where there is no proxy.
pub(super) fn exceptions(env: &Env, hosts: &[String]) -> Option<String> {
    PROXIES.iter().find_map(|name| env.var(name))?;
    let own = VARIABLES.iter().find_map(|name| env.var(name));
    let own = own.iter().flat_map(|own| own.split(',')).map(str::trim).filter(|name| !name.is_empty());
    Some(own.chain(hosts.iter().map(String::as_str)).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_added_to_what_needs_no_proxy() {
        let hosts = ["172.17.0.1".to_owned(), "box".to_owned()];
        let exceptions = |variables: &[(&str, &str)]| exceptions(&Env::fake(variables.iter().copied()), &hosts);
        assert_eq!(exceptions(&[("NO_PROXY", "a.example")]), None);
        assert_eq!(exceptions(&[("http_proxy", "http://p")]).as_deref(), Some("172.17.0.1,box"));
        let both = [("ALL_PROXY", "http://p"), ("no_proxy", "a.example, .b.example")];
        assert_eq!(exceptions(&both).as_deref(), Some("a.example,.b.example,172.17.0.1,box"));
    }
}
