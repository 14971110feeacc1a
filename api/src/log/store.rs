//! Appends to the log, and reads it.

use crate::db::column::Hash;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::area::{AreaRange, Level};
use gridward_domain::id::PersonId;

use super::chain::{Link, digest};
use super::head::Heads;
use super::{Event, Subject};
use crate::db::schema::events;
use crate::db::{Conn, DbError};
use crate::in_range;

crate::table_row! {
    /// A row of `events`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EventRow in events {
        district: AreaCode,
        key {
            seq: i64,
        }
        fixed {
            at: NaiveDateTime,
            actor: Option<PersonId>,
            device: Option<String>,
            action: String,
            subject: Subject,
            subject_id: String,
            area: AreaCode,
            area_before: Option<AreaCode>,
            person: Option<PersonId>,
            person_before: Option<PersonId>,
            version: i64,
            body: String,
            prev_hash: Hash,
            hash: Hash,
        }
    }
}

/// Numbers `facts`, links them to the chain and writes them. Called once, at the end
/// of a transaction: the head stays locked until the commit.
pub(crate) fn append(
    conn: &mut Conn,
    heads: &mut Heads,
    district: AreaCode,
    at: DateTime<Utc>,
    facts: &[Event],
) -> Result<(), DbError> {
    if facts.is_empty() {
        return Ok(());
    }
    let rows = heads.advance(conn, district, |link| extend_chain(link, district, at, facts))?;
    let rows: Vec<&EventRow> = rows.iter().collect();
    EventRow::insert_all(conn, &rows)
}

/// The rows of `facts` after `link`, and the new end of the chain.
fn extend_chain(
    link: &Link,
    district: AreaCode,
    at: DateTime<Utc>,
    facts: &[Event],
) -> (Vec<EventRow>, Link) {
    let mut link = *link;
    let rows = facts.iter().map(|fact| {
        let row = row(district, at, &link, fact);
        link = Link { seq: row.seq, hash: row.hash };
        row
    });
    (rows.collect(), link)
}

fn row(district: AreaCode, at: DateTime<Utc>, after: &Link, fact: &Event) -> EventRow {
    let mut row = EventRow {
        district,
        seq: after.seq + 1,
        at: at.naive_utc(),
        actor: fact.actor,
        device: fact.device.clone(),
        action: fact.action.to_owned(),
        subject: fact.subject,
        subject_id: fact.subject_id.clone(),
        area: fact.area,
        area_before: fact.area_before,
        person: fact.person,
        person_before: fact.person_before,
        version: fact.version,
        body: fact.body.to_string(),
        prev_hash: after.hash,
        hash: Hash::ZERO,
    };
    row.hash = digest(&row);
    row
}

/// A filter of events.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only events by this person.
    pub actor: Option<PersonId>,
    /// Only events of this action.
    pub action: Option<String>,
    /// Only events about this kind of subject.
    pub subject: Option<Subject>,
    /// Only readings of personal data, or none of them.
    pub readings: Option<bool>,
    /// Only events about this subject.
    pub subject_id: Option<String>,
    /// Only events at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Only events before this time.
    pub until: Option<DateTime<Utc>>,
}

/// Up to `limit` events after number `after` that concern the range, in order.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let mut query = events::table
        .filter(events::district.eq(scope.area().district()))
        .filter(events::seq.gt(after))
        .into_boxed();
    if scope.area().level() != Level::District {
        let before =
            events::area_before.ge(scope.from().to_owned()).and(events::area_before.lt(scope.to()));
        query = query.filter(in_range!(events::area, scope).or(before.assume_not_null()));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(events::actor.eq(actor));
    }
    if let Some(action) = &filter.action {
        query = query.filter(events::action.eq(action.clone()));
    }
    if let Some(subject) = filter.subject {
        query = query.filter(events::subject.eq(subject));
    }
    query = match filter.readings {
        Some(true) => query.filter(events::subject.eq(Subject::Reading)),
        Some(false) => query.filter(events::subject.ne(Subject::Reading)),
        None => query,
    };
    if let Some(id) = &filter.subject_id {
        query = query.filter(events::subject_id.eq(id.clone()));
    }
    if let Some(moment) = filter.since {
        query = query.filter(events::at.ge(moment.naive_utc()));
    }
    if let Some(moment) = filter.until {
        query = query.filter(events::at.lt(moment.naive_utc()));
    }
    Ok(query.order(events::seq).limit(limit).load(conn)?)
}

/// The content of an event, without its place in the chain.
#[derive(Clone, Debug, Queryable)]
pub struct EventContent {
    /// The number.
    pub seq: i64,
    /// The kind of subject.
    pub subject: Subject,
    /// The id of the subject.
    pub subject_id: String,
    /// The action.
    pub action: String,
    /// Details as JSON.
    pub body: String,
}

