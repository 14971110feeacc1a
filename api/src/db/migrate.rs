//! The tables, made and kept current. Both sets of migrations are in the binary.

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use thiserror::Error;

use super::connection::Conn;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
/// Names the lock that keeps servers that start together from migrating together.
const LOCK: i64 = 0x6772_6964_7761_7264;

/// A migration that failed, and why.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The database's own reason.
    #[error("the tables could not be brought up to date: {0}")]
    Failed(String),
    /// A pooler gave one session's prepared statements to another.
    #[error(
        "the tables could not be brought up to date: prepared statements do not last on this \
         connection, as behind a pooler in transaction mode; use PgBouncer in session mode, or \
         1.21 or newer with max_prepared_statements ({0})"
    )]
    Pooler(String),
}

impl MigrateError {
    fn of(error: impl ToString) -> Self {
        let error = error.to_string();
        if error.contains(STATEMENT) { Self::Pooler(error) } else { Self::Failed(error) }
    }
}

/// How Diesel names its prepared statements. PostgreSQL names one only to say that it exists
/// already (42P05) or does not exist (26000), in whatever language.
const STATEMENT: &str = "__diesel_stmt_";

/// Runs what has not run yet; answers the names of what ran.
///
/// # Errors
/// When a migration fails; those before it stay.
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, MigrateError> {
    match conn {
        Conn::Sqlite(conn) => run(conn, SQLITE),
        Conn::Pg(conn) => {
            // The first of several servers may need long for the tables.
            let lock = format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})");
            conn.batch_execute(&lock).map_err(MigrateError::of)?;
            let ran = run(conn, POSTGRES);
            let unlock = format!("SELECT pg_advisory_unlock({LOCK})");
            conn.batch_execute(&unlock).map_err(MigrateError::of)?;
            ran
        }
    }
}

/// Whether every migration of this binary has run.
///
/// # Errors
/// When the database cannot say.
pub fn is_current(conn: &mut Conn) -> Result<bool, MigrateError> {
    let pending = match conn {
        Conn::Sqlite(conn) => conn.has_pending_migration(SQLITE),
        Conn::Pg(conn) => conn.has_pending_migration(POSTGRES),
    };
    pending.map(|pending| !pending).map_err(MigrateError::of)
}

fn run<C>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, MigrateError>
where
    C: Connection + MigrationHarness<C::Backend>,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let ran = conn.run_pending_migrations(source).map_err(MigrateError::of)?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_is_not_where_it_was_prepared_points_to_the_pooler() {
        for message in [
            "prepared statement \"__diesel_stmt_1\" already exists",
            "预备语句 \"__diesel_stmt_0\" 不存在",
        ] {
            assert!(matches!(MigrateError::of(message), MigrateError::Pooler(_)), "{message}");
        }
        assert!(matches!(MigrateError::of("disk full"), MigrateError::Failed(_)));
    }
}
