//! Creates and edits many people in one call, with a result for each.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::range::{BaseVersion, Version};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::content::{NewPerson, PersonChanges};
use super::create::create;
use super::edit::{Edit, EditContext, Saved, edit};
use crate::auth::Authenticated;
use crate::crypto::SealingKey;
use crate::db::DbFailure as _;
use crate::http::problem::answer::{Language, LocalizedProblem};
use crate::http::problem::{Kept, Problem};
use crate::http::{IfMatch, Json as Body, deserialize, openapi};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::Tx;

/// The most entries of a call.
const MOST_ENTRIES: usize = 300;

/// People to create and to edit, in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "entries": [{ "edit": {
    "id": "018cc7af-0000-7000-8000-000000000021", "base_version": 3,
    "changes": { "skills": ["driving"] }
} }] }))]
pub struct BulkEntries {
    /// The entries. Each has its own result: an invalid one is `rejected`, and the others are
    /// applied.
    #[schema(min_items = 1, max_items = 300, value_type = Vec<BulkEntry>)]
    entries: Vec<Box<RawValue>>,
}

/// A person to create or to edit: exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "edit": {
    "id": "018cc7af-0000-7000-8000-000000000021", "base_version": 3,
    "changes": { "skills": ["driving"] }
} }))]
pub struct BulkEntry {
    /// As the body of `POST /v1/people`.
    create: Option<NewPerson>,
    /// As a call of `PATCH /v1/people/{id}`.
    edit: Option<BulkEdit>,
}

/// The changes of a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkEdit {
    /// The person.
    id: PersonId,
    /// The version that the changes are based on, as `If-Match` names it.
    base_version: BaseVersion,
    /// As the body of `PATCH /v1/people/{id}`.
    changes: PersonChanges,
}

/// The outcome of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<BulkOutcome>)]
pub enum BulkOutcome {
    /// The person is as the entry says.
    Applied,
    /// Nothing was changed; `problem` gives the reason.
    Rejected,
}

/// The result of one entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// The outcome.
    outcome: BulkOutcome,
    /// The person, if applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<PersonId>,
    /// The person's version after the change, if applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Version>)]
    version: Option<i64>,
    /// The reason why the entry was rejected, without `current`. Its JSON pointers are relative to
    /// the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::http::problem::answer::Body<'static>>)]
    problem: Option<LocalizedProblem>,
}

/// The results of the entries.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResults {
    /// One result for each entry, in the same order.
    #[schema(max_items = 300)]
    results: Vec<BulkResult>,
}

/// The entries of a call, as they were sent.
struct Bulk {
    entries: Vec<Box<RawValue>>,
}

impl Effect for Bulk {
    /// The results are stored: a problem without the person that it may show.
    type Made = Vec<Result<Saved, Kept>>;

    fn action(&self) -> &'static str {
        "people.save"
    }

    fn request(&self) -> Value {
        // Parsed, so that the same entries are the same request however they are written.
        let read = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
        json!(self.entries.iter().map(|raw| read(raw)).collect::<Vec<_>>())
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::EditPeople)?)
    }
}

/// Create and edit many people
///
/// Applies each entry on its own, in order: an invalid one is rejected, and the others take effect,
/// all in one transaction. The answer is 200 whatever the results. Allowed roles: admins;
/// supervisors, for supervisors of areas below, managers and volunteers; managers, for volunteers.
#[utoipa::path(
    tag = "people",
    operation_id = "save_people",
    request_body(content = BulkEntries, description = "The entries"),
    responses(
        (status = OK, description = "The result of each entry", body = BulkResults),
        openapi::Write,
    ),
)]
#[post("/people/bulk")]
pub(crate) async fn save_people(
    request: HttpRequest,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(BulkEntries { entries }): Body<BulkEntries>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::EditPeople)?;
    if !(1..=MOST_ENTRIES).contains(&entries.len()) {
        let detail = format!("must have from 1 to {MOST_ENTRIES} entries");
        return Err(Problem::invalid("/entries", detail));
    }
    let done = commands.run(principal, key, Bulk { entries }, apply).await?;
    let language = Language::of(&request);
    let result = |one: Result<Saved, Kept>| match one {
        Ok(Saved { id, version }) => BulkResult {
            outcome: BulkOutcome::Applied,
            id: Some(id),
            version: Some(version),
            problem: None,
        },
        Err(kept) => BulkResult {
            outcome: BulkOutcome::Rejected,
            id: None,
            version: None,
            problem: Some(LocalizedProblem(kept.into(), language)),
        },
    };
    let results = |made: Vec<_>| BulkResults { results: made.into_iter().map(result).collect() };
    Ok(done.map(results).answer(HttpResponse::Ok()))
}

/// Applies each entry in a savepoint.
fn apply(
    bulk: &Bulk,
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
) -> Result<Vec<Result<Saved, Kept>>, Problem> {
    let context = EditContext::read(tx, key, principal)?;
    let mut one = |raw: &RawValue| match tx.savepoint(|tx| apply_one(tx, &context, raw))? {
        Ok(saved) => Ok(Ok(saved)),
        // A failure of the server is not the result of an entry: the call fails as a whole.
        Err(problem) if problem.as_db().is_some() || problem.fault().is_some() => Err(problem),
        Err(problem) => Ok(Err(problem.without_current().kept())),
    };
    bulk.entries.iter().map(|raw| one(raw)).collect()
}

fn apply_one(tx: &mut Tx<'_>, context: &EditContext<'_>, raw: &RawValue) -> Result<Saved, Problem> {
    match deserialize::body(raw.get().as_bytes())? {
        BulkEntry { create: Some(new), edit: None } => {
            let id = new.id.unwrap_or_else(|| PersonId(Uuid::now_v7()));
            create(tx, context, &new, id).map_err(|problem| problem.under("/create"))
        }
        BulkEntry { create: None, edit: Some(BulkEdit { id, base_version, changes }) } => {
            let change = Edit { id, base: IfMatch(vec![base_version.get()]), changes };
            edit(tx, context, &change).map_err(|problem| problem.under("/edit/changes"))
        }
        _ => Err(Problem::invalid("", "requires either create or edit")),
    }
}
