use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;

use auth_cache::{RedisStore, SharedKey};
use auth_core::{Error, TokenStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::server::{PASSWORD, Server};
use crate::support::{Role, ann, directory_of_child, record, save, tell};

fn write(path: &Path, text: &str) {
    File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A certificate for localhost, and the authority that vouches for it.
fn certificates(folder: &Path) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    write(&folder.join("ca.pem"), &authority.pem());
    write(&folder.join("leaf.pem"), &leaf.pem());
    write(&folder.join("leaf.key"), &key.serialize_pem());
}

#[tokio::test]
async fn a_server_with_tls_is_trusted_if_its_authority_is() -> Result<(), Error> {
    if let Some(folder) = directory_of_child() {
        let port = std::fs::read_to_string(folder.join("port")).unwrap();
        let store = RedisStore::new(&format!("rediss://:{PASSWORD}@localhost:{port}").into(), SharedKey::generate())?;
        match store.load(&ann()).await {
            Ok(_) => {
                save(&store, &ann(), &record("first")).await;
                assert_eq!(store.load(&ann()).await?, Some(record("first")));
                tell("saved");
            }
            Err(error) => tell(error.to_string().replace(&port, "[port]")),
        }
        return Ok(());
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Server::stopped();
    let folder = server.folder().to_owned();
    certificates(&folder);
    write(&folder.join("port"), &port.to_string());
    let path = folder.display();
    server.configure(&format!(
        "bind 127.0.0.1 -::1\ntls-port {port}\ntls-auth-clients no\ntls-ca-cert-file {path}/ca.pem\n\
         tls-cert-file {path}/leaf.pem\ntls-key-file {path}/leaf.key"
    ));
    server.run();
    let told = |trusted: &str| {
        let mut command = Role::command("redis::tls::a_server_with_tls_is_trusted_if_its_authority_is", &folder);
        command.env("SSL_CERT_FILE", folder.join(trusted));
        let mut child = Role::of(command);
        let told = child.hear();
        assert!(child.finish());
        told.unwrap()
    };
    assert_eq!(told("ca.pem"), "saved");
    certificates(&folder); // Another authority.
    assert_eq!(told("ca.pem"), "Redis at localhost:[port] cannot be reached (invalid peer certificate: BadSignature)");
    Ok(())
}
