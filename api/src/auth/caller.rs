//! A signed-in person, as every handler gets it.

use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::{Action, Actor};

use crate::http::Problem;

/// A signed-in person, with role and area as they are now.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The district, first in every key.
    pub district: AreaCode,
    /// Who, in which role, for which area.
    pub actor: Actor,
}

impl Caller {
    /// The codes of the caller's area and all in it.
    pub fn scope(&self) -> AreaRange {
        self.actor.area.range()
    }

    /// Whether the caller's role may do `action` at all.
    ///
    /// # Errors
    /// 403.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        self.actor.may(action).map_err(Problem::from)
    }
}
