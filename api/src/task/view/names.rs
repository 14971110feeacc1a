//! The names beside the ids of tasks. Names change without their tasks, so that they are read for
//! each answer.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::visibility::View;
use serde::Serialize;

use super::projection::MaskedNames;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::Task;
use crate::{area, person};

/// The ids of a task that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedIds {
    /// The grid.
    pub grid: AreaCode,
    /// The beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// The assignee, or the last one.
    pub assignee: Option<PersonId>,
}

/// The names beside the ids of a task, in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the members in the contract")]
pub struct TaskNames<'a> {
    /// The grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_name: Option<&'a str>,
    /// The beneficiary, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_name: Option<&'a str>,
    /// The assignee, or the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_name: Option<&'a str>,
}

/// The names of grids, beneficiaries and people.
#[derive(Clone, Debug, Default)]
pub struct Names {
    grids: HashMap<AreaCode, String>,
    beneficiaries: MaskedNames,
    people: HashMap<PersonId, String>,
}

impl Names {
    /// Reads the names that these tasks need, each in its view.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        conn: &mut Conn,
        key: &SealingKey,
        district: AreaCode,
        tasks: impl IntoIterator<Item = (NamedIds, View)>,
    ) -> Result<Self, DbError> {
        let (mut grids, mut people) = (BTreeSet::new(), BTreeSet::new());
        let mut beneficiaries = BTreeSet::new();
        for (ids, view) in tasks {
            grids.insert(ids.grid);
            if view.shows_masked_name() {
                people.extend(ids.assignee);
                beneficiaries.extend(ids.beneficiary);
            }
        }
        let beneficiaries: Vec<BeneficiaryId> = beneficiaries.into_iter().collect();
        Ok(Self {
            grids: area::store::names_of(conn, district, &grids)?,
            beneficiaries: MaskedNames::read(conn, key, district, &beneficiaries)?,
            people: person::store::names(conn, key, &district.range(), people)?,
        })
    }

    /// The names that a view of a task shows.
    pub fn of(&self, ids: &NamedIds, view: View) -> TaskNames<'_> {
        let shown = view.shows_masked_name();
        let beneficiary = ids.beneficiary.filter(|_| shown);
        let assignee = ids.assignee.filter(|_| shown);
        TaskNames {
            grid_name: self.grids.get(&ids.grid).map(String::as_str),
            beneficiary_name: beneficiary.and_then(|id| self.beneficiaries.of(id)),
            assignee_name: assignee.and_then(|id| self.people.get(&id)).map(String::as_str),
        }
    }
}

/// The task with the names beside its ids.
///
/// # Errors
/// [`DbError`].
pub fn named(conn: &mut Conn, key: &SealingKey, task: Task, view: View) -> Result<Task, DbError> {
    let district = task.grid.district();
    let ids =
        NamedIds { grid: task.grid, beneficiary: task.beneficiary_id, assignee: task.assignee_id };
    let names = Names::read(conn, key, district, [(ids, view)])?;
    let TaskNames { grid_name, beneficiary_name, assignee_name } = names.of(&ids, view);
    Ok(Task {
        grid_name: grid_name.map(ToOwned::to_owned),
        beneficiary_name: beneficiary_name.map(ToOwned::to_owned),
        assignee_name: assignee_name.map(ToOwned::to_owned),
        ..task
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_auditor_sees_the_name_of_the_grid_only() {
        let grid: AreaCode = "500116001002001".parse().expect("a code");
        let (visited, visitor) = (BeneficiaryId(Uuid::nil()), PersonId(Uuid::nil()));
        let names = Names {
            grids: HashMap::from([(grid, "南门网格".to_owned())]),
            beneficiaries: MaskedNames::from_iter([(visited, "周**".to_owned())]),
            people: HashMap::from([(visitor, "王志愿".to_owned())]),
        };
        let ids = NamedIds { grid, beneficiary: Some(visited), assignee: Some(visitor) };
        let audit =
            TaskNames {
                grid_name: Some("南门网格"), beneficiary_name: None, assignee_name: None
            };
        assert_eq!(names.of(&ids, View::Audit), audit);
        for view in [View::Pool, View::Staff, View::Visitor] {
            let shown = names.of(&ids, view);
            assert_eq!(
                (shown.beneficiary_name, shown.assignee_name),
                (Some("周**"), Some("王志愿"))
            );
        }
    }
}
