//! Queries for proposals.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ProposalId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;

use super::life::{self, MOVABLE, Proposed, TaskNow};
use super::model::Sealed;
use super::{Proposal, ProposalState, ProposalSubject};
use crate::clock::{self, china};
use crate::crypto::SealingKey;
use crate::db::schema::{beneficiaries, proposals, tasks};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

const TABLE: &str = "proposals";

crate::table_row! {
    /// A row of `proposals`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ProposalRow in proposals {
        district: AreaCode,
        key {
            id: ProposalId,
        }
        fixed {
            subject: ProposalSubject,
            task: Option<TaskId>,
            beneficiary: Option<BeneficiaryId>,
            proposed_by: PersonId,
            created_at: NaiveDateTime,
            day: Option<NaiveDate>,
            start: Option<TimeOfDay>,
            kind: Option<KindCode>,
            due_on: Option<NaiveDate>,
        }
        changing {
            state: ProposalState,
            decided_by: Option<PersonId>,
            decided_at: Option<NaiveDateTime>,
            created_task: Option<TaskId>,
            created_case: Option<CaseId>,
            sealed: Vec<u8>,
            version: i64,
        }
    }
}

/// A proposal with what its state and its grid depend on.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The row.
    pub row: ProposalRow,
    /// The grid of the task or of the beneficiary.
    pub grid: AreaCode,
    task: Option<TaskNow>,
}

/// The columns of a proposal and of its subject.
type Columns = (ProposalRow, Option<AreaCode>, Option<Phase>, Option<PersonId>, Option<AreaCode>);

impl Placed {
    /// `None` for a proposal whose subject was deleted.
    fn of((row, of_task, phase, assignee, of_home): Columns) -> Option<Self> {
        let grid = of_task.or(of_home)?;
        Some(Self { row, grid, task: phase.map(|phase| TaskNow { phase, assignee }) })
    }

    /// The state at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> ProposalState {
        let proposed = self.task.zip(self.row.day);
        let proposed = proposed.map(|(task, day)| Proposed { by: self.row.proposed_by, day, task });
        life::state(self.row.state, proposed, clock::day(now))
    }

    /// The proposal at `now`, without the encrypted part.
    pub fn proposal(&self, now: DateTime<Utc>) -> Proposal {
        let row = &self.row;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Proposal {
            id: row.id,
            subject: row.subject,
            grid: self.grid,
            task_id: row.task,
            beneficiary_id: row.beneficiary,
            state: self.state(now),
            proposed_by: row.proposed_by,
            proposed_by_name: None,
            created_at: local(row.created_at),
            day: row.day,
            start: row.start,
            need: None,
            kind: row.kind.clone(),
            due_on: row.due_on,
            note: None,
            decided_by: row.decided_by,
            decided_at: row.decided_at.map(local),
            reason: None,
            created_task_id: row.created_task,
            created_case_id: row.created_case,
            version: row.version,
        }
    }

    /// The same, with the encrypted part.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn opened(&self, key: &SealingKey, now: DateTime<Utc>) -> Result<Proposal, DbError> {
        let Sealed { need, note, reason } = self.row.content(key)?;
        Ok(Proposal { need, note, reason, ..self.proposal(now) })
    }
}

impl ProposalRow {
    /// Decrypts need, note and reason.
    pub(super) fn content(&self, key: &SealingKey) -> Result<Sealed, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }

    /// The encrypted content of the proposal `id`.
    pub(super) fn seal(
        key: &SealingKey,
        district: AreaCode,
        id: ProposalId,
        content: &Sealed,
    ) -> Result<Vec<u8>, DbError> {
        key.seal_row((district, TABLE, id), content)
    }
}

/// The proposals of a district with their subjects.
macro_rules! placed {
    ($district:expr) => {
        proposals::table
            .left_join(
                tasks::table.on(tasks::district
                    .eq(proposals::district)
                    .and(tasks::id.nullable().eq(proposals::task))),
            )
            .left_join(
                beneficiaries::table.on(beneficiaries::district
                    .eq(proposals::district)
                    .and(beneficiaries::id.nullable().eq(proposals::beneficiary))),
            )
            .filter(proposals::district.eq($district))
            .select((
                ProposalRow::as_select(),
                tasks::grid.nullable(),
                tasks::state.nullable(),
                tasks::assignee.nullable(),
                beneficiaries::grid.nullable(),
            ))
    };
}

/// The proposal, anywhere in the district.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, district: AreaCode, id: ProposalId) -> Result<Option<Placed>, DbError> {
    let found: Option<Columns> =
        placed!(district).filter(proposals::id.eq(id)).first(conn).optional()?;
    Ok(found.and_then(Placed::of))
}

/// Whether there is a proposal of this id, even of a deleted beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn exists(conn: &mut Conn, district: AreaCode, id: ProposalId) -> Result<bool, DbError> {
    let one = proposals::table.find((district, id)).select(proposals::version);
    Ok(one.first::<i64>(conn).optional()?.is_some())
}

