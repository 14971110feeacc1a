//! The installation's own key: the one secret that is not in the database.

use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::SealingKey;

/// Why there is no installation key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The setting or file holds something else.
    #[error("{origin} must hold 32 bytes in base64, as `openssl rand -base64 32` prints them")]
    Malformed {
        /// The setting or file.
        origin: String,
    },
    /// The file cannot be read or made.
    #[error("the key file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        reason: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandom,
}

/// The key that seals the districts' keys and the keys that sign tokens.
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

    /// The key in the file at `path`, made at the first start, for its owner only.
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
                // Another process may have been faster; the file is what counts.
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

    /// The key to seal and open with.
    pub const fn key(&self) -> &SealingKey {
        &self.0
    }
}

/// Secret bytes from the system.
///
/// # Errors
/// [`KeyError::NoRandom`].
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError::NoRandom)?;
    Ok(bytes)
}

/// Writes a file that only its owner can read, unless there is one already.
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
