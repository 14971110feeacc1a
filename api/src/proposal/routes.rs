//! The HTTP endpoints for proposals.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::{ProposalId, TaskId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::decide::{Answer, Decision};
use super::propose_day::ProposeDay;
use super::raise_need::RaiseNeed;
use super::store::{self, Filter, Placed};
use super::{Acceptance, NeedProposal, NewDay, Proposal, ProposalState, ProposalSubject};
use crate::auth::Authenticated;
use crate::clock::{Clock, china, nearest_moment};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, OptionalJson, versioned};
use crate::idempotency::{Commands, Done, IdempotencyKey};
use crate::task::commands::command::StatedReason;
use crate::task::commands::origin::Origin;
use crate::tx::Db;
use crate::{area, person};

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(propose_day)
        .service(raise_need)
        .service(list_proposals)
        .service(get_proposal)
        .service(accept_proposal)
        .service(refuse_proposal);
}

fn origin(key: &IdempotencyKey) -> Origin {
    Origin { id: key.0.clone(), ..Origin::default() }
}

fn created(done: &Done<Proposal>) -> HttpResponse {
    let mut answer = versioned::at_version(HttpResponse::Created(), done.made.version);
    answer.insert_header((LOCATION, format!("/v1/proposals/{}", done.made.id)));
    done.answer(answer)
}

/// Propose another day
///
/// Proposes another day for an assigned or accepted task, for a decision by the manager of the grid.
/// A later proposal for the task takes the place of an open one. It lapses when the task has another
/// assignee or is begun, and when the day has passed. Phones do the same offline with the command
/// `task.propose_day`. Allowed roles: the assignee.
#[utoipa::path(
    tag = "tasks",
    operation_id = "propose_day",
    params(("id" = TaskId, Path, description = "The task")),
    request_body(content = NewDay, description = "The day"),
    responses(
        (
            status = CREATED, description = "The proposal, without its note", body = Proposal,
            headers(("Location" = String, description = "The proposal's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/tasks/{id}/proposals")]
pub(crate) async fn propose_day(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<TaskId>,
    key: IdempotencyKey,
    Body(new): Body<NewDay>,
) -> Result<HttpResponse, Problem> {
    let propose = ProposeDay { task: *id, new, origin: origin(&key) };
    let proposed = commands.run(principal, key, propose, |propose, tx, sealing, principal| {
        propose.run(tx, sealing, principal)
    });
    Ok(created(&proposed.await?))
}

/// Raise a need
///
/// Proposes a task for what a beneficiary needs, such as a repair that a volunteer has heard of, for a
/// decision by the manager of the grid. A need that the caller has raised already and that waits gets
/// 409 `proposal_pending`. Phones do the same offline with the command `need.raise`. Allowed roles:
/// all but auditors, for beneficiaries of their area and of their visits.
#[utoipa::path(
    tag = "tasks",
    operation_id = "raise_need",
    request_body(content = NeedProposal, description = "The need"),
    responses(
        (
            status = CREATED, description = "The proposal, without need and note", body = Proposal,
            headers(("Location" = String, description = "The proposal's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/proposals")]
pub(crate) async fn raise_need(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NeedProposal>,
) -> Result<HttpResponse, Problem> {
    let raise = RaiseNeed { new, origin: origin(&key) };
    let raised = commands.run(principal, key, raise, |raise, tx, sealing, principal| {
        raise.run(tx, sealing, principal)
    });
    Ok(created(&raised.await?))
}

/// Filter and page of proposals.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProposalQuery {
    /// Only proposals in this area and its descendants.
    area: Option<AreaCode>,
    /// Only proposals in this state.
    state: Option<ProposalState>,
    /// Only proposals of another day, or only needs.
    subject: Option<ProposalSubject>,
}

/// List proposals
///
/// Lists the proposals in the caller's area and the caller's own elsewhere, newest first, with need,
/// note and reason. Allowed roles: managers, supervisors and admins; volunteers see their own.
#[utoipa::path(
    tag = "tasks",
    operation_id = "list_proposals",
    params(ProposalQuery, PageQuery),
    responses((status = OK, description = "A page of proposals", body = Page<Proposal>), openapi::Read),
)]
#[get("/proposals")]
pub(crate) async fn list_proposals(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<ProposalQuery>,
) -> Result<HttpResponse, Problem> {
    let area = query.area.unwrap_or(principal.area);
    principal.authorize(Action::MakeProposal, &area)?;
    area::known::in_query(&db, query.area).await?;
    let filter = filter(&principal, &query);
    let wanted: Wanted<store::Key> = page.wanted()?;
    let after = wanted.after.map(|(at, id)| (nearest_moment(at.with_timezone(&china())), id));
    let (keys, limit, now) = (keys.clone(), wanted.limit, (clock)());
    let wanted = Wanted { limit, after };
    let listed = db.read(move |conn| {
        let district = principal.district();
        let key = keys.key(conn, district)?;
        let listed = store::list(conn, district, &filter, &wanted, now)?;
        let opened = listed.iter().map(|one| one.opened(&key, now));
        let mut opened = opened.collect::<Result<Vec<_>, DbError>>()?;
        add_names(conn, &key, district, &mut opened)?;
        Ok::<_, DbError>(opened)
    });
    let listed = listed.await.map_err(Problem::from)?;
    let page = page::page(listed, limit, |one: &Proposal| (one.created_at.to_utc(), one.id));
    Ok(page.answer(request.path(), request.query_string()))
}

/// The filter of what the principal may list.
fn filter(principal: &Principal, query: &ProposalQuery) -> Filter {
    let ProposalQuery { area, state, subject } = *query;
    let me = Some(principal.person);
    let (scope, by, only_own) = match (principal.role, area) {
        (Role::Volunteer, area) => (area, me, true),
        (_, Some(area)) => (Some(area), None, false),
        // The own ones may be about tasks elsewhere.
        (_, None) => (Some(principal.area), me, false),
    };
    Filter { scope: scope.map(|area| area.range()), by, only_own, state, subject }
}

/// Adds the names of the authors.
fn add_names(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    listed: &mut [Proposal],
) -> Result<(), DbError> {
    let people = listed.iter().map(|one| one.proposed_by).collect();
    let names = person::store::names(conn, key, &district.range(), people)?;
    for one in listed {
        one.proposed_by_name = names.get(&one.proposed_by).cloned();
    }
    Ok(())
}

/// Get a proposal
///
/// The proposal with need, note and reason. Allowed roles: managers, supervisors and admins within
/// their area; its author.
#[utoipa::path(
    tag = "tasks",
    operation_id = "get_proposal",
    params(("id" = ProposalId, Path, description = "The proposal")),
    responses(
        (
            status = OK, description = "The proposal", body = Proposal,
            headers(("ETag" = String, description = "The version, such as `\"v1\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/proposals/{id}")]
pub(crate) async fn get_proposal(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    id: Path<ProposalId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::MakeProposal)?;
    let (keys, id, now) = (keys.clone(), *id, (clock)());
    let read = db.read(move |conn| {
        let district = principal.district();
        let shown = |one: &Placed| {
            let decides = principal.authorize(Action::DecideProposal, &one.grid).is_ok();
            decides || one.row.proposed_by == principal.person
        };
        let found = store::one(conn, district, id)?.filter(shown);
        let found = found.ok_or_else(Problem::not_found)?;
        let key = keys.key(conn, district)?;
        let mut opened = [found.opened(&key, now)?];
        add_names(conn, &key, district, &mut opened)?;
        let [opened] = opened;
        Ok::<_, Problem>(opened)
    });
    let proposal = read.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), proposal.version).json(proposal))
}

