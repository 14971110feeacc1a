//! The HTTP endpoint for the history of a beneficiary.

use std::collections::BTreeSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::{BeneficiaryId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::BeneficiaryHistoryEntry;
use super::entry::{Key, Source};
use super::sources::{self, Of};
use crate::auth::Authenticated;
use crate::clock::nearest_moment;
use crate::crypto::KeyRing;
use crate::db::Conn;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::tx::Db;
use crate::{beneficiary, log, person};

/// Filter and page of a history.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BeneficiaryHistoryQuery {
    /// `true` lists who has read personal data of the beneficiary instead; only for supervisors and
    /// admins.
    readings: Option<bool>,
}

/// The history of a beneficiary, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BeneficiaryHistory {
    /// The entries on this page.
    #[schema(max_items = 200)]
    items: Vec<BeneficiaryHistoryEntry>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
    /// Whether earlier changes and readings may be in the log's archive; the other
    /// entries are never archived.
    earlier_archived: bool,
}

/// Get a beneficiary's history
///
/// Lists the visits with day, kind, outcome and visitor, the corrections, the changes of the entry, the
/// cases whose kind the caller sees, and what was handed out, newest first. With `readings` it lists instead who has revealed the beneficiary or read a
/// correction; data that was sent to the phones of visitors is in the log alone
/// (`beneficiary.sync`). Allowed roles: managers, supervisors and admins; readings only for
/// supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "get_beneficiary_history",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary"), BeneficiaryHistoryQuery, PageQuery),
    responses((status = OK, description = "A page of entries", body = BeneficiaryHistory), openapi::Read),
)]
#[get("/beneficiaries/{id}/history")]
pub(crate) async fn get_beneficiary_history(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    Paged { filter, page }: Paged<BeneficiaryHistoryQuery>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadBeneficiaries)?;
    let readings = filter.readings == Some(true);
    let wanted = wanted(&page)?;
    let (keys, id) = (keys.clone(), *id);
    let history = db.read(move |conn| {
        let found = beneficiary::store::row(conn, &principal.scope(), id)?;
        let row = found.ok_or_else(Problem::not_found)?;
        if readings {
            principal.may(Action::ReadLog)?;
        }
        let key = keys.key(conn, row.district)?;
        let (district, role) = (row.district, principal.role);
        let of = Of { key: &key, district, beneficiary: row.id, role };
        let read = if readings { sources::readings } else { sources::contacts };
        let mut entries = read(conn, of, &wanted)?;
        named(conn, of, &principal, &mut entries)?;
        // Read last, so that events archived in the meantime are indicated.
        let earlier_archived = log::head::read(conn, row.district)?.archived_seq > 0;
        let Page { items, next_cursor } =
            page::page(entries, wanted.limit, |entry| entry.key.clone());
        Ok::<_, Problem>(BeneficiaryHistory { items, next_cursor, earlier_archived })
    });
    let history = history.await?;
    let links = Page::<()> { items: Vec::new(), next_cursor: history.next_cursor.clone() };
    Ok(links.head(request.path(), request.query_string()).json(history))
}

/// The requested page, with a time within reach: a cursor may be forged.
fn wanted(page: &PageQuery) -> Result<Wanted<Key>, Problem> {
    let Wanted { limit, after } = page.wanted::<Key>()?;
    let after = after.map(|Key(at, source, id)| {
        let readable = match source {
            Source::Event => id.parse::<i64>().is_ok(),
            Source::Report | Source::Correction | Source::Case | Source::Handout => {
                id.parse::<uuid::Uuid>().is_ok()
            }
        };
        let error = || Problem::unreadable("cursor", "must be a `next_cursor` of this list");
        readable.then(|| Key(nearest_moment(at.fixed_offset()), source, id)).ok_or_else(error)
    });
    Ok(Wanted { limit, after: after.transpose()? })
}

/// Adds the names of the people in the caller's area.
fn named(
    conn: &mut Conn,
    of: Of<'_>,
    principal: &Principal,
    entries: &mut [BeneficiaryHistoryEntry],
) -> Result<(), Problem> {
    let people: BTreeSet<PersonId> = entries.iter().filter_map(|entry| entry.person_id).collect();
    let names = person::store::names(conn, of.key, &principal.scope(), people)?;
    for entry in entries {
        entry.person_name = entry.person_id.and_then(|id| names.get(&id).cloned());
    }
    Ok(())
}
