//! Rows that a transaction knows by their keys: read once, written once.
//!
//! A round trip to PostgreSQL costs more than most statements, so the rows that
//! the changes of a commit say they [want](Wants) are read together before the
//! first of them runs, and what they change waits here and is written together
//! after the last. Between the two everybody sees a row as the one before left it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::PgConnection;

use super::{Conn, DbError};
use crate::once::store::CommandRow;
use crate::task::report_row::ReportRow;
use crate::task::row::TaskRow;

/// A row that a transaction keeps by its key.
pub trait Row: Clone {
    /// The table's key.
    type Key: Clone + Ord;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// The row of this key, as the database has it.
    ///
    /// # Errors
    /// [`DbError`].
    fn one(conn: &mut Conn, key: &Self::Key) -> Result<Option<Self>, DbError>;

    /// The rows of these keys, as PostgreSQL has them.
    ///
    /// # Errors
    /// [`DbError`].
    fn many(conn: &mut PgConnection, keys: &BTreeSet<Self::Key>) -> Result<Vec<Self>, DbError>;

    /// Writes what became of rows.
    ///
    /// # Errors
    /// [`DbError::Collision`] if one of them is no longer as it was.
    fn write(conn: &mut Conn, changes: &[Change<'_, Self>]) -> Result<(), DbError>;

    /// Where a transaction keeps those of this table.
    fn of(tables: &mut Tables) -> &mut Rows<Self>;
}

/// What became of a row.
#[derive(Debug)]
pub struct Change<'a, R> {
    /// The row as the database has it; none if it is new.
    pub was: Option<&'a R>,
    /// The row as it is to be.
    pub is: &'a R,
}

/// The rows of one table.
#[derive(Debug)]
pub struct Rows<R: Row>(BTreeMap<R::Key, Known<R>>);

#[derive(Debug)]
struct Known<R> {
    /// The row as it now is; none if there is none.
    is: Option<R>,
    in_database: InDatabase<R>,
}

/// How the database has a row.
#[derive(Debug)]
enum InDatabase<R> {
    /// As it is.
    Same,
    /// So, or not at all: what it now is waits to be written.
    Was(Option<R>),
}

impl<R> Known<R> {
    /// A row as the database has it.
    const fn read(is: Option<R>) -> Self {
        Self { is, in_database: InDatabase::Same }
    }
}

impl<R: Row> Default for Rows<R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<R: Row> Rows<R> {
    /// The row of this key; read if it is not yet known.
    pub(super) fn find(&mut self, conn: &mut Conn, key: R::Key) -> Result<Option<R>, DbError> {
        if let Some(known) = self.0.get(&key) {
            return Ok(known.is.clone());
        }
        let is = R::one(conn, &key)?;
        self.0.insert(key, Known::read(is.clone()));
        Ok(is)
    }

    /// Reads those of `keys` that are not yet known, in one statement.
    fn fetch(
        &mut self,
        conn: &mut PgConnection,
        mut keys: BTreeSet<R::Key>,
    ) -> Result<(), DbError> {
        keys.retain(|key| !self.0.contains_key(key));
        if keys.is_empty() {
            return Ok(());
        }
        let found = R::many(conn, &keys)?;
        self.0.extend(keys.into_iter().map(|key| (key, Known::read(None))));
        let known = found.into_iter().map(|row| (row.key(), Known::read(Some(row))));
        self.0.extend(known);
        Ok(())
    }

    /// Lets `is` wait to be written in place of `was`; none if it is new.
    pub(super) fn put(&mut self, was: Option<R>, is: R) {
        let known = self.0.entry(is.key()).or_insert(Known::read(was));
        let before = known.is.replace(is);
        if matches!(known.in_database, InDatabase::Same) {
            known.in_database = InDatabase::Was(before);
        }
    }

