//! The HTTP endpoint for services as documents.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::IntoParams;

use super::install::Installation;
use super::model::{InstalledService, ServiceDocument};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{Json as Body, Query};
use crate::idempotency::{Commands, IdempotencyKey};

/// How a document is taken.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServiceQuery {
    /// Whether the document is only checked: the answer is that of the real call, and nothing is written.
    /// Default: no.
    #[serde(default)]
    #[param(required = false)]
    check: bool,
}

/// Install a service
///
/// Stores the words, goods, kinds of case, kinds of service, regimes and templates of campaigns of a service, in
/// this order, all or nothing. A part that the district has already is changed, or unchanged if it is equal, so the same document
/// again changes nothing. Each part is checked as by the operation of its register; what is wrong is 422 with
/// its JSON pointer into the document, for all parts but those that name a part with faults. A regime is identified by
/// its area and Chinese name; with new content it is not active until another person activates it. Phones get the
/// service with the next sync. With `check`, nothing is written, and an `Idempotency-Key` is ignored. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "install_service",
    params(ServiceQuery),
    request_body(content = ServiceDocument, description = "The service"),
    responses(
        (status = OK, description = "What was done with each part", body = InstalledService),
        openapi::Write,
    ),
)]
#[post("/services")]
pub(crate) async fn install_service(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    Query(ServiceQuery { check: is_check }): Query<ServiceQuery>,
    key: IdempotencyKey,
    Body(document): Body<ServiceDocument>,
) -> Result<HttpResponse, Problem> {
    let key = if is_check { IdempotencyKey(None) } else { key };
    let installation = Installation { document, is_check };
    let installed =
        commands.run(principal, key, installation, |installation, tx, key, principal| {
            installation.run(tx, key, principal)
        });
    Ok(installed.await?.answer(HttpResponse::Ok()))
}
