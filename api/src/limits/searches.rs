//! The rate of searches: an account is not enough to guess its way through the register.

use std::num::NonZeroU32;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use super::{Buckets, Policy};
use crate::http::problem::Problem;

/// The searches of each account, on this server.
#[derive(Clone, Debug)]
pub struct Searches(Buckets<(AreaCode, PersonId)>);

impl Searches {
    /// Permits this number of searches per account and minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let window = Duration::from_secs(60);
        Self(Buckets::new(Policy { name: "searches", quota: per_minute, window }))
    }

    /// Counts a search by the principal.
    ///
    /// # Errors
    /// 429 with the time until the next search.
    pub fn take(&self, principal: &Principal) -> Result<(), Problem> {
        self.0.take((principal.district(), principal.person))
    }
}
