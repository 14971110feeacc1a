//! The few statements that the two databases say differently.

use diesel::prelude::*;

use gridward_domain::area::AreaCode;

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

/// Whether this server may do the clock's work in the district, until its
/// transaction ends; another may be at it. On SQLite there is one server.
///
/// # Errors
/// [`DbError`].
pub fn try_clock(conn: &mut Conn, district: AreaCode) -> Result<bool, DbError> {
    clock_lock(conn, district, "pg_try_advisory_xact_lock")
}

/// As [`try_clock`], until the connection is closed: for work of many transactions.
///
/// # Errors
/// [`DbError`].
pub fn keep_clock(conn: &mut Conn, district: AreaCode) -> Result<bool, DbError> {
    clock_lock(conn, district, "pg_try_advisory_lock")
}

fn clock_lock(conn: &mut Conn, district: AreaCode, lock: &str) -> Result<bool, DbError> {
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
