//! What an installation requires of its people.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::auth::token::Bearer;
use crate::clock;

/// The policy of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorPolicy {
    /// Whether each person needs a second factor.
    pub is_required: bool,
    /// The last day on which a person with a password of before enrolment existed may enrol by
    /// signing in.
    pub grace: Option<NaiveDate>,
    /// How recently a person must have been authenticated for an export or a change of factors.
    pub step_up: TimeDelta,
}

impl SecondFactorPolicy {
    /// Whether people of before enrolment may still enrol by signing in.
    pub fn is_in_grace(&self, now: DateTime<Utc>) -> bool {
        self.grace.is_some_and(|last| clock::day(now) <= last)
    }

    /// Whether a session can only set up a second factor: it was opened without one.
    pub const fn restricts(&self, has_second_factor: bool) -> bool {
        self.is_required && !has_second_factor
    }

    /// Whether the bearer of a token was authenticated recently enough for what needs a step-up.
    pub fn is_recent(&self, bearer: &Bearer, now: DateTime<Utc>) -> bool {
        now.timestamp() - bearer.auth_time <= self.step_up.num_seconds()
    }
}
