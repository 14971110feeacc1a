//! The database of a test, deleted at its end.

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use tempfile::TempDir;

/// The databases that the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database on the server that `GRIDWARD_TEST_POSTGRES` names.
    Postgres,
}

/// The database of a test.
pub struct Database {
    /// The setting `database_url`.
    pub url: String,
    /// The folder for files.
    pub folder: TempDir,
    /// More settings: environment variables and their values.
    pub settings: Vec<(&'static str, String)>,
    /// The limit of open files of the binary, if not that of the test.
    pub files: Option<u32>,
    created: Option<(String, String)>,
}

impl Database {
    /// A SQLite file in a temporary folder.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a folder");
        let url = folder.path().join("gridward.db").display().to_string();
        Self { url, folder, settings: Vec::new(), files: None, created: None }
    }

    /// A new database on the test server.
    pub fn postgres() -> Self {
        Self::postgres_from("template1")
    }

    /// A new database on the test server with what the database `template` has.
    pub(super) fn postgres_from(template: &str) -> Self {
        let server = std::env::var("GRIDWARD_TEST_POSTGRES")
            .expect("GRIDWARD_TEST_POSTGRES names a PostgreSQL server; `make test` starts one");
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut conn = PgConnection::establish(&server).expect("the test server answers");
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        conn.batch_execute(&create).expect("a new database");
        let (base, query) = server.split_once('?').unwrap_or((&server, ""));
        let (place, _) = base.rsplit_once('/').expect("a path in the URL");
        let join = if query.is_empty() { "" } else { "?" };
        let url = format!("{place}/{name}{join}{query}");
        let folder = TempDir::new().expect("a folder");
        Self { url, folder, settings: Vec::new(), files: None, created: Some((server, name)) }
    }

    /// Sets an environment variable for the commands and servers that start from now on.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.push((name, value.into()));
    }

    /// Puts the server behind a proxy on this machine, so that a test can call from any address.
    pub fn trust_proxies(&mut self) {
        self.set("GRIDWARD_TRUSTED_PROXIES", "127.0.0.0/8");
        self.set("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example");
    }

    /// Its name on the test server, if it is PostgreSQL.
    pub(super) fn name(&self) -> Option<&str> {
        self.created.as_ref().map(|(_, name)| name.as_str())
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.created.is_some()
    }

    /// The server's default folder for attachments.
    pub fn attachments(&self) -> PathBuf {
        let folder = if self.is_postgres() { "var/attachments" } else { "attachments" };
        self.folder.path().join(folder)
    }

    /// Changes the data without the server.
    pub fn execute(&self, sql: &str) {
        let done = if self.is_postgres() {
            PgConnection::establish(&self.url).expect("the database").batch_execute(sql)
        } else {
            self.sqlite_connection().batch_execute(sql)
        };
        done.expect("a change");
    }

    /// A connection to the file, which waits for the server's writes as the server's own do.
    fn sqlite_connection(&self) -> SqliteConnection {
        let mut conn = SqliteConnection::establish(&self.url).expect("the file");
        conn.batch_execute("PRAGMA busy_timeout = 30000").expect("a wait");
        conn
    }

    /// Begins a transaction beside the server.
    pub fn begin(&self) -> Transaction {
        let mut begun = if self.is_postgres() {
            Transaction::Postgres(PgConnection::establish(&self.url).expect("the database"))
        } else {
            Transaction::Sqlite(self.sqlite_connection())
        };
        begun.execute(if self.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" });
        begun
    }

    /// The number of rows of a table.
    pub fn count(&self, table: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rows: i64,
        }
        let query = diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}"));
        let count: Count = if self.is_postgres() {
            let mut conn = PgConnection::establish(&self.url).expect("the database");
            query.get_result(&mut conn).expect("a count")
        } else {
            let mut conn = self.sqlite_connection();
            query.get_result(&mut conn).expect("a count")
        };
        count.rows
    }

    /// The column `text` of a query's rows, without the server.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let query = diesel::sql_query(sql);
        let rows: Vec<Row> = if self.is_postgres() {
            let mut conn = PgConnection::establish(&self.url).expect("the database");
            query.load(&mut conn).expect("rows")
        } else {
            let mut conn = self.sqlite_connection();
            query.load(&mut conn).expect("rows")
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    /// The plan of a query, line by line.
    pub fn plan(&self, sql: &str) -> String {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
            text: String,
        }
        #[derive(QueryableByName)]
        struct Node {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let lines: Vec<String> = if self.is_postgres() {
            let mut conn = PgConnection::establish(&self.url).expect("the database");
            let lines = diesel::sql_query(format!("EXPLAIN {sql}")).load::<Line>(&mut conn);
            lines.expect("a plan").into_iter().map(|line| line.text).collect()
        } else {
            let mut conn = self.sqlite_connection();
            let nodes = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"));
            let nodes = nodes.load::<Node>(&mut conn).expect("a plan");
            nodes.into_iter().map(|node| node.detail).collect()
        };
        lines.join("\n")
    }

    /// Closes every connection and refuses new ones.
    pub fn go_away(&self) {
        let Some((server, name)) = &self.created else { return };
        let mut conn = PgConnection::establish(server).expect("the test server answers");
        conn.batch_execute(&format!(
            "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';"
        ))
        .expect("the database goes away");
    }

    /// Accepts connections again.
    pub fn come_back(&self) {
        let Some((server, name)) = &self.created else { return };
        let mut conn = PgConnection::establish(server).expect("the test server answers");
        conn.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
            .expect("the database comes back");
    }
}

impl From<Backend> for Database {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(),
            Backend::Postgres => Self::postgres(),
        }
    }
}

/// A transaction beside the server.
pub enum Transaction {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Transaction {
    pub fn execute(&mut self, sql: &str) {
        let done = match self {
            Self::Postgres(conn) => conn.batch_execute(sql),
            Self::Sqlite(conn) => conn.batch_execute(sql),
        };
        done.expect("a statement");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.created
            && let Ok(mut conn) = PgConnection::establish(server)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}
