//! The authenticated caller of a handler.

use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::{Action, Actor};

use crate::http::Problem;

/// An authenticated person with the current role and area.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The district, the first part of every key.
    pub district: AreaCode,
    /// The person, the role and the area.
    pub actor: Actor,
}

impl Caller {
    /// The range of codes of the caller's area and its descendants.
    pub fn scope(&self) -> AreaRange {
        self.actor.area.range()
    }

    /// Checks that the caller's role permits `action` at all.
    ///
    /// # Errors
    /// 403.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        self.actor.may(action).map_err(Problem::from)
    }
}
