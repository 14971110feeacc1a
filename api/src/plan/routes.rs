//! The HTTP endpoints for plans.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{PersonId, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::computed::Order;
use super::model::{Plan, PlanState, PlanVisit};
use super::span::Span;
use super::store::{self, VisitFilter};
use super::{draft, run, undo};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::{Commands, Done, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

/// A plan that begins later than this many days from today needs a confirmation.
const NEAR_DAYS: i64 = 31;

/// The order for a plan.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "area": "500116001", "first_day": "2026-11-23", "last_day": "2026-11-29"
}))]
pub struct PlanOrder {
    /// The area whose open tasks are planned.
    area: AreaCode,
    /// The first day; today at the earliest.
    #[serde(deserialize_with = "crate::http::day::stored")]
    first_day: NaiveDate,
    /// The last day, at most 30 days after the first.
    #[serde(deserialize_with = "crate::http::day::stored")]
    last_day: NaiveDate,
    /// The random seed. The same seed and the same tasks give the same plan.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 4_294_967_295_u64, default = 0)]
    seed: u32,
    /// Minutes from now to the first departure of today.
    #[serde(default = "default_lead", skip_serializing_if = "is_default_lead")]
    #[schema(minimum = 0, maximum = 1440, default = 30)]
    lead_minutes: u16,
    /// Also plans tasks that are late on every day of the plan, although earlier days are still
    /// possible.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    include_late: bool,
    /// Confirms a first day more than 31 days from today.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    confirm: bool,
}

/// The longest lead time, in minutes: a day.
const LONGEST_LEAD: u16 = 1440;

const fn default_lead() -> u16 {
    30
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
const fn is_default_lead(minutes: &u16) -> bool {
    *minutes == default_lead()
}

impl PlanOrder {
    /// Checks that the principal may plan the area.
    fn authorized(&self, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::Dispatch)?;
        principal
            .authorize(Action::Dispatch, &self.area)
            .map_err(|_| Problem::invalid("/area", "must be in your area"))
    }

    /// The order of `principal` for a run at `now`.
    fn order(&self, principal: &Principal, now: DateTime<Utc>) -> Result<Order, Problem> {
        let today = clock::day(now);
        let span = Span::from_today(self.first_day, self.last_day, today)
            .map_err(|error| Problem::invalid(error.pointer(), error))?;
        if self.lead_minutes > LONGEST_LEAD {
            let detail = format!("must be at most {LONGEST_LEAD}");
            return Err(Problem::invalid("/lead_minutes", detail));
        }
        let days = (self.first_day - today).num_days();
        if days > NEAR_DAYS && !self.confirm {
            let detail = format!("first_day is {days} days from today");
            let problem = Problem::from(ProblemCode::ConfirmationRequired);
            return Err(problem.with(FieldError::new("/confirm", detail)));
        }
        Ok(Order {
            area: self.area,
            span,
            seed: self.seed.into(),
            now,
            lead: TimeDelta::minutes(self.lead_minutes.into()),
            include_late: self.include_late,
            by: Some(principal.person),
        })
    }
}

impl Effect for PlanOrder {
    type Made = Plan;

    fn action(&self) -> &'static str {
        "plan.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        self.authorized(principal)
    }
}

