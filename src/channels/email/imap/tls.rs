//! TLS towards mail servers and token endpoints: rustls with ring, certificates always verified.

use super::guard::Line;
use super::limits::Limits;
use super::trouble::Trouble;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Speaks TLS on an open line, with the name the certificate must have.
pub(super) async fn protect(
    line: Box<dyn Line>,
    host: &str,
    ca_file: Option<PathBuf>,
    limits: &Limits,
) -> Result<Box<dyn Line>, Trouble> {
    let trouble = |why: String| Trouble::Tls { at: host.to_string(), why };
    // the machine's certificates are read from disk
    let config = tokio::task::spawn_blocking(move || config(ca_file.as_deref()));
    let config = config.await.map_err(|_| Trouble::Stopping)?.map_err(trouble)?;
    let name = ServerName::try_from(host.to_string()).map_err(|_| trouble("the name is not a host's".into()))?;
    let shaken = timeout(limits.connect, TlsConnector::from(config).connect(name, line)).await;
    match shaken {
        Err(_) => Err(trouble(format!("no answer within {} s", limits.connect.as_secs_f32()))),
        Ok(Err(error)) => Err(trouble(reason(&error))),
        Ok(Ok(line)) => Ok(Box::new(line)),
    }
}

/// Whom to trust: the machine's own certification authorities, or only those in a file.
fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let Some(path) = ca_file else {
        let verifier = Verifier::new(provider).map_err(|error| format!("{error} (install `ca-certificates`)"))?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        return Ok(Arc::new(builder.with_no_client_auth()));
    };
    let unread = |error: &dyn std::fmt::Display| format!("`ca_file` {}: {error}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unread(&error))? {
        roots.add(certificate.map_err(|error| unread(&error))?).map_err(|error| unread(&error))?;
    }
    if roots.is_empty() {
        return Err(unread(&"there is no certificate in it"));
    }
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Whether the certification authorities in a file can be believed; or what is wrong with it.
pub fn believes(ca_file: &Path) -> Result<(), String> {
    config(Some(ca_file)).map(drop)
}

/// The fault of a handshake, if it was one of TLS.
pub(in crate::channels::email) fn fault(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Why a handshake failed, in words.
pub(in crate::channels::email) fn reason(error: &std::io::Error) -> String {
    match fault(error) {
        Some(rustls::Error::InvalidCertificate(wrong)) => match wrong {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".into(),
            // of another authority, or of an older one with the same name
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "its certificate is signed by nobody we trust".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name".into()
            }
            other => format!("its certificate is not valid: {other}"),
        },
        Some(rustls::Error::InvalidMessage(_)) => "it does not speak TLS on this port".into(),
        Some(other) => other.to_string(),
        None => error.to_string(),
    }
}
