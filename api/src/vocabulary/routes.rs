//! The HTTP endpoints for vocabularies.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use gridward_domain::authority::Principal;
use serde::Serialize;
use utoipa::ToSchema;

use super::replace::{self, NewWords, Replacement};
use super::{Vocabulary, VocabularyName, store};
use crate::auth::Authenticated;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, IfNoneMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// All vocabularies of the district.
#[derive(Serialize, ToSchema)]
pub struct VocabularyList {
    /// The vocabularies, ordered by name.
    #[schema(max_items = 16)]
    items: Vec<Vocabulary>,
}

/// List vocabularies
///
/// Lists the district's own words for categories, hardships, languages, needs, states of plaques and
/// skills, archived ones too. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "list_vocabularies",
    responses(
        (status = OK, description = "The vocabularies", body = VocabularyList),
        openapi::Read,
    ),
)]
#[get("/vocabularies")]
pub(crate) async fn list_vocabularies(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<Json<VocabularyList>, Problem> {
    let all = db.read(move |conn| store::all(conn, principal.district())).await?;
    Ok(Json(VocabularyList { items: all.into_all() }))
}

/// Get a vocabulary
///
/// The words in the order in which they are shown, archived ones too. With `If-None-Match`,
/// answers 304 if the version is unchanged. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "get_vocabulary",
    params(("name" = VocabularyName, Path, description = "The vocabulary")),
    responses(
        (
            status = OK, description = "The vocabulary", body = Vocabulary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/vocabularies/{name}")]
pub(crate) async fn get_vocabulary(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    name: Path<VocabularyName>,
) -> Result<HttpResponse, Problem> {
    shown(&request, &db, &principal, *name).await
}

/// List skills
///
/// The vocabulary `skills`: the skills of people, which tasks may require. With `If-None-Match`,
/// answers 304 if the version is unchanged. Allowed roles: all.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "list_skills",
    responses(
        (
            status = OK, description = "The vocabulary of skills", body = Vocabulary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        (status = NOT_MODIFIED, description = "The version is unchanged"),
        openapi::Read,
    ),
)]
#[get("/skills")]
pub(crate) async fn list_skills(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<HttpResponse, Problem> {
    shown(&request, &db, &principal, VocabularyName::Skills).await
}

async fn shown(
    request: &HttpRequest,
    db: &Db,
    principal: &Principal,
    name: VocabularyName,
) -> Result<HttpResponse, Problem> {
    let (held, district) = (IfNoneMatch::of(request)?, principal.district());
    let vocabulary = db.read(move |conn| store::one(conn, district, name)).await?;
    Ok(versioned::unless_held(&held, vocabulary.version, &vocabulary))
}

/// Replace a vocabulary
///
/// Replaces the words by the whole list of the body, in its order. A word that the list lacks is
/// removed; if it is in use, the answer is 409 `word_in_use` with the number of uses: archive it
/// instead, with `active` false. An archived word is no longer offered and stays valid where it is
/// used. Requires `If-Match`. Phones get the new list with the next sync. Allowed roles: admins.
#[utoipa::path(
    tag = "catalogue",
    operation_id = "replace_vocabulary",
    params(("name" = VocabularyName, Path, description = "The vocabulary")),
    request_body(content = NewWords, description = "All words"),
    responses(
        (
            status = OK, description = "The vocabulary, with its new words", body = Vocabulary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`"))
        ),
        openapi::Decide,
    ),
)]
#[put("/vocabularies/{name}")]
pub(crate) async fn replace_vocabulary(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    name: Path<VocabularyName>,
    IfMatch(base): IfMatch,
    key: IdempotencyKey,
    Body(new): Body<NewWords>,
) -> Result<HttpResponse, Problem> {
    let change = Replacement { name: *name, base, new };
    let replaced = commands.run(principal, key, change, |change, tx, key, principal| {
        replace::replace(tx, key, principal, change)
    });
    let done = replaced.await?;
    let answer = versioned::at_version(HttpResponse::Ok(), done.made.version);
    Ok(done.answer(answer))
}
