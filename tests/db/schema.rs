//! `api/src/db/schema.rs` matches the migrations of both databases.

use std::collections::BTreeMap;

use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use rstest::rstest;

use crate::support::server::{gridward, said};
use crate::support::{Backend, Database};

/// The types by table and column, in the notation of `print-schema`.
type Columns = BTreeMap<(String, String), String>;

/// The columns of the generated file.
fn generated() -> Columns {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db/schema.rs");
    let text = std::fs::read_to_string(path).expect("the generated schema");
    let (mut columns, mut table) = (Columns::new(), String::new());
    for line in text.lines().map(str::trim) {
        if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            columns.insert((table.clone(), name.to_owned()), kind.to_owned());
        } else if let Some((name, _)) = line.split_once(" (") {
            name.clone_into(&mut table);
        }
    }
    columns
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    nullable: bool,
}

const SQLITE: &str = "SELECT m.name AS \"table\", c.name AS name, c.type AS kind, \
     c.\"notnull\" = 0 AND c.pk = 0 AS nullable \
     FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
     AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '__diesel%'";
const POSTGRES: &str = "SELECT table_name::text AS \"table\", column_name::text AS name, \
     data_type::text AS kind, is_nullable = 'YES' AS nullable FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'";

/// The columns of a database, with diesel's names of the types.
fn migrated(database: &Database) -> Columns {
    let rows: Vec<Column> = if database.is_postgres() {
        let mut conn = PgConnection::establish(&database.url).expect("the database");
        sql_query(POSTGRES).load(&mut conn).expect("its columns")
    } else {
        let mut conn = SqliteConnection::establish(&database.url).expect("the file");
        sql_query(SQLITE).load(&mut conn).expect("its columns")
    };
    let columns = rows.into_iter().map(|column| {
        let kind = match column.kind.to_lowercase().as_str() {
            "text" => "Text",
            "bigint" => "BigInt",
            "integer" => "Integer",
            "boolean" => "Bool",
            "double precision" | "double" | "real" => "Double",
            "date" => "Date",
            "timestamp" | "timestamp without time zone" => "Timestamp",
            "blob" | "bytea" => "Binary",
            other => panic!("a type without a counterpart: {other}"),
        };
        let nullable = |kind| format!("Nullable<{kind}>");
        let kind = if column.nullable { nullable(kind) } else { kind.to_owned() };
        ((column.table, column.name), kind)
    });
    columns.collect()
}

#[rstest]
fn the_generated_schema_is_what_the_migrations_make(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let migrate = gridward(&database, &["migrate"]).output().expect("migrate ran");
    assert!(migrate.status.success(), "{}", said(&migrate));
    assert_eq!(generated(), migrated(&database), "run `make schema`");
}
