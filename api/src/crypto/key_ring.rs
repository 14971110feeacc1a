//! The decrypted data keys, cached in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use gridward_domain::area::AreaCode;

use super::installation::InstallationKey;
use super::{SealingKey, store};
use crate::db::{Conn, DbError};

/// The keys of the districts.
#[derive(Clone)]
pub struct KeyRing {
    installation: InstallationKey,
    opened: Arc<RwLock<HashMap<AreaCode, SealingKey>>>,
}

impl KeyRing {
    /// A key ring that decrypts with `installation`.
    pub fn new(installation: InstallationKey) -> Self {
        Self { installation, opened: Arc::default() }
    }

    /// The installation's key.
    pub const fn installation(&self) -> &InstallationKey {
        &self.installation
    }

    /// The key of `district`, if it is in the cache.
    pub fn opened(&self, district: AreaCode) -> Option<SealingKey> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        opened.get(&district).cloned()
    }

    /// The key of `district`, from the cache or the database.
    ///
    /// # Errors
    /// [`DbError`]; a district without a key is corrupt.
    pub fn key(&self, conn: &mut Conn, district: AreaCode) -> Result<SealingKey, DbError> {
        self.find(conn, district)?
            .ok_or_else(|| DbError::corrupt("districts", "no key for this district"))
    }

    /// As [`Self::key`]; `None` if the district does not exist.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn find(&self, conn: &mut Conn, district: AreaCode) -> Result<Option<SealingKey>, DbError> {
        if let Some(key) = self.opened(district) {
            return Ok(Some(key));
        }
        let Some(key) = store::district_key(conn, &self.installation, district)? else {
            return Ok(None);
        };
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(opened.entry(district).or_insert(key).clone()))
    }
}
