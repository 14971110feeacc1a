//! The HTTP endpoint for codes by message.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gridward_domain::area::AreaCode;
use gridward_domain::phone::Phone;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Enrolments;
use super::code_requests::CodeMessages;
use crate::auth::sign_in::SignIn;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::limits::Prefix;

/// The phone number of a person who lost access.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "10003580282"}))]
pub struct CodeRequest {
    /// The district; optional if the installation has only one.
    district: Option<AreaCode>,
    /// The phone number, as for signing in.
    #[schema(min_length = 5, max_length = 64, example = "10003580282")]
    phone: String,
}

/// Request a code by message
///
/// Sends a one-time code of six digits, valid for ten minutes, to the phone of a manager or
/// volunteer, who then enrols a device with it. The answer is the same for every number, once a
/// minute, five times an hour and ten times a day (429); each district has a daily budget. 404
/// `codes_unavailable` if the installation sends no messages. No authentication required.
#[utoipa::path(
    tag = "auth",
    operation_id = "request_code",
    request_body(content = CodeRequest, description = "The phone number"),
    responses((status = ACCEPTED, description = "A code is sent if the number is known"), openapi::Enrol),
    security(()),
)]
#[post("/auth/codes")]
pub(crate) async fn request_code(
    enrolments: Data<Enrolments>,
    messages: Data<CodeMessages>,
    sign_in: Data<SignIn>,
    from: Prefix,
    Body(CodeRequest { district, phone }): Body<CodeRequest>,
) -> Result<HttpResponse, Problem> {
    let phone: Phone = phone.parse().map_err(|error| Problem::invalid("/phone", error))?;
    sign_in.attempts.admit_address(from)?;
    messages.request(&enrolments, district, phone).await?;
    Ok(HttpResponse::Accepted().finish())
}
