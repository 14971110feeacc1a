//! Time-based one-time passwords (RFC 6238): six digits, 30 seconds, one step of drift.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use totp_rs::{Builder, Totp};

use crate::crypto::installation::{KeyError, random};

/// Bytes of a secret, as RFC 4226 recommends.
const SECRET: usize = 20;
/// Wrong codes in a row without a delay.
const FREE: i32 = 5;
/// The delay after the first wrong code beyond; each further one doubles it.
const FIRST_DELAY: i64 = 30;
/// The longest delay in seconds.
const LONGEST_DELAY: i64 = 3_600;
/// The name that authenticator apps show.
const ISSUER: &str = "Gridward";

/// A secret that is unusable.
#[derive(Debug, Error)]
pub enum TotpError {
    /// The system has no random bytes.
    #[error(transparent)]
    Random(#[from] KeyError),
    /// The stored secret or the label has another form.
    #[error("the secret of an authenticator app is unusable: {0}")]
    Unusable(String),
}

/// A new secret.
///
/// # Errors
/// [`TotpError::Random`].
pub fn new_secret() -> Result<Vec<u8>, TotpError> {
    Ok(random::<SECRET>()?.to_vec())
}

fn totp(secret: &[u8], account: &str) -> Result<Totp, TotpError> {
    let label = account.replace(':', " ");
    let built = Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(label)
        .with_issuer(Some(ISSUER))
        .build();
    built.map_err(|error| TotpError::Unusable(error.to_string()))
}

/// The URI that an authenticator app reads from a QR code, for the account named `account`.
///
/// # Errors
/// [`TotpError::Unusable`].
pub fn uri(secret: &[u8], account: &str) -> Result<String, TotpError> {
    totp(secret, account)?.to_url().map_err(|error| TotpError::Unusable(error.to_string()))
}

/// The time step of `code` if it is correct at `now` and later than the step `last`, which was
/// the last to be accepted.
///
/// # Errors
/// [`TotpError::Unusable`].
pub fn accepted_step(
    secret: &[u8],
    code: &str,
    last: i64,
    now: DateTime<Utc>,
) -> Result<Option<i64>, TotpError> {
    let now = u64::try_from(now.timestamp()).unwrap_or_default();
    let step = totp(secret, ISSUER)?.check(code, now).and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| *step > last))
}

/// The time until the next code is examined, after `failures` wrong ones in a row, the last at
/// `failed_at`.
pub fn wait(failures: i32, failed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u64> {
    let more = failures.checked_sub(FREE).filter(|more| *more >= 0)?;
    let factor = 1_i64.checked_shl(more.cast_unsigned().min(16)).unwrap_or(1);
    let delay = (FIRST_DELAY * factor).min(LONGEST_DELAY);
    let left = failed_at? + TimeDelta::seconds(delay) - now;
    u64::try_from(left.num_seconds()).ok().filter(|_| left > TimeDelta::zero()).map(|s| s.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn a_code_of_the_standards_table_is_accepted_once_with_one_step_of_drift() {
        // RFC 6238, appendix B: 94287082 at 59 s, of which six digits are used.
        let secret = b"12345678901234567890";
        let step = |now, last| accepted_step(secret, "287082", last, at(now)).expect("a secret");
        assert_eq!(step(59, 0), Some(1));
        assert_eq!((step(29, 0), step(89, 0)), (Some(1), Some(1)));
        assert_eq!((step(90, 0), step(59, 1)), (None, None));
        assert_eq!(accepted_step(secret, "not a code", 0, at(59)).expect("a secret"), None);
    }

    #[test]
    fn wrong_codes_delay_the_next_ones_ever_longer() {
        let failed = Some(at(0));
        assert_eq!(wait(4, failed, at(0)), None);
        assert_eq!((wait(5, failed, at(0)), wait(5, failed, at(30))), (Some(30), None));
        assert_eq!((wait(6, failed, at(0)), wait(60, failed, at(0))), (Some(60), Some(3_600)));
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        let uri = uri(&[7; SECRET], "138****1234").expect("a URI");
        assert!(uri.starts_with("otpauth://totp/Gridward:138"), "{uri}");
        assert!(uri.contains("issuer=Gridward") && uri.contains("secret="), "{uri}");
    }
}
