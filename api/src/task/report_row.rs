//! A report as the table keeps it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Text, Timestamp};
use uuid::Uuid;

use crate::db::rows::{Change, Row, Rows, Tables};
use crate::db::schema::reports;
use crate::db::{Conn, DbError};
use crate::insert_columns;

/// A row of `reports`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = reports)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct ReportRow {
    pub district: String,
    pub id: String,
    pub task: String,
    pub person: String,
    pub outcome: String,
    pub sealed: Vec<u8>,
    pub created_at: NaiveDateTime,
    pub attempt: i32,
    pub recorded: bool,
    pub doubts: String,
}

/// The key of a report: district and id.
pub fn key(district: &str, id: Uuid) -> (String, String) {
    (district.to_owned(), id.to_string())
}

impl Row for ReportRow {
    type Key = (String, String);

    fn key(&self) -> Self::Key {
        (self.district.clone(), self.id.clone())
    }

    fn one(conn: &mut Conn, (district, id): &Self::Key) -> Result<Option<Self>, DbError> {
        Ok(reports::table.find((district, id)).first(conn).optional()?)
    }

    fn many(conn: &mut PgConnection, keys: &BTreeSet<Self::Key>) -> Result<Vec<Self>, DbError> {
        let mut by_district: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (district, id) in keys {
            by_district.entry(district).or_default().push(id);
        }
        let mut rows = Vec::new();
        for (district, ids) in by_district {
            let those = reports::table.filter(reports::district.eq(district));
            rows.extend(those.filter(reports::id.eq_any(ids)).load::<Self>(conn)?);
        }
        Ok(rows)
    }

    fn write(conn: &mut Conn, changes: &[Change<'_, Self>]) -> Result<(), DbError> {
        let rows: Vec<&Self> = changes.iter().map(|change| change.is).collect();
        Ok(insert_columns!(conn, reports, rows, {
            district: Text,
            id: Text,
            task: Text,
            person: Text,
            outcome: Text,
            sealed: Binary,
            created_at: Timestamp,
            attempt: Integer,
            recorded: Bool,
            doubts: Text,
        })?)
    }

    fn of(tables: &mut Tables) -> &mut Rows<Self> {
        &mut tables.reports
    }
}
