//! The few statements that the two databases say differently.

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

/// Inserts many rows of a table: from one array for each column on PostgreSQL,
/// where a text of bound values would grow with the rows, and one prepared
/// statement after another on SQLite.
#[macro_export]
macro_rules! insert_columns {
    ($conn:expr, $table:ident, $rows:expr, { $($column:ident: $type:ty,)+ }) => {{
        use diesel::RunQueryDsl as _;
        use diesel::sql_types::Array;
        let rows = $rows;
        match $conn {
            $crate::db::Conn::Pg(conn) => {
                let text = $crate::db::dialect::insert_from_arrays(
                    stringify!($table), &[$(stringify!($column)),+],
                );
                diesel::sql_query(text)
                    $(.bind::<Array<$type>, _>(rows.iter().map(|row| &row.$column).collect::<Vec<_>>()))+
                    .execute(conn)
                    .map(drop)
            }
            $crate::db::Conn::Sqlite(conn) => rows.iter().try_for_each(|row| {
                diesel::insert_into($crate::db::schema::$table::table)
                    .values(*row)
                    .execute(conn)
                    .map(drop)
            }),
        }
    }};
}

/// An insertion from one array for each column.
pub fn insert_from_arrays(table: &str, columns: &[&str]) -> String {
    let arrays: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
    let (columns, arrays) = (columns.join(", "), arrays.join(", "));
    format!("INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})")
}
