//! The hand-overs of a campaign with goods alone. A manager hands goods out to the beneficiaries of the own grid, a
//! volunteer only to those of their own visits, of which such a campaign has none. So each hand-over requires a skill
//! in the problem of a dry plan that the managers of its grid have there, and no other person.
//!
//! The solver's own rule of grids does not suffice for that: it knows no roles, so volunteers of the grid would make
//! hand-overs too; it lets neighbours help up to the `reach` of the whole problem, which the tasks beside them need;
//! and it goes by the grid in which a beneficiary stays, while the manager of the home hands the goods out. Skills
//! hold in every step of the solver, also for help and for remedies, where a list of forbidden people on each
//! hand-over would name nearly all.

use std::collections::HashMap;

use gridward_dispatch::solve::{Reason, Remedy, Unserved, Volunteer};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::skill::{Skill, Skills};
use serde_json::{Value, json};

use crate::person::store::PersonRow;

/// What a hand-over in the grid requires.
pub(in crate::plan) fn skills(grid: AreaCode) -> Skills {
    format!("hands_out_{grid}").parse::<Skill>().into_iter().collect()
}

/// Gives the managers among these people what hand-overs in their grids require.
pub(in crate::plan) fn let_managers(volunteers: &mut [Volunteer], people: &[PersonRow]) {
    let managers = people.iter().filter(|row| row.role == Role::Manager);
    let grids: HashMap<PersonId, AreaCode> = managers.map(|row| (row.id, row.area)).collect();
    for person in volunteers {
        if let Some(grid) = grids.get(&person.id) {
            person.skills.extend(skills(*grid));
        }
    }
}

/// Whether the person hands goods out in the own grid.
pub(in crate::plan) fn hands_out(person: &Volunteer) -> bool {
    skills(person.grid).is_subset(&person.skills)
}

/// Why a hand-over has no manager, and what would help, both without its skill: no person learns what managers alone may do, and without a
/// manager of the grid it has no person.
pub(in crate::plan) fn without_skill(unserved: &Unserved) -> (Value, Value) {
    let reason = match &unserved.reason {
        Reason::NoSkill { .. } => json!(Reason::NoVolunteer),
        reason => json!(reason),
    };
    let remedy = unserved.remedy.as_ref().filter(|it| !matches!(it, Remedy::Skill { .. }));
    (reason, json!(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grid_has_a_skill_of_its_own() {
        let of = |grid: &str| skills(grid.parse().expect("a code"));
        assert_eq!(of("500116001002001").len(), 1);
        assert_ne!(of("500116001002001"), of("500116001002002"));
    }
}
