//! The open event streams of each person on one server.

use std::sync::Arc;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::problem::Problem;

/// Open streams of a person.
const STREAMS: usize = 32;
/// Longer than a stream lasts, so that no state is forgotten while it is in use.
const IDLE: Duration = Duration::from_secs(24 * 3600);
const CAPACITY: u64 = 100_000;
/// Seconds until a client may open another stream.
const RETRY_AFTER: u64 = 30;

/// The permits for streams.
#[derive(Clone, Debug)]
pub struct Streams(Cache<(AreaCode, PersonId), Arc<Semaphore>>);

impl Default for Streams {
    fn default() -> Self {
        let permits = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(IDLE)
            .build();
        Self(permits)
    }
}

impl Streams {
    /// The permit of a stream, which holds it until it ends.
    ///
    /// # Errors
    /// 429.
    pub fn open(&self, principal: &Principal) -> Result<OwnedSemaphorePermit, Problem> {
        let person = (principal.district(), principal.person);
        let streams = self.0.get_with(person, || Arc::new(Semaphore::new(STREAMS)));
        streams.try_acquire_owned().map_err(|_| Problem::too_many_requests(RETRY_AFTER))
    }
}
