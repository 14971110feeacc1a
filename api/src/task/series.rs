//! Tasks that the system creates for beneficiaries, at most one for each occasion.

use chrono::NaiveDate;
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::id::TaskId;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::row::{Draft, TaskRow};
use super::{freed, occasion};
use crate::beneficiary::stay::{Whereabouts, day_of_visit};
use crate::beneficiary::store::BeneficiaryRow;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// What the tasks have in common.
pub struct Series<'a> {
    /// The kind.
    pub kind: &'a ServiceKind,
    /// The title.
    pub title: Option<TaskTitle>,
    /// The body of the event of each task, besides its kind.
    pub about: Value,
}

/// Creates a task for the beneficiary from the first of the days until the last, where the
/// beneficiary is on the day of the visit. `None` if the occasion has its task already.
///
/// # Errors
/// [`DbError`].
pub fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    series: &Series<'_>,
    home: &BeneficiaryRow,
    occasion: Option<Occasion>,
    (not_before, due_on): (NaiveDate, NaiveDate),
) -> Result<Option<TaskId>, DbError> {
    let Whereabouts { grid, place } = if home.stay_to.is_none() {
        Whereabouts { grid: home.grid, place: home.home()? }
    } else {
        let day = day_of_visit(clock::day(tx.now), not_before, None);
        home.whereabouts(&home.particulars(key)?, day)?
    };
    let draft = Draft {
        id: TaskId(Uuid::now_v7()),
        grid,
        beneficiary: Some(home.id),
        place,
        not_before,
        due_on,
        window: None,
        by: None,
        origin: None,
    };
    let row = TaskRow {
        title: series.title.clone(),
        occasion,
        ..TaskRow::open(&draft, series.kind, tx.now)
    };
    if occasion::taken(tx, &row)?.is_some() {
        return Ok(None);
    }
    let mut body = Map::from_iter([("kind".to_owned(), row.kind.clone().into())]);
    body.extend(series.about.as_object().cloned().unwrap_or_default());
    tx.record(Event::new("task.create", Subject::Task, row.id, row.grid, 1).with(body.into()));
    freed::created(tx, &row)?;
    let id = row.id;
    tx.insert(row);
    Ok(Some(id))
}
