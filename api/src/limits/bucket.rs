//! Token buckets, one for each key: the generic cell rate algorithm of `governor`, in a cache of
//! bounded size.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::http::problem::{Problem, RateLimit};

/// The number of keys that are remembered; beyond it, the least recently used is forgotten.
const CAPACITY: u64 = 100_000;

/// A limit of `quota` in `window`, refilled evenly.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The name in the `RateLimit` headers.
    pub name: &'static str,
    /// The size of the bucket.
    pub quota: NonZeroU32,
    /// The time in which an empty bucket fills.
    pub window: Duration,
}

/// The buckets of all keys.
#[derive(Clone)]
pub struct Buckets<K> {
    policy: Policy,
    limiters: Cache<K, Arc<DefaultDirectRateLimiter>>,
}

impl<K> fmt::Debug for Buckets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Buckets<K> {
    /// Full buckets.
    pub fn new(policy: Policy) -> Self {
        // A bucket that is idle for a window is full, as a new one is.
        let limiters = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(policy.window)
            .build();
        Self { policy, limiters }
    }

    /// Takes a token from the bucket of `key`. A refused attempt takes none, so it delays nothing.
    ///
    /// # Errors
    /// 429 with the time until the next token.
    pub fn take(&self, key: K) -> Result<(), Problem> {
        let Policy { name, quota, window } = self.policy;
        let limiter = self.limiters.get_with(key, || Arc::new(RateLimiter::direct(self.quota())));
        limiter.check().map_err(|refused| {
            let wait = refused.wait_time_from(limiter.clock().now());
            Problem::rate_limited(RateLimit { policy: name, quota: quota.get(), window, wait })
        })
    }

    fn quota(&self) -> Quota {
        let Policy { quota, window, .. } = self.policy;
        let period = Quota::with_period(window / quota.get());
        period.unwrap_or(Quota::per_second(quota)).allow_burst(quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::ProblemCode;

    #[test]
    fn each_key_has_its_own_bucket() {
        let quota = NonZeroU32::new(2).expect("two");
        let policy = Policy { name: "test", quota, window: Duration::from_secs(3600) };
        let buckets = Buckets::new(policy);
        assert!(buckets.take("a").is_ok() && buckets.take("a").is_ok());
        let refused = buckets.take("a").expect_err("an empty bucket");
        assert_eq!(refused.kind(), Some(ProblemCode::TooManyRequests));
        assert!(buckets.take("b").is_ok());
    }
}
