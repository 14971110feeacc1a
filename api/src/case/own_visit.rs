//! The case on whose path a visit is made.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::{CaseClass, KindCode, Need};
use gridward_domain::id::{BeneficiaryId, CaseId, TaskId};

use super::row::CaseRow;
use super::{CaseKind, kind_store};
use crate::crypto::SealingKey;
use crate::db::schema::cases;
use crate::db::{Conn, DbError};

/// The open case of which a visit is a step.
pub struct OwnCase {
    /// Its kind, in the version of the case.
    pub kind: CaseKind,
    class: Option<CaseClass>,
}

/// The open case of the beneficiary of which the visit is a step: that which the task names as its origin, or a
/// confidential one, which no task names, that awaits one of the tasks.
///
/// # Errors
/// [`DbError`].
pub fn case(
    conn: &mut Conn,
    key: &SealingKey,
    (district, home): (AreaCode, BeneficiaryId),
    (case, tasks): (Option<CaseId>, &[TaskId]),
) -> Result<Option<OwnCase>, DbError> {
    let open: Vec<CaseRow> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq(home))
        .filter(cases::result.is_null())
        .select(CaseRow::as_select())
        .load(conn)?;
    let awaits = |row: &CaseRow| row.task.is_some_and(|task| tasks.contains(&task));
    let own = open.into_iter().find(|row| Some(row.id) == case || awaits(row));
    own.map(|row| {
        let class = row.content(key)?.class;
        Ok(OwnCase { kind: kind_store::of_case(conn, &row)?.own, class: class.or(row.class) })
    })
    .transpose()
}

impl OwnCase {
    /// Whether the need is the class of the case.
    pub fn is_about(&self, need: &Need) -> bool {
        self.class.as_ref().is_some_and(|class| class.as_str() == need.as_str())
    }

    /// Whether a step of the path makes a visit of this kind of service.
    pub fn has_visit(&self, service: &KindCode) -> bool {
        self.kind.steps.iter().any(|step| step.task.as_ref() == Some(service))
    }
}
