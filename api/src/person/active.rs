//! The people who are active, as a transaction needs to know them: locked until its end, so that none
//! leaves, moves or is suspended meanwhile on another server.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;

use super::PersonState;
use crate::db::schema::people;
use crate::db::{Conn, DbError, batches};
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;
use crate::tx::row::{Row, RowChange};

/// An active person.
#[derive(Clone, Debug, Queryable)]
pub struct ActivePerson {
    /// The person.
    id: PersonId,
    /// The role.
    role: Role,
    /// The area of responsibility.
    area: AreaCode,
}

impl ActivePerson {
    /// Checks that the person is still active, with the role and area that the principal was
    /// authenticated with.
    ///
    /// # Errors
    /// 401 `account_inactive`; 403.
    pub fn check(tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        match tx.find::<Self>(principal.person)? {
            None => Err(ProblemCode::AccountInactive.into()),
            Some(now) if (now.role, now.area) != (principal.role, principal.area) => {
                Err(ProblemCode::Forbidden.into())
            }
            Some(_) => Ok(()),
        }
    }
}

impl Row for ActivePerson {
    type Key = PersonId;
    /// Locked before the tasks, as a change of a person's state locks the person before the
    /// person's tasks.
    const ORDER: u8 = 0;

    fn key(&self) -> PersonId {
        self.id
    }

    fn one(conn: &mut Conn, district: AreaCode, id: &PersonId) -> Result<Option<Self>, DbError> {
        let ids = [*id];
        let active = active(district, &ids);
        let found: Vec<Self> = match conn {
            Conn::Pg(conn) => active.for_share().load(conn)?,
            // A write transaction is already exclusive.
            Conn::Sqlite(conn) => active.load(conn)?,
        };
        Ok(found.into_iter().next())
    }

    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        ids: &BTreeSet<PersonId>,
    ) -> Result<Vec<Self>, DbError> {
        let ids: Vec<PersonId> = ids.iter().copied().collect();
        Ok(active(district, &ids).for_share().load(conn)?)
    }

    /// No change queues one: the registers write people.
    fn write(_: &mut Conn, _: AreaCode, _: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        Ok(())
    }
}

/// The areas of those of these people who are active. They are locked for themselves, so that no two
/// transactions give visits of one hour to a person.
///
/// # Errors
/// [`DbError`].
pub fn areas(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, AreaCode>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let mut found = HashMap::with_capacity(ids.len());
    for ids in batches(&ids) {
        let active = active(district, ids);
        let rows: Vec<ActivePerson> = match conn {
            Conn::Pg(conn) => active.for_no_key_update().load(conn)?,
            Conn::Sqlite(conn) => active.load(conn)?,
        };
        found.extend(rows.into_iter().map(|one| (one.id, one.area)));
    }
    Ok(found)
}

/// The query for those of these people who are active.
#[expect(clippy::elidable_lifetime_names, reason = "`auto_type` needs a named lifetime")]
#[diesel::dsl::auto_type]
fn active<'a>(district: AreaCode, ids: &'a [PersonId]) -> _ {
    let state: PersonState = PersonState::Active;
    people::table
        .filter(people::district.eq(district))
        .filter(people::id.eq_any(ids))
        .filter(people::state.eq(state))
        .order(people::id)
        .select((people::id, people::role, people::area))
}
