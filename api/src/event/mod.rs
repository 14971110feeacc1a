//! The append-only log of a district: one fact for every change.
//!
//! An event is written in the transaction of the change it tells of, and its
//! number is taken last, so that numbers appear in the order of commit.

pub mod store;

use gridward_dispatch::area::AreaCode;
use gridward_dispatch::id::PersonId;

/// A fact about to be put on the log.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who did it; nobody when Gridward did it by itself.
    pub actor: Option<PersonId>,
    /// What was done, as `task.claim`.
    pub action: &'static str,
    /// What kind of thing it was done to, as `task`.
    pub subject: &'static str,
    /// Which one.
    pub subject_id: String,
    /// Where the thing lies now; its district is the log's.
    pub area: AreaCode,
    /// Where it lay before, if that was elsewhere.
    pub area_before: Option<AreaCode>,
    /// In whose hands it is now.
    pub person: Option<PersonId>,
    /// In whose hands it was before.
    pub person_before: Option<PersonId>,
    /// The thing's version after the change.
    pub version: i64,
    /// More about it, without anything personal.
    pub body: serde_json::Value,
}
