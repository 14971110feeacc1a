//! The few statements that differ between the two databases.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use gridward_domain::area::AreaCode;

use super::DbError;
use super::connection::Conn;

/// The start of a write transaction: SQLite takes its write lock at once, rather
/// than failing halfway.
pub const fn begin(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => "BEGIN",
        Conn::Sqlite(_) => "BEGIN IMMEDIATE",
    }
}

/// Lets the connection of a command, the only one of its process, keep 64 MB of SQLite's pages: a load of a whole
/// district then reads and writes each page of an index once, not once for each of its rows. PostgreSQL has one cache
/// for all.
///
/// # Errors
/// [`DbError`].
pub fn enlarge_cache(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Pg(_) => Ok(()),
        Conn::Sqlite(conn) => Ok(conn.batch_execute("PRAGMA cache_size = -64000")?),
    }
}

/// Locks the table against other servers until the end of the transaction. On
/// SQLite a write transaction is already exclusive.
pub const fn lock_signing_keys(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => "LOCK TABLE signing_keys IN EXCLUSIVE MODE",
        Conn::Sqlite(_) => "",
    }
}

/// Locks the rows of `district` in `table` until the end of the transaction, so that they
/// can be read, compared and replaced. On SQLite a write transaction is already exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_rows(conn: &mut Conn, table: &'static str, district: AreaCode) -> Result<(), DbError> {
    if let Conn::Pg(conn) = conn {
        let lock = format!("SELECT FROM {table} WHERE district = $1 FOR UPDATE");
        diesel::sql_query(lock).bind::<diesel::sql_types::Text, _>(district).execute(conn)?;
    }
    Ok(())
}

/// Locks the row `id` of `district` in `table` until the end of the transaction, so that what is
/// decided of it is decided once. On SQLite a write transaction is already exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_row(
    conn: &mut Conn,
    table: &'static str,
    district: AreaCode,
    id: impl std::fmt::Display,
) -> Result<(), DbError> {
    use diesel::sql_types::Text;
    if let Conn::Pg(conn) = conn {
        let lock = format!("SELECT FROM {table} WHERE district = $1 AND id = $2 FOR UPDATE");
        let lock = diesel::sql_query(lock).bind::<Text, _>(district);
        lock.bind::<Text, _>(id.to_string()).execute(conn)?;
    }
    Ok(())
}

/// Locks the area against its end by another server until the end of the transaction, so that what is stored of it
/// before is there when it ends. Transactions share the lock. On SQLite a write transaction is already exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_area(conn: &mut Conn, district: AreaCode, area: AreaCode) -> Result<(), DbError> {
    use diesel::sql_types::Text;
    if let Conn::Pg(conn) = conn {
        let lock = "SELECT FROM areas WHERE district = $1 AND code = $2 FOR SHARE";
        let lock = diesel::sql_query(lock).bind::<Text, _>(district);
        lock.bind::<Text, _>(area).execute(conn)?;
    }
    Ok(())
}

/// Locks the change of plans in `district` against other servers until the end of the transaction: of two
/// plans that begin at once, the second one sees the first. On SQLite a write transaction is already
/// exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_changes_of_plans(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    lock(conn, "gridward plans", district)
}

/// Locks the plaques of the households of `district` against other servers until the end of the transaction: of two that
/// would be hung at once, the second one sees the first. One lock for all, so that two batches that hang several do not
/// wait for each other. On SQLite a write transaction is already exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_plaques(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    lock(conn, "gridward plaques", district)
}

/// Locks the cases of the sites of `district`, such as memorials, against other servers until the end of the transaction:
/// of two reports at once that find the fault of a site, the second one sees the case of the first. One lock for all, since
/// a site is a place and has no row. On SQLite a write transaction is already exclusive.
///
/// # Errors
/// [`DbError`].
pub fn lock_cases_of_sites(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    lock(conn, "gridward sites", district)
}

/// Takes the lock of this name in the district until the end of the transaction.
fn lock(conn: &mut Conn, name: &'static str, district: AreaCode) -> Result<(), DbError> {
    use diesel::sql_types::Text;
    if let Conn::Pg(conn) = conn {
        let lock = "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))";
        diesel::sql_query(lock).bind::<Text, _>(name).bind::<Text, _>(district).execute(conn)?;
    }
    Ok(())
}

/// Updates the planner's statistics of `tables`, which are separated by commas, after a bulk
/// load. Without them PostgreSQL plans for empty tables until its next automatic run; SQLite
/// needs none for the statements here.
///
/// # Errors
/// [`DbError`].
pub fn analyze(conn: &mut Conn, tables: &'static str) -> Result<(), DbError> {
    match conn {
        Conn::Pg(conn) => Ok(conn.batch_execute(&format!("ANALYZE {tables}"))?),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Takes the lock of `job` in `district` until the connection is closed; `false`
/// while another connection has it. On SQLite there is one server and no lock.
///
/// # Errors
/// [`DbError`].
pub fn try_job_lock(conn: &mut Conn, job: &str, district: AreaCode) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Lock {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        acquired: bool,
    }
    match conn {
        Conn::Sqlite(_) => Ok(true),
        Conn::Pg(conn) => {
            let lock = diesel::sql_query(
                "SELECT pg_try_advisory_lock(hashtext('gridward job ' || $1), hashtext($2)) \
                 AS acquired",
            );
            let lock = lock
                .bind::<diesel::sql_types::Text, _>(job)
                .bind::<diesel::sql_types::Text, _>(district);
            Ok(lock.get_result::<Lock>(conn)?.acquired)
        }
    }
}

/// The time of the database server; `None` on SQLite, which has no clock of its own.
///
/// # Errors
/// [`DbError`].
pub fn server_time(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, DbError> {
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Pg(conn) => {
            let now = diesel::dsl::sql::<diesel::sql_types::Timestamp>(
                "clock_timestamp() AT TIME ZONE 'UTC'",
            );
            let now: NaiveDateTime = diesel::select(now).get_result(conn)?;
            Ok(Some(now.and_utc()))
        }
    }
}

/// Releases the locks that [`try_job_lock`] took on the connection.
///
/// # Errors
/// [`DbError`].
pub fn release_job_lock(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => Ok(conn.batch_execute("SELECT pg_advisory_unlock_all()")?),
    }
}
