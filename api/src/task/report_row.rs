//! A report as the table keeps it.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::reports;
use crate::db::{Conn, DbError};
use crate::tx::unit_of_work::{Row, RowChange};

crate::table_row! {
    /// A row of `reports`.
    #[derive(Clone, Debug)]
    pub struct ReportRow in reports {
        district: String,
        key {
            id: String,
        }
        fixed {
            task: String,
            person: String,
            outcome: String,
            sealed: Vec<u8>,
            created_at: NaiveDateTime,
            attempt: i32,
            recorded: bool,
            flags: String,
        }
    }
}

/// The key of a report within its district.
pub fn key(id: Uuid) -> String {
    id.to_string()
}

impl Row for ReportRow {
    type Key = String;
    const ORDER: u8 = 20;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn one(conn: &mut Conn, district: &str, id: &String) -> Result<Option<Self>, DbError> {
        let found = reports::table.find((district, id)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    fn many(
        conn: &mut PgConnection,
        district: &str,
        ids: &BTreeSet<String>,
    ) -> Result<Vec<Self>, DbError> {
        let of_ids = reports::table
            .filter(reports::district.eq(district))
            .filter(reports::id.eq_any(ids))
            .select(Self::as_select());
        Ok(of_ids.load(conn)?)
    }

    fn write(conn: &mut Conn, _: &str, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        let rows: Vec<&Self> = changes.iter().map(|change| change.new).collect();
        Self::insert_all(conn, &rows)
    }
}
