//! An in-memory index of the last change per area and person, so that a pull without
//! changes needs no query of the log.
//!
//! The server reads new events once for all phones, up to the head that the current
//! pull has read, so the index is never older than the pull.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;

use super::event_store::{self, EventRef};
use super::scope::Scope;
use crate::db::{Conn, DbError};
use crate::log::Subject;
use crate::log::head::Head;
use crate::notice;

/// The maximum number of events that are indexed; older cursors query the log.
const FAR: i64 = 5_000;

/// The last change of each area and person of a district.
#[derive(Default)]
struct Known {
    /// The number before the first indexed event.
    from: i64,
    /// The number of the last indexed event.
    upto: i64,
    areas: HashMap<AreaCode, i64>,
    people: HashMap<PersonId, i64>,
}

/// The last changes, by district and epoch.
#[derive(Clone, Default)]
pub struct LastChangeIndex(Arc<Mutex<HashMap<(AreaCode, String), Known>>>);

impl LastChangeIndex {
    /// Whether the index proves that no event after number `after`, up to `head`,
    /// changed the scope.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn is_quiet(
        &self,
        conn: &mut Conn,
        scope: &Scope,
        after: i64,
        head: &Head,
    ) -> Result<bool, DbError> {
        let district = scope.area().district();
        let key = (district, head.epoch.clone());
        let upto = self.known().entry(key.clone()).or_default().upto;
        if upto < head.seq {
            // A longer gap is queried from the log, which is as fast; older events stay unindexed.
            let from = upto.max(head.seq - FAR);
            // Read without the lock, so that no request waits for another's read.
            let news = event_store::log(conn, district, from, head.seq, FAR)?;
            self.known().entry(key.clone()).or_default().add(from, head.seq, &news);
        }
        let known = self.known();
        Ok(known.get(&key).is_some_and(|known| {
            known.from <= after && head.seq <= known.upto && known.last(scope) <= after
        }))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(AreaCode, String), Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Adds the events after `from`, up to `upto`. Idempotent: events that another
    /// request has already added change nothing.
    fn add(&mut self, from: i64, upto: i64, news: &[EventRef]) {
        if from > self.upto {
            // A gap: the entries before it are invalid.
            self.from = from;
        }
        let known = self.upto;
        for event in news.iter().filter(|event| event.seq > known) {
            self.note(event);
        }
        self.upto = self.upto.max(upto);
    }

    fn note(&mut self, event: &EventRef) {
        use Subject::{Area, Attachment, Plan, Reading};
        if matches!(event.subject, Area | Plan | Attachment | Reading) {
            return;
        }
        // The mark of a reader concerns no one else.
        let areas = event.areas().filter(|_| event.action != notice::read::ACTION);
        for area in areas {
            self.areas.insert(area, event.seq);
        }
        for person in event.people() {
            self.people.insert(person, event.seq);
        }
    }

    /// The number of the last event that may have changed a grid's scope.
    fn last(&self, scope: &Scope) -> i64 {
        let person = self.people.get(&scope.person()).copied();
        let areas = scope.around().into_iter().map(|area| self.areas.get(&area).copied());
        areas.chain([person]).flatten().max().unwrap_or(0)
    }
}
