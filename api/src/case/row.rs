//! The row of a case, and what follows from it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::{Note, RegisterId};
use gridward_domain::case::{self, CaseResult, StepTask};
use gridward_domain::code::{CaseClass, CaseKindCode, StepCode};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId, TaskId};
use serde::{Deserialize, Serialize};

use super::{Case, CaseSource};
use crate::clock::{self, china};
use crate::crypto::SealingKey;
use crate::db::DbError;

const TABLE: &str = "cases";

crate::table_row! {
    /// A row of `cases`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct CaseRow in cases {
        district: AreaCode,
        key {
            id: CaseId,
        }
        fixed {
            kind: CaseKindCode,
            kind_version: i64,
            class: Option<CaseClass>,
            source: CaseSource,
            report: Option<ReportId>,
            urgent: bool,
            opened_by: PersonId,
            opened_at: NaiveDateTime,
            sealed: Vec<u8>,
            station: Option<RegisterId>,
        }
        changing {
            area: Option<AreaCode>,
            beneficiary: Option<BeneficiaryId>,
            step: StepCode,
            waits_for: Option<Level>,
            begun_at: NaiveDateTime,
            asked_by: Option<PersonId>,
            due_on: Option<NaiveDate>,
            escalates_on: Option<NaiveDate>,
            task: Option<TaskId>,
            result: Option<CaseResult>,
            version: i64,
        }
    }
}

/// The encrypted part of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSealed {
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Note>,
    /// The class, if it is sensitive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<CaseClass>,
}

/// A case with the area on which its visibility depends.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedCase {
    /// The row.
    pub row: CaseRow,
    /// The grid of the beneficiary, or the area of the case.
    pub area: AreaCode,
    /// Whether the beneficiary has ended.
    pub has_ended: bool,
}

/// The columns of a case and of its beneficiary.
pub(super) type Columns = (CaseRow, Option<AreaCode>, Option<NaiveDate>);

impl PlacedCase {
    /// `None` for a case whose beneficiary was deleted.
    pub(super) fn of((row, of_home, valid_to): Columns) -> Option<Self> {
        let area = if row.beneficiary.is_some() { of_home } else { row.area };
        area.map(|area| Self { row, area, has_ended: valid_to.is_some() })
    }

    /// The case at `now`, without the encrypted part.
    pub fn case(&self, now: DateTime<Utc>) -> Case {
        let row = &self.row;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Case {
            id: row.id,
            kind: row.kind.clone(),
            kind_version: row.kind_version,
            class: row.class.clone(),
            area: self.area,
            beneficiary_id: row.beneficiary,
            beneficiary_ended: self.has_ended,
            source: row.source,
            report_id: row.report,
            station: row.station.clone(),
            urgent: row.urgent,
            step: row.step.clone(),
            waits_for: row.waits_for,
            waiting_since: local(row.begun_at),
            due_on: row.due_on,
            overdue: row.due_on.is_some_and(|day| day < clock::day(now)),
            task_id: row.task,
            result: row.result,
            opened_by: row.opened_by,
            opened_at: local(row.opened_at),
            version: row.version,
        }
    }
}

impl CaseRow {
    /// What the rules depend on, with the task of the step as `task`; without what only the history has.
    pub fn life(&self, task: Option<StepTask>) -> case::Case {
        case::Case {
            class: self.class.clone(),
            urgent: self.urgent,
            area: self
                .area
                .filter(|_| self.beneficiary.is_none())
                .map_or(Level::Grid, |a| a.level()),
            desk: None,
            step: self.step.clone(),
            waits_for: self.waits_for,
            begun_on: clock::day(self.begun_at.and_utc()),
            due_on: self.due_on,
            escalates_on: self.escalates_on,
            opened_by: Some(self.opened_by),
            asked_by: self.asked_by,
            task,
            documents: BTreeSet::new(),
            result: self.result,
        }
    }

    /// The next version after the rules have changed the case; a new step begins at `at`.
    #[must_use]
    pub fn after(&self, life: case::Case, at: Option<NaiveDateTime>) -> Self {
        Self {
            step: life.step,
            waits_for: life.waits_for,
            begun_at: at.unwrap_or(self.begun_at),
            asked_by: life.asked_by,
            due_on: life.due_on,
            escalates_on: life.escalates_on,
            task: if at.is_some() { None } else { self.task },
            result: life.result,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Decrypts the description and a sensitive class.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn content(&self, key: &SealingKey) -> Result<CaseSealed, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }

    /// The encrypted content of the case `id`.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] if it cannot be encrypted.
    pub fn seal(
        key: &SealingKey,
        district: AreaCode,
        id: CaseId,
        content: &CaseSealed,
    ) -> Result<Vec<u8>, DbError> {
        key.seal_row((district, TABLE, id), content)
    }
}
