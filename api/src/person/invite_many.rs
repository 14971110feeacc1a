//! The one-time codes of many people without an enrolled device, a batch at a time.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::PersonId;
use serde::Serialize;
use serde_json::json;

use super::PersonState;
use super::list_store::{self, Filter, Position};
use super::password::event;
use super::store::{Particulars, PersonRow};
use crate::area;
use crate::auth::enrolment::code::Code;
use crate::auth::enrolment::invitations::{self, NewCode};
use crate::auth::second_factor::device_keys;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::Disclosure;
use crate::tx::Tx;

/// The people that are read at a time.
const READ_AT_A_TIME: i64 = 500;
/// The most ids of a request.
const MOST_IDS: usize = 500;

/// The people of a request, who are in the principal's area.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    area: AreaCode,
    filter: Filter,
}

impl Selection {
    /// 403 for a role that invites nobody; 422 for an area outside or too many ids.
    pub(super) fn of(
        principal: &Principal,
        area: Option<AreaCode>,
        role: Option<Role>,
        ids: Option<BTreeSet<PersonId>>,
    ) -> Result<Self, Problem> {
        principal.may(Action::ManageAccess)?;
        let area = area.unwrap_or(principal.area);
        principal
            .authorize(Action::ManageAccess, &area)
            .map_err(|_| Problem::invalid("/area", "must be in your area"))?;
        if ids.as_ref().is_some_and(|ids| ids.len() > MOST_IDS) {
            return Err(Problem::invalid("/ids", format!("at most {MOST_IDS}")));
        }
        let state = Some(PersonState::Active);
        Ok(Self { area, filter: Filter { role, state, ids, ..Filter::default() } })
    }

    /// Checks that the area is known, and that all ids are those of people of the area below the principal.
    fn check(&self, conn: &mut Conn, principal: &Principal) -> Result<(), Problem> {
        area::known::in_body(conn, self.area, "/area")?;
        let Some(ids) = &self.filter.ids else { return Ok(()) };
        let filter = Filter { ids: Some(ids.clone()), ..Filter::default() };
        let most = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let rows = list_store::page(conn, &self.area.range(), &filter, None, most)?;
        let below = rows.iter().filter(|row| is_below(principal, row)).map(|row| row.id);
        let below: BTreeSet<PersonId> = below.collect();
        let others = ids.iter().enumerate().filter(|(_, id)| !below.contains(id));
        let errors =
            others.map(|(n, _)| FieldError::new(format!("/ids/{n}"), "is not a person below you"));
        Problem::refuse(errors)
    }

    /// Up to `most` people without an enrolled device after the position, and the position of the
    /// last if more may follow.
    fn next(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        mut after: Option<Position>,
        most: usize,
    ) -> Result<(Vec<PersonRow>, Option<Position>), DbError> {
        let (scope, mut people) = (self.area.range(), Vec::new());
        loop {
            let rows = list_store::page(conn, &scope, &self.filter, after, READ_AT_A_TIME)?;
            let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < READ_AT_A_TIME;
            let ids: Vec<PersonId> = rows.iter().map(|row| row.id).collect();
            let enrolled = device_keys::enrolled(conn, principal.district(), &ids)?;
            for row in rows {
                after = Some((row.area, row.id));
                if is_below(principal, &row) && !enrolled.contains(&row.id) {
                    people.push(row);
                    if people.len() == most {
                        return Ok((people, after));
                    }
                }
            }
            if is_last {
                return Ok((people, None));
            }
        }
    }
}

fn is_below(principal: &Principal, row: &PersonRow) -> bool {
    principal.authorize_over(row.role, &row.area).is_ok()
}

/// The disclosure of one-time codes to a superior.
pub(super) struct InviteMany {
    pub(super) selection: Selection,
    /// The last person of the previous batch.
    pub(super) after: Option<Position>,
    /// The most people of the batch.
    pub(super) most: usize,
    pub(super) lifetime: TimeDelta,
}

/// New invitations.
#[derive(Serialize)]
pub(super) struct Batch {
    pub(super) issued: Vec<Issued>,
    /// The position of the last person, if more may follow.
    pub(super) last: Option<Position>,
}

/// A new invitation.
#[derive(Serialize)]
pub(super) struct Issued {
    pub(super) person: PersonId,
    pub(super) area: AreaCode,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) expires_at: DateTime<FixedOffset>,
}

impl Disclosure for InviteMany {
    type Shown = Batch;

    fn disclose(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Batch, Problem> {
        let (conn, district) = (tx.read_unbatched(), principal.district());
        self.selection.check(conn, principal)?;
        let (people, last) = self.selection.next(conn, principal, self.after, self.most)?;
        if people.is_empty() {
            return Ok(Batch { issued: Vec::new(), last });
        }
        let code = |row: &PersonRow| {
            let code = Code::invitation().map_err(Problem::defect)?;
            Ok(NewCode { person: row.id, phone_index: row.phone_index, code })
        };
        let codes = people.iter().map(code).collect::<Result<Vec<_>, Problem>>()?;
        let (now, conn) = (tx.now, tx.write_unbatched());
        let until = invitations::issue_all(conn, key, district, &codes, self.lifetime, now)?;
        let expires_at = until.with_timezone(&china());
        let mut issued = Vec::with_capacity(people.len());
        for (row, NewCode { code, .. }) in people.iter().zip(&codes) {
            let event = event("person.invite", row).by(principal.person);
            tx.record(event.with(json!({ "expires_at": until })));
            let Particulars { name, .. } = row.particulars(key)?;
            let code = code.to_string();
            issued.push(Issued { person: row.id, area: row.area, name, code, expires_at });
        }
        Ok(Batch { issued, last })
    }
}
