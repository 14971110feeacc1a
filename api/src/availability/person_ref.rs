//! The person whose availability a call reads or changes, if the caller may.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;

use crate::auth;
use crate::db::Conn;
use crate::http::problem::Problem;
use crate::person::sessions::subordinate;
use crate::person::store::{self as people, PersonRow};
use crate::tx::Tx;

/// The person whose availability a call is about.
#[derive(Clone, Copy, Debug)]
pub enum PersonRef {
    /// The caller's own.
    Caller,
    /// That of a person below the caller.
    Subordinate(PersonId),
}

impl PersonRef {
    /// The row.
    ///
    /// # Errors
    /// 403; 404.
    pub fn row(self, conn: &mut Conn, principal: &Principal) -> Result<PersonRow, Problem> {
        match self {
            Self::Caller => {
                principal.may(Action::UseService)?;
                let own = people::row(conn, &principal.scope(), principal.person)?;
                own.ok_or_else(Problem::not_found)
            }
            Self::Subordinate(person) => subordinate(conn, principal, person),
        }
    }

    /// The row, locked until the end of the transaction.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub fn locked(self, tx: &mut Tx<'_>, principal: &Principal) -> Result<PersonRow, Problem> {
        let person = match self {
            Self::Caller => principal.person,
            Self::Subordinate(person) => person,
        };
        auth::store::lock_person(tx.read_unbatched(), principal.district(), person)?;
        self.row(tx.read_unbatched(), principal)
    }
}
