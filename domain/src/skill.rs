//! Skills of people and requirements of visits.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A skill by its code in the catalogue: `driving`, `first_aid`, `legal` ...
///
/// Each district defines its own skills, so this is a code and not an enumeration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Skill(String);

/// A text that is not a valid code of a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 32 lower-case letters, digits and underscores, beginning with a letter")]
pub struct SkillError;

/// A set of skills, ordered by code.
pub type Skills = BTreeSet<Skill>;

impl Skill {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Skill {
    type Err = SkillError;

    fn from_str(text: &str) -> Result<Self, SkillError> {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let fits = text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(word);
        if fits { Ok(Self(text.to_owned())) } else { Err(SkillError) }
    }
}

impl TryFrom<String> for Skill {
    type Error = SkillError;

    fn try_from(text: String) -> Result<Self, SkillError> {
        text.parse()
    }
}

impl From<Skill> for String {
    fn from(skill: Skill) -> Self {
        skill.0
    }
}

impl fmt::Display for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
