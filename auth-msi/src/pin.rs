//! A TLS client that trusts one certificate and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_core::{Error, ErrorKind};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use reqwest::ClientBuilder;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

/// Accepts the leaf certificate with this SHA-1, whoever signed it, whatever its names and dates are: the pin is the only anchor
/// (observed: MSAL for Python 1.39). The handshake must prove the possession of its key all the same, and it ends before anything
/// of the request is sent.
#[derive(Clone, Debug)]
pub(crate) struct Pin(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    thumbprint: [u8; 20],
    provider: Arc<CryptoProvider>,
    was_violated: AtomicBool,
}

impl Pin {
    pub(crate) fn new(thumbprint: [u8; 20]) -> Self {
        let provider = Arc::new(provider::default_provider());
        Self(Arc::new(Inner { thumbprint, provider, was_violated: AtomicBool::new(false) }))
    }

    /// The client, which trusts this certificate alone.
    pub(crate) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, Error> {
        let config = ClientConfig::builder_with_provider(self.0.provider.clone()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| {
            Error::new(ErrorKind::Configuration, "the HTTP client cannot be built").with_source(error)
        })?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(self.clone())).with_no_client_auth();
        Ok(builder.tls_backend_preconfigured(config))
    }

    /// Whether a server had another certificate.
    pub(crate) fn was_violated(&self) -> bool {
        self.0.was_violated.load(Ordering::Relaxed)
    }
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf);
        if verify_slices_are_equal(found.as_ref(), &self.0.thumbprint).is_ok() {
            return Ok(ServerCertVerified::assertion());
        }
        self.0.was_violated.store(true, Ordering::Relaxed);
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn verdict(certificate: &[u8], pin: &Pin) -> bool {
        let name = ServerName::try_from("wrong.example").unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(u32::MAX)));
        pin.verify_server_cert(&CertificateDer::from(certificate), &[], &name, &[], now).is_ok()
    }

    #[test]
    fn the_pin_alone_decides_whatever_the_certificate_says_of_itself() {
        // SHA-1 of "abc" (FIPS 180-2, appendix A).
        let pin = Pin::new([
            0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0,
            0xd8, 0x9d,
        ]);
        assert!(verdict(b"abc", &pin) && !pin.was_violated());
        assert!(!verdict(b"abd", &pin) && pin.was_violated());
    }
}
