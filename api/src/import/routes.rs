//! The HTTP endpoints for imports.

use actix_multipart::Multipart;
use actix_web::http::header::{LOCATION, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, FixedOffset};
use gridward_domain::authority::Action;
use gridward_domain::id::ImportId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::model::{Import, ImportFault, ImportMode};
use super::run::{Imports, Order, begun};
use super::{store, upload};
use crate::auth::Authenticated;
use crate::http::Query;
use crate::http::deserialize;
use crate::http::openapi;
use crate::http::page::{self, NoFilter, Page, PageQuery, Paged};
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::tx::Db;

/// How files are imported.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `check` reports faults and changes; `apply` writes them if there is no fault.
    #[serde(default)]
    #[param(inline)]
    mode: ImportMode,
    /// The files are the whole district: rows that they lack are removed. All files are required.
    #[serde(default)]
    whole: bool,
    /// People who have left, and are in the files, get access again.
    #[serde(default)]
    readmit: bool,
    /// When the files were written. A value that was edited later outweighs a different one of the
    /// files; without this time, every edited value does.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    written_at: Option<DateTime<FixedOffset>>,
}

/// The files of an import; at least one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form in the contract")]
pub struct ImportForm {
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    areas: Option<Vec<u8>>,
    /// `GeoJSON`: the outlines of the grids.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    grids: Option<Vec<u8>>,
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    people: Option<Vec<u8>>,
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    beneficiaries: Option<Vec<u8>>,
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    stations: Option<Vec<u8>>,
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    memorials: Option<Vec<u8>>,
    /// CSV or XLSX.
    #[schema(value_type = Option<String>, format = Binary, max_length = 67_108_864)]
    holidays: Option<Vec<u8>>,
}

/// Import files
///
/// Reads files of the district: CSV in UTF-8 or GB 18030, XLSX, `GeoJSON`, at most 64 MiB
/// together. The header names the columns in English, in Chinese, or by the district's agreed
/// headings. A file may contain only the rows that change, and files of people and beneficiaries
/// may lack columns of rows that exist: `id` and `phone` suffice for a new phone number. Rows
/// that the files lack are reported and kept unless `whole` is set. Values that were edited after
/// `written_at` are kept and reported, as are rows that have ended since. One fault suffices to write
/// nothing. The import runs in the background: poll `Location`. Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "create_import",
    params(ImportQuery, openapi::OwnNames),
    request_body(
        content = ImportForm, content_type = "multipart/form-data", description = "The files"
    ),
    responses(
        (
            status = ACCEPTED, description = "The import runs", body = Import,
            headers(("Location" = String, description = "The import's path")),
        ),
        openapi::Write,
    ),
)]
#[post("/imports")]
pub(crate) async fn create_import(
    imports: Data<Imports>,
    Authenticated(principal): Authenticated,
    query: Query<ImportQuery>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Import)?;
    let Query(ImportQuery { mode, whole, readmit, written_at }) = query;
    let district = principal.district();
    let written_at = written_at.map(|time| time.to_utc());
    if written_at.is_some_and(|written| written > (imports.clock)()) {
        return Err(Problem::invalid("/written_at", "must not be in the future"));
    }
    let order = Order { district, by: principal.person, mode, whole, readmit, written_at };
    let received = upload::receive(form).await?;
    let id = ImportId(Uuid::now_v7());
    let import = begun(id, order, &received, imports.clock);
    let stored = import.clone();
    imports
        .db
        .write(district, move |tx| store::begin(tx.write_unbatched(), district, &stored))
        .await?;
    tokio::spawn(imports.get_ref().clone().run(id, order, received));
    Ok(HttpResponse::Accepted().insert_header((LOCATION, format!("/v1/imports/{id}"))).json(import))
}

/// List imports
///
/// Lists the imports of the district, newest first. Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "list_imports",
    params(PageQuery),
    responses((status = OK, description = "A page of imports", body = Page<Import>), openapi::Read),
)]
#[get("/imports")]
pub(crate) async fn list_imports(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Import)?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let imports = db.read(move |conn| store::list(conn, principal.district(), &wanted)).await?;
    let imports = page::page(imports, limit, |import: &Import| import.id);
    Ok(imports.answer(request.path(), request.query_string()))
}

/// Get an import
///
/// Gives the progress, and at the end the faults by kind and the changes; descriptions of faults are
/// in the caller's language if they are frequent ones. Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "get_import",
    params(("id" = ImportId, Path, description = "The import")),
    responses((status = OK, description = "The import", body = Import), openapi::Read),
)]
#[get("/imports/{id}")]
pub(crate) async fn get_import(
    request: HttpRequest,
    imports: Data<Imports>,
    Authenticated(principal): Authenticated,
    id: Path<ImportId>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Import)?;
    let id = *id;
    let found = imports.db.read(move |conn| store::one(conn, principal.district(), id)).await?;
    let mut import = found.ok_or_else(Problem::not_found)?;
    import.progress = if import.finished_at.is_none() { imports.progress(id) } else { None };
    if Language::of(&request) == Language::Chinese
        && let Some(result) = &mut import.result
    {
        result.translate();
    }
    Ok(HttpResponse::Ok().insert_header((VARY, "Accept-Language")).json(import))
}

/// List an import's faults
///
/// Lists the first 10,000 faults in the order of files and rows; their descriptions are in the
/// caller's language if they are frequent ones. Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "list_import_faults",
    params(("id" = ImportId, Path, description = "The import"), PageQuery),
    responses(
        (status = OK, description = "A page of faults", body = Page<ImportFault>),
        openapi::Read,
    ),
)]
#[get("/imports/{id}/faults")]
pub(crate) async fn list_import_faults(
    request: HttpRequest,
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    id: Path<ImportId>,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Import)?;
    let wanted = page.wanted()?;
    let limit = wanted.limit;
    let faults = db.read(move |conn| {
        let district = principal.district();
        store::one(conn, district, *id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(store::faults(conn, district, *id, &wanted)?)
    });
    let page = page::page(faults.await?, limit, |(number, _): &(i64, ImportFault)| *number);
    let next_cursor = page.next_cursor;
    let mut items: Vec<ImportFault> = page.items.into_iter().map(|(_, fault)| fault).collect();
    if Language::of(&request) == Language::Chinese {
        items.iter_mut().for_each(ImportFault::translate);
    }
    let page = Page { items, next_cursor };
    let mut answer = page.head(request.path(), request.query_string());
    Ok(answer.insert_header((VARY, "Accept-Language")).json(page))
}
