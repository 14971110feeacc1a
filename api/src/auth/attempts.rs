//! Limits on sign-in attempts: no lock that others can turn.
//!
//! - Failures are counted by account and address prefix together, so a stranger delays only the
//!   stranger's own prefix. The delay grows with each counted failure up to [`LONGEST_DELAY`]; a
//!   refused attempt changes nothing.
//! - A prefix, the /48 around one of IPv6, and an account have token buckets. The first attempt of a prefix at an account is
//!   never refused for the account's bucket: a distributed attack does not shut the owner out.
//! - A device on which the person had a session is counted by itself, whatever its address. It
//!   skips the buckets and has its own [`Lane`], as has an origin that has signed in before.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridward_domain::area::AreaCode;
use gridward_domain::id::SessionId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::db::column::Hash;
use crate::http::problem::{Problem, RateLimit};
use crate::limits::{Buckets, Policy, Prefix};

/// The maximum time that an attempt waits for earlier ones.
pub const TIMEOUT: Duration = Duration::from_secs(2);
/// The number of failures without a delay.
const FREE: u32 = 5;
/// The maximum delay after a failure.
const LONGEST_DELAY: Duration = Duration::from_secs(300);
/// The time after which failures are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);
/// How long an origin is known after its last sign-in.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
const CAPACITY: u64 = 200_000;
/// Attempts by strangers at one account: 60, and one more every ten seconds.
const ACCOUNT_QUOTA: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
const ACCOUNT_WINDOW: Duration = Duration::from_secs(600);
/// A site has this many times the attempts of a prefix.
const SITE_FACTOR: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const PREFIX_WINDOW: Duration = Duration::from_secs(60);

/// An account, by district and phone index, whether or not it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId {
    /// The district.
    pub district: AreaCode,
    /// The index of the phone number.
    pub phone: Hash,
}

/// The sender of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A device on which the person of the account had this session.
    Device(SessionId),
    /// Any other, by the prefix of its address.
    Address(Prefix),
}

/// The account that an attempt names, and its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The account.
    pub account: AccountId,
    /// The sender.
    pub sender: Sender,
}

/// Attempts of different lanes do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A device with a session, or an origin that has signed in before.
    Known,
    /// Any other.
    Stranger,
}

/// The counted failures of one origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failures {
    count: u32,
    last: Option<Instant>,
}

impl Failures {
    /// Counts a failure.
    pub fn add(&mut self, now: Instant) {
        self.count = self.remembered(now) + 1;
        self.last = Some(now);
    }

    /// Forgets the failures after a success.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The time until the next attempt is examined.
    fn wait(&self, now: Instant) -> Duration {
        let since = self.last.map_or(Duration::MAX, |last| now.saturating_duration_since(last));
        delay(self.remembered(now)).saturating_sub(since)
    }

    fn remembered(&self, now: Instant) -> u32 {
        let recent = |last| now.saturating_duration_since(last) < FORGOTTEN_AFTER;
        if self.last.is_some_and(recent) { self.count } else { 0 }
    }

    /// Refuses an attempt during a delay.
    ///
    /// # Errors
    /// 429 with the rest of the delay.
    pub fn check(&self, now: Instant) -> Result<(), Problem> {
        let wait = self.wait(now);
        if wait.is_zero() {
            return Ok(());
        }
        let (policy, window) = ("sign-in-failures", delay(self.count));
        Err(Problem::rate_limited(RateLimit { policy, quota: 1, window, wait }))
    }
}

/// The delay after this many failures: none, then one second, doubled by each further failure.
fn delay(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => {
            Duration::from_secs(1_u64.checked_shl(more).unwrap_or(u64::MAX)).min(LONGEST_DELAY)
        }
    }
}

/// The attempts of all origins.
#[derive(Clone)]
pub struct Attempts {
    failures: Cache<Origin, Arc<Mutex<Failures>>>,
    known: Cache<Origin, ()>,
    by_prefix: Buckets<Prefix>,
    /// Of the /48 around a prefix of IPv6, which one customer may have.
    by_site: Buckets<Prefix>,
    by_account: Buckets<AccountId>,
}