/// The filter of a list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only proposals in this range, and those by `by`.
    pub scope: Option<AreaRange>,
    /// Whose proposals are listed wherever they are.
    pub by: Option<PersonId>,
    /// Whether only those by `by` are listed, of which a range then selects some.
    pub only_own: bool,
    /// Only proposals in this state.
    pub state: Option<ProposalState>,
    /// Only proposals about this.
    pub subject: Option<ProposalSubject>,
}

/// The position in a list.
pub type Key = (DateTime<Utc>, ProposalId);

/// A page of proposals at `now`, newest first.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    filter: &Filter,
    wanted: &Wanted<Key>,
    now: DateTime<Utc>,
) -> Result<Vec<Placed>, DbError> {
    let mut query = placed!(district)
        // A proposal about a deleted beneficiary is in no area.
        .filter(
            tasks::grid.nullable().is_not_null().or(beneficiaries::grid.nullable().is_not_null()),
        )
        .into_boxed();
    let by = filter.by;
    if let Some(by) = by.filter(|_| filter.only_own) {
        query = query.filter(proposals::proposed_by.eq(by));
    }
    if let Some(scope) = filter.scope {
        let of_task = in_range!(tasks::grid.nullable(), scope);
        let of_home = in_range!(beneficiaries::grid.nullable(), scope);
        let inside = of_task.or(proposals::task.is_null().and(of_home));
        query = match by.filter(|_| !filter.only_own) {
            Some(by) => query.filter(inside.or(proposals::proposed_by.nullable().eq(by))),
            None => query.filter(inside),
        };
    }
    if let Some(subject) = filter.subject {
        query = query.filter(proposals::subject.eq(subject));
    }
    if let Some(state) = filter.state {
        let stored = match state {
            ProposalState::Lapsed => ProposalState::Open,
            stored => stored,
        };
        query = query.filter(proposals::state.eq(stored));
        // The same rule as `life::state`.
        let held = proposals::day
            .ge(clock::day(now))
            .and(tasks::state.nullable().eq_any(MOVABLE))
            .and(tasks::assignee.nullable().eq(proposals::proposed_by.nullable()));
        match state {
            ProposalState::Open => query = query.filter(proposals::task.is_null().or(held)),
            ProposalState::Lapsed => {
                let lapsed = diesel::dsl::not(held).or(tasks::assignee.nullable().is_null());
                query = query.filter(proposals::task.is_not_null().and(lapsed));
            }
            _ => {}
        }
    }
    if let Some((at, id)) = wanted.after {
        let at = at.naive_utc();
        let before = proposals::created_at.eq(at).and(proposals::id.lt(id));
        query = query
            .filter(proposals::created_at.le(at))
            .filter(proposals::created_at.lt(at).or(before));
    }
    let rows: Vec<Columns> = query
        .order((proposals::created_at.desc(), proposals::id.desc()))
        .limit(wanted.rows())
        .load(conn)?;
    Ok(rows.into_iter().filter_map(Placed::of).collect())
}

/// The proposals of the task that wait, whether or not they have lapsed.
pub(super) fn open_of_task(
    conn: &mut Conn,
    district: AreaCode,
    task: TaskId,
) -> Result<Vec<ProposalRow>, DbError> {
    Ok(proposals::table
        .filter(proposals::district.eq(district))
        .filter(proposals::task.eq(task))
        .filter(proposals::state.eq(ProposalState::Open))
        .select(ProposalRow::as_select())
        .load(conn)?)
}

/// The needs of the beneficiary that wait.
pub(super) fn open_needs(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<ProposalRow>, DbError> {
    Ok(proposals::table
        .filter(proposals::district.eq(district))
        .filter(proposals::beneficiary.eq(beneficiary))
        .filter(proposals::subject.eq(ProposalSubject::Need))
        .filter(proposals::state.eq(ProposalState::Open))
        .order(proposals::created_at)
        .select(ProposalRow::as_select())
        .load(conn)?)
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&ProposalRow>, new: &ProposalRow) -> Result<(), DbError> {
    write_versioned(
        conn,
        &[RowChange { old, new }],
        |row| row.version,
        ProposalRow::insert_all,
        ProposalRow::update_all,
    )
}

/// Deletes the proposals about deleted beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    let those = proposals::table
        .filter(proposals::district.eq(district))
        .filter(proposals::beneficiary.eq_any(ids));
    diesel::delete(those).execute(conn)?;
    Ok(())
}

impl Placed {
    /// A proposal just made for a task that its author has, or for a beneficiary.
    pub(super) const fn made(row: ProposalRow, grid: AreaCode, task: Option<TaskNow>) -> Self {
        Self { row, grid, task }
    }

    /// The same proposal after a change.
    pub(super) fn with(self, row: ProposalRow) -> Self {
        Self { row, ..self }
    }
}
