//! Certificates with which applications sign in.

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::world::RegisteredCertificate;

/// A self-signed certificate with its key, as `openssl req -x509` makes it.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The key, PKCS#8.
    pub key_pem: String,
    /// The certificate.
    pub certificate_pem: String,
    registration: RegisteredCertificate,
}

impl ClientCertificate {
    /// With an RSA key of 2048 bits, which Entra ID takes.
    ///
    /// # Panics
    ///
    /// If no key can be made.
    pub fn rsa() -> Self {
        Self::of(&KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("an RSA key can be made"))
    }

    /// With a P-256 key, which Entra ID does not take.
    ///
    /// # Panics
    ///
    /// If no key can be made.
    pub fn elliptic_curve() -> Self {
        Self::of(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a P-256 key can be made"))
    }

    /// Key and certificate in one file.
    pub fn pem(&self) -> String {
        format!("{}{}", self.key_pem, self.certificate_pem)
    }

    /// What is registered with the application: nothing of the key.
    pub fn registration(&self) -> RegisteredCertificate {
        self.registration.clone()
    }

    fn of(key: &KeyPair) -> Self {
        let mut certificate = CertificateParams::default();
        certificate.distinguished_name.push(DnType::CommonName, "An application");
        let certificate = certificate.self_signed(key).expect("a certificate signs itself");
        let registration = RegisteredCertificate {
            sha1: Sha1::digest(certificate.der()).into(),
            sha256: Sha256::digest(certificate.der()).into(),
            public_key_pem: key.public_key_pem(),
        };
        Self { key_pem: key.serialize_pem(), certificate_pem: certificate.pem(), registration }
    }
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate").field("registration", &self.registration).finish_non_exhaustive()
    }
}
