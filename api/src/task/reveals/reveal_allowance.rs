//! More reveals than the daily budget: a superior allows them for a day, so that two people answer
//! for them.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use gridward_domain::range::RevealCount;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::reveal_budget::RevealBudget;
use crate::auth::{self, Authenticated};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::schema::reveal_allowances;
use crate::db::{Conn, DbError};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject, reason};
use crate::person::sessions::subordinate;
use crate::person::store::PersonRow;
use crate::tx::Tx;

/// More reveals for a person on the present day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reveals": 20, "reason": "八一走访，需要核对全村电话。"}))]
pub struct NewRevealAllowance {
    /// The number of reveals; with the earlier ones of the day at most 500.
    reveals: RevealCount,
    /// The reason, stored encrypted in the log.
    reason: CommandReason,
}

/// The reveals of a person on a day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"day": "2026-08-01", "allowed": 20, "budget": 70}))]
pub struct RevealAllowance {
    /// The day, in the district's time zone.
    day: NaiveDate,
    /// The reveals that superiors allowed for the day.
    allowed: RevealCount,
    /// The budget of the day, with those.
    #[schema(minimum = 1, maximum = 10_500)]
    budget: u32,
}

/// Allow a person more reveals
///
/// Adds to the daily budget of reveals of a person until midnight in the district, when the budget
/// does not suffice (429 `reveal_budget`). The log names both people and the reason. A
/// person cannot allow the own reveals. Allowed roles: admins, supervisors and managers, for people
/// below them.
#[utoipa::path(
    tag = "people",
    operation_id = "allow_reveals",
    params(("id" = PersonId, Path, description = "The person")),
    request_body(content = NewRevealAllowance, description = "The number and the reason"),
    responses(
        (status = CREATED, description = "The budget of the day", body = RevealAllowance),
        openapi::Write,
    ),
)]
#[post("/people/{id}/reveal-allowances")]
pub(crate) async fn allow_reveals(
    commands: Data<Commands>,
    budget: Data<RevealBudget>,
    Authenticated(principal): Authenticated,
    id: Path<PersonId>,
    key: IdempotencyKey,
    Body(new): Body<NewRevealAllowance>,
) -> Result<HttpResponse, Problem> {
    let allow = Allow { person: *id, new, budget: **budget };
    let allowed = commands.run(principal, key, allow, Allow::perform);
    Ok(allowed.await?.answer(HttpResponse::Created()))
}

/// An allowance for a person.
struct Allow {
    person: PersonId,
    new: NewRevealAllowance,
    budget: RevealBudget,
}

impl Effect for Allow {
    type Made = RevealAllowance;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!({ "person": self.person, "new": self.new })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.subordinate(tx, principal).map(drop)
    }
}

/// The action of the event.
const ACTION: &str = "person.reveal_allowance";

impl Allow {
    /// 404 outside the principal's area and for a person who left; 403 for a person who is not
    /// below, such as the principal.
    fn subordinate(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<PersonRow, Problem> {
        let row = subordinate(tx.read_unbatched(), principal, self.person)?;
        if row.state == PersonState::Left { Err(Problem::not_found()) } else { Ok(row) }
    }

    fn perform(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<RevealAllowance, Problem> {
        let (district, today) = (principal.district(), clock::day(tx.now));
        // The reveals of the person wait, and so do other allowances.
        auth::store::lock_person(tx.write()?, district, self.person)?;
        let row = self.subordinate(tx, principal)?;
        let before = allowed(tx.read_unbatched(), district, row.id, today)?;
        let sum = i64::from(before) + i64::from(self.new.reveals.get());
        let sum = RevealCount::try_from(sum).map_err(|_| {
            let most = RevealCount::MAX;
            Problem::invalid("/reveals", format!("{before} were allowed today, of at most {most}"))
        })?;
        store(tx.write_unbatched(), district, row.id, today, sum)?;
        let reason = reason::sealed(key, district, row.id, &self.new.reason)?;
        let details = json!({ "reveals": self.new.reveals, "day": today, "reason": reason });
        tx.record(
            Event::new(ACTION, Subject::Person, row.id, row.area, row.version)
                .by(principal.person)
                .assignees(Some(row.id), Some(row.id))
                .with(details),
        );
        let budget = self.budget.of(row.role) + sum.get().unsigned_abs();
        Ok(RevealAllowance { day: today, allowed: sum, budget })
    }
}

/// The reveals that superiors allowed a person on `day`.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn allowed(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    day: NaiveDate,
) -> Result<u32, DbError> {
    let reveals: Option<RevealCount> = reveal_allowances::table
        .find((district, person))
        .filter(reveal_allowances::day.eq(day))
        .select(reveal_allowances::reveals)
        .first(conn)
        .optional()?;
    Ok(reveals.map_or(0, |reveals| reveals.get().unsigned_abs()))
}

/// Stores the sum for `day` in place of that of an earlier day.
fn store(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    day: NaiveDate,
    sum: RevealCount,
) -> Result<(), DbError> {
    let row = reveal_allowances::table.find((district, person));
    let values = (reveal_allowances::day.eq(day), reveal_allowances::reveals.eq(sum));
    if diesel::update(row).set(values).execute(conn)? == 0 {
        let key = (reveal_allowances::district.eq(district), reveal_allowances::person.eq(person));
        diesel::insert_into(reveal_allowances::table)
            .values((key.0, key.1, values.0, values.1))
            .execute(conn)?;
    }
    Ok(())
}
