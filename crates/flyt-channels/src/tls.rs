//! The TLS that all ways out share: rustls with ring, Mozilla's roots, TLS 1.2 and newer.
//!
//! Certificates are always checked; there is no switch that turns it off.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The extra authority of the operator cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsRefused {
    /// Not PEM, or no certificate in it.
    #[error("the extra certificate authority is not a PEM certificate")]
    Authority,
    /// rustls would not start.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// A client that trusts Mozilla's roots and, when given, the authorities in `extra_ca_pem`.
pub(crate) fn client_config(extra_ca_pem: Option<&[u8]>) -> Result<ClientConfig, TlsRefused> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(pem) = extra_ca_pem {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| TlsRefused::Authority)?;
            roots.add(certificate).map_err(|_| TlsRefused::Authority)?;
        }
        if roots.len() == before {
            return Err(TlsRefused::Authority);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|refused| TlsRefused::Setup(refused.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Whether a failed handshake was about the certificate or the protocol, which time does not heal, rather
/// than about a line that broke.
pub(crate) fn is_tls_refusal(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(current) = next {
        if current.is::<rustls::Error>() {
            return true;
        }
        // `io::Error` hides the error it wraps from `source` and shows only what lies behind that one.
        next = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
    }
    false
}
