//! The HTTP endpoints for the settings of plans.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::authority::{Action, Principal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::settings::{self, PlanningSettings};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::log::{Event, Subject};
use crate::tx::{Db, Tx};

/// The settings of the district for its plans, with their version.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct VersionedSettings {
    /// The settings.
    settings: PlanningSettings,
    /// The version; it increases with each change.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    version: i64,
}

/// Get the settings for plans
///
/// With `If-None-Match`, answers 304 if the version is unchanged. Allowed roles: all except
/// volunteers.
#[utoipa::path(
    tag = "plans",
    operation_id = "get_planning_settings",
    responses(
        (
            status = OK, description = "The settings", body = VersionedSettings,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/planning-settings")]
pub(crate) async fn get_planning_settings(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPlans)?;
    let held = IfNoneMatch::of(&request)?;
    let read = db.read(move |conn| settings::read(conn, principal.district())).await;
    let (settings, version) = read.map_err(Problem::from)?;
    Ok(versioned::unless_held(&held, version, &VersionedSettings { settings, version }))
}

/// The replacement of the settings.
struct Replacement {
    base: IfMatch,
    settings: PlanningSettings,
}

impl Effect for Replacement {
    type Made = VersionedSettings;

    fn action(&self) -> &'static str {
        "planning_settings.replace"
    }

    fn request(&self) -> Value {
        json!(self.settings)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// Replaces the settings. The same settings again change nothing.
fn replace(
    tx: &mut Tx<'_>,
    principal: &Principal,
    change: &Replacement,
) -> Result<VersionedSettings, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let (settings, version) = settings::read(tx.read_unbatched(), district)?;
    let present = VersionedSettings { settings, version };
    change.base.check(version, &present)?;
    change.settings.check()?;
    if change.settings == settings {
        return Ok(present);
    }
    settings::write(tx.write_unbatched(), district, &change.settings, version)?;
    let next = VersionedSettings { settings: change.settings, version: version + 1 };
    let action = "planning_settings.replace";
    let event = Event::new(action, Subject::District, district, district, next.version);
    tx.record(event.by(principal.person).with(json!({ "settings": next.settings })));
    Ok(next)
}

/// Replace the settings for plans
///
/// They apply to plans that are computed from then on. Requires `If-Match`. Allowed roles: admins.
#[utoipa::path(
    tag = "plans",
    operation_id = "replace_planning_settings",
    request_body(content = PlanningSettings, description = "All settings"),
    responses(
        (
            status = OK, description = "The new settings", body = VersionedSettings,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[put("/planning-settings")]
pub(crate) async fn replace_planning_settings(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    base: IfMatch,
    key: IdempotencyKey,
    Body(settings): Body<PlanningSettings>,
) -> Result<HttpResponse, Problem> {
    let change = Replacement { base, settings };
    let replaced = commands
        .run(principal, key, change, |change, tx, _, principal| replace(tx, principal, change))
        .await?;
    let answer = versioned::at_version(HttpResponse::Ok(), replaced.made.version);
    Ok(replaced.answer(answer))
}
