//! The installation's key: the only secret outside the database.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::SealingKey;
use super::private_file::{self, PrivateFileError};

/// Why the installation key is unavailable.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The setting or file is not a key.
    #[error("{origin} must hold 32 bytes in base64, as `openssl rand -base64 32` prints them")]
    Malformed {
        /// The setting or file.
        origin: String,
    },
    /// The key is one byte repeated, so it was not drawn at random.
    #[error(
        "the key in {origin} is one byte repeated and protects nothing: use the output of \
         `openssl rand -base64 32`"
    )]
    NotRandom {
        /// The setting or file.
        origin: String,
    },
    /// The file cannot be read or created, or others may read it.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The file is missing, and a new key could not decrypt the database.
    #[error(
        "the key file {} is missing, but the database contains data that only its key decrypts: \
         restore the file from your copy of it", .0.display()
    )]
    Missing(PathBuf),
    /// The key of another installation.
    #[error(
        "the key does not decrypt this database: use the key that the database was created with"
    )]
    Foreign,
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
    /// [`KeyError::Malformed`], [`KeyError::NotRandom`].
    pub fn from_setting(secret: &SecretString) -> Result<Self, KeyError> {
        Self::parse(secret.expose_secret(), "secret_key")
    }

    /// The key in the file at `path`; `None` if there is no file.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_file(path: &Path) -> Result<Option<Self>, KeyError> {
        let text = private_file::read(path)?;
        text.map(|text| Self::parse(&text, &path.display().to_string())).transpose()
    }

    /// The key in the file at `path`, which is created with a new key if there is none.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn create_file(path: &Path) -> Result<Self, KeyError> {
        let secret: [u8; 32] = random()?;
        private_file::create(path, &BASE64_STANDARD.encode(secret))?;
        // Another process may have created the file first; its content is the key.
        Self::from_file(path)?.ok_or_else(|| KeyError::Missing(path.to_owned()))
    }

    fn parse(text: &str, origin: &str) -> Result<Self, KeyError> {
        let bytes = BASE64_STANDARD.decode(text.trim()).ok();
        let secret: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let secret = secret.ok_or_else(|| KeyError::Malformed { origin: origin.to_owned() })?;
        if secret.iter().all(|byte| *byte == secret[0]) {
            return Err(KeyError::NotRandom { origin: origin.to_owned() });
        }
        Ok(Self(SealingKey::new(&secret)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_byte_repeated_is_refused() {
        for byte in [0, 0xFF] {
            let text = BASE64_STANDARD.encode([byte; 32]);
            let error = InstallationKey::from_setting(&text.clone().into()).err();
            assert!(matches!(error, Some(KeyError::NotRandom { .. })));
        }
        let short = InstallationKey::from_setting(&"c2hvcnQ=".to_owned().into()).err();
        assert!(matches!(short, Some(KeyError::Malformed { .. })));
    }
}
