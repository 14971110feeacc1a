//! The HTTP endpoints for hand-outs.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::OccasionFilter;
use gridward_domain::code::ItemCode;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::{BeneficiaryId, CampaignId, HandoutId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::give_back::{self, GivingBack};
use super::hand_out::HandingOut;
use super::handout_model::{Handout, HandoutDetail, NewHandout, ReturnHandout};
use super::handout_store::{self as handouts, HandoutFilter};
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::{Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::ops::Metrics;
use crate::task::commands::origin::Origin;
use crate::task::reveals::reveal_budget::RevealBudget;
use crate::tx::Db;

/// Filter of hand-outs.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HandoutQuery {
    /// Only hand-outs in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only hand-outs in this state.
    pub state: Option<HandoutState>,
    /// Only hand-outs of this item.
    pub item: Option<ItemCode>,
    /// Only hand-outs for this occasion: those of a campaign have its `occasion_key`.
    pub occasion: Option<OccasionFilter>,
    /// Only hand-outs to this beneficiary.
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Only hand-outs that this campaign planned.
    pub campaign_id: Option<CampaignId>,
}

impl HandoutQuery {
    /// The filter within the area, or else within the principal's.
    pub fn filter(self, principal: &Principal) -> HandoutFilter {
        HandoutFilter {
            scope: self.area.unwrap_or(principal.area).range(),
            state: self.state,
            item: self.item,
            occasion: self.occasion,
            beneficiary: self.beneficiary_id,
            campaign: self.campaign_id,
        }
    }
}

/// List hand-outs
///
/// Lists what beneficiaries of the caller's area get or got, newest first, without receipts. Allowed
/// roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "goods",
    operation_id = "list_handouts",
    params(HandoutQuery, PageQuery),
    responses((status = OK, description = "A page of hand-outs", body = Page<Handout>), openapi::Read),
)]
#[get("/handouts")]
pub(crate) async fn list_handouts(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<HandoutQuery>,
) -> Result<HttpResponse, Problem> {
    principal.authorize(Action::ReadHandouts, &query.area.unwrap_or(principal.area))?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted::<HandoutId>()?;
    let limit = wanted.limit;
    let filter = query.filter(&principal);
    let rows = db.read(move |conn| handouts::list(conn, &filter, &wanted)).await?;
    let shown = rows.iter().map(handouts::HandoutRow::shown).collect();
    let page = page::page(shown, limit, |handout: &Handout| handout.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Hand goods out
///
/// Takes the goods from the stock of the station and records the receipt. A beneficiary gets an item
/// once for an occasion: a second hand-out is 409 `handout_done` with the first, and one beyond the
/// stock 409 `goods_short`; where a campaign plans one for each household, a hand-out to another member beside it is
/// 409 `handout_done`; a beneficiary who is not entitled to it gets none (409 `handout_not_entitled`), and one
/// plaque hangs in a household (409 `household_has_plaque`). A planned or
/// returned hand-out is completed, except for goods that the district
/// has withdrawn (409 `handout_withdrawn`). The call may be sent later,
/// with the time in `at`, or as the command `handout.hand_out` of an outbox; with its `Idempotency-Key` it may be
/// repeated. Without `lot` the pieces come from the lots of the station, the first to expire first, and from the pieces
/// without a lot last; the movements name each lot. What has expired on the day is not handed out: a `lot` that has is
/// 422 `/lot`, and pieces of expired lots do not count for `goods_short`. Allowed roles: managers, supervisors and
/// admins within their area, and managers and volunteers for homes that they visit, in any grid of the district: a
/// volunteer, or a visitor from another grid, at most the planned pieces or one (422 `/quantity`), from the planned
/// station or that of the village (422 `/station`), and no refusal shows them what others have handed out.
#[utoipa::path(
    tag = "goods",
    operation_id = "hand_out",
    request_body(content = NewHandout, description = "What is handed out"),
    responses(
        (
            status = CREATED, description = "The hand-out, without its receipt", body = Handout,
            headers(("Location" = String, description = "The hand-out's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/handouts")]
pub(crate) async fn hand_out(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewHandout>,
) -> Result<HttpResponse, Problem> {
    let origin = Origin { id: key.0.clone(), ..Origin::default() };
    let handing_out = HandingOut { new, origin };
    let done = commands.run(principal, key, handing_out, |handing_out, tx, sealing, principal| {
        handing_out.run(tx, sealing, principal)
    });
    let done = done.await?;
    let mut answer = versioned::at_version(HttpResponse::Created(), done.made.version);
    answer.insert_header((LOCATION, format!("/v1/handouts/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Get a hand-out
///
/// With its receipt; the log records the access. A receipt that the caller did not write counts as a reveal of
/// the day (429 `reveal_budget`). Allowed roles: managers, supervisors and admins, where the beneficiary lives
/// in their area now.
#[utoipa::path(
    tag = "goods",
    operation_id = "get_handout",
    params(("id" = HandoutId, Path, description = "The hand-out")),
    responses(
        (
            status = OK, description = "The hand-out", body = HandoutDetail,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/handouts/{id}")]
pub(crate) async fn get_handout(
    (db, keys): (Data<Db>, Data<KeyRing>),
    (budget, metrics): (Data<RevealBudget>, Data<Metrics>),
    Authenticated(principal): Authenticated,
    id: Path<HandoutId>,
) -> Result<HttpResponse, Problem> {
    let (keys, budget) = (keys.clone(), **budget);
    let read = db.write(principal.district(), move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        give_back::read(tx, &key, (&principal, budget), *id)
    });
    let (detail, is_spent) = read.await?;
    if is_spent {
        metrics.reveal_budget_spent();
    }
    Ok(versioned::at_version(HttpResponse::Ok(), detail.handout.version).json(detail))
}

/// Return goods
///
/// The beneficiary does not have the goods: what was handed out comes back to the stock of the
/// station, or is written off with the reason `damaged`, and what was planned stays there. It may be handed out
/// again, unless the reason is `withdrawn`, which is a decision of the district's staff; another person of it restores
/// the right with the reason `restored`. An item may name the kind of case that decides either: then `case_id` is that of a case of the
/// beneficiary that was approved since (422 `/case_id`). Repeating the call changes nothing; another
/// reason is refused where goods were returned already (409 `handout_done`) or withdrawn (409 `handout_withdrawn`),
/// but for a withdrawal. The goods come back to the lots from which they were taken. Allowed roles: managers,
/// supervisors and admins where the beneficiary lives in their area now; volunteers, and managers elsewhere, take back
/// what is planned for a home that they visit, or what they have handed out there; anything else is 404 to them.
#[utoipa::path(
    tag = "goods",
    operation_id = "return_handout",
    params(("id" = HandoutId, Path, description = "The hand-out")),
    request_body(content = ReturnHandout, description = "Why"),
    responses(
        (
            status = OK, description = "The hand-out", body = Handout,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/handouts/{id}/return")]
pub(crate) async fn return_handout(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<HandoutId>,
    key: IdempotencyKey,
    Body(why): Body<ReturnHandout>,
) -> Result<HttpResponse, Problem> {
    let giving_back = GivingBack { handout: *id, why, origin: Origin::default() };
    let done = commands.run(principal, key, giving_back, |giving_back, tx, sealing, principal| {
        giving_back.run(tx, sealing, principal)
    });
    let done = done.await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}
