//! Daily amounts of each person, for what is stored for ever, and the number of open streams.
//!
//! They are far above the work of a day; they limit the damage by a stolen token or a defective
//! app. A report beyond the quota stays in its phone's outbox.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::bucket::{Buckets, Policy};
use crate::http::problem::Problem;

/// Reports of a person in a day.
const REPORTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(299);
/// Attachments of a person in a day.
const ATTACHMENTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
/// Open streams of a person on one server.
const STREAMS: usize = 32;
const DAY: Duration = Duration::from_secs(24 * 3600);
const CAPACITY: u64 = 100_000;
/// Seconds until a client may open another stream.
const RETRY_AFTER: u64 = 30;

type Person = (AreaCode, PersonId);

/// The quotas of all people.
#[derive(Clone, Debug)]
pub struct Quotas {
    reports: Buckets<Person>,
    attachments: Buckets<Person>,
    streams: Cache<Person, Arc<Semaphore>>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            reports: Buckets::new(Policy { name: "reports", quota: REPORTS, window: DAY }),
            attachments: Buckets::new(Policy {
                name: "attachments",
                quota: ATTACHMENTS,
                window: DAY,
            }),
            streams: Cache::builder()
                .max_capacity(CAPACITY)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(DAY)
                .build(),
        }
    }
}

fn person(principal: &Principal) -> Person {
    (principal.district(), principal.person)
}

impl Quotas {
    /// Counts a new report.
    ///
    /// # Errors
    /// 429.
    pub fn report(&self, principal: &Principal) -> Result<(), Problem> {
        self.reports.take(person(principal))
    }

    /// Counts a new attachment.
    ///
    /// # Errors
    /// 429.
    pub fn attachment(&self, principal: &Principal) -> Result<(), Problem> {
        self.attachments.take(person(principal))
    }

    /// The permit of a stream, which holds it until it ends.
    ///
    /// # Errors
    /// 429.
    pub fn stream(&self, principal: &Principal) -> Result<OwnedSemaphorePermit, Problem> {
        let streams =
            self.streams.get_with(person(principal), || Arc::new(Semaphore::new(STREAMS)));
        streams.try_acquire_owned().map_err(|_| Problem::too_many_requests(RETRY_AFTER))
    }
}
