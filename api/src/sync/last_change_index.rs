//! Where the log was last touched, by area and by person: so that a phone that
//! has nothing to fetch is told so by a look into memory.
//!
//! What is new on the log since the last look is read once for all phones of a
//! server, up to the head that the asking phone's pull has just read; so the
//! answer is never older than the pull itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::scope::Scope;
use super::store::{self, EventRef};
use crate::db::{Conn, DbError, parsed};
use crate::log::Subject;
use crate::log::head::Head;

/// How far back is read at the most; phones that are further behind ask the log.
const FAR: i64 = 5_000;

/// The last touch of every area and person of a district.
#[derive(Default)]
struct Known {
    /// From after this number ...
    from: i64,
    /// ... up to this one.
    upto: i64,
    areas: HashMap<String, i64>,
    people: HashMap<String, i64>,
}

/// Where each district's log was last touched, by district and log.
#[derive(Clone, Default)]
pub struct LastChangeIndex(Arc<Mutex<HashMap<(String, String), Known>>>);

impl LastChangeIndex {
    /// Whether it is known that nothing after number `after`, up to `head`, touches
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
        let district = scope.area().district().to_string();
        let key = (district.clone(), head.epoch.clone());
        let upto = self.known().entry(key.clone()).or_default().upto;
        if upto < head.seq {
            // So much at once that asking the log is as good: what is further back stays unknown.
            let from = upto.max(head.seq - FAR);
            // Read without the lock: nobody waits for another's reading.
            let news = store::log(conn, &district, from, head.seq, FAR)?;
            self.known().entry(key.clone()).or_default().add(from, head.seq, &news)?;
        }
        let known = self.known();
        Ok(known.get(&key).is_some_and(|known| {
            known.from <= after && head.seq <= known.upto && known.last(scope) <= after
        }))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(String, String), Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Adds what was read from after `from` up to `upto`; what others have added
    /// meanwhile is noted again, which changes nothing.
    fn add(&mut self, from: i64, upto: i64, news: &[EventRef]) -> Result<(), DbError> {
        if from > self.upto {
            // A gap: what lies before it counts no more.
            self.from = from;
        }
        let known = self.upto;
        for touch in news.iter().filter(|touch| touch.seq > known) {
            self.note(touch)?;
        }
        self.upto = self.upto.max(upto);
        Ok(())
    }

    fn note(&mut self, touch: &EventRef) -> Result<(), DbError> {
        let subject: Subject = parsed("events", &touch.subject)?;
        if matches!(subject, Subject::Plan | Subject::Attachment | Subject::Reading) {
            return Ok(());
        }
        for area in std::iter::once(&touch.area).chain(&touch.area_before) {
            self.areas.insert(area.clone(), touch.seq);
        }
        for person in [&touch.person, &touch.person_before].into_iter().flatten() {
            self.people.insert(person.clone(), touch.seq);
        }
        Ok(())
    }

    /// The last number that may touch a grid's scope.
    fn last(&self, scope: &Scope) -> i64 {
        let person = self.people.get(&scope.person().to_string()).copied();
        let areas = scope.around().into_iter().map(|area| self.areas.get(area.as_str()).copied());
        areas.chain([person]).flatten().max().unwrap_or(0)
    }
}
