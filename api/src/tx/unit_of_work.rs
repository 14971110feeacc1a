//! The unit of work of a transaction: each row is read once and written once.
//!
//! A round trip to PostgreSQL costs more than most statements, so the rows of
//! the [read sets](super::ReadSet) of a commit's changes are read together before the
//! first change runs, and what they change is queued here and written together
//! after the last (the unit of work and identity map of Fowler's "Patterns of
//! Enterprise Application Architecture"). Between the two every change sees a
//! row as the change before left it.
//!
//! This module names no table: a row type implements [`Row`], with its position in
//! the order of reading and writing.

use std::collections::BTreeMap;

use gridward_domain::area::AreaCode;

use super::identity_map::{AnyIdentityMap, IdentityMap};
use super::row::{Row, Turn, turn};
use crate::db::{Conn, DbError};

/// The rows that a transaction has read or changed, by table.
#[derive(Debug, Default)]
pub(super) struct UnitOfWork(BTreeMap<Turn, Box<dyn AnyIdentityMap>>);

impl UnitOfWork {
    /// The known rows of one table.
    pub(super) fn map<R: Row>(&mut self) -> &mut IdentityMap<R> {
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

    /// Writes the queued rows.
    pub(super) fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
        self.0.values_mut().try_for_each(|map| map.flush(conn, district))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use diesel::PgConnection;
    use diesel::connection::SimpleConnection as _;
    use diesel::sql_types::{Integer, Text};
    use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};

    use super::super::row::RowChange;
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
    fn a_replaced_row_is_visible_at_once_and_written_once() {
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
