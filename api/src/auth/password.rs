//! Password hashing: argon2id with the OWASP minimum parameters (19 MiB, 2 passes, 1 lane),
//! limited in parallel, off the async threads.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use aws_lc_rs::hmac;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::attempts::{Lane, TIMEOUT};
use crate::db::DbError;
use crate::db::column::Hash;
use crate::http::problem::Problem;

/// How long a wrong password is remembered, so that a phone that repeats an old one is answered
/// without hashing and counts as one failure.
const WRONG_FOR: Duration = Duration::from_secs(3600);
/// How long a correct password is remembered, for the parts of an app that sign in together.
const RIGHT_FOR: Duration = Duration::from_secs(5);
const REMEMBERED: u64 = 100_000;

/// The system provides no random salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password cannot be hashed")]
pub struct HashingError;

/// The PHC string to store for `password`.
///
/// # Errors
/// [`HashingError`].
pub fn hash(password: &str) -> Result<String, HashingError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| HashingError)?;
    Ok(hash.to_string())
}

fn verify(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// The algorithm and its parameters in a PHC string.
fn parameters(hash: &str) -> Option<&str> {
    hash.rsplitn(3, '$').nth(2)
}

/// A password to compare with the stored hash of an account.
pub struct Candidate {
    password: SecretString,
    kept: String,
    /// Whether the account has a password; without one no candidate is correct.
    is_real: bool,
    name: Hash,
}

/// The result of a verification.
#[derive(Debug, Default)]
pub struct Verification {
    /// Whether the password is correct.
    pub matches: bool,
    /// A new hash, if the stored one was made with other parameters.
    pub rehashed: Option<String>,
}

/// Verifies and hashes passwords. Each lane has its own hashing slots, at most one per core in
/// all, so that strangers cannot delay known devices and origins.
#[derive(Clone)]
pub struct Passwords {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// The hash of a random password, so that verification takes as long for an unknown
    /// phone number as for a known one.
    decoy: Arc<str>,
    /// The key of the names of candidates; it exists only in this process.
    naming: Arc<hmac::Key>,
    right: Cache<Hash, ()>,
    wrong: Cache<Hash, ()>,
}

impl Passwords {
    /// Creates a verifier for a machine with `cores`.
    ///
    /// # Errors
    /// [`HashingError`] when the operating system provides no random salt.
    pub fn new(cores: usize) -> Result<Self, HashingError> {
        let random = || uuid::Uuid::new_v4().to_string();
        let slots = || Arc::new(Semaphore::new((cores / 2).max(1)));
        let remember = |time| {
            Cache::builder()
                .max_capacity(REMEMBERED)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(time)
                .build()
        };
        Ok(Self {
            known: slots(),
            strangers: slots(),
            decoy: hash(&random())?.into(),
            naming: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, (random() + &random()).as_bytes())),
            right: remember(RIGHT_FOR),
            wrong: remember(WRONG_FOR),
        })
    }

    /// The candidate `password` of `account` with the hash `kept`, if it has one. Its name
    /// contains the hash, so that a new password is never taken for an old one.
    pub fn candidate(
        &self,
        account: Hash,
        password: SecretString,
        kept: Option<String>,
    ) -> Candidate {
        let is_real = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_string());
        let parts = [account.as_ref(), kept.as_bytes(), &[0], password.expose_secret().as_bytes()];
        Candidate { name: Hash::hmac_sha256(&self.naming, parts.concat()), password, kept, is_real }
    }

    /// Whether the candidate was found wrong before.
    pub fn is_known_wrong(&self, candidate: &Candidate) -> bool {
        self.wrong.contains_key(&candidate.name)
    }

    /// Whether the candidate is correct; without a stored hash it is not, after the same time.
    ///
    /// # Errors
    /// 429 when no slot of the lane becomes free in time.
    pub async fn verify(&self, lane: Lane, candidate: Candidate) -> Result<Verification, Problem> {
        let Candidate { password, kept, is_real, name } = candidate;
        if self.right.contains_key(&name) {
            return Ok(Verification { matches: true, rehashed: None });
        }
        let current = parameters(&kept) == parameters(&self.decoy);
        let work = move || {
            let matches = verify(password.expose_secret(), &kept);
            let rehash = matches && is_real && !current;
            let rehashed = rehash.then(|| hash(password.expose_secret()).ok()).flatten();
            Verification { matches: matches && is_real, rehashed }
        };
        let verified = self.in_slot(lane, work).await?;
        if verified.matches { &self.right } else { &self.wrong }.insert(name, ());
        Ok(verified)
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// 429 when no slot becomes free in time.
    pub async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        let work = move || hash(password.expose_secret());
        self.in_slot(Lane::Known, work).await?.map_err(Problem::defect)
    }

    async fn in_slot<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let slots = match lane {
            Lane::Known => &self.known,
            Lane::Stranger => &self.strangers,
        };
        let slot = tokio::time::timeout(TIMEOUT, Arc::clone(slots).acquire_owned()).await;
        let slot = slot.ok().and_then(Result::ok);
        let slot = slot.ok_or_else(|| Problem::too_many_requests(TIMEOUT.as_secs()))?;
        // The closure owns the slot: a caller that hangs up does not free it before the hashing
        // ends.
        let work = move || {
            let done = work();
            drop(slot);
            done
        };
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| DbError::Busy)?)
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

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_made_anew() {
        let passwords = Passwords::new(1).expect("a verifier");
        let weak = argon2::Params::new(8, 1, 1, None).expect("parameters");
        let weak = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, weak);
        let old = weak.hash_password(b"a password").expect("a hash").to_string();
        let account = Hash::sha256("1");
        let candidate = passwords.candidate(account, "a password".to_owned().into(), Some(old));
        let verified = passwords.verify(Lane::Stranger, candidate).await.expect("a slot");
        let rehashed = verified.rehashed.expect("a new hash");
        assert!(verified.matches && verify("a password", &rehashed));
        let again = passwords.candidate(account, "a password".to_owned().into(), Some(rehashed));
        let verified = passwords.verify(Lane::Stranger, again).await.expect("a slot");
        assert!(verified.matches && verified.rehashed.is_none());
    }

    #[tokio::test]
    async fn a_wrong_password_is_remembered_until_the_account_has_another() {
        let passwords = Passwords::new(1).expect("a verifier");
        let (account, old) = (Hash::sha256("1"), hash("old password").expect("a hash"));
        let candidate = |password: &str, kept: &str| {
            passwords.candidate(account, password.to_owned().into(), Some(kept.to_owned()))
        };
        let wrong = candidate("new password", &old);
        assert!(!passwords.is_known_wrong(&wrong));
        assert!(!passwords.verify(Lane::Stranger, wrong).await.expect("a slot").matches);
        assert!(passwords.is_known_wrong(&candidate("new password", &old)));
        assert!(!passwords.is_known_wrong(&candidate("another password", &old)));
        let new = hash("new password").expect("a hash");
        assert!(!passwords.is_known_wrong(&candidate("new password", &new)));
        let right = candidate("new password", &new);
        assert!(passwords.verify(Lane::Stranger, right).await.expect("a slot").matches);
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_does_not_free_the_slot_of_its_hashing() {
        let passwords = Passwords::new(2).expect("a verifier");
        let candidate = passwords.candidate(Hash::ZERO, "a guess".to_owned().into(), None);
        let mut hashing = Box::pin(passwords.verify(Lane::Stranger, candidate));
        assert!(futures_util::poll!(&mut hashing).is_pending());
        assert_eq!(passwords.strangers.available_permits(), 0);
        drop(hashing);
        assert_eq!(passwords.strangers.available_permits(), 0, "it still hashes");
        assert_eq!(passwords.known.available_permits(), 1, "the other lane is free");
    }
}
