//! Finding out where this program runs, without asking anybody.

use std::path::PathBuf;

use auth_core::{Env, Error, ErrorKind};

use crate::protocol::{Clue, Protocol};
use crate::{Host, HostKind};

/// The machine that this program runs on, as its variables and files tell.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) env: Env,
    root: PathBuf,
    order: Vec<HostKind>,
}

impl Machine {
    /// The machine with these variables, examined in [`HostKind::ORDER`].
    pub fn new(env: Env) -> Self {
        Self { env, root: PathBuf::from("/"), order: HostKind::ORDER.into() }
    }

    /// Looks for these kinds only, in this order.
    pub fn order(mut self, order: impl IntoIterator<Item = HostKind>) -> Self {
        self.order = order.into_iter().collect();
        self
    }

    /// Looks for the files of a Unix machine below `root` instead of `/`.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// The kinds that are looked for, in their order.
    pub fn kinds(&self) -> &[HostKind] {
        &self.order
    }

    /// What this is, from the variables and from which files there are.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if nothing tells, naming variables that are set in part; it may still be a virtual machine, see
    /// [`Host::imds`]. [`ErrorKind::Configuration`] if a variable does not name an acceptable endpoint.
    pub fn host(&self) -> Result<Host, Error> {
        let mut notes: Vec<String> = Vec::new();
        for kind in &self.order {
            match Protocol::by_variables(*kind, &self.env, &self.root)? {
                Clue::Absent => {}
                Clue::Found(host) => return Ok(Host(host)),
                Clue::Partial(note) if notes.contains(&note) => {}
                Clue::Partial(note) => notes.push(note),
            }
        }
        for kind in &self.order {
            if let Some(host) = Protocol::by_files(*kind, &self.env, &self.root)? {
                return Ok(Host(host));
            }
        }
        let message = if notes.is_empty() {
            "nothing here points to a managed identity, such as MSI_ENDPOINT".to_owned()
        } else {
            format!("nothing here points to a managed identity: {}", notes.join("; "))
        };
        Err(Error::new(ErrorKind::Unavailable, message)
            .with_help("a managed identity exists on Azure ML compute, in App Service, and on virtual machines"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:46808/MSI/auth";
    const IDENTITY: [(&str, &str); 2] = [("IDENTITY_ENDPOINT", URL), ("IDENTITY_HEADER", "h")];
    const MSI: [(&str, &str); 2] = [("MSI_ENDPOINT", URL), ("MSI_SECRET", "s")];
    const ARC: [(&str, &str); 2] = [("IDENTITY_ENDPOINT", URL), ("IMDS_ENDPOINT", URL)];
    const PIN: (&str, &str) = ("IDENTITY_SERVER_THUMBPRINT", "0123456789abcdef0123456789abcdef01234567");
    const WORKLOAD: [(&str, &str); 3] = [
        ("AZURE_FEDERATED_TOKEN_FILE", "/token"),
        ("AZURE_TENANT_ID", "contoso.example"),
        ("AZURE_CLIENT_ID", "0a1b2c3d-0000-4000-8000-000000000001"),
    ];

    fn machine(groups: &[&[(&str, &str)]], files: &[&str]) -> (Machine, tempfile::TempDir) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::File::create(path).unwrap();
        }
        (Machine::new(Env::fake(groups.concat())).root(root.path()), root)
    }

    fn found(groups: &[&[(&str, &str)]], files: &[&str]) -> String {
        let (machine, _root) = machine(groups, files);
        machine.host().map_or_else(|error| format!("{:?}", error.kind()), |host| host.name().to_owned())
    }

    #[test]
    fn every_host_is_recognised_by_its_variables_or_its_files() {
        let (notebook, agent) = ("mnt/azmnt/.nbvm", "opt/azcmagent/bin/himds");
        let fabric: [&[_]; 2] = [&[("IDENTITY_ENDPOINT", "https://node:2377"), ("IDENTITY_HEADER", "h")], &[PIN]];
        assert_eq!(found(&[], &[]), "Unavailable");
        assert_eq!(found(&[], &[notebook]), "the instance metadata service");
        assert_eq!(found(&fabric, &[notebook]), "Service Fabric");
        assert_eq!(found(&[&IDENTITY], &[notebook]), "App Service");
        assert_eq!(found(&[&IDENTITY, &MSI], &[]), "App Service", "App Service sets both pairs");
        assert_eq!(found(&[&MSI], &[notebook]), "Azure ML compute");
        assert_eq!(found(&[&MSI, &[("APPSETTING_WEBSITE_SITE_NAME", "x")]], &[]), "App Service (2017)");
        assert_eq!(found(&[&MSI[..1]], &[notebook]), "Cloud Shell");
        assert_eq!(found(&[&WORKLOAD], &[notebook]), "AKS workload identity");
        assert_eq!(found(&[&MSI, &WORKLOAD], &[]), "Azure ML compute");
        assert_eq!(
            found(&[&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1")]], &[]),
            "the instance metadata service"
        );
        if cfg!(target_os = "linux") {
            assert_eq!(found(&[&ARC, &MSI], &[notebook]), "Azure Arc");
            assert_eq!(found(&[], &[notebook, agent]), "Azure Arc");
            assert_eq!(found(&[&MSI], &[agent]), "Azure ML compute", "variables go before files");
        }
    }

    #[test]
    fn a_variable_that_is_empty_or_alone_does_not_mislead() {
        let empty =
            ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT"].map(|it| (it, ""));
        assert_eq!(
            found(&[&empty, &[("IDENTITY_SERVER_THUMBPRINT", "")]], &["mnt/azmnt/.nbvm"]),
            "the instance metadata service"
        );
        assert_eq!(found(&[&IDENTITY[..1]], &["mnt/azmnt/.nbvm"]), "the instance metadata service");
        assert_eq!(found(&[&IDENTITY[1..], &MSI[1..]], &[]), "Unavailable");
        assert_eq!(found(&[&MSI[..1], &[("MSI_SECRET", " ")]], &[]), "Cloud Shell");
    }

    #[test]
    fn what_is_set_in_part_is_told() {
        let note = |groups: &[&[(&str, &str)]]| {
            let error = machine(groups, &[]).0.host().unwrap_err();
            error.to_string().replace("nothing here points to a managed identity", "")
        };
        let notes =
            [note(&[]), note(&[&IDENTITY[..1]]), note(&[&IDENTITY[1..]]), note(&[&MSI[1..]]), note(&[&WORKLOAD[..1]])];
        insta::assert_snapshot!(notes.join("\n"), @r"
            , such as MSI_ENDPOINT
            : IDENTITY_ENDPOINT is set, but IDENTITY_HEADER is not
            : IDENTITY_HEADER is set, but IDENTITY_ENDPOINT is not
            : MSI_SECRET is set, but MSI_ENDPOINT is not
            : AZURE_FEDERATED_TOKEN_FILE is set, but AZURE_TENANT_ID is not
        ");
    }

    #[test]
    fn the_order_can_be_changed_and_kinds_be_left_away() {
        let (machine, _root) = machine(&[&IDENTITY, &MSI], &["mnt/azmnt/.nbvm"]);
        let first = |order: &[HostKind]| machine.clone().order(order.iter().copied()).host().map(|host| host.kind());
        assert_eq!(first(&[HostKind::AzureMl, HostKind::AppService]).unwrap(), HostKind::AzureMl);
        assert_eq!(first(&[HostKind::Imds]).unwrap(), HostKind::Imds);
        assert_eq!(first(&[HostKind::WorkloadIdentity]).unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn debug_shows_no_secret() {
        let env = Env::fake([("MSI_ENDPOINT", URL), ("MSI_SECRET", "canary")]);
        let machine = Machine::new(env);
        assert!(!format!("{machine:?} {:?}", machine.host()).contains("canary"));
    }
}
