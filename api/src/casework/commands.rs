//! The HTTP endpoints for commands to one beneficiary: each takes effect at most once.

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::BeneficiaryId;
use serde_json::{Value, json};

use super::answer::ChangedBeneficiary;
use super::case::Case;
use super::model::{Death, Duplicate, NewEnd, NewHome, Reinstatement};
use super::{end, merge, relocate, unmerge};
use crate::area::map::{Map, Maps};
use crate::auth::Authenticated;
use crate::beneficiary::store;
use crate::crypto::SealingKey;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

/// A command about a beneficiary.
enum Command {
    Move(NewHome, Arc<Map>),
    Deceased(Death),
    End(NewEnd),
    Reinstate(Reinstatement),
    Merge(Duplicate),
    UndoMerge(Duplicate),
}

/// A command to one beneficiary, based on a version of it.
struct Call {
    id: BeneficiaryId,
    base: IfMatch,
    command: Command,
}

impl Effect for Call {
    type Made = ChangedBeneficiary;

    fn action(&self) -> &'static str {
        match self.command {
            Command::Move(..) => "beneficiary.move",
            Command::Deceased(_) | Command::End(_) => "beneficiary.end",
            Command::Reinstate(_) => "beneficiary.reinstate",
            Command::Merge(_) => "beneficiary.merge",
            Command::UndoMerge(_) => "beneficiary.merge_undo",
        }
    }

    fn request(&self) -> Value {
        let payload = match &self.command {
            Command::Move(home, _) => json!(home),
            Command::Deceased(death) => json!(death),
            Command::End(end) => json!(end),
            Command::Reinstate(reinstatement) => json!(reinstatement),
            Command::Merge(duplicate) | Command::UndoMerge(duplicate) => json!(duplicate),
        };
        json!({ "id": self.id, "payload": payload })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        let district = principal.district().range();
        let mut may = |id: BeneficiaryId, action: Action| -> Result<(), Problem> {
            let row = store::row(tx.read_unbatched(), &district, id)?;
            let row = row.ok_or_else(Problem::not_found)?;
            Ok(principal.authorize(action, &row.grid)?)
        };
        match &self.command {
            Command::Move(..) | Command::Deceased(_) => may(self.id, Action::EditBeneficiaries),
            Command::End(_) | Command::Reinstate(_) => may(self.id, Action::ManageEntitlements),
            Command::Merge(duplicate) | Command::UndoMerge(duplicate) => {
                may(self.id, Action::ManageEntitlements)?;
                may(duplicate.other_id, Action::ManageEntitlements)
            }
        }
    }
}

impl Call {
    fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<ChangedBeneficiary, Problem> {
        let (case, base) = (&mut Case { tx, key, principal }, &self.base);
        match &self.command {
            Command::Move(home, map) => relocate::relocate(case, map, self.id, home, base),
            Command::Deceased(death) => end::deceased(case, self.id, death, base),
            Command::End(end) => end::end(case, self.id, end, base),
            Command::Reinstate(why) => end::reinstate(case, self.id, why, base),
            Command::Merge(other) => merge::merge(case, self.id, other.other_id, base),
            Command::UndoMerge(other) => unmerge::undo(case, self.id, other.other_id, base),
        }
    }
}

/// Runs a command at most once.
async fn send(
    commands: &Commands,
    principal: Principal,
    key: IdempotencyKey,
    call: Call,
) -> Result<HttpResponse, Problem> {
    let done = commands.run(principal, key, call, Call::run).await?;
    let version = done.made.beneficiary.version;
    Ok(done.answer(versioned::at_version(HttpResponse::Ok(), version)))
}

