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
#[error("the tables could not be brought up to date: {0}")]
pub struct MigrateError(String);

impl MigrateError {
    fn of(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

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
