//! The guarantees of sessions: a bad network ends no session, a revoked device is out within five
//! seconds, and a device finds its local storage again after a new sign-in.

use std::time::Duration;

use super::Violation;
use crate::revocation::{Outlasted, Revocation};
use crate::session::session_log::{SessionLog, SignOut};
use crate::wire::PersonId;

/// The longest time until a revoked device is refused everywhere.
pub const WITHIN: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_secs(86_400);

/// The lifetimes of a phone's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Without a renewal: the setting `session_idle_s`.
    pub idle: Duration,
    /// In all: the setting `session_phone_s`.
    pub whole: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { idle: 14 * DAY, whole: 90 * DAY }
    }
}

/// Guarantee 6: every session that ended was revoked, or had reached the end of its lifetime; and
/// none was renewed after that.
///
/// # Errors
/// The first session that ended without a reason, or did not end.
pub fn nobody_is_signed_out(
    person: PersonId,
    log: &SessionLog,
    revocations: &[Revocation],
    lifetimes: Lifetimes,
) -> Result<(), Violation> {
    let has_reason = |sign_out: &SignOut| {
        let SignOut { code, at, opened, renewed, .. } = sign_out;
        let revoked = revocations.iter().any(|revocation| {
            let Revocation { person: whose, requested, acknowledged } = *revocation;
            whose == person && requested <= *at && acknowledged >= opened.sent
        });
        // The server's periods began after the request and ended before the refusal.
        let expired = *at - renewed.sent >= lifetimes.idle || *at - opened.sent >= lifetimes.whole;
        code == "session_ended" && (revoked || expired)
    };
    if let Some(sign_out) = log.sign_outs.iter().find(|sign_out| !has_reason(sign_out)) {
        return Err(Violation::SignedOut { person, sign_out: Box::new(sign_out.clone()) });
    }
    let (unused, idle) = (log.longest_unused, lifetimes.idle);
    if unused > idle { Err(Violation::OutlivedIdle { person, unused, idle }) } else { Ok(()) }
}

/// Guarantee 7: a revoked device is out within [`WITHIN`].
///
/// # Errors
/// The device that was admitted for longer.
pub fn revoked_devices_are_out(all: &[Outlasted]) -> Result<(), Violation> {
    let too_long = |one: &&Outlasted| {
        let Outlasted { token, refresh, stream } = **one;
        token.max(refresh).max(stream.unwrap_or_default()) > WITHIN
    };
    all.iter().find(too_long).map_or(Ok(()), |one| Err(Violation::StillIn(*one)))
}

/// Guarantee 8: every sign-in of a device answers the same key of its local storage.
///
/// # Errors
/// A device with two keys.
pub fn local_storage_opens(person: PersonId, log: &SessionLog) -> Result<(), Violation> {
    if log.device_keys.len() > 1 { Err(Violation::DeviceKey(person)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use uuid::Uuid;

    use super::*;
    use crate::session::session_log::Span;

    const PERSON: PersonId = PersonId(Uuid::from_u128(1));
    const LIFETIMES: Lifetimes =
        Lifetimes { idle: Duration::from_secs(14), whole: Duration::from_secs(90) };

    fn span(began: Instant, at: u64) -> Span {
        let sent = began + Duration::from_secs(at);
        Span { sent, answered: sent + Duration::from_millis(10) }
    }

    /// A session that was opened at 0, renewed at `renewed` and refused at `at`, in seconds.
    fn ended(began: Instant, renewed: u64, at: u64, code: &str) -> SessionLog {
        let sign_out = SignOut {
            session: Uuid::from_u128(2),
            code: code.to_owned(),
            at: span(began, at).answered,
            opened: span(began, 0),
            renewed: span(began, renewed),
        };
        let mut log = SessionLog::default();
        log.sign_outs.push(sign_out);
        log
    }

    fn revoked(began: Instant, person: PersonId, at: u64) -> Revocation {
        let Span { sent, answered } = span(began, at);
        Revocation { person, requested: sent, acknowledged: answered }
    }

    #[test]
    fn a_session_ends_by_revocation_or_age_alone() {
        let began = Instant::now();
        let holds = |log: &SessionLog, revocations: &[Revocation]| {
            nobody_is_signed_out(PERSON, log, revocations, LIFETIMES).is_ok()
        };
        let early = ended(began, 50, 55, "session_ended");
        assert!(!holds(&early, &[]));
        assert!(holds(&early, &[revoked(began, PERSON, 52)]));
        assert!(!holds(&early, &[revoked(began, PERSON, 60)]), "revoked later");
        assert!(!holds(&early, &[revoked(began, PersonId(Uuid::from_u128(9)), 52)]));
        assert!(holds(&ended(began, 50, 64, "session_ended"), &[]), "idle");
        assert!(holds(&ended(began, 85, 91, "session_ended"), &[]), "too old");
        let reused = ended(began, 50, 64, "session_reused");
        assert!(!holds(&reused, &[revoked(began, PERSON, 52)]), "no phone copies its token");
        assert!(holds(&SessionLog::default(), &[]));
        let mut outlived = SessionLog::default();
        outlived.longest_unused = Duration::from_secs(15);
        assert!(!holds(&outlived, &[]));
    }

    #[test]
    fn a_revoked_device_that_stays_in_is_a_violation() {
        let (in_time, late) = (Duration::from_secs(4), Duration::from_secs(6));
        let out = Outlasted { stream: Some(in_time), ..Outlasted::default() };
        assert!(revoked_devices_are_out(&[out]).is_ok());
        for late in [
            Outlasted { token: late, ..out },
            Outlasted { refresh: late, ..out },
            Outlasted { stream: Some(late), ..out },
        ] {
            assert!(revoked_devices_are_out(&[out, late]).is_err(), "{late:?}");
        }
    }

    #[test]
    fn a_second_key_of_the_local_storage_is_a_violation() {
        let keys = |keys: &[&str]| {
            let mut log = SessionLog::default();
            log.device_keys.extend(keys.iter().map(|key| (*key).to_owned()));
            local_storage_opens(PERSON, &log)
        };
        assert!(keys(&["k"]).is_ok());
        assert!(keys(&["k", "l"]).is_err());
    }
}
