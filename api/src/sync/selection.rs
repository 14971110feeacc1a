//! The part of its scope that a client selects: an area in it, and some types of rows.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};

use super::row_type::RowType;
use super::scope::Scope;
use crate::area;
use crate::http::comma_list::words;
use crate::http::problem::Problem;
use crate::tx::Db;

words!(RowType like "task,beneficiary");

/// A selection as sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    /// The area; by default the caller's.
    pub(super) area: Option<AreaCode>,
    /// The types of rows; by default all.
    pub(super) types: Option<BTreeSet<RowType>>,
}

impl Selection {
    /// The selected part of the caller's scope.
    ///
    /// # Errors
    /// 404 if the area is outside the caller's, or there is none.
    pub(super) async fn of(self, db: &Db, principal: Principal) -> Result<Scope, Problem> {
        if let Some(area) = self.area.filter(|area| *area != principal.area) {
            principal.authorize(Action::UseService, &area)?;
            area::known::in_query(db, Some(area)).await?;
        }
        Ok(Scope::whole(principal).select(self.area, self.types))
    }
}