/// A page of the events about these kinds of subject since `moment`, if given, in order: up to the
/// second number after the first.
///
/// # Errors
/// [`DbError`].
pub fn about(
    conn: &mut Conn,
    district: AreaCode,
    subjects: &[Subject],
    moment: Option<DateTime<Utc>>,
    (after, limit): (i64, i64),
) -> Result<Vec<EventContent>, DbError> {
    let mut query = events::table
        .filter(events::district.eq(district))
        .filter(events::seq.gt(after))
        .filter(events::subject.eq_any(subjects.to_vec()))
        .select((events::seq, events::subject, events::subject_id, events::action, events::body))
        .into_boxed();
    if let Some(moment) = moment {
        query = query.filter(events::at.ge(moment.naive_utc()));
    }
    Ok(query.order(events::seq).limit(limit).load(conn)?)
}

/// The events of the moment `at` by which tasks lost this assignee, in order.
///
/// # Errors
/// [`DbError`].
pub fn taken_from(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    at: NaiveDateTime,
) -> Result<Vec<EventRow>, DbError> {
    Ok(events::table
        .filter(events::district.eq(district))
        .filter(events::person_before.eq(person))
        // The condition of the index.
        .filter(events::person_before.is_not_null())
        .filter(events::subject.eq(Subject::Task))
        .filter(events::at.eq(at))
        .order(events::seq)
        .select(EventRow::as_select())
        .load(conn)?)
}

/// Up to `limit` events about one subject, without those of the action `except`, newest first: those
/// before a moment, or at that moment with a lower number.
///
/// # Errors
/// [`DbError`].
pub fn newest(
    conn: &mut Conn,
    district: AreaCode,
    (kind, id): (Subject, &str),
    except: &[&'static str],
    before: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let mut query = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(id.to_owned()))
        .filter(events::subject.eq(kind))
        .filter(events::action.ne_all(except.to_vec()))
        .select(EventRow::as_select())
        .into_boxed();
    if let Some((moment, seq)) = before {
        let at = moment.naive_utc();
        query = query.filter(events::at.lt(at).or(events::at.eq(at).and(events::seq.lt(seq))));
    }
    Ok(query.order((events::at.desc(), events::seq.desc())).limit(limit).load(conn)?)
}

/// The newest event about the subject after which it was the person's, and before which it was not.
///
/// # Errors
/// [`DbError`].
pub fn handover(
    conn: &mut Conn,
    district: AreaCode,
    (kind, id): (Subject, &str),
    to: PersonId,
) -> Result<Option<EventRow>, DbError> {
    let event = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(id))
        .filter(events::subject.eq(kind))
        .filter(events::person.eq(to))
        .filter(events::person_before.is_null().or(events::person_before.ne(to)))
        .order((events::at.desc(), events::seq.desc()))
        .select(EventRow::as_select())
        .first(conn);
    Ok(event.optional()?)
}

/// The newest event of the action about the subject after number `after`.
///
/// # Errors
/// [`DbError`].
pub fn last_action(
    conn: &mut Conn,
    district: AreaCode,
    (kind, id): (Subject, &str),
    action: &str,
    after: i64,
) -> Result<Option<EventRow>, DbError> {
    let event = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(id))
        .filter(events::subject.eq(kind))
        .filter(events::action.eq(action))
        .filter(events::seq.gt(after))
        .order(events::seq.desc())
        .select(EventRow::as_select())
        .first(conn);
    Ok(event.optional()?)
}

/// Up to `limit` events of the district after number `after`, in order.
///
/// # Errors
/// [`DbError`].
pub fn after(
    conn: &mut Conn,
    district: AreaCode,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    Ok(events::table
        .filter(events::district.eq(district))
        .filter(events::seq.gt(after))
        .order(events::seq)
        .limit(limit)
        .load(conn)?)
}

/// The subjects of the events of the district with a number in (`after`, `upto`] that are of one of
/// these kinds.
///
/// # Errors
/// [`DbError`].
pub fn changed_subjects(
    conn: &mut Conn,
    district: AreaCode,
    (after, upto): (i64, i64),
    kinds: &[Subject],
) -> Result<Vec<(Subject, String)>, DbError> {
    Ok(events::table
        .filter(events::district.eq(district))
        .filter(events::seq.gt(after))
        .filter(events::seq.le(upto))
        .filter(events::subject.eq_any(kinds))
        .select((events::subject, events::subject_id))
        .load(conn)?)
}

/// Up to `limit` events of the district after number `after` and before `moment`, in
/// order and without a gap.
///
/// # Errors
/// [`DbError`].
pub fn older(
    conn: &mut Conn,
    district: AreaCode,
    after: i64,
    moment: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let moment = moment.naive_utc();
    let rows = self::after(conn, district, after, limit)?;
    Ok(rows.into_iter().take_while(|row| row.at < moment).collect())
}

/// Deletes the events up to number `last`.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, last: i64) -> Result<(), DbError> {
    let old = events::table.filter(events::district.eq(district)).filter(events::seq.le(last));
    diesel::delete(old).execute(conn)?;
    Ok(())
}
