//! The HTTP endpoints for corrections.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::{BeneficiaryId, CorrectionId};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::decide::{self, Decision};
use super::propose::{self, NewCorrection};
use super::store::{self, CorrectionRow, Filter};
use super::{Correction, CorrectionDetails, CorrectionState, ProposedCorrection};
use crate::area;
use crate::auth::Authenticated;
use crate::beneficiary;
use crate::beneficiary::entry::EntryChanges;
use crate::clock::{china, nearest_moment};
use crate::crypto::{KeyRing, SealingKey};
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::ops::Metrics;
use crate::task::commands::command::StatedReason;
use crate::task::commands::origin::Origin;
use crate::task::reveals::reveal_budget::RevealBudget;
use crate::tx::{Db, Tx};

/// Propose a correction
///
/// Proposes new values for some fields of a beneficiary's entry, or sends a note about it, for a
/// decision by staff. Phones do the same offline with the command `beneficiary.correct`, and get
/// the outcome as a row `correction`. A correction with the same values that waits already gets 409
/// `correction_pending`. Allowed roles: managers, supervisors and admins within their area, and
/// visitors for as long as they see the home.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "correct_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = ProposedCorrection, description = "The correction"),
    responses(
        (
            status = CREATED, description = "The correction, without its values", body = Correction,
            headers(("Location" = String, description = "The correction's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/beneficiaries/{id}/corrections")]
pub(crate) async fn correct_beneficiary(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    key: IdempotencyKey,
    Body(proposal): Body<ProposedCorrection>,
) -> Result<HttpResponse, Problem> {
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let new = NewCorrection { beneficiary: *id, proposal, origin };
    let proposed = commands.run(principal, key, new, |new, tx, sealing, principal| {
        propose::propose(tx, sealing, principal, new)
    });
    let done = proposed.await?;
    let mut answer = versioned::at_version(HttpResponse::Created(), done.made.version);
    answer.insert_header((LOCATION, format!("/v1/corrections/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Filter and page of corrections.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CorrectionQuery {
    /// Only corrections of beneficiaries in this area and its descendants.
    area: Option<AreaCode>,
    /// Only corrections in this state.
    state: Option<CorrectionState>,
    /// Only corrections of this beneficiary.
    beneficiary_id: Option<BeneficiaryId>,
}

/// List corrections
///
/// Lists the corrections of beneficiaries in the caller's area, newest first, without their values.
/// Allowed roles: managers, supervisors and admins; volunteers see their own.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "list_corrections",
    params(CorrectionQuery, PageQuery),
    responses((status = OK, description = "A page of corrections", body = Page<Correction>), openapi::Read),
)]
#[get("/corrections")]
pub(crate) async fn list_corrections(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<CorrectionQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ProposeCorrection, &area)?;
    area::known::in_query(&db, query.area).await?;
    let own = principal.role == Role::Volunteer;
    // The own ones of a volunteer may be about homes in other grids.
    let scope = (!own || query.area.is_some()).then(|| area.range());
    let filter = Filter {
        scope,
        state: query.state,
        beneficiary: query.beneficiary_id,
        proposed_by: own.then_some(principal.person),
    };
    let wanted: Wanted<store::Key> = page.wanted()?;
    let after = wanted.after.map(|(at, id)| (nearest_moment(at.with_timezone(&china())), id));
    let (keys, limit) = (keys.clone(), wanted.limit);
    let wanted = Wanted { limit, after };
    let listed = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        store::list(conn, &key, principal.district(), &filter, &wanted)
    });
    let listed = listed.await.map_err(Problem::from)?;
    let page = page::page(listed, limit, |one: &Correction| (one.created_at.to_utc(), one.id));
    Ok(page.answer(request.path(), request.query_string()))
}