impl Attempts {
    /// Without attempts so far; a prefix has `per_minute` of them.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let failures = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(FORGOTTEN_AFTER);
        let known = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KNOWN_FOR);
        let prefix = Policy { name: "sign-in-address", quota: per_minute, window: PREFIX_WINDOW };
        let site = Policy {
            name: "sign-in-site",
            quota: per_minute.saturating_mul(SITE_FACTOR),
            window: PREFIX_WINDOW,
        };
        let account =
            Policy { name: "sign-in-account", quota: ACCOUNT_QUOTA, window: ACCOUNT_WINDOW };
        Self {
            failures: failures.build(),
            known: known.build(),
            by_prefix: Buckets::new(prefix),
            by_site: Buckets::new(site),
            by_account: Buckets::new(account),
        }
    }

    /// The lane of an attempt.
    ///
    /// # Errors
    /// 429 for a stranger with an empty bucket.
    pub fn admit(&self, origin: Origin) -> Result<Lane, Problem> {
        let from = match origin.sender {
            Sender::Address(from) if !self.known.contains_key(&origin) => from,
            Sender::Address(_) | Sender::Device(_) => return Ok(Lane::Known),
        };
        self.admit_address(from)?;
        if self.failures.contains_key(&origin) {
            self.by_account.take(origin.account)?;
        }
        Ok(Lane::Stranger)
    }

    /// Takes an attempt from the bucket of an address, for an operation without an account.
    ///
    /// # Errors
    /// 429 for an empty bucket.
    pub fn admit_address(&self, from: Prefix) -> Result<(), Problem> {
        self.by_prefix.take(from)?;
        if from.is_in_site() { self.by_site.take(from.site()) } else { Ok(()) }
    }

    /// The failures of the origin, locked: its attempts run one after another, so that parallel
    /// guesses count too.
    ///
    /// # Errors
    /// 429 after [`TIMEOUT`].
    pub async fn in_turn(&self, origin: Origin) -> Result<OwnedMutexGuard<Failures>, Problem> {
        let failures = self.failures.get_with(origin, Arc::default);
        let turn = tokio::time::timeout(TIMEOUT, failures.lock_owned()).await;
        turn.map_err(|_| Problem::too_many_requests(TIMEOUT.as_secs()))
    }

    /// Remembers that the origin has signed in.
    pub fn succeeded(&self, origin: Origin) {
        self.known.insert(origin, ());
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use uuid::Uuid;

    use super::*;
    use crate::http::problem::ProblemCode;

    fn origin(phone: &str, from: [u8; 4]) -> Origin {
        let district = "500116".parse().expect("a code");
        let account = AccountId { district, phone: Hash::sha256(phone) };
        Origin { account, sender: Sender::Address(IpAddr::from(from).into()) }
    }

    #[test]
    fn the_delay_grows_with_each_failure_up_to_five_minutes() {
        let mut failures = Failures::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..16 {
            failures.add(now);
            let wait = failures.wait(now);
            waits.push(wait.as_secs());
            now += wait;
            assert!(failures.check(now).is_ok(), "the delay is over");
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        now += FORGOTTEN_AFTER;
        failures.add(now);
        assert!(failures.wait(now).is_zero(), "old failures are forgotten");
    }

    #[test]
    fn a_refused_attempt_does_not_prolong_the_delay() {
        let (mut failures, now) = (Failures::default(), Instant::now());
        (0..10).for_each(|_| failures.add(now));
        let after = |seconds| failures.check(now + Duration::from_secs(seconds));
        assert!(after(1).is_err() && after(31).is_err());
        assert!(after(32).is_ok());
    }

    #[test]
    fn a_distributed_attack_leaves_the_owner_a_first_attempt() {
        let attempts = Attempts::new(NonZeroU32::MAX);
        for guess in 0..1_000_u32 {
            let [.., high, low] = guess.to_be_bytes();
            let attacker = origin("1", [10, high, low, 1]);
            attempts.failures.insert(attacker, Arc::default());
            let _ = attempts.admit(attacker);
        }
        let refused = attempts.admit(origin("1", [10, 0, 0, 1])).expect_err("an empty bucket");
        assert_eq!(refused.kind(), Some(ProblemCode::TooManyRequests));
        assert_eq!(attempts.admit(origin("1", [192, 0, 2, 1])).ok(), Some(Lane::Stranger));
    }

    #[test]
    fn the_prefixes_of_one_site_share_a_bucket() {
        let attempts = Attempts::new(NonZeroU32::MIN);
        let from = |prefix: u16| Prefix::from(IpAddr::from([0x2001, 0xdb8, 0, prefix, 0, 0, 0, 1]));
        let admitted = (0..100).filter(|prefix| attempts.admit_address(from(*prefix)).is_ok());
        assert_eq!(admitted.count(), 10);
    }

    #[tokio::test]
    async fn a_device_with_a_session_does_not_share_the_limits_of_its_address() {
        let attempts = Attempts::new(NonZeroU32::MIN);
        let stranger = origin("1", [192, 0, 2, 1]);
        let device = Origin { sender: Sender::Device(SessionId(Uuid::nil())), ..stranger };
        let mut failures = attempts.in_turn(stranger).await.expect("a turn");
        (0..10).for_each(|_| failures.add(Instant::now()));
        while attempts.admit(stranger).is_ok() {}
        assert_eq!(attempts.admit(device).ok(), Some(Lane::Known));
        let own = attempts.in_turn(device).await.expect("a turn, though the stranger holds one");
        assert!(own.check(Instant::now()).is_ok());
    }

    #[test]
    fn a_known_origin_does_not_need_the_bucket_of_its_prefix() {
        let attempts = Attempts::new(NonZeroU32::MIN);
        let owner = origin("1", [192, 0, 2, 1]);
        attempts.succeeded(owner);
        assert!(attempts.admit(origin("2", [192, 0, 2, 2])).is_ok());
        assert!(attempts.admit(origin("3", [192, 0, 2, 3])).is_err());
        assert_eq!(attempts.admit(owner).ok(), Some(Lane::Known));
    }
}
