//! The emulator's own certificate authority, and one leaf for every name that it answers to.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha1::{Digest as _, Sha1};

/// The public host names of Azure's sign-in and management planes: what the proxy lets through, and what the leaf certificate names.
pub const AZURE_HOSTS: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "management.azure.com",
    "management.core.windows.net",
    "graph.microsoft.com",
    "graph.windows.net",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "management.chinacloudapi.cn",
    "management.core.chinacloudapi.cn",
    "microsoftgraph.chinacloudapi.cn",
    "login.microsoftonline.us",
    "login.usgovcloudapi.net",
    "management.usgovcloudapi.net",
    "management.core.usgovcloudapi.net",
    "graph.microsoft.us",
];

/// The domains whose hosts it answers for, too: each vault, region and storage account has one.
pub const AZURE_DOMAINS: &[&str] = &[
    "vault.azure.net",
    "api.azureml.ms",
    "api.ml.azure.cn",
    "api.ml.azure.us",
    "blob.core.windows.net",
    "westeurope.instances.azureml.ms",
    "westeurope.nodes.azureml.ms",
];

/// Whether this name, in lower case, is one of [`AZURE_HOSTS`] or in one of [`AZURE_DOMAINS`].
pub(super) fn is_azure_host(host: &str) -> bool {
    let domain = host.split_once('.').map_or("", |(_, domain)| domain);
    AZURE_HOSTS.contains(&host) || AZURE_DOMAINS.contains(&domain)
}

/// What one process needs to speak TLS as Azure; made once.
pub(crate) struct Authority {
    /// The certificate of the authority, for clients to trust.
    pub(crate) ca_pem: String,
    /// The certificate that every name has, and its key, for other servers on this machine.
    pub(super) leaf_pem: String,
    pub(super) key_pem: String,
    /// The SHA-1 of that certificate, as Service Fabric writes it: 40 upper-case hex digits.
    pub(crate) thumbprint: String,
    /// The server's side.
    pub(crate) server: Arc<ServerConfig>,
}

/// The authority of this process.
pub(crate) fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::generate);
    &AUTHORITY
}

impl Authority {
    fn generate() -> Self {
        // Somebody else in the process may have installed it already, which is as good.
        let _ = aws_lc_rs::default_provider().install_default();

        let ca_key = KeyPair::generate().expect("a P-256 key can be made");
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "Loopback Azure test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (ca.not_before, ca.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1));
        let ca_pem = ca.self_signed(&ca_key).expect("the authority signs itself").pem();

        let hosts = ["localhost", "127.0.0.1", "::1"].iter().chain(AZURE_HOSTS).map(ToString::to_string);
        let names: Vec<_> = hosts.chain(AZURE_DOMAINS.iter().map(|domain| format!("*.{domain}"))).collect();
        let leaf_key = KeyPair::generate().expect("a P-256 key can be made");
        let mut leaf = CertificateParams::new(names).expect("the names are valid");
        leaf.distinguished_name.push(DnType::CommonName, "Loopback Azure");
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1));
        let leaf = leaf.signed_by(&leaf_key, &Issuer::new(ca, ca_key)).expect("the authority signs the leaf");

        let provider = CryptoProvider::get_default().expect("a provider was just installed");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider has TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("key and certificate belong together");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self {
            ca_pem,
            leaf_pem: leaf.pem(),
            key_pem: leaf_key.serialize_pem(),
            thumbprint: format!("{:X}", Sha1::digest(leaf.der())),
            server: Arc::new(server),
        }
    }
}
