//! TLS: the server's certificate, which is read again without a restart.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};

use crate::crypto::private_file::{self, PrivateFileError};

/// The settings `tls_cert` and `tls_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its intermediates in PEM, the server's own first.
    pub cert: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
}

/// Why the server cannot use TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate cannot be read.
    #[error("`tls_cert`: the file {} cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: std::io::Error,
    },
    /// The file contains something else.
    #[error("`tls_cert`: the file {} contains no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// The key cannot be read, or others may read it.
    #[error("`tls_key`: {0}")]
    KeyFile(#[from] PrivateFileError),
    /// The file does not exist or contains something else.
    #[error("`tls_key`: the file {} contains no private key in PEM", .0.display())]
    NoKey(PathBuf),
    /// The certificate is for another key.
    #[error(
        "the certificate in {} (`tls_cert`) does not fit the private key in {} (`tls_key`)",
        .0.cert.display(), .0.key.display()
    )]
    Mismatch(TlsFiles),
    /// An unsupported or damaged certificate or key.
    #[error("`tls_cert` and `tls_key` cannot be used: {0}")]
    Unusable(rustls::Error),
}

impl TlsFiles {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`]; also if they do not fit each other.
    pub fn load(&self) -> Result<CertifiedKey, TlsError> {
        let unreadable = |reason| TlsError::Unreadable { path: self.cert.clone(), reason };
        let pem = std::fs::read(&self.cert).map_err(unreadable)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| TlsError::NoCertificate(self.cert.clone()))?;
        let pem = private_file::read(&self.key)?.unwrap_or_default();
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
        let key = key.map_err(|_| TlsError::NoKey(self.key.clone()))?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch(self.clone()),
            other => TlsError::Unusable(other),
        })
    }
}

/// The certificate that new connections get.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    files: TlsFiles,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Certificate {
    /// Reads the certificate.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(super) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        let current = Arc::new(Current(ArcSwap::from_pointee(files.load()?)));
        Ok(Self { files: files.clone(), current })
    }

    /// The configuration of a server with this certificate: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// [`TlsError::Unusable`].
    pub(super) fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?;
        let resolver = Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>;
        Ok(builder.with_no_client_auth().with_cert_resolver(resolver))
    }

    /// From now on, reads the files again on each SIGHUP. Open connections keep their certificate,
    /// and if the new files are unusable, the previous certificate stays.
    ///
    /// # Errors
    /// If the system does not report signals.
    pub(super) fn reload_on_hangup(self) -> std::io::Result<()> {
        let mut hangups = signal(SignalKind::hangup())?;
        actix_web::rt::spawn(async move {
            while hangups.recv().await.is_some() {
                self.reload();
            }
        });
        Ok(())
    }

    fn reload(&self) {
        match self.files.load() {
            Ok(key) => {
                self.current.0.store(Arc::new(key));
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the previous certificate stays in use"),
        }
    }
}
