//! Lists the documents of a case: what there is, without the bytes.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use gridward_domain::authority::Action;
use gridward_domain::code::WordCode;
use gridward_domain::id::CaseId;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::{TaskAttachment, listed};
use super::receive::Attachments;
use super::{expiration, store};
use crate::auth::Authenticated;
use crate::case::scope;
use crate::http::openapi;
use crate::http::problem::Problem;

/// The most documents in a list.
const MOST_LISTED: i64 = 200;

/// A document of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDocument {
    /// The attachment.
    #[serde(flatten)]
    attachment: TaskAttachment,
    /// Which of the documents of the kind of case it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<WordCode>,
}

/// The documents of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDocuments {
    /// The documents, in the order of their announcement.
    #[schema(max_items = 200)]
    items: Vec<CaseDocument>,
}

/// List a case's documents
///
/// Lists the documents of a case in the order of their announcement, also those that have not arrived
/// as a whole. `POST /v1/attachments` with `case_id` adds one, `GET /v1/attachments/{id}` has the bytes.
/// Allowed roles: managers, supervisors and admins within their area, if the kind of the case is not
/// confidential or names their role.
#[utoipa::path(
    tag = "attachments",
    operation_id = "list_case_documents",
    params(("id" = CaseId, Path, description = "The case")),
    responses((status = OK, description = "The documents", body = CaseDocuments), openapi::Read),
)]
#[get("/cases/{id}/documents")]
pub(crate) async fn list_case_documents(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<CaseId>,
) -> Result<HttpResponse, Problem> {
    let (keys, now, case) = (attachments.keys.clone(), (attachments.clock)(), *id);
    let read = attachments.db.read(move |conn| {
        let district = principal.district();
        scope::visible(conn, &principal, case, Action::ReadCases)?;
        let mut rows = store::of_case(conn, district, case, MOST_LISTED)?;
        rows.retain(|row| !expiration::is_expired(row, now));
        let key = keys.key(conn, district)?;
        let listed = listed(conn, &key, rows)?.into_iter();
        let items = listed.map(|(attachment, document)| CaseDocument { attachment, document });
        Ok::<_, Problem>(CaseDocuments { items: items.collect() })
    });
    let documents = read.await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(documents))
}