/// Move a beneficiary
///
/// Gives a beneficiary another home, also in another grid. Unfinished tasks follow; an assignee of
/// another grid loses a task that is not accepted yet, and one who has accepted keeps it, with
/// `needs_planning`. The phones of both grids follow. Requires `If-Match`. Allowed roles: managers,
/// supervisors and admins of an area with both grids.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "move_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = NewHome, description = "The new home"),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/move")]
#[expect(clippy::too_many_arguments, reason = "one for each part of the request")]
pub(crate) async fn move_beneficiary(
    db: Data<Db>,
    maps: Data<Maps>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(home): Body<NewHome>,
) -> Result<HttpResponse, Problem> {
    let map = maps.of(&db, principal.area).await?;
    let command = Command::Move(home, map);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}

/// Record a death
///
/// Ends the beneficiary on the day of death. Unfinished tasks are cancelled, and planned hand-outs
/// returned; a visit under way is named as `started` and stays until it is reported. The entry, with the
/// next of kin, can still be read and revealed, and `POST /v1/beneficiaries/{id}/reinstate` takes an
/// error back. Requires `If-Match`. The same call again gets the same answer. Allowed roles: managers,
/// supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "record_death",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = Death, description = "The day"),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/deceased")]
pub(crate) async fn record_death(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(death): Body<Death>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Deceased(death);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}

/// End an entitlement
///
/// Ends the beneficiary, who moved out of the district or is no longer entitled, with the
/// consequences of a death. Requires `If-Match`. The same call again gets the same answer. Allowed
/// roles: supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "end_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = NewEnd, description = "Why and since when"),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/end")]
pub(crate) async fn end_beneficiary(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(end): Body<NewEnd>,
) -> Result<HttpResponse, Problem> {
    let command = Command::End(end);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}

/// Reinstate a beneficiary
///
/// Takes back the end of a beneficiary, whatever its reason, apart from a merge. The tasks that the
/// end cancelled are open again, and the hand-outs that it returned are planned again. If the grid has ended meanwhile, the grid that took over is
/// responsible. Requires `If-Match`. The same call again gets the same answer. Allowed roles:
/// supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "reinstate_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    request_body(content = Reinstatement, description = "Why"),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/reinstate")]
pub(crate) async fn reinstate_beneficiary(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(reinstatement): Body<Reinstatement>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Reinstate(reinstatement);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}

/// Merge duplicates
///
/// Ends the other entry of the same person in favour of the one in the path, its `successor_id`.
/// All its tasks, with their history and reports, belong to the one that stays, unfinished ones at
/// its place; the later contact counts; its own fields stay as they are, but a household that is not known is that of
/// the entry that ends. Tasks of both at the same
/// hour are kept and named in `clashes`. Requires `If-Match`. The same call again gets the same
/// answer. Allowed roles: supervisors and admins of an area with both.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "merge_beneficiaries",
    params(("id" = BeneficiaryId, Path, description = "The entry that stays")),
    request_body(content = Duplicate, description = "The entry that ends"),
    responses(
        (
            status = OK, description = "The entry that stays and its tasks",
            body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/merge")]
pub(crate) async fn merge_beneficiaries(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(duplicate): Body<Duplicate>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Merge(duplicate);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}

/// Undo a merge
///
/// Separates the two entries again, for 30 days: each gets its own tasks back; tasks and contacts
/// since the merge stay with the entry in the path. If the undo would hang a second plaque in a household, 409
/// `household_has_plaque` names the entry that has it if it is in the caller's area. Requires `If-Match`. The same call again gets
/// the same answer. Allowed roles: supervisors and admins of an area with both.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "undo_merge",
    params(("id" = BeneficiaryId, Path, description = "The entry that stayed")),
    request_body(content = Duplicate, description = "The entry that ended"),
    responses(
        (
            status = OK, description = "The entry that stayed and its tasks",
            body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[post("/beneficiaries/{id}/merge/undo")]
pub(crate) async fn undo_merge(
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    key: IdempotencyKey,
    Body(duplicate): Body<Duplicate>,
) -> Result<HttpResponse, Problem> {
    let command = Command::UndoMerge(duplicate);
    send(&commands, principal, key, Call { id: *id, base, command }).await
}
