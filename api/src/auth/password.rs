//! Password hashing: argon2id with the OWASP minimum parameters (19 MiB, 2 passes, 1 lane),
//! limited in parallel, off the async threads.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::db::DbError;

/// The maximum time that a sign-in waits for a hashing slot.
const PATIENCE: Duration = Duration::from_secs(10);
/// The minimum length of a new password (OWASP ASVS 6.2.1).
pub const FEWEST: usize = 8;
/// The maximum length of a password.
pub const MOST: usize = 128;

/// An unacceptable password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a password has {FEWEST} to {MOST} characters")]
pub struct PasswordError;

/// Checks the length of a new password.
///
/// # Errors
/// [`PasswordError`].
pub fn accept(password: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if (FEWEST..=MOST).contains(&length) { Ok(()) } else { Err(PasswordError) }
}

/// The PHC string to store for `password`.
///
/// # Errors
/// [`PasswordError`] past the algorithm's limits.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError)?;
    Ok(hash.to_string())
}

fn verify(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Verifies passwords, at most one per core at a time.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash of a random password, so that verification takes as long for an unknown
    /// phone number as for a known one.
    decoy: Arc<str>,
}

impl Passwords {
    /// Creates a verifier for a machine with `cores`.
    ///
    /// # Errors
    /// [`PasswordError`] when the operating system provides no random salt.
    pub fn new(cores: usize) -> Result<Self, PasswordError> {
        let decoy = hash(&uuid::Uuid::new_v4().to_string())?.into();
        Ok(Self { turns: Arc::new(Semaphore::new(cores.max(1))), decoy })
    }

    /// Whether `password` matches the hash `kept`; without `kept` the result is false,
    /// after the same time.
    ///
    /// # Errors
    /// [`DbError::Busy`] when too many requests are waiting.
    pub async fn verify(
        &self,
        password: SecretString,
        kept: Option<String>,
    ) -> Result<bool, DbError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        let _turn = turn.ok().and_then(Result::ok).ok_or(DbError::Busy)?;
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_string());
        let fits = move || verify(password.expose_secret(), &kept);
        let fits = tokio::task::spawn_blocking(fits).await.map_err(|_| DbError::Busy)?;
        Ok(known && fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_verifies_its_own_password_only_and_says_how_it_was_made() {
        let kept = hash("correct horse").expect("a hash");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify("correct horse", &kept));
        assert!(!verify("wrong horse", &kept));
        assert!(!verify("correct horse", "not a hash"));
    }

    #[test]
    fn only_the_length_of_a_password_is_checked() {
        assert_eq!(accept("1234567"), Err(PasswordError));
        assert_eq!(accept("一二三四五六七八"), Ok(()));
        assert_eq!(accept(&"x".repeat(129)), Err(PasswordError));
    }
}