/// Create a plan
///
/// Plans the open tasks of an area for a range of days by distance, time, skills and existing
/// workload, as a draft: no task changes until it is applied, within 7 days. Gives the reason for
/// each assignment, and the obstacle for each task that no one can do. Tasks that are already
/// assigned keep their assignee. Past days are refused; the rest of today begins after a lead time.
/// A task is not planned into days that all make it late while earlier days are possible, unless
/// `include_late` is set. A first day more than 31 days from today is 409 `confirmation_required`
/// until `confirm` is set. Allowed roles: supervisors, admins, and managers in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "create_plan",
    request_body(content = PlanOrder, description = "The area and the days"),
    responses(
        (
            status = CREATED, description = "The draft", body = Plan,
            headers(("Location" = String, description = "The plan's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/plans")]
pub(crate) async fn create_plan(
    db: Data<Db>,
    commands: Data<Commands>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(body): Body<PlanOrder>,
) -> Result<HttpResponse, Problem> {
    body.authorized(&principal)?;
    // Before the plan is computed: a repeated order must not cost as much as the first.
    let done = match commands.stored(principal, key.clone(), body).await? {
        Some(done) => done,
        None => make(&db, &commands, principal, key, (body, (**clock)())).await?,
    };
    let mut answer = HttpResponse::Created();
    answer.insert_header((LOCATION, format!("/v1/plans/{}", done.made.id)));
    Ok(done.answer(answer))
}

/// Computes the draft and stores it, once.
async fn make(
    db: &Db,
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    (body, now): (PlanOrder, DateTime<Utc>),
) -> Result<Done<Plan>, Problem> {
    let (computed, _) = run::compute(db, body.order(&principal, now)?).await?;
    let stored =
        commands.run(principal, key, body, move |_, tx, _, _| Ok(draft::store(tx, &computed)?));
    stored.await
}

/// Filter and page of plans.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Only plans of this area and its descendants.
    area: Option<AreaCode>,
    /// Only plans in this state.
    state: Option<PlanState>,
}

/// List plans
///
/// Lists the plans of the caller's area, newest first. Allowed roles: all except
/// volunteers.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plans",
    params(PlanQuery, PageQuery),
    responses((status = OK, description = "A page of plans", body = Page<Plan>), openapi::Read),
)]
#[get("/plans")]
pub(crate) async fn list_plans(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<PlanQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadPlans, &area)?;
    area::known::in_query(&db, query.area).await?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let plans = db.read(move |conn| store::list(conn, &area.range(), query.state, &wanted)).await?;
    let plans = page::page(plans, limit, |plan: &Plan| plan.id);
    Ok(plans.answer(request.path(), request.query_string()))
}

/// Get a plan
///
/// Includes the quality measures. Allowed roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan", body = Plan), openapi::Read),
)]
#[get("/plans/{id}")]
pub(crate) async fn get_plan(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    principal.may(Action::ReadPlans)?;
    let plan = db.read(move |conn| store::one(conn, &principal.scope(), *id)).await?;
    plan.map(Json).ok_or_else(Problem::not_found)
}

/// Discard a draft
///
/// The plan can no longer be applied. An applied plan is 409 `plan_state`. Allowed roles:
/// supervisors, admins, and managers in their grid.
#[utoipa::path(
    tag = "plans",
    operation_id = "discard_plan",
    params(("id" = PlanId, Path, description = "The plan")),
    responses((status = OK, description = "The plan, discarded", body = Plan), openapi::GiveUp),
)]
#[delete("/plans/{id}")]
pub(crate) async fn discard_plan(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
) -> Result<Json<Plan>, Problem> {
    principal.may(Action::Dispatch)?;
    let discarded = db.write(principal.district(), move |tx| {
        undo::discard(tx, &principal.scope(), *id, principal.person)
    });
    Ok(Json(discarded.await?))
}

/// Filter and page of visits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VisitQuery {
    /// Only tasks that no one can do.
    #[serde(default)]
    unassigned: bool,
    /// Only visits of this person.
    person: Option<PersonId>,
    /// Only visits of this day.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    day: Option<NaiveDate>,
    /// Only tasks of this area.
    area: Option<AreaCode>,
}

/// List a plan's visits
///
/// Gives for each task the assignee, the time and the reason, or the obstacle. Allowed
/// roles: all except volunteers, within their area.
#[utoipa::path(
    tag = "plans",
    operation_id = "list_plan_visits",
    params(("id" = PlanId, Path, description = "The plan"), VisitQuery, PageQuery),
    responses(
        (status = OK, description = "A page of visits", body = Page<PlanVisit>),
        openapi::Read,
    ),
)]
#[get("/plans/{id}/visits")]
pub(crate) async fn list_plan_visits(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<PlanId>,
    Paged { filter: query, page }: Paged<VisitQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let VisitQuery { unassigned, person, day, area } = query;
    let filter = VisitFilter { unassigned, person, day, area };
    let visits = db.read(move |conn| {
        store::one(conn, &principal.scope(), *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(store::visits(conn, principal.district(), *id, filter, &wanted)?)
    });
    let visits = page::page(visits.await?, limit, |visit: &PlanVisit| visit.task_id);
    Ok(visits.answer(request.path(), request.query_string()))
}
