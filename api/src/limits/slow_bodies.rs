//! The memory for bodies that arrive slowly, in KiB.
//!
//! Requests with a valid access token and those of strangers have memory of their own, so strangers
//! cannot take it from phones on slow networks. A body takes [`SlowBodies::least`] when it turns out to
//! be slow, and more as its bytes arrive; of each memory, one person or one network of strangers has
//! a share.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Prefix;
use crate::http::body_limits::BodyRefused;

/// Memory for the bodies of requests with an access token, and the share of a person.
const PEOPLE: u32 = 128 * 1024;
const PERSON: u32 = 8 * 1024;
/// Memory for the bodies of other requests, and the share of a network.
const STRANGERS: u32 = 32 * 1024;
const NETWORK: u32 = STRANGERS / 2;
/// Memory is taken in steps of this size.
const STEP: u32 = 16;
/// Longer than any upload, so that a share is not forgotten while it is in use.
const IDLE: Duration = Duration::from_secs(24 * 3600);
const CAPACITY: u64 = 100_000;

/// A person of a district.
pub type Person = (AreaCode, PersonId);

/// The sender of a slow body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// With a valid access token.
    Person(Person),
    /// Without one.
    Address(Prefix),
}

/// The memory for slow bodies.
#[derive(Clone, Debug)]
pub struct SlowBodies {
    people: Memory<Person>,
    strangers: Memory<Prefix>,
}

/// One memory, with a share for each owner.
#[derive(Clone)]
struct Memory<K> {
    all: Arc<Semaphore>,
    shares: Cache<K, Arc<Semaphore>>,
    share: u32,
    /// Every slow body takes at least this much, so that at most half of the connections have one.
    least: u32,
}

/// The memory of one slow body.
#[derive(Debug)]
pub struct SlowBody {
    all: (Arc<Semaphore>, OwnedSemaphorePermit),
    share: (Arc<Semaphore>, OwnedSemaphorePermit),
    taken: u32,
}

impl SlowBodies {
    /// For a server with this many connections.
    pub fn new(connections: usize) -> Self {
        let bodies = u32::try_from(connections / 2).unwrap_or(u32::MAX);
        Self {
            people: Memory::new(PEOPLE, PERSON, bodies),
            strangers: Memory::new(STRANGERS, NETWORK, bodies),
        }
    }

    /// Memory for a body of which `kib` have arrived.
    ///
    /// # Errors
    /// [`BodyRefused::TooMany`].
    pub fn admit(&self, owner: Owner, kib: u32) -> Result<SlowBody, BodyRefused> {
        match owner {
            Owner::Person(person) => self.people.admit(person, kib),
            Owner::Address(prefix) => self.strangers.admit(prefix, kib),
        }
    }
}

impl<K> fmt::Debug for Memory<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("all", &self.all).finish_non_exhaustive()
    }
}

fn semaphore(permits: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(permits).unwrap_or(Semaphore::MAX_PERMITS)))
}

fn take(from: &Arc<Semaphore>, kib: u32) -> Result<OwnedSemaphorePermit, BodyRefused> {
    Arc::clone(from).try_acquire_many_owned(kib).map_err(|_| BodyRefused::TooMany)
}

impl<K: Hash + Eq + Send + Sync + 'static> Memory<K> {
    fn new(size: u32, share: u32, bodies: u32) -> Self {
        let shares = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(IDLE)
            .build();
        Self { all: semaphore(size), shares, share, least: size / bodies.clamp(1, size) }
    }

    fn admit(&self, owner: K, kib: u32) -> Result<SlowBody, BodyRefused> {
        let share = self.shares.get_with(owner, || semaphore(self.share));
        let kib = kib.max(self.least).min(self.share);
        let permits = (take(&self.all, kib)?, take(&share, kib)?);
        Ok(SlowBody {
            all: (Arc::clone(&self.all), permits.0),
            share: (share, permits.1),
            taken: kib,
        })
    }
}

impl SlowBody {
    /// Takes more memory, if `kib` have arrived.
    ///
    /// # Errors
    /// [`BodyRefused::TooMany`].
    pub fn grow(&mut self, kib: u32) -> Result<(), BodyRefused> {
        let more = kib.saturating_sub(self.taken);
        if more == 0 {
            return Ok(());
        }
        let more = more.next_multiple_of(STEP);
        let permits = (take(&self.all.0, more)?, take(&self.share.0, more)?);
        self.all.1.merge(permits.0);
        self.share.1.merge(permits.1);
        self.taken += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use uuid::Uuid;

    use super::*;

    fn network(number: u8) -> Owner {
        Owner::Address(Prefix::from(IpAddr::from([10, 0, number, 1])))
    }

    fn person() -> Owner {
        Owner::Person(("500116".parse().expect("a code"), PersonId(Uuid::now_v7())))
    }

    fn fill(slow: &SlowBodies, owner: Owner, kib: u32) -> Vec<SlowBody> {
        (0..100_000).map_while(|_| slow.admit(owner, kib).ok()).collect()
    }

    #[test]
    fn one_network_occupies_at_most_a_quarter_of_the_connections() {
        let slow = SlowBodies::new(200);
        let attack = fill(&slow, network(1), 0);
        assert_eq!(attack.len(), 50);
        assert!(slow.admit(network(2), 256).is_ok(), "another network");
        drop(attack);
        assert!(slow.admit(network(1), 0).is_ok(), "memory comes back");
    }

    #[test]
    fn strangers_take_nothing_from_people() {
        let slow = SlowBodies::new(20_000);
        let _attack: Vec<_> = (0..4).flat_map(|number| fill(&slow, network(number), 256)).collect();
        assert!(slow.admit(network(9), 0).is_err(), "the memory of strangers is taken");
        let phone = person();
        assert!(slow.admit(phone, 256).is_ok());
        assert_eq!(fill(&slow, phone, 512).len(), 16, "8 MiB for a person");
        assert!(slow.admit(person(), 256).is_ok());
    }

    #[test]
    fn a_stalled_body_takes_little_and_more_as_it_arrives() {
        let slow = SlowBodies::new(20_000);
        let mut bodies = fill(&slow, network(1), 0);
        assert!(bodies.len() > 5_000, "{}", bodies.len());
        assert!(bodies[0].grow(100).is_err());
        bodies.truncate(10);
        assert!(bodies[0].grow(100).is_ok());
        let left = slow.strangers.all.available_permits();
        assert!(bodies[0].grow(90).is_ok() && slow.strangers.all.available_permits() == left);
    }
}
