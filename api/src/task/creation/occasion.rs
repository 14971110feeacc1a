//! The tasks of an occasion: a beneficiary has one of each kind, unless another is wanted.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;

use crate::db::schema::{task_occasions, tasks};
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::task::model::TaskWithAssignee;
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::tx::row::{Row, RowChange, write_versioned};

crate::table_row! {
    /// A row of `task_occasions`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OccasionRow in task_occasions {
        district: AreaCode,
        key {
            beneficiary: BeneficiaryId,
            kind: KindCode,
            occasion: Occasion,
        }
        fixed {
        }
        changing {
            task: TaskId,
            version: i64,
        }
    }
}

/// The key of an occasion within its district: beneficiary, kind, occasion.
pub type OccasionKey = (BeneficiaryId, KindCode, Occasion);

impl Row for OccasionRow {
    type Key = OccasionKey;
    const ORDER: u8 = 25;

    fn key(&self) -> OccasionKey {
        (self.beneficiary, self.kind.clone(), self.occasion.clone())
    }

    fn one(
        conn: &mut Conn,
        district: AreaCode,
        (beneficiary, kind, occasion): &OccasionKey,
    ) -> Result<Option<Self>, DbError> {
        let found = task_occasions::table.find((district, beneficiary, kind, occasion));
        Ok(found.select(Self::as_select()).first(conn).optional()?)
    }

    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        keys: &BTreeSet<OccasionKey>,
    ) -> Result<Vec<Self>, DbError> {
        let beneficiaries: BTreeSet<BeneficiaryId> = keys.iter().map(|key| key.0).collect();
        let of_beneficiaries = task_occasions::table
            .filter(task_occasions::district.eq(district))
            .filter(task_occasions::beneficiary.eq_any(beneficiaries))
            .select(Self::as_select());
        let rows: Vec<Self> = of_beneficiaries.load(conn)?;
        Ok(rows.into_iter().filter(|row| keys.contains(&row.key())).collect())
    }

    fn write(conn: &mut Conn, _: AreaCode, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        let insert = |conn: &mut Conn, rows: &[&Self]| {
            // Another server created the first task meanwhile.
            Self::insert_all(conn, rows).map_err(DbError::unless_unique)
        };
        write_versioned(conn, changes, |row| row.version, insert, Self::update_all)
    }
}

/// Whether a task in this state still is the one of its occasion.
const fn counts(phase: Phase) -> bool {
    !matches!(phase, Phase::Cancelled | Phase::Expired)
}

/// What is known of an occasion: its rows by beneficiary, and whether the task of each counts.
pub type Taken = HashMap<BeneficiaryId, (OccasionRow, bool)>;

/// The rows of these beneficiaries for an occasion, in a transaction that may have changed them.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiaries(
    tx: &mut Tx<'_>,
    kind: &KindCode,
    occasion: &Occasion,
    ids: &[BeneficiaryId],
) -> Result<Taken, DbError> {
    let district = tx.district;
    known(tx.read()?, district, (kind, occasion), ids)
}

/// The rows of these beneficiaries of the district for an occasion and a kind.
///
/// # Errors
/// [`DbError`].
pub fn known(
    conn: &mut Conn,
    district: AreaCode,
    (kind, occasion): (&KindCode, &Occasion),
    ids: &[BeneficiaryId],
) -> Result<Taken, DbError> {
    let rows: Vec<OccasionRow> = task_occasions::table
        .filter(task_occasions::district.eq(district))
        .filter(task_occasions::beneficiary.eq_any(ids))
        .filter(task_occasions::kind.eq(kind))
        .filter(task_occasions::occasion.eq(occasion))
        .select(OccasionRow::as_select())
        .load(conn)?;
    let tasks: Vec<TaskId> = rows.iter().map(|row| row.task).collect();
    let states: Vec<(TaskId, Phase)> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::id.eq_any(&tasks))
        .select((tasks::id, tasks::state))
        .load(conn)?;
    let states: HashMap<TaskId, Phase> = states.into_iter().collect();
    let taken = rows.into_iter().map(|row| {
        let is_taken = states.get(&row.task).is_some_and(|phase| counts(*phase));
        (row.beneficiary, (row, is_taken))
    });
    Ok(taken.collect())
}

/// Makes the new task the one of its occasion, unless the beneficiary has one that counts; answers
/// whether it did.
pub fn take_unless_taken(tx: &mut Tx<'_>, row: &TaskRow, taken: &Taken) -> bool {
    let Some((beneficiary, occasion)) = row.beneficiary.zip(row.occasion.clone()) else {
        return true;
    };
    let first = taken.get(&beneficiary);
    if let Some((_, true)) = first {
        return false;
    }
    put(tx, row, (beneficiary, occasion), first.map(|(first, _)| first));
    true
}

/// Writes that the task is the one of the occasion; `first` is the row of the occasion, if it has one.
fn put(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    (beneficiary, occasion): (BeneficiaryId, Occasion),
    first: Option<&OccasionRow>,
) {
    match first {
        Some(first) => {
            let next = OccasionRow { task: row.id, version: first.version + 1, ..first.clone() };
            tx.replace(first, next);
        }
        None => tx.insert(OccasionRow {
            district: row.district,
            beneficiary,
            kind: row.kind.clone(),
            occasion,
            task: row.id,
            version: 1,
        }),
    }
}

/// Makes the new task the one of its occasion, if it has an occasion and a beneficiary.
///
/// # Errors
/// 409 with the first task, unless `again`; [`DbError`].
pub(in crate::task) fn take(tx: &mut Tx<'_>, row: &TaskRow, again: bool) -> Result<(), Problem> {
    match taken(tx, row, None)? {
        Some(first) if !again => {
            let current = TaskWithAssignee { task: first.task(View::Pool)?, assignee: None };
            Err(Problem::from(ProblemCode::TaskExists).showing(&current))
        }
        _ => Ok(()),
    }
}

/// Makes the new task the one of its occasion, if it has an occasion and a beneficiary, unless the
/// occasion has one that counts: that task. The task `replaced` does not count.
///
/// # Errors
/// [`DbError`].
pub fn taken(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    replaced: Option<TaskId>,
) -> Result<Option<TaskRow>, DbError> {
    let Some((beneficiary, occasion)) = row.beneficiary.zip(row.occasion.clone()) else {
        return Ok(None);
    };
    let first = tx.find::<OccasionRow>((beneficiary, row.kind.clone(), occasion.clone()))?;
    let task = match &first {
        Some(first) if Some(first.task) == replaced => None,
        Some(first) => tx.find::<TaskRow>(first.task)?.filter(|task| counts(task.state)),
        None => None,
    };
    if task.is_none() {
        put(tx, row, (beneficiary, occasion), first.as_ref());
    }
    Ok(task)
}
