//! `/problems/{code}`: the page behind a problem's `type`.

use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use super::answer::Language;
use super::catalogue;
use super::entry::Entry;

/// The meaning of a kind of problem.
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    /// The stable identifier.
    #[schema(max_length = 64, example = "not_found")]
    code: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// A short summary.
    #[schema(max_length = 256, example = "Not found")]
    title: &'static str,
    /// Explanation and next step.
    #[schema(max_length = 1024, example = "The resource does not exist or is outside your area.")]
    detail: &'static str,
}

/// Explain a problem
///
/// Returns the meaning of a problem's `type`, in the caller's language. No authentication
/// required.
#[utoipa::path(
    tag = "service",
    operation_id = "explain_problem",
    params(("code" = String, Path, description = "The problem's code", max_length = 64, example = "not_found")),
    responses(
        (status = OK, description = "The explanation", body = Explanation),
        crate::http::openapi::Public,
    ),
    security(()),
)]
#[get("/problems/{code}")]
pub(crate) async fn explain_problem(
    request: HttpRequest,
    code: Path<String>,
) -> Result<Json<Explanation>, Problem> {
    let entry = catalogue::entries()
        .find(|entry| entry.code == code.as_str())
        .ok_or_else(Problem::not_found)?;
    let (title, detail) = match Language::of(&request) {
        Language::English => entry.en,
        Language::Chinese => entry.zh,
    };
    let Entry { code, status, retryable, .. } = entry;
    Ok(Json(Explanation { code, status, retryable, title, detail }))
}
