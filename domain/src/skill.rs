//! Skills of people and requirements of visits.

use std::collections::BTreeSet;

use crate::code::codes;

codes! {
    /// The code of a skill.
    Skill, example "first_aid";
}

/// A set of skills, ordered by code.
pub type Skills = BTreeSet<Skill>;
