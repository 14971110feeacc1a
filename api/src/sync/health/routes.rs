//! The HTTP endpoint for sync health.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::{PersonId, SessionId, TaskId};
use serde::Serialize;
use utoipa::ToSchema;

use super::read;
use crate::auth::{Authenticated, Sessions};
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The phones of the caller's people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncHealth {
    /// The people, ordered by name.
    #[schema(max_items = 1000)]
    items: Vec<PersonHealth>,
}

/// The phones of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonHealth {
    /// The person.
    pub person_id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// The person's area.
    pub area: AreaCode,
    /// The phones on which the person is signed in.
    #[schema(max_items = 100)]
    pub phones: Vec<PhoneHealth>,
}

/// What the last sync of a phone has proved.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PhoneHealth {
    /// The session of the phone.
    pub session_id: SessionId,
    /// The name of the phone.
    pub device: DeviceName,
    /// The visits in hand of which the phone does not have the present version.
    #[schema(max_items = 10_000)]
    pub visits_waiting: Vec<TaskId>,
    /// The last problem of a command of the phone; absent after a push without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<SyncError>,
    /// The minutes by which the phone's clock is behind (or, negative, ahead of) the server's; absent
    /// if it is right within five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -100_000_000, maximum = 100_000_000, example = 72)]
    pub clock_behind_min: Option<i32>,
}

/// The problem of a command of a phone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncError {
    /// The code of the problem.
    #[schema(max_length = 64, pattern = "^[a-z_]+$", example = "not_assignee")]
    pub code: String,
    /// When it occurred.
    pub at: DateTime<FixedOffset>,
}

/// Get the sync health of one's people
///
/// What a direct superior needs to help with a phone: whether the visits in hand have reached it,
/// the problem of its last commands, and whether its clock is wrong. A manager sees the volunteers
/// of the grid, a village supervisor the managers of the village, and a town supervisor the managers
/// of the villages that have no supervisor; others see none. Times of use are not stored. Allowed
/// roles: admins, supervisors and managers.
#[utoipa::path(
    tag = "people",
    operation_id = "get_sync_health",
    responses((status = OK, description = "The phones", body = SyncHealth), openapi::Read),
)]
#[get("/people/sync-health")]
pub(crate) async fn get_sync_health(
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    sessions: Data<Sessions>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageAccess)?;
    let (idle, now) = (sessions.rules.idle, (clock)());
    let items = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        read::health(conn, &key, &principal, idle, now)
    });
    let items = items.await.map_err(Problem::from)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(SyncHealth { items }))
}