    /// Writes what waits.
    fn flush(&mut self, conn: &mut Conn) -> Result<(), DbError> {
        let changes = self.0.values().filter_map(|known| match &known.in_database {
            InDatabase::Same => None,
            InDatabase::Was(was) => Some(Change { was: was.as_ref(), is: known.is.as_ref()? }),
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() {
            return Ok(());
        }
        R::write(conn, &changes)?;
        self.0.values_mut().for_each(|known| known.in_database = InDatabase::Same);
        Ok(())
    }
}

/// The tables whose rows a transaction keeps by their keys.
#[derive(Debug, Default)]
pub struct Tables {
    pub(crate) tasks: Rows<TaskRow>,
    pub(crate) commands: Rows<CommandRow>,
    pub(crate) reports: Rows<ReportRow>,
}

impl Tables {
    /// Reads what is wanted and not yet known. SQLite has no round trips: there
    /// each row is read when its turn comes, by a statement that stays prepared.
    pub(super) fn fetch<'w>(
        &mut self,
        conn: &mut Conn,
        wants: impl Iterator<Item = &'w Wants>,
    ) -> Result<(), DbError> {
        let Conn::Pg(conn) = conn else { return Ok(()) };
        let wants = wants.fold(Wants::default(), |all, wants| all.and(wants.clone()));
        // Tasks are locked. Whoever had them has committed then, so that the
        // commands and reports that came with them are seen.
        self.tasks.fetch(conn, wants.tasks)?;
        self.commands.fetch(conn, wants.commands)?;
        self.reports.fetch(conn, wants.reports)
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self, conn: &mut Conn) -> Result<(), DbError> {
        self.tasks.flush(conn)?;
        self.commands.flush(conn)?;
        self.reports.flush(conn)
    }
}

/// The keys of rows that a change will look at: read together with those of
/// others, and its tasks locked. What it looks at besides is read by itself.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Tasks.
    pub tasks: BTreeSet<<TaskRow as Row>::Key>,
    /// Commands that may have happened.
    pub commands: BTreeSet<<CommandRow as Row>::Key>,
    /// Reports that may be there.
    pub reports: BTreeSet<<ReportRow as Row>::Key>,
}

impl Wants {
    /// Both together.
    #[must_use]
    pub fn and(mut self, mut other: Self) -> Self {
        self.tasks.append(&mut other.tasks);
        self.commands.append(&mut other.commands);
        self.reports.append(&mut other.reports);
        self
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

        fn key(&self) -> i32 {
            self.id
        }

        fn one(conn: &mut Conn, key: &i32) -> Result<Option<Self>, DbError> {
            let found = sql_query("SELECT id, says FROM cards WHERE id = $1");
            Ok(found.bind::<Integer, _>(key).load(conn)?.pop())
        }

        fn many(_: &mut PgConnection, _: &BTreeSet<i32>) -> Result<Vec<Self>, DbError> {
            Ok(Vec::new())
        }

        fn write(conn: &mut Conn, changes: &[Change<'_, Self>]) -> Result<(), DbError> {
            for Change { was, is } in changes {
                let written = match was {
                    None => sql_query("INSERT INTO cards (says, id) VALUES ($1, $2)")
                        .bind::<Text, _>(&is.says)
                        .bind::<Integer, _>(is.id)
                        .execute(conn)?,
                    Some(was) => {
                        sql_query("UPDATE cards SET says = $1 WHERE id = $2 AND says = $3")
                            .bind::<Text, _>(&is.says)
                            .bind::<Integer, _>(is.id)
                            .bind::<Text, _>(&was.says)
                            .execute(conn)?
                    }
                };
                if written != 1 {
                    return Err(DbError::Collision);
                }
            }
            Ok(())
        }

        fn of(_: &mut Tables) -> &mut Rows<Self> {
            unreachable!("these tests keep their rows themselves")
        }
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
        let (mut conn, mut rows) = (database(), Rows::default());
        let open = rows.find(&mut conn, 1).expect("read");
        rows.put(open, card(1, "claimed"));
        let claimed = rows.find(&mut conn, 1).expect("known");
        assert_eq!(claimed, Some(card(1, "claimed")));
        rows.put(claimed, card(1, "started"));
        assert_eq!(Card::one(&mut conn, &1).expect("read"), Some(card(1, "open")));
        // Had it been written in two steps, the second would not find the first.
        rows.flush(&mut conn).expect("written");
        assert_eq!(Card::one(&mut conn, &1).expect("read"), Some(card(1, "started")));
        rows.put(Some(card(1, "started")), card(1, "done"));
        rows.flush(&mut conn).expect("written");
        assert_eq!(Card::one(&mut conn, &1).expect("read"), Some(card(1, "done")));
        rows.flush(&mut conn).expect("nothing waits");
    }

    #[test]
    fn a_row_that_another_changed_meanwhile_collides() {
        let (mut conn, mut rows) = (database(), Rows::default());
        let open = rows.find(&mut conn, 1).expect("read");
        conn.batch_execute("UPDATE cards SET says = 'theirs'").expect("changed");
        rows.put(open, card(1, "mine"));
        assert!(matches!(rows.flush(&mut conn), Err(DbError::Collision)));
    }

    #[test]
    fn a_row_that_was_not_there_is_new_however_often_it_changes_before_it_is_written() {
        let (mut conn, mut rows) = (database(), Rows::default());
        assert_eq!(rows.find(&mut conn, 2).expect("read"), None);
        rows.put(None, card(2, "made"));
        rows.put(Some(card(2, "made")), card(2, "claimed"));
        assert_eq!(rows.find(&mut conn, 2).expect("known"), Some(card(2, "claimed")));
        rows.flush(&mut conn).expect("written");
        assert_eq!(Card::one(&mut conn, &2).expect("read"), Some(card(2, "claimed")));
    }
}
