//! The HTTP endpoints for regimes.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use gridward_domain::authority::Action;
use gridward_domain::id::RegimeId;
use gridward_domain::range::OutlookWeeks;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{NewRegime, Regime, RegimeContent, RegimeOutlook};
use super::save::RegimeChange;
use super::{outlook, save, store};
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged};
use crate::http::person_or_me::PersonOrMe;
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, Query, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Serves all of them.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(list_regimes)
        .service(create_regime)
        .service(get_regime)
        .service(change_regime)
        .service(get_regime_outlook);
}

/// Filter of regimes.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegimeQuery {
    /// Only regimes of this responsible person: `me` or an id.
    #[param(inline)]
    pub responsible: Option<PersonOrMe>,
}

/// List regimes
///
/// Lists the standing duties of the caller's area, newest first. Allowed roles: supervisors, admins
/// and auditors.
#[utoipa::path(
    tag = "regimes",
    operation_id = "list_regimes",
    params(RegimeQuery, PageQuery),
    responses((status = OK, description = "A page of regimes", body = Page<Regime>), openapi::Read),
)]
#[get("/regimes")]
pub(crate) async fn list_regimes(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    Paged { filter: query, page }: Paged<RegimeQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadRegimes)?;
    let wanted = page.wanted::<RegimeId>()?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let responsible = query.responsible.map(|asked| asked.id(&principal));
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let rows = store::list(conn, &principal.scope(), responsible, &wanted)?;
        store::shown(conn, &key, &principal, &rows)
    });
    let shown = read.await.map_err(Problem::from)?;
    let page = page::page(shown, limit, |regime: &Regime| regime.id);
    Ok(page.answer(request.path(), request.query_string()))
}

/// Create a regime
///
/// Creates a standing duty: each beneficiary of an audience is visited once in each cycle, each year on
/// the birthday, or after each stay in hospital. Once a day the visits that fall due become tasks, those
/// of a cycle spread evenly over the days and the grids. A contact in the last quarter of the cycle
/// before a visit, in the week before a birthday or since the stay satisfies it; where the kind
/// is a visit, a phone call does not. A visit that fails is prepared again after a quarter of the cycle, at
/// most two weeks, the others after three days. After a gap one visit makes up for all that were missed:
/// a birthday for a week, a stay in hospital for 30 days. A new regime is not active: another person activates it by changing `active` (403
/// `regime_author`). An empty audience is refused (422). Allowed roles: supervisors and admins, within
/// their area.
#[utoipa::path(
    tag = "regimes",
    operation_id = "create_regime",
    request_body(content = NewRegime, description = "The regime"),
    responses(
        (
            status = CREATED, description = "The regime", body = Regime,
            headers(("Location" = String, description = "The regime's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/regimes")]
pub(crate) async fn create_regime(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewRegime>,
) -> Result<HttpResponse, Problem> {
    let created = commands.run(principal, key, new, |new, tx, sealing, principal| {
        save::create(tx, sealing, principal, new)
    });
    let created = created.await?;
    let path = format!("/v1/regimes/{}", created.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), created.made.version);
    answer.insert_header((LOCATION, path));
    Ok(created.answer(answer))
}

/// Get a regime
///
/// Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "regimes",
    operation_id = "get_regime",
    params(("id" = RegimeId, Path, description = "The regime")),
    responses(
        (
            status = OK, description = "The regime", body = Regime,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        (status = NOT_MODIFIED, description = "The regime is unchanged"),
        openapi::Read,
    ),
)]
#[get("/regimes/{id}")]
pub(crate) async fn get_regime(
    request: HttpRequest,
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<RegimeId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadRegimes)?;
    let held = IfNoneMatch::of(&request)?;
    let keys = keys.clone();
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal.scope(), *id)?;
        row.map(|row| row.shown(conn, &key, &principal)).transpose()
    });
    let regime = read.await.map_err(Problem::from)?.ok_or_else(Problem::not_found)?;
    Ok(versioned::unless_held(&held, regime.version, &regime))
}

/// How a regime is activated.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivationQuery {
    /// Confirms visits to all beneficiaries of the district or of a town. Default: no.
    #[serde(default)]
    #[param(required = false)]
    confirm: bool,
}

/// Change a regime
///
/// Replaces the content; the area stays. Tasks that were prepared stay; open ones of members who no
/// longer belong to the audience are cancelled. The authors of content that was never active may not set `active`, and
/// other content than before must not be active (403 `regime_author`): another person activates it.
/// Only the responsible person may change without that. An active regime needs a responsible person, and an occasion that
/// its visits follow needs a day from today on when the regime becomes active. A change to another occasion withdraws the
/// visits of the former one that wait.
/// Activating visits to all beneficiaries of the district or of a town is 409
/// `confirmation_required` until `confirm` is set. Repeating the call changes nothing. Allowed roles:
/// supervisors and admins, within their area.
#[utoipa::path(
    tag = "regimes",
    operation_id = "change_regime",
    params(
        ("id" = RegimeId, Path, description = "The regime"),
        ActivationQuery,
        openapi::OwnNames,
    ),
    request_body(content = RegimeContent, description = "The content"),
    responses(
        (
            status = OK, description = "The changed regime", body = Regime,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/regimes/{id}")]
pub(crate) async fn change_regime(
    (db, keys): (Data<Db>, Data<KeyRing>),
    Authenticated(principal): Authenticated,
    id: Path<RegimeId>,
    Query(ActivationQuery { confirm }): Query<ActivationQuery>,
    base: IfMatch,
    Body(content): Body<RegimeContent>,
) -> Result<HttpResponse, Problem> {
    let keys = keys.clone();
    let change = RegimeChange { id: *id, content, confirm, may_be_empty: false, base };
    let change = db.write(principal.district(), move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        save::change(tx, &key, &principal, &change)
    });
    let regime = change.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), regime.version).json(regime))
}

/// The span of an outlook.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OutlookQuery {
    /// The number of weeks, 1 to 104. Default: 52.
    pub weeks: Option<OutlookWeeks>,
}

/// Get the outlook of a regime
///
/// Counts the visits of each of the coming weeks, if each is made on its day: 52, or as many as `weeks` says, at
/// most 104. Nothing is written.
/// Allowed roles: supervisors, admins and auditors, within their area.
#[utoipa::path(
    tag = "regimes",
    operation_id = "get_regime_outlook",
    params(("id" = RegimeId, Path, description = "The regime"), OutlookQuery),
    responses((status = OK, description = "The outlook", body = RegimeOutlook), openapi::Read),
)]
#[get("/regimes/{id}/outlook")]
pub(crate) async fn get_regime_outlook(
    (db, keys, clock): (Data<Db>, Data<KeyRing>, Data<Clock>),
    Authenticated(principal): Authenticated,
    id: Path<RegimeId>,
    Query(query): Query<OutlookQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadRegimes)?;
    let (keys, today) = (keys.clone(), clock::day((clock)()));
    let span = (today, query.weeks.unwrap_or(OutlookWeeks::of::<52>()));
    let read = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal.scope(), *id)?;
        row.map(|row| outlook::outlook(conn, &key, &row, span)).transpose()
    });
    let outlook = read.await.map_err(Problem::from)?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(outlook))
}
