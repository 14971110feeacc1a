//! The unit of work of a transaction: each row is read once and written once.
//!
//! A round trip to PostgreSQL costs more than most statements, so the rows in the
//! [read sets](ReadSet) of a commit's changes are read together before the first
//! change runs, and changed rows are queued and written together after the last one
//! (the unit of work and identity map of Fowler's "Patterns of Enterprise
//! Application Architecture"). In between, each change sees the rows as the previous
//! change left them.
//!
//! This module names no table: a row type implements [`Row`], with its position in
//! the order of reading and writing.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use diesel::PgConnection;

use crate::db::{Conn, DbError};
use gridward_domain::area::AreaCode;

/// A row that a transaction caches by its key within one district.
pub trait Row: Clone + Debug + Send + Sync + 'static {
    /// The table's key within a district.
    type Key: Clone + Debug + Ord + Send + Sync + 'static;

    /// The position of the table in the order of reading and writing, smallest first.
    /// A table whose rows are locked comes before those that are only read.
    const ORDER: u8;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// Reads the row with this key.
    ///
    /// # Errors
    /// [`DbError`].
    fn one(conn: &mut Conn, district: AreaCode, key: &Self::Key) -> Result<Option<Self>, DbError>;

    /// Reads the rows with these keys from PostgreSQL.
    ///
    /// # Errors
    /// [`DbError`].
    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        keys: &BTreeSet<Self::Key>,
    ) -> Result<Vec<Self>, DbError>;

    /// Writes changed rows.
    ///
    /// # Errors
    /// [`DbError::Collision`] if one of them has changed since it was read.
    fn write(
        conn: &mut Conn,
        district: AreaCode,
        changes: &[RowChange<'_, Self>],
    ) -> Result<(), DbError>;
}

/// A row to be written.
#[derive(Debug)]
pub struct RowChange<'a, R> {
    /// The row in the database; `None` for an insert.
    pub old: Option<&'a R>,
    /// The row to be written.
    pub new: &'a R,
}

/// The rows of one table that a transaction has read or changed.
#[derive(Debug)]
struct IdentityMap<R: Row>(BTreeMap<R::Key, Entry<R>>);

#[derive(Debug)]
struct Entry<R> {
    /// The row in the view of the transaction; `None` if there is none.
    row: Option<R>,
    stored: Stored<R>,
}

/// The state of a row in the database.
#[derive(Debug)]
enum Stored<R> {
    /// The same as in the view of the transaction.
    Same,
    /// Different or absent; the transaction's row is queued.
    Was(Option<R>),
}

impl<R> Entry<R> {
    /// A row as read from the database.
    const fn read(row: Option<R>) -> Self {
        Self { row, stored: Stored::Same }
    }
}

impl<R: Row> Default for IdentityMap<R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<R: Row> IdentityMap<R> {
    fn find(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        key: R::Key,
    ) -> Result<Option<R>, DbError> {
        if let Some(entry) = self.0.get(&key) {
            return Ok(entry.row.clone());
        }
        let row = R::one(conn, district, &key)?;
        self.0.insert(key, Entry::read(row.clone()));
        Ok(row)
    }

    /// Queues `new` to replace `old` at commit; `old` is `None` for an insert.
    fn put(&mut self, old: Option<R>, new: R) {
        let entry = self.0.entry(new.key()).or_insert(Entry::read(old));
        let before = entry.row.replace(new);
        if matches!(entry.stored, Stored::Same) {
            entry.stored = Stored::Was(before);
        }
    }
}

