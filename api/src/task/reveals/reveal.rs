//! Reveals a beneficiary's encrypted particulars for a recorded purpose. Permission depends
//! on the tasks at the beneficiary.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::word::Word as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::reveal_budget::RevealBudget;
use crate::auth::Authenticated;
use crate::beneficiary;
use crate::beneficiary::model::{Home, Particulars, Purpose, Revealed};
use crate::beneficiary::stay::Stay;
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::crypto::SealingKey;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::{Commands, Disclosure, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::ops::Metrics;
use crate::task::store;
use crate::tx::Tx;

/// The seconds after which an app forgets the particulars: enough to call, or to read an address.
const EXPIRES_S: u32 = 300;

/// The purpose of a reveal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "purpose": "visit" }))]
pub struct RevealRequest {
    /// Recorded in the log with person and time.
    purpose: Purpose,
}

/// Reveal a beneficiary
///
/// Returns name, phone, address, place, hardships, notes and next of kin in clear; address and place
/// are those of a temporary stay on its days. The app forgets the answer after `expires_s`. The district's log records the
/// person and the purpose of each call; the answer is not stored, so a repeated call is
/// judged and recorded anew. Each person has a daily budget of reveals; beyond it the answer is
/// 429 `reveal_budget`, with the person to ask in `current`, who may allow more for the day
/// (`POST /v1/people/{id}/reveal-allowances`). Allowed roles: managers, supervisors and admins
/// within their area (by the home, or by a stay today), and any assignee of an active task at this beneficiary.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "reveal_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary"), openapi::NeverStored),
    request_body(content = RevealRequest, description = "The purpose"),
    responses((status = OK, description = "The particulars", body = Revealed), openapi::Write),
)]
#[post("/beneficiaries/{id}/reveal")]
pub(crate) async fn reveal_beneficiary(
    commands: Data<Commands>,
    budget: Data<RevealBudget>,
    metrics: Data<Metrics>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
    Body(body): Body<RevealRequest>,
) -> Result<HttpResponse, Problem> {
    let reveal = Reveal { beneficiary: *id, purpose: body.purpose, budget: **budget };
    let Disclosed { revealed, spends_budget } = commands.disclose(principal, reveal).await?;
    if spends_budget {
        metrics.reveal_budget_spent();
    }
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(revealed))
}

/// The disclosure of a beneficiary's particulars.
struct Reveal {
    beneficiary: BeneficiaryId,
    purpose: Purpose,
    budget: RevealBudget,
}

/// The particulars, and whether the caller's budget is spent.
#[derive(Serialize)]
struct Disclosed {
    revealed: Revealed,
    spends_budget: bool,
}

impl Disclosure for Reveal {
    type Shown = Disclosed;

    /// 404 outside the principal's area; 403 for a volunteer without an active task at this
    /// beneficiary; 429 beyond the budget.
    fn disclose(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Disclosed, Problem> {
        let Self { beneficiary: id, purpose, budget } = *self;
        let row = revealable(tx, principal, id)?;
        let spends_budget = budget.spend(tx, key, principal)?;
        let (grid, today) = (row.grid, clock::day(tx.now));
        let particulars = row.particulars(key)?;
        let stay = row.stay(&particulars);
        let Particulars { name, phone, id_number, hardships, notes, next_of_kin, .. } = particulars;
        let home = Home { address: particulars.address, place: row.home()? };
        let (Home { address, place }, home) = match &stay {
            Some(stay) if stay.covers(today) => {
                let at = stay.at.clone();
                (Home { address: at.address, place: at.place }, Some(home))
            }
            _ => (home, None),
        };
        tx.record(
            Event::new("beneficiary.reveal", Subject::Reading, row.id, grid, row.version)
                .by(principal.person)
                .with(json!({ "purpose": purpose.as_str() })),
        );
        let of_district = principal.area.level() == Level::District;
        let whole = of_district && purpose == Purpose::Correction;
        let id_number = if whole { id_number } else { hide(&id_number) };
        let revealed = Revealed {
            id,
            name,
            phone,
            address,
            place,
            home,
            stay: stay.map(Stay::revealed),
            hardships,
            id_number,
            last_contact: row.last_contact,
            notes,
            next_of_kin,
            expires_s: EXPIRES_S,
        };
        Ok(Disclosed { revealed, spends_budget })
    }
}

/// The beneficiary, if the principal may reveal it.
fn revealable(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: BeneficiaryId,
) -> Result<BeneficiaryRow, Problem> {
    principal.may(Action::RevealBeneficiary)?;
    let visits = store::holds_at(tx.read()?, principal.district(), principal.person, id)?;
    // A visitor from another grid sees only the beneficiaries of their own tasks there.
    let today = clock::day(tx.now);
    let seen = |row: &BeneficiaryRow| visits || row.is_within(&principal.area, today);
    let row = beneficiary::store::row(tx.read_unbatched(), &principal.district().range(), id)?;
    let row = row.filter(seen).ok_or_else(Problem::not_found)?;
    if principal.role == Role::Volunteer && !visits {
        return Err(ProblemCode::Forbidden.into());
    }
    Ok(row)
}

/// The number of ID digits that are always shown; none of a number that is not longer.
const SHOWN: usize = 4;

fn hide(id_number: &str) -> String {
    let length = id_number.chars().count();
    let hidden = if length > SHOWN { length - SHOWN } else { length };
    let shown = id_number.chars().skip(hidden);
    std::iter::repeat_n('*', hidden).chain(shown).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_last_four_of_a_hidden_id_number_are_seen() {
        assert_eq!(super::hide("999999198108240175"), "**************0175");
        assert_eq!(super::hide("12345"), "*2345");
        assert_eq!(super::hide("1234"), "****");
    }
}