async fn decide(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    (proposal, answer): (ProposalId, Answer),
) -> Result<HttpResponse, Problem> {
    let decision = Decision { proposal, answer, origin: origin(&key) };
    let decided = commands.run(principal, key, decision, |decision, tx, sealing, principal| {
        decision.run(tx, sealing, principal)
    });
    let done = decided.await?;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), done.made.version)))
}

/// Accept a proposal
///
/// Moves the task to the proposed day (`not_before` and `due_on`, and the window if a time is
/// proposed), or creates a task for the need, with the proposal as its `origin`; if the catalogue names a
/// kind of case for the need and no kind of service (`opens`), it opens a case. The author gets a notice. A proposal that was decided gets 409 `proposal_decided`, one that has lapsed 409
/// `proposal_lapsed`. The author of a proposal cannot decide it (403). Allowed roles: managers,
/// supervisors and admins, within their area.
#[utoipa::path(
    tag = "tasks",
    operation_id = "accept_proposal",
    params(("id" = ProposalId, Path, description = "The proposal")),
    request_body(content = Acceptance, description = "Kind, due day and instructions of the task for a need; an empty object, or no body, for a day and for a need that opens a case"),
    responses(
        (
            status = OK, description = "The accepted proposal", body = Proposal,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/proposals/{id}/accept")]
pub(crate) async fn accept_proposal(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<ProposalId>,
    key: IdempotencyKey,
    OptionalJson(acceptance): OptionalJson<Acceptance>,
) -> Result<HttpResponse, Problem> {
    decide(&commands, principal, key, (*id, Answer::Accept(acceptance))).await
}

/// Refuse a proposal
///
/// The task and the beneficiary do not change; the author gets a notice, and the reason with the
/// proposal. The author of a proposal cannot decide it (403). Allowed roles: managers, supervisors and
/// admins, within their area.
#[utoipa::path(
    tag = "tasks",
    operation_id = "refuse_proposal",
    params(("id" = ProposalId, Path, description = "The proposal")),
    request_body(content = StatedReason, description = "The reason"),
    responses(
        (
            status = OK, description = "The refused proposal", body = Proposal,
            headers(("ETag" = String, description = "The version, such as `\"v2\"`")),
        ),
        openapi::Write,
    ),
)]
#[post("/proposals/{id}/refuse")]
pub(crate) async fn refuse_proposal(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<ProposalId>,
    key: IdempotencyKey,
    Body(why): Body<StatedReason>,
) -> Result<HttpResponse, Problem> {
    decide(&commands, principal, key, (*id, Answer::Refuse(why.reason))).await
}
