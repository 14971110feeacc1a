//! Health and metrics endpoints for operators.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::Metrics;
use crate::db::{DbError, migrate};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The health of the service.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(max_length = 2, example = "ok")]
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

/// Check liveness
///
/// Succeeds as long as the process runs. No authentication required.
#[utoipa::path(
    tag = "service",
    operation_id = "get_health",
    responses((status = OK, description = "Alive", body = Health), openapi::Public),
    security(()),
)]
#[get("/healthz")]
pub(crate) async fn healthz() -> Json<Health> {
    Json(OK)
}

/// Check readiness
///
/// Succeeds when the database is reachable and its schema is current. No authentication
/// required.
#[utoipa::path(
    tag = "service",
    operation_id = "get_readiness",
    responses((status = OK, description = "Ready", body = Health), openapi::Ready),
    security(()),
)]
#[get("/readyz")]
pub(crate) async fn readyz(db: Data<Db>) -> Result<Json<Health>, Problem> {
    let current = db.read(|conn| {
        migrate::is_current(conn).map_err(|error| DbError::Unavailable(error.to_string()))
    });
    match current.await {
        Ok(true) => Ok(Json(OK)),
        Ok(false) => Err(DbError::Unavailable("migrations are pending".to_owned()).into()),
        Err(error) => Err(error.into()),
    }
}

/// The metrics page.
#[derive(ToSchema)]
#[schema(as = MetricsPage, max_length = 1_048_576, example = "gridward_requests_total 1")]
#[expect(dead_code, reason = "describes a text")]
struct Page(String);

/// Get metrics
///
/// Request counts and latencies in Prometheus' text format, without personal data. No
/// authentication required: block external access to this path at the proxy.
#[utoipa::path(
    tag = "service",
    operation_id = "get_metrics",
    responses(
        (status = OK, description = "The metrics", body = Page, content_type = "text/plain"),
        openapi::Public,
    ),
    security(()),
)]
#[get("/metrics")]
pub(crate) async fn get_metrics(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.page())
}
