//! The rows that a change will read, named before it runs.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use diesel::PgConnection;
use gridward_domain::area::AreaCode;

use super::row::{Row, Turn, turn};
use super::unit_of_work::UnitOfWork;
use crate::db::{Conn, DbError};

/// The keys of one table, whatever its row type.
trait AnyKeys: Debug + Send + Sync {
    /// Reads those that are not yet known, in one statement.
    fn fetch(
        &self,
        conn: &mut PgConnection,
        district: AreaCode,
        to: &mut UnitOfWork,
    ) -> Result<(), DbError>;
    fn extend(&mut self, other: &dyn AnyKeys);
    fn boxed_clone(&self) -> Box<dyn AnyKeys>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

#[derive(Debug)]
struct Keys<R: Row>(BTreeSet<R::Key>);

impl<R: Row> AnyKeys for Keys<R> {
    fn fetch(
        &self,
        conn: &mut PgConnection,
        district: AreaCode,
        to: &mut UnitOfWork,
    ) -> Result<(), DbError> {
        to.map::<R>().fetch(conn, district, &self.0)
    }

    fn extend(&mut self, other: &dyn AnyKeys) {
        if let Some(Self(keys)) = other.as_any().downcast_ref() {
            self.0.extend(keys.iter().cloned());
        }
    }

    fn boxed_clone(&self) -> Box<dyn AnyKeys> {
        Box::new(Self(self.0.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The keys of the rows that a change will read: read together with those of
/// other changes, and locked where the table locks. A row outside the set is
/// read by itself.
#[derive(Debug, Default)]
pub struct ReadSet(BTreeMap<Turn, Box<dyn AnyKeys>>);

impl ReadSet {
    /// Adds the row of this key.
    pub fn add<R: Row>(&mut self, key: R::Key) {
        let keys =
            self.0.entry(turn::<R>()).or_insert_with(|| Box::new(Keys::<R>(BTreeSet::new())));
        if let Some(Keys(keys)) = keys.as_any_mut().downcast_mut::<Keys<R>>() {
            keys.insert(key);
        }
    }

    /// Reads the rows that `to` does not know yet. SQLite has no round trips: there each
    /// row is read on demand by a cached prepared statement.
    pub(super) fn fetch(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        to: &mut UnitOfWork,
    ) -> Result<(), DbError> {
        let Conn::Pg(conn) = conn else { return Ok(()) };
        self.0.values().try_for_each(|keys| keys.fetch(conn, district, to))
    }

    /// Adds the rows of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (turn, keys) in &other.0 {
            match self.0.get_mut(turn) {
                Some(own) => own.extend(&**keys),
                None => {
                    self.0.insert(*turn, keys.boxed_clone());
                }
            }
        }
    }
}
