//! When something last changed, by area and by person: so that a phone that
//! has nothing to fetch is told so by a look into memory.
//!
//! What is new on the log since the last look is read once for all phones of a
//! server, up to the head that the asking phone's pull has just read; so the
//! answer is never older than the pull itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;

use super::scope::Scope;
use super::store::{self, EventRef};
use crate::db::{Conn, DbError};
use crate::log::Subject;
use crate::log::head::Head;

/// How far back is read at the most; phones that are further behind ask the log.
const FAR: i64 = 5_000;

/// The last change of every area and person of a district.
#[derive(Default)]
struct Known {
    /// From after this number ...
    from: i64,
    /// ... up to this one.
    upto: i64,
    areas: HashMap<AreaCode, i64>,
    people: HashMap<PersonId, i64>,
}

/// The number of each last change, by district and log.
#[derive(Clone, Default)]
pub struct LastChangeIndex(Arc<Mutex<HashMap<(AreaCode, String), Known>>>);

impl LastChangeIndex {
    /// Whether it is known that nothing after number `after`, up to `head`, changed
    /// the scope.
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
            // So much at once that asking the log is as good: what is further back stays unknown.
            let from = upto.max(head.seq - FAR);
            // Read without the lock: nobody waits for another's reading.
            let news = store::log(conn, district, from, head.seq, FAR)?;
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
    /// Adds what was read from after `from` up to `upto`; what others have added
    /// meanwhile is noted again, which changes nothing.
    fn add(&mut self, from: i64, upto: i64, news: &[EventRef]) {
        if from > self.upto {
            // A gap: what lies before it counts no more.
            self.from = from;
        }
        let known = self.upto;
        for event in news.iter().filter(|event| event.seq > known) {
            self.note(event);
        }
        self.upto = self.upto.max(upto);
    }

    fn note(&mut self, event: &EventRef) {
        if matches!(event.subject, Subject::Plan | Subject::Attachment | Subject::Reading) {
            return;
        }
        for area in event.areas() {
            self.areas.insert(area, event.seq);
        }
        for person in event.people() {
            self.people.insert(person, event.seq);
        }
    }

    /// The last number that may have changed a grid's scope.
    fn last(&self, scope: &Scope) -> i64 {
        let person = self.people.get(&scope.person()).copied();
        let areas = scope.around().into_iter().map(|area| self.areas.get(&area).copied());
        areas.chain([person]).flatten().max().unwrap_or(0)
    }
}
