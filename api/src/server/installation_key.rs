//! Where the installation's key comes from, and that it belongs to the database.

use std::path::PathBuf;

use super::settings::Settings;
use super::settings_error::SettingsError;
use crate::crypto::installation::{InstallationKey, KeyError};
use crate::crypto::store;
use crate::db::Conn;

/// The key, if there is one yet.
pub enum FoundKey {
    /// The key in a setting or a file.
    Present(Box<InstallationKey>),
    /// The file that the first key is written to.
    Absent(PathBuf),
}

impl Settings {
    /// The installation's key: from `secret_key`, from `key_file`, or, on SQLite, from a file
    /// beside the database. A file is created only while the database has nothing encrypted: a
    /// new key beside existing data would hide that their key is lost.
    ///
    /// # Errors
    /// [`SettingsError`]; also if the key does not decrypt the database, whose tables are current.
    pub fn installation_key(&self, conn: &mut Conn) -> Result<InstallationKey, SettingsError> {
        let key = match self.find_key()? {
            FoundKey::Present(key) => *key,
            FoundKey::Absent(file) if store::is_empty(conn)? => {
                InstallationKey::create_file(&file)?
            }
            FoundKey::Absent(file) => return Err(KeyError::Missing(file).into()),
        };
        if store::is_decrypted_by(conn, &key)? { Ok(key) } else { Err(KeyError::Foreign.into()) }
    }

    /// The key in `secret_key` or its file.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn find_key(&self) -> Result<FoundKey, SettingsError> {
        if let Some(secret) = &self.secret_key {
            return Ok(FoundKey::Present(Box::new(InstallationKey::from_setting(secret)?)));
        }
        let file = self.installation_key_file().ok_or(SettingsError::NoKey)?;
        let key = InstallationKey::from_file(&file)?;
        Ok(key.map_or(FoundKey::Absent(file), |key| FoundKey::Present(Box::new(key))))
    }

    /// The file with the key, unless a setting contains it: `key_file`, or, on SQLite, beside the
    /// database.
    pub fn installation_key_file(&self) -> Option<PathBuf> {
        if self.secret_key.is_some() {
            return None;
        }
        let beside = || self.database.file().map(|file| file.with_extension("key"));
        self.key_file.clone().or_else(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_without_a_key_does_not_start() {
        let settings = Settings::of_toml("database_url = 'postgres://localhost/gridward'");
        let key = settings.expect("settings").find_key();
        assert!(matches!(key, Err(SettingsError::NoKey)));
    }
}
