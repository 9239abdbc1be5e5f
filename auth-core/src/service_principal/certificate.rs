//! A certificate with which an application signs what proves who it is.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use uuid::Uuid;

use crate::sign_in_command::word;
use crate::{Error, ErrorKind, Secret, clock, plain_file};

/// How long an assertion counts (Microsoft identity platform, certificate credentials: at most ten minutes).
const LIFETIME: Duration = Duration::from_secs(600);

/// An RSA key with its certificate, which an application has registered with Entra ID.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Arc<RsaKeyPair>,
    /// The one of the key, then the others of the file.
    chain: Vec<CertificateDer<'static>>,
    algorithm: SigningAlgorithm,
    sends_chain: bool,
}

/// How assertions are signed (RFC 7518, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSASSA-PSS with SHA-256, which Microsoft asks for.
    #[default]
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for authorities that do not know the other.
    Rs256,
}

impl ClientCertificate {
    /// Reads a PEM file that holds an RSA key (PKCS#8 or PKCS#1) and its certificate, in any order, perhaps with those above it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] naming the file, what is wrong with it, and the command that makes a usable one.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let pem = plain_file::read(path).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("the certificate {name} cannot be read: {error}"))
                .with_help("give a PEM file that holds the private key and the certificate")
        })?;
        Self::from_pem(&pem, &name)
    }

    /// As [`ClientCertificate::read`], of a text that errors call `name`.
    ///
    /// # Errors
    /// As [`ClientCertificate::read`].
    pub fn from_pem(pem: &[u8], name: &str) -> Result<Self, Error> {
        let refuse = |why: &str, help: String| {
            Error::new(ErrorKind::Configuration, format!("the certificate {name} {why}")).with_help(help)
        };
        let holds = |text: &str| pem.windows(text.len()).any(|window| window == text.as_bytes());
        // None of these commands writes to the file that was given: it may be the only copy of a key.
        let (file, both) = (word(name), word(&format!("{name}.both.pem")));
        if !holds("-----BEGIN ") {
            let help = format!("if it is a PKCS#12 file: (umask 077; openssl pkcs12 -in {file} -nodes -out {both})");
            return Err(refuse("is not a PEM file", help));
        }
        if holds("BEGIN ENCRYPTED PRIVATE KEY") || holds("Proc-Type: 4,ENCRYPTED") {
            let help = format!(
                "take the passphrase off: umask 077; (openssl pkey -in {file}; openssl x509 -in {file}) > {both}"
            );
            return Err(refuse("has a key that is protected by a passphrase", help));
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            let help = format!("put the key beside it, and give that file: (umask 077; cat key.pem {file} > {both})");
            refuse("holds no private key", help)
        })?;
        let key = match &key {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(refuse("has a key that is not RSA", new_certificate())),
        };
        let key = key.map_err(|_| refuse("has a key that is not RSA of 2048 bits or more", new_certificate()))?;
        let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().unwrap_or_default();
        if chain.is_empty() {
            let help =
                format!("put the certificate beside it, and give that file: (umask 077; cat {file} cert.pem > {both})");
            return Err(refuse("holds no certificate", help));
        }
        let public = key.public_key().as_ref();
        // A certificate holds its public key to the letter (RFC 5280, 4.1.2.7; RFC 8017, A.1.1).
        let (own, others): (Vec<_>, Vec<_>) =
            chain.into_iter().partition(|certificate| certificate.windows(public.len()).any(|window| window == public));
        if own.is_empty() {
            let help = "put the certificate of that key into it, which az ad app credential reset --create-cert wrote beside it";
            return Err(refuse("holds a certificate of another key", help.to_owned()));
        }
        let chain = own.into_iter().chain(others).collect();
        Ok(Self { key: Arc::new(key), chain, algorithm: SigningAlgorithm::default(), sends_chain: false })
    }

    /// Signs in another way than PS256.
    pub fn with_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sends the certificates along (`x5c`), which registrations by subject name and issuer need.
    pub fn with_chain(mut self, sends_chain: bool) -> Self {
        self.sends_chain = sends_chain;
        self
    }

    /// What proves that the holder of the key is this client (Microsoft identity platform, certificate credentials).
    pub(crate) fn assertion(&self, client_id: &str, audience: &str, now: SystemTime) -> Result<Secret, Error> {
        let failed = |_| Error::new(ErrorKind::Configuration, "the certificate's key cannot sign");
        let (algorithm, padding): (_, &'static dyn RsaEncoding) = match self.algorithm {
            SigningAlgorithm::Ps256 => ("PS256", &RSA_PSS_SHA256),
            SigningAlgorithm::Rs256 => ("RS256", &RSA_PKCS1_SHA256),
        };
        let random = SystemRandom::new();
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.chain[0]));
        let mut header = json!({"alg": algorithm, "typ": "JWT", "x5t#S256": thumbprint});
        if self.sends_chain {
            header["x5c"] = self.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect();
        }
        let claims = json!({
            "aud": audience,
            "exp": clock::to_unix(now + LIFETIME),
            "iat": clock::to_unix(now),
            "iss": client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": clock::to_unix(now),
            "sub": client_id,
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(padding, &random, message.as_bytes(), &mut signature).map_err(failed)?;
        Ok(Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates = self.chain.len();
        f.debug_struct("ClientCertificate").field("certificates", &certificates).finish_non_exhaustive()
    }
}

fn new_certificate() -> String {
    "make a new one: (umask 077; openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=azml -keyout new-key.pem -out new-cert.pem; \
     cat new-key.pem new-cert.pem > new-both.pem)"
        .to_owned()
}
