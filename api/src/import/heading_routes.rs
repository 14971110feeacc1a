//! The HTTP endpoints for the headings of the files: the templates, and the names of columns that a district has
//! agreed on.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, put};
use gridward_domain::authority::Action;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{store, template};
use crate::auth::Authenticated;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Db;

/// A table with a header.
#[derive(ToSchema)]
#[schema(as = ImportTemplate, max_length = 4096)]
#[expect(dead_code, reason = "describes a text")]
struct Template(String);

/// Get a template
///
/// An empty CSV file with Chinese headings, in UTF-8 with a byte order mark, which spreadsheets
/// need. Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "get_import_template",
    params(("file" = String, Path, max_length = 64, description = "The file", example = "people.csv")),
    responses(
        (status = OK, description = "The template", body = Template, content_type = "text/csv"),
        openapi::Read,
    ),
)]
#[get("/import-templates/{file}")]
pub(crate) async fn get_import_template(
    Authenticated(principal): Authenticated,
    file: Path<String>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::Import)?;
    let template = template::csv(&file).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")))
        .body(template))
}

/// A name of a column in the headers of the district's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedHeading {
    /// The file.
    #[schema(example = "people.csv", max_length = 64)]
    file: String,
    /// The name in the header.
    #[schema(example = "网格员电话", min_length = 1, max_length = 64)]
    heading: String,
    /// The column.
    #[schema(example = "phone", max_length = 64)]
    column: String,
}

/// The names of columns that a district has agreed on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "items": [
    { "file": "people.csv", "heading": "网格员电话", "column": "phone" },
] }))]
pub struct AgreedHeadings {
    /// The names.
    #[schema(max_items = 500)]
    items: Vec<AgreedHeading>,
}

impl AgreedHeadings {
    /// Files, headings and columns.
    ///
    /// # Errors
    /// 422 for an unknown file or column, a heading of another length, and a duplicate heading.
    fn checked(self) -> Result<Vec<(String, String, String)>, Problem> {
        let mut problem: Option<Problem> = None;
        let mut refuse = |pointer: String, detail: &str| {
            let base = problem.take().unwrap_or_else(|| ProblemCode::Invalid.into());
            problem = Some(base.with(FieldError::new(pointer, detail)));
        };
        if self.items.len() > MOST_HEADINGS {
            refuse("/items".to_owned(), "must have at most 500 items");
        }
        let mut seen = std::collections::HashSet::new();
        for (n, AgreedHeading { file, heading, column }) in self.items.iter().enumerate() {
            match template::columns(file) {
                None => refuse(format!("/items/{n}/file"), "must be a CSV file of an import"),
                Some(columns) if !columns.contains(&column.as_str()) => {
                    refuse(format!("/items/{n}/column"), "must be a column of the file");
                }
                Some(_) => {}
            }
            if !(1..=64).contains(&heading.chars().count()) {
                refuse(format!("/items/{n}/heading"), "must have from 1 to 64 characters");
            }
            if !seen.insert((file, heading)) {
                refuse(format!("/items/{n}/heading"), "must not stand twice for a file");
            }
        }
        match problem {
            Some(problem) => Err(problem),
            None => Ok(self.items.into_iter().map(|it| (it.file, it.heading, it.column)).collect()),
        }
    }
}

/// The maximum number of agreed headings.
const MOST_HEADINGS: usize = 500;

/// List agreed headings
///
/// The names of columns in the headers of the district's files, besides the usual ones. Allowed
/// roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "list_import_headings",
    responses((status = OK, description = "The headings", body = AgreedHeadings), openapi::Read),
)]
#[get("/imports/headings")]
pub(crate) async fn list_import_headings(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
) -> Result<Json<AgreedHeadings>, Problem> {
    principal.may(Action::Import)?;
    let agreed = db.read(move |conn| store::agreed(conn, principal.district())).await?;
    let item = |(file, heading, column)| AgreedHeading { file, heading, column };
    Ok(Json(AgreedHeadings { items: agreed.into_iter().map(item).collect() }))
}

/// Replace agreed headings
///
/// Allowed roles: admins.
#[utoipa::path(
    tag = "imports",
    operation_id = "replace_import_headings",
    request_body(content = AgreedHeadings, description = "All headings"),
    responses((status = OK, description = "The headings", body = AgreedHeadings), openapi::Write),
)]
#[put("/imports/headings")]
pub(crate) async fn replace_import_headings(
    db: Data<Db>,
    Authenticated(principal): Authenticated,
    Body(body): Body<AgreedHeadings>,
) -> Result<Json<AgreedHeadings>, Problem> {
    principal.may(Action::Import)?;
    let district = principal.district();
    let names = body.clone().checked()?;
    db.write(district, move |tx| {
        store::agree(tx.write_unbatched(), district, &names)?;
        let event = Event::new("import.headings", Subject::District, district, district, 1);
        tx.record(event.by(principal.person).with(json!({ "count": names.len() })));
        Ok::<_, Problem>(())
    })
    .await?;
    Ok(Json(body))
}