/// Get a correction
///
/// The correction with its values and its note, in clear; without the values that the entry had,
/// for its author. The log records that somebody else than its author has read it, and that counts
/// as a reveal: beyond the daily budget the answer is 429 `reveal_budget`. Allowed roles: managers,
/// supervisors and admins within their area; volunteers read their own.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "get_correction",
    params(("id" = CorrectionId, Path, description = "The correction")),
    responses(
        (
            status = OK, description = "The correction", body = CorrectionDetails,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/corrections/{id}")]
pub(crate) async fn get_correction(
    db: Data<Db>,
    keys: Data<KeyRing>,
    budget: Data<RevealBudget>,
    metrics: Data<Metrics>,
    Authenticated(principal): Authenticated,
    id: Path<CorrectionId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ProposeCorrection)?;
    let (keys, id, budget) = (keys.clone(), *id, **budget);
    let read = db.write(principal.district(), move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        let found = store::one(tx.read()?, principal.district(), id)?;
        let (row, grid) = found.ok_or_else(Problem::not_found)?;
        let may_decide = principal.authorize(Action::DecideCorrection, &grid).is_ok();
        let is_own = row.proposed_by == principal.person;
        if !is_own && !may_decide {
            return Err(Problem::not_found());
        }
        // A correction shows values of the entry in clear, as a reveal does.
        let spends_budget = !is_own && budget.spend(tx, &key, &principal)?;
        if !is_own {
            tx.record(
                Event::new("correction.read", Subject::Reading, row.beneficiary, grid, row.version)
                    .by(principal.person)
                    .with(json!({ "correction": row.id })),
            );
        }
        // Its author has the values of the entry by a reveal only.
        Ok::<_, Problem>((details(tx, &key, &row, grid, !is_own)?, spends_budget))
    });
    let (details, spends_budget) = read.await?;
    if spends_budget {
        metrics.reveal_budget_spent();
    }
    Ok(versioned::at_version(HttpResponse::Ok(), details.correction.version).json(details))
}

fn details(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &CorrectionRow,
    grid: AreaCode,
    shows_before: bool,
) -> Result<CorrectionDetails, Problem> {
    let content = row.opened(key)?;
    let scope = row.district.range();
    let entry = beneficiary::store::row(tx.read_unbatched(), &scope, row.beneficiary)?;
    let entry = entry.ok_or_else(Problem::not_found)?;
    let fields = content.proposal.changes.fields();
    let current = EntryChanges::of(&entry, &entry.particulars(key)?, &fields);
    let is_pending = row.state == CorrectionState::Pending;
    let outdated = if is_pending { content.outdated(&current) } else { Vec::new() };
    Ok(CorrectionDetails {
        correction: Correction { reason: content.reason, ..row.correction(grid) },
        outdated,
        changes: content.proposal.changes,
        before: shows_before.then_some(content.before),
        note: content.proposal.note,
    })
}

async fn decide_one(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    decision: Decision,
) -> Result<HttpResponse, Problem> {
    let decided = commands.run(principal, key, decision, |decision, tx, sealing, principal| {
        decide::decide(tx, sealing, principal, decision)
    });
    let done = decided.await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}

/// Approve a correction
///
/// Changes the entry by the correction, in one transaction. A field that has changed since the
/// correction was proposed gets 409 `correction_outdated`, a second plaque of a household 409
/// `household_has_plaque`, and a plaque whose withdrawal a case decides 409 `handout_withdrawn`; nothing is changed
/// then. The author of a correction does not decide it (403). Allowed roles: managers, supervisors and admins, within
/// their area.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "approve_correction",
    params(("id" = CorrectionId, Path, description = "The correction")),
    responses(
        (
            status = OK, description = "The approved correction", body = Correction,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/corrections/{id}/approve")]
pub(crate) async fn approve_correction(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<CorrectionId>,
    base: IfMatch,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let decision = Decision { correction: *id, base, rejected_since: None };
    decide_one(&commands, principal, key, decision).await
}

/// Reject a correction
///
/// The entry stays as it is; the author of the correction gets the reason, and does not decide it (403). Allowed
/// roles: managers, supervisors and admins, within their area.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "reject_correction",
    params(("id" = CorrectionId, Path, description = "The correction")),
    request_body(content = StatedReason, description = "The reason"),
    responses(
        (
            status = OK, description = "The rejected correction", body = Correction,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/corrections/{id}/reject")]
pub(crate) async fn reject_correction(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<CorrectionId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(why): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    let decision = Decision { correction: *id, base, rejected_since: Some(why.reason) };
    decide_one(&commands, principal, key, decision).await
}
