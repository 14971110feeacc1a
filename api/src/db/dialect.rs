//! The few statements that the two databases say differently.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::DbError;
use super::connection::Conn;

/// How a transaction that writes begins: SQLite takes its write lock at once,
/// rather than failing halfway.
pub const fn begin(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => "BEGIN",
        Conn::Sqlite(_) => "BEGIN IMMEDIATE",
    }
}

/// In a transaction, keeps other servers from the table until it ends. SQLite's
/// transactions that write keep everybody out already.
pub const fn lock_signing_keys(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => "LOCK TABLE signing_keys IN EXCLUSIVE MODE",
        Conn::Sqlite(_) => "",
    }
}

/// Locks the tasks, in the order of their ids, until the transaction ends.
/// SQLite's transactions that write keep everybody out already.
///
/// # Errors
/// [`DbError`].
pub fn lock_tasks(conn: &mut Conn, district: &str, ids: &BTreeSet<String>) -> Result<(), DbError> {
    use super::schema::tasks;
    if let Conn::Pg(conn) = conn {
        let those = tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id);
        let _: Vec<String> = those.select(tasks::id).for_update().load(conn)?;
    }
    Ok(())
}

/// Whether this server may do the clock's work in the district, until its
/// transaction ends; another may be at it. On SQLite there is one server.
///
/// # Errors
/// [`DbError`].
pub fn try_clock(conn: &mut Conn, district: &str) -> Result<bool, DbError> {
    clock_lock(conn, district, "pg_try_advisory_xact_lock")
}

/// As [`try_clock`], until the connection is closed: for work of many transactions.
///
/// # Errors
/// [`DbError`].
pub fn keep_clock(conn: &mut Conn, district: &str) -> Result<bool, DbError> {
    clock_lock(conn, district, "pg_try_advisory_lock")
}

fn clock_lock(conn: &mut Conn, district: &str, lock: &str) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Got {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        got: bool,
    }
    match conn {
        Conn::Sqlite(_) => Ok(true),
        Conn::Pg(conn) => {
            let lock = format!("SELECT {lock}(hashtext('gridward clock'), hashtext($1)) AS got");
            let lock = diesel::sql_query(lock).bind::<diesel::sql_types::Text, _>(district);
            Ok(lock.get_result::<Got>(conn)?.got)
        }
    }
}

/// Inserts many rows: in chunks that fit PostgreSQL's limit of bound values,
/// one prepared statement after another on SQLite.
#[macro_export]
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr, columns = $columns:expr) => {{
        use diesel::RunQueryDsl as _;
        let rows = $rows;
        let written: Result<(), diesel::result::Error> = match $conn {
            $crate::db::Conn::Pg(conn) => rows.chunks(65_535 / $columns).try_for_each(|chunk| {
                diesel::insert_into($table).values(chunk).execute(conn).map(drop)
            }),
            $crate::db::Conn::Sqlite(conn) => rows.iter().try_for_each(|row| {
                diesel::insert_into($table).values(row).execute(conn).map(drop)
            }),
        };
        written
    }};
}
