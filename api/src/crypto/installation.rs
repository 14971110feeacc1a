//! The installation's key: the only secret outside the database.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::SealingKey;

/// Why the installation key is unavailable.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The setting or file is not a key.
    #[error("{origin} must hold 32 bytes in base64, as `openssl rand -base64 32` prints them")]
    Malformed {
        /// The setting or file.
        origin: String,
    },
    /// The file cannot be read or created.
    #[error("the key file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        reason: std::io::Error,
    },
    /// The system's random generator failed.
    #[error("the system's random generator failed")]
    NoRandom,
}

/// The key that encrypts the districts' keys and the token signing keys.
#[derive(Clone)]
pub struct InstallationKey(SealingKey);

impl InstallationKey {
    /// The key in a setting.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_setting(secret: &SecretString) -> Result<Self, KeyError> {
        Self::parse(secret.expose_secret(), "secret_key")
    }

    /// The key in the file at `path`, created at the first start with owner-only access.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let origin = path.display().to_string();
        let failed = |reason| KeyError::File { path: origin.clone(), reason };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &origin),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secret: [u8; 32] = random()?;
                write_private(path, &BASE64_STANDARD.encode(secret)).map_err(failed)?;
                // Another process may have created the file first; its content is the key.
                let text = std::fs::read_to_string(path).map_err(failed)?;
                Self::parse(&text, &origin)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn parse(text: &str, origin: &str) -> Result<Self, KeyError> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok();
        let secret: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let malformed = || KeyError::Malformed { origin: origin.to_owned() };
        secret.map(|secret| Self(SealingKey::new(&secret))).ok_or_else(malformed)
    }

    /// The key for encryption and decryption.
    pub const fn key(&self) -> &SealingKey {
        &self.0
    }
}

/// Random bytes from the system.
///
/// # Errors
/// [`KeyError::NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError::NoRandom)?;
    Ok(bytes)
}

/// Creates a file that only its owner can read; an existing file stays.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