/// An identity map of any row type.
trait AnyIdentityMap: Debug {
    /// Writes the queued rows.
    fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError>;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<R: Row> AnyIdentityMap for IdentityMap<R> {
    fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
        let changes = self.0.values().filter_map(|entry| match &entry.stored {
            Stored::Same => None,
            Stored::Was(old) => Some(RowChange { old: old.as_ref(), new: entry.row.as_ref()? }),
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() {
            return Ok(());
        }
        R::write(conn, district, &changes)?;
        self.0.values_mut().for_each(|entry| entry.stored = Stored::Same);
        Ok(())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A table's position: its order, and its row type if two tables have the same order.
type Turn = (u8, TypeId);

fn turn<R: Row>() -> Turn {
    (R::ORDER, TypeId::of::<R>())
}

/// The rows that a transaction has read or changed, by table.
#[derive(Debug, Default)]
pub(super) struct UnitOfWork(BTreeMap<Turn, Box<dyn AnyIdentityMap>>);

impl UnitOfWork {
    fn map<R: Row>(&mut self) -> &mut IdentityMap<R> {
        let map = self.0.entry(turn::<R>()).or_insert_with(|| Box::<IdentityMap<R>>::default());
        #[expect(clippy::expect_used, reason = "the map's key names its row type")]
        map.as_any_mut().downcast_mut().expect("a map is kept under its own row type")
    }

    /// The row with this key, read if it is not yet cached.
    pub(super) fn find<R: Row>(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        key: R::Key,
    ) -> Result<Option<R>, DbError> {
        self.map::<R>().find(conn, district, key)
    }

    /// Queues `new` to replace `old` at commit; `old` is `None` for an insert.
    pub(super) fn put<R: Row>(&mut self, old: Option<R>, new: R) {
        self.map::<R>().put(old, new);
    }

    /// Reads the rows of the set that are not yet cached. SQLite has no round trips:
    /// there each row is read on demand, by a cached prepared statement.
    pub(super) fn fetch(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        read_set: &ReadSet,
    ) -> Result<(), DbError> {
        let Conn::Pg(conn) = conn else { return Ok(()) };
        read_set.0.values().try_for_each(|keys| keys.fetch(conn, district, self))
    }

    /// Writes the queued rows.
    pub(super) fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
        self.0.values_mut().try_for_each(|map| map.flush(conn, district))
    }
}

/// The keys of one table, for any row type.
trait AnyKeys: Debug + Send + Sync {
    /// Reads the rows that are not yet cached, in one statement.
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
        let map = to.map::<R>();
        let unknown = self.0.iter().filter(|key| !map.0.contains_key(key));
        let keys: BTreeSet<R::Key> = unknown.cloned().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let found = R::many(conn, district, &keys)?;
        map.0.extend(keys.into_iter().map(|key| (key, Entry::read(None))));
        map.0.extend(found.into_iter().map(|row| (row.key(), Entry::read(Some(row)))));
        Ok(())
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

/// The keys of the rows that a change will read. They are read together with those of
/// other changes, and locked if the table requires it. A row outside the set is read
/// on demand.
#[derive(Debug, Default)]
pub struct ReadSet(BTreeMap<Turn, Box<dyn AnyKeys>>);

impl ReadSet {
    /// Adds the row with this key.
    pub fn add<R: Row>(&mut self, key: R::Key) {
        let keys =
            self.0.entry(turn::<R>()).or_insert_with(|| Box::new(Keys::<R>(BTreeSet::new())));
        if let Some(Keys(keys)) = keys.as_any_mut().downcast_mut::<Keys<R>>() {
            keys.insert(key);
        }
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

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::sql_types::{Integer, Text};
    use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
    struct Card {
        #[diesel(sql_type = Integer)]
        id: i32,
        #[diesel(sql_type = Text)]
        says: String,
    }

    fn card(id: i32, says: &str) -> Card {
        Card { id, says: says.to_owned() }
    }

    impl Row for Card {
        type Key = i32;
        const ORDER: u8 = 0;

        fn key(&self) -> i32 {
            self.id
        }

        fn one(conn: &mut Conn, _: AreaCode, key: &i32) -> Result<Option<Self>, DbError> {
            let found = sql_query("SELECT id, says FROM cards WHERE id = $1");
            Ok(found.bind::<Integer, _>(key).load(conn)?.pop())
        }

        fn many(
            _: &mut PgConnection,
            _: AreaCode,
            _: &BTreeSet<i32>,
        ) -> Result<Vec<Self>, DbError> {
            Ok(Vec::new())
        }

        fn write(
            conn: &mut Conn,
            _: AreaCode,
            changes: &[RowChange<'_, Self>],
        ) -> Result<(), DbError> {
            for RowChange { old, new } in changes {
                let written = match old {
                    None => sql_query("INSERT INTO cards (says, id) VALUES ($1, $2)")
                        .bind::<Text, _>(&new.says)
                        .bind::<Integer, _>(new.id)
                        .execute(conn)?,
                    Some(old) => {
                        sql_query("UPDATE cards SET says = $1 WHERE id = $2 AND says = $3")
                            .bind::<Text, _>(&new.says)
                            .bind::<Integer, _>(new.id)
                            .bind::<Text, _>(&old.says)
                            .execute(conn)?
                    }
                };
                if written != 1 {
                    return Err(DbError::Collision);
                }
            }
            Ok(())
        }
    }

    fn district() -> AreaCode {
        "500116".parse().expect("a code")
    }

    /// A database with one card.
    fn database() -> Conn {
        let mut conn = SqliteConnection::establish(":memory:").expect("a database");
        let made = "CREATE TABLE cards (id INTEGER PRIMARY KEY, says TEXT NOT NULL);
                    INSERT INTO cards VALUES (1, 'open');";
        conn.batch_execute(made).expect("a table");
        Conn::Sqlite(conn)
    }

    #[test]
    fn what_is_put_is_seen_at_once_and_written_once_in_place_of_what_the_database_has() {
        let (mut conn, mut rows) = (database(), UnitOfWork::default());
        let open = rows.find::<Card>(&mut conn, district(), 1).expect("read");
        rows.put(open, card(1, "claimed"));
        let claimed = rows.find::<Card>(&mut conn, district(), 1).expect("known");
        assert_eq!(claimed, Some(card(1, "claimed")));
        rows.put(claimed, card(1, "started"));
        assert_eq!(Card::one(&mut conn, district(), &1).expect("read"), Some(card(1, "open")));
        // The write of two steps would fail: the second would not find the version of the first.
        rows.flush(&mut conn, district()).expect("written");
        assert_eq!(Card::one(&mut conn, district(), &1).expect("read"), Some(card(1, "started")));
        rows.put(Some(card(1, "started")), card(1, "done"));
        rows.flush(&mut conn, district()).expect("written");
        assert_eq!(Card::one(&mut conn, district(), &1).expect("read"), Some(card(1, "done")));
        rows.flush(&mut conn, district()).expect("nothing waits");
    }

    #[test]
    fn a_row_that_another_changed_meanwhile_collides() {
        let (mut conn, mut rows) = (database(), UnitOfWork::default());
        let open = rows.find::<Card>(&mut conn, district(), 1).expect("read");
        conn.batch_execute("UPDATE cards SET says = 'theirs'").expect("changed");
        rows.put(open, card(1, "mine"));
        assert!(matches!(rows.flush(&mut conn, district()), Err(DbError::Collision)));
    }

    #[test]
    fn a_row_that_was_not_there_is_new_however_often_it_changes_before_it_is_written() {
        let (mut conn, mut rows) = (database(), UnitOfWork::default());
        assert_eq!(rows.find::<Card>(&mut conn, district(), 2).expect("read"), None);
        rows.put(None, card(2, "made"));
        rows.put(Some(card(2, "made")), card(2, "claimed"));
        assert_eq!(
            rows.find::<Card>(&mut conn, district(), 2).expect("known"),
            Some(card(2, "claimed"))
        );
        rows.flush(&mut conn, district()).expect("written");
        assert_eq!(Card::one(&mut conn, district(), &2).expect("read"), Some(card(2, "claimed")));
    }
}
