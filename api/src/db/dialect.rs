//! The few statements that the two databases say differently.

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
