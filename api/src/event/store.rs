//! Writing the log.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::Event;
use crate::db::schema::{district_heads, events};
use crate::db::{Conn, DbError};
use crate::insert_all;

#[derive(Insertable)]
#[diesel(table_name = events)]
struct EventRow {
    district: String,
    seq: i64,
    at: NaiveDateTime,
    actor: Option<String>,
    action: &'static str,
    subject: &'static str,
    subject_id: String,
    area: String,
    area_before: Option<String>,
    person: Option<String>,
    person_before: Option<String>,
    version: i64,
    body: String,
}

/// Numbers `facts` and writes them. Called once, at the end of a transaction:
/// the counter's row stays locked from here to the commit.
pub(crate) fn append(conn: &mut Conn, at: DateTime<Utc>, facts: Vec<Event>) -> Result<(), DbError> {
    let mut by_district: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for fact in facts {
        by_district.entry(fact.area.district().to_string()).or_default().push(fact);
    }
    for (district, facts) in by_district {
        let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
        let last: i64 = diesel::update(district_heads::table.find(&district))
            .set(district_heads::seq.eq(district_heads::seq + count))
            .returning(district_heads::seq)
            .get_result(conn)?;
        let rows: Vec<EventRow> = facts
            .into_iter()
            .zip(last - count + 1..)
            .map(|(fact, seq)| row(&district, seq, at, fact))
            .collect();
        insert_all!(conn, events::table, rows, columns = 13)?;
    }
    Ok(())
}

fn row(district: &str, seq: i64, at: DateTime<Utc>, fact: Event) -> EventRow {
    EventRow {
        district: district.to_owned(),
        seq,
        at: at.naive_utc(),
        actor: fact.actor.map(|id| id.to_string()),
        action: fact.action,
        subject: fact.subject,
        subject_id: fact.subject_id,
        area: fact.area.to_string(),
        area_before: fact.area_before.map(String::from),
        person: fact.person.map(|id| id.to_string()),
        person_before: fact.person_before.map(|id| id.to_string()),
        version: fact.version,
        body: fact.body.to_string(),
    }
}
