//! `/problems/{code}`: what a problem's `type` leads to.

use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use super::answer::Language;
use super::catalogue::{self, Entry};

/// What a kind of problem means.
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    /// The stable word.
    #[schema(max_length = 64, example = "not_found")]
    code: &'static str,
    /// The HTTP status it comes with.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// The problem in a few words.
    #[schema(max_length = 256, example = "Not found")]
    title: &'static str,
    /// What to do about it.
    #[schema(max_length = 1024, example = "The resource does not exist or is outside your area.")]
    detail: &'static str,
}

/// Explain a problem
///
/// What the `type` of a problem leads to, in the caller's language. No authentication required.
#[utoipa::path(
    tag = "service",
    operation_id = "explain_problem",
    params(("code" = String, Path, description = "The problem's code", max_length = 64, example = "not_found")),
    responses(
        (status = OK, description = "What the problem means", body = Explanation),
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
