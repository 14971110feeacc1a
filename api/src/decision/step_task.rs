//! The task that a step of a case awaits.

use gridward_domain::authority::Principal;
use gridward_domain::case::{StepTask, TaskEnd};
use gridward_domain::id::TaskId;
use gridward_domain::task::Phase;

use crate::beneficiary;
use crate::beneficiary::store::BeneficiaryRow;
use crate::case::CaseKind;
use crate::case::row::CaseRow;
use crate::catalogue;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::task;
use crate::task::assignment::tie::tied;
use crate::task::creation::create::{NewTask, create_from};
use crate::task::creation::task_origin::TaskOrigin;
use crate::tx::Tx;

/// The tasks of the present step that are not done.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    /// Those that can still be done.
    pub(super) live: Vec<TaskId>,
    /// Those that were cancelled, have failed or have expired.
    pub(super) undone: Vec<TaskId>,
}

impl Awaited {
    /// The tasks of the present step that are not done, of a visit by two people both.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn of(tx: &mut Tx<'_>, row: &CaseRow) -> Result<Self, DbError> {
        let mut awaited = Self::default();
        let Some(id) = row.task else { return Ok(awaited) };
        let Some(task) = task::store::row(tx.read()?, row.district, id)? else {
            return Ok(awaited);
        };
        let second = if task.pair().is_some() { tied(tx, &task)? } else { Vec::new() };
        for task in std::iter::once(task).chain(second) {
            match task.state {
                Phase::Done => {}
                Phase::Cancelled | Phase::Failed | Phase::Expired => awaited.undone.push(task.id),
                Phase::Open | Phase::Assigned | Phase::Accepted | Phase::InProgress => {
                    awaited.live.push(task.id);
                }
            }
        }
        Ok(awaited)
    }

    /// What became of the visit.
    pub(super) const fn task(&self) -> StepTask {
        match (self.live.is_empty(), self.undone.is_empty()) {
            (false, _) => StepTask::Live,
            (true, false) => StepTask::Ended(TaskEnd::Undone),
            (true, true) => StepTask::Ended(TaskEnd::Done),
        }
    }
}

/// Creates the task of the step that the case has begun. Without a current beneficiary, and for a
/// service kind that is archived, there is none, and the step does not wait.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (kind, is_confidential): (&CaseKind, bool),
    row: &CaseRow,
) -> Result<Option<TaskId>, Problem> {
    let step = kind.step(&row.step).and_then(|step| Some((step, step.task.clone()?)));
    let (Some((step, service)), Some(home)) = (step, row.beneficiary) else { return Ok(None) };
    let conn = tx.read_unbatched();
    let known = catalogue::store::one(conn, row.district, service.as_str())?;
    let entry = beneficiary::store::row(conn, &row.district.range(), home)?;
    if !known.is_some_and(|kind| kind.active)
        || !entry.is_some_and(|entry: BeneficiaryRow| entry.is_current())
    {
        return Ok(None);
    }
    let new = NewTask::for_beneficiary(service, home);
    let new = if step.task_by_two { new.by_two() } else { new };
    // Other roles see the task: it does not lead to a confidential case.
    let origin = (!is_confidential).then(|| TaskOrigin::case(row.id, row.opened_by));
    Ok(Some(create_from(tx, key, principal, &new, origin)?.id))
}
