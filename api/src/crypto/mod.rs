//! Encryption of personal data: names, numbers, addresses, hardships, notes.
//!
//! A district's data key encrypts its rows; the installation's key encrypts the
//! data keys and the token signing keys. An encrypted value is bound to its row by
//! associated data (district, table, id), so it cannot be moved to another row.
//! Phone and ID numbers are found by a keyed hash (a blind index).

pub mod installation;
pub mod key_ring;
pub mod mask;
pub mod private_file;
pub mod store;

use std::fmt::Display;

use aws_lc_rs::hmac;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use gridward_domain::area::AreaCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::db::DbError;
use crate::db::column::Hash;

pub use installation::InstallationKey;
pub use key_ring::KeyRing;

/// The first byte of an encrypted value: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03).
const XCHACHA20_POLY1305: u8 = 1;
/// The second byte: the generation of the key; there is one so far.
const GENERATION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The key cannot decrypt the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this key cannot decrypt the value")]
pub struct Unopened;

/// A key for authenticated encryption and blind indexes.
#[derive(Clone)]
pub struct SealingKey {
    cipher: XChaCha20Poly1305,
    index: hmac::Key,
    secrets: hmac::Key,
}

impl SealingKey {
    /// Derives the key from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        // Separate keys, so that none reveals another.
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derive = |purpose: &[u8]| {
            let key = hmac::sign(&root, purpose);
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        Self {
            cipher: XChaCha20Poly1305::new(secret.into()),
            index: derive(b"gridward blind index"),
            secrets: derive(b"gridward derived secrets"),
        }
    }

    /// Encrypts `bytes` with the associated data `aad`.
    ///
    /// # Errors
    /// Only above the cipher's limit of 256 GiB.
    pub fn seal(&self, aad: &str, bytes: &[u8]) -> Result<Vec<u8>, Unopened> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: bytes, aad: aad.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| Unopened)?;
        Ok([&[XCHACHA20_POLY1305, GENERATION], nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts bytes that were encrypted with the associated data `aad`.
    ///
    /// # Errors
    /// If the key or the associated data differ, or the bytes were changed.
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let body = sealed.strip_prefix(&[XCHACHA20_POLY1305, GENERATION]).ok_or(Unopened)?;
        let (nonce, sealed) = body.split_at_checked(NONCE_BYTES).ok_or(Unopened)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Unopened)?;
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        self.cipher.decrypt(&nonce, payload).map_err(|_| Unopened)
    }

    /// Encrypts a value as JSON with the associated data `aad`.
    ///
    /// # Errors
    /// If the value has no JSON representation.
    pub fn seal_value<T: Serialize>(&self, aad: &str, value: &T) -> Result<Vec<u8>, Unopened> {
        self.seal(aad, &serde_json::to_vec(value).map_err(|_| Unopened)?)
    }

    /// Decrypts a value of [`Self::seal_value`] with the associated data `aad`.
    ///
    /// # Errors
    /// As [`Self::open`], or if the value has another type.
    pub fn open_value<T: DeserializeOwned>(&self, aad: &str, sealed: &[u8]) -> Result<T, Unopened> {
        serde_json::from_slice(&self.open(aad, sealed)?).map_err(|_| Unopened)
    }

    /// Encrypts a value for the row `id` of a table.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if the value has no JSON representation.
    pub fn seal_row<T: Serialize>(
        &self,
        (district, table, id): (AreaCode, &'static str, impl Display),
        value: &T,
    ) -> Result<Vec<u8>, DbError> {
        let sealed = self.seal_value(&aad(district, table, id), value);
        sealed.map_err(|error| DbError::corrupt(table, error))
    }

    /// Decrypts a value of [`Self::seal_row`].
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if the value was not sealed by this key for this row, or has another type.
    pub fn open_row<T: DeserializeOwned>(
        &self,
        (district, table, id): (AreaCode, &'static str, impl Display),
        sealed: &[u8],
    ) -> Result<T, DbError> {
        let opened = self.open_value(&aad(district, table, id), sealed);
        opened.map_err(|error| DbError::corrupt(table, error))
    }

    /// As [`Self::seal_row`]; `None` for the default value.
    ///
    /// # Errors
    /// As [`Self::seal_row`].
    pub fn seal_unless_default<T: Serialize + Default + PartialEq>(
        &self,
        row: (AreaCode, &'static str, impl Display),
        value: &T,
    ) -> Result<Option<Vec<u8>>, DbError> {
        if *value == T::default() { Ok(None) } else { self.seal_row(row, value).map(Some) }
    }

    /// Decrypts a value of [`Self::seal_unless_default`].
    ///
    /// # Errors
    /// As [`Self::open_row`].
    pub fn open_or_default<T: DeserializeOwned + Default>(
        &self,
        row: (AreaCode, &'static str, impl Display),
        sealed: Option<&[u8]>,
    ) -> Result<T, DbError> {
        sealed.map_or_else(|| Ok(T::default()), |sealed| self.open_row(row, sealed))
    }

    /// The blind index of `text` (HMAC-SHA-256): equal texts have equal indexes,
    /// and an index reveals nothing else.
    pub fn index(&self, text: &str) -> Hash {
        Hash::hmac_sha256(&self.index, text)
    }

    /// A secret of 32 bytes for `purpose` (HMAC-SHA-256): the same each time, so that it is
    /// stored nowhere, and unknown without this key.
    pub fn secret(&self, purpose: &str) -> Hash {
        Hash::hmac_sha256(&self.secrets, purpose)
    }

    /// Whether `secret` is that of `purpose`, in constant time.
    pub fn is_secret(&self, purpose: &str, secret: &[u8]) -> bool {
        hmac::verify(&self.secrets, purpose.as_bytes(), secret).is_ok()
    }
}

/// The associated data of a row; a value of one row cannot be decrypted as another's.
pub fn aad(district: AreaCode, table: &str, id: impl Display) -> String {
    format!("{district}|{table}|{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_for_one_row_does_not_open_for_another() {
        let key = SealingKey::new(&[7; 32]);
        let sealed = key.seal("500116|people|a", "王小明".as_bytes()).expect("sealed");
        assert_eq!(key.open("500116|people|a", &sealed), Ok("王小明".as_bytes().to_vec()));
        assert_eq!(key.open("500116|people|b", &sealed), Err(Unopened));
        assert_eq!(SealingKey::new(&[8; 32]).open("500116|people|a", &sealed), Err(Unopened));
    }

    #[test]
    fn a_changed_byte_or_a_cut_end_is_noticed() {
        let key = SealingKey::new(&[7; 32]);
        let sealed = key.seal("p", b"secret").expect("sealed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("p", &changed), Err(Unopened), "byte {at}");
            assert_eq!(key.open("p", &sealed[..at]), Err(Unopened), "cut at {at}");
        }
    }

    #[test]
    fn an_index_is_the_same_for_the_same_text_under_the_same_key_only() {
        let key = SealingKey::new(&[7; 32]);
        assert_eq!(key.index("10001"), key.index("10001"));
        assert_ne!(key.index("10001"), key.index("10002"));
        assert_ne!(key.index("10001"), SealingKey::new(&[8; 32]).index("10001"));
    }
}
