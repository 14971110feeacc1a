//! The visits of members at occasions. The last visit of a member is that of the occasion that the regime followed when it
//! was prepared, and its day is forgotten with another occasion ([`super::members::forget_slots_but`]). The last visit of
//! each occasion stays known besides, so that a regime that returns to an occasion repeats none that was made.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_domain::code::OccasionCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;

use super::members::{self, MemberRow};
use super::store::RegimeRow;
use crate::db::{Conn, DbError};
use crate::task::store as tasks;

impl MemberRow {
    /// The row with this last visit, which is also that of the occasion if the regime follows one.
    ///
    /// # Errors
    /// None in practice: all visits have a JSON form.
    pub fn with_visit(
        self,
        feast: Option<&OccasionCode>,
        (slot, task): (NaiveDate, TaskId),
    ) -> Result<Self, DbError> {
        let mut occasions = self.occasions.value().clone();
        occasions.extend(feast.map(|feast| (feast.clone(), (slot, task))));
        let occasions = members::column(occasions)?;
        Ok(Self { slot: Some(slot), task: Some(task), occasions, ..self })
    }
}

/// The days of the last visits at the occasion of the regime that were made, of the members for whom the day of the last
/// visit of all is not known.
///
/// # Errors
/// [`DbError`].
pub(super) fn made(
    conn: &mut Conn,
    regime: &RegimeRow,
    members: &[MemberRow],
) -> Result<HashMap<BeneficiaryId, NaiveDate>, DbError> {
    let Some(feast) = &regime.feast else { return Ok(HashMap::new()) };
    let of_occasion = |member: &MemberRow| {
        let (day, task) = *member.occasions.value().get(feast)?;
        member.slot.is_none().then_some((member.beneficiary, day, task))
    };
    let visits: Vec<(BeneficiaryId, NaiveDate, TaskId)> =
        members.iter().filter_map(of_occasion).collect();
    let ids: Vec<TaskId> = visits.iter().map(|(_, _, task)| *task).collect();
    let made = tasks::among(conn, regime.district, &ids, &[Phase::Done])?;
    let made: HashSet<TaskId> = made.into_iter().collect();
    let visits = visits.into_iter().filter(|(_, _, task)| made.contains(task));
    Ok(visits.map(|(member, day, _)| (member, day)).collect())
}
