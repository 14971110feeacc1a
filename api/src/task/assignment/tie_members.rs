//! The tasks of ties while some tasks pass from one person to others: those that bind each other at that moment.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;

use super::tie;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;

/// The tasks of each tie that bind others.
pub(super) struct TieMembers(BTreeMap<TaskId, Vec<TaskRow>>);

impl TieMembers {
    /// Reads those of the ties.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        district: AreaCode,
        ties: &BTreeSet<TaskId>,
    ) -> Result<Self, DbError> {
        let mut members: BTreeMap<TaskId, Vec<TaskRow>> = BTreeMap::new();
        for row in tie::binding(conn, district, ties)? {
            if let Some(tie) = row.tie() {
                members.entry(tie.id).or_default().push(row);
            }
        }
        Ok(Self(members))
    }

    /// The same, and locks all tasks of the ties until the end of the transaction.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn locked(
        conn: &mut Conn,
        district: AreaCode,
        ties: &BTreeSet<TaskId>,
    ) -> Result<Self, DbError> {
        ties.iter().try_for_each(|tie| tie::lock(conn, district, *tie))?;
        Self::read(conn, district, ties)
    }

    /// The tasks that bind this one, which has been released.
    pub(super) fn binding(&self, row: &TaskRow) -> &[TaskRow] {
        let members = row.tie().and_then(|tie| self.0.get(&tie.id));
        members.map(Vec::as_slice).unwrap_or_default()
    }

    /// Removes the task, which leaves its assignee.
    pub(super) fn release(&mut self, row: &TaskRow) {
        if let Some(members) = row.tie().and_then(|tie| self.0.get_mut(&tie.id)) {
            members.retain(|other| other.id != row.id);
        }
    }

    /// Adds the task with its new assignee, in place of the former row.
    pub(super) fn give(&mut self, given: TaskRow) {
        self.release(&given);
        if let Some(tie) = given.tie() {
            self.0.entry(tie.id).or_default().push(given);
        }
    }
}

/// The ties of these tasks.
pub(super) fn ties<'r>(rows: impl IntoIterator<Item = &'r TaskRow>) -> BTreeSet<TaskId> {
    rows.into_iter().filter_map(|row| Some(row.tie()?.id)).collect()
}
