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
