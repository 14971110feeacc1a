//! The HTTP endpoints of casework.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, patch, post, put};
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::ChangedBeneficiary;
use super::case::Case;
use super::create::{self, Creation};
use super::model::{BeneficiaryChange, NewBeneficiary, NewStay};
use super::{commands, edit, stay, visitor_routes};
use crate::area::map::Maps;
use crate::auth::Authenticated;
use crate::beneficiary::Beneficiary;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::{IfMatch, Json as Body, versioned};
use crate::idempotency::{Commands, IdempotencyKey};
use crate::tx::Db;

/// Create a beneficiary
///
/// Enters a beneficiary. The ID number must have the right check character and be that of no other
/// beneficiary of the district, ended ones included: 409 `beneficiary_exists`, with that one in
/// `current` if it is in the caller's area. One plaque hangs in a household: 409 `household_has_plaque` names
/// the other entry that has it if it is in the caller's area. Where a case decides the withdrawal of a plaque, an entry
/// in the withdrawn state is 409 `handout_withdrawn`. Phones of the grid receive the entry. Allowed roles: managers,
/// supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "create_beneficiary",
    request_body(content = NewBeneficiary, description = "The beneficiary"),
    responses(
        (status = CREATED, description = "The beneficiary, masked", body = Beneficiary),
        openapi::Write,
    ),
)]
#[post("/beneficiaries")]
pub(crate) async fn create_beneficiary(
    db: Data<Db>,
    maps: Data<Maps>,
    commands: Data<Commands>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(new): Body<NewBeneficiary>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::EditBeneficiaries)?;
    let map = maps.of(&db, principal.area).await?;
    let created = commands.run(principal, key, Creation { new, map }, |new, tx, key, principal| {
        create::create(&mut Case { tx, key, principal }, new)
    });
    let created = created.await?;
    let location = format!("/v1/beneficiaries/{}", created.made.id);
    let mut answer = versioned::at_version(HttpResponse::Created(), created.made.version);
    answer.insert_header((LOCATION, location));
    Ok(created.answer(answer))
}

/// Change a beneficiary
///
/// Changes the fields that are sent; the others stay, so that nobody needs to reveal them first.
/// Requires `If-Match`. Unfinished tasks follow a corrected place; another grid is a move. One plaque hangs in a
/// household: 409 `household_has_plaque` names the other entry that has it if it is in the caller's area. Where a case
/// decides the withdrawal of a plaque, a change from or to the withdrawn state is 409 `handout_withdrawn`, unless
/// `case_id` is an approved case of the beneficiary that decides it; the log has the case. Phones that have the
/// beneficiary receive the change. Repeating the call changes nothing. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "change_beneficiary",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary"), openapi::OwnNames),
    request_body(content = BeneficiaryChange, description = "The fields"),
    responses(
        (
            status = OK, description = "The beneficiary, masked", body = Beneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[patch("/beneficiaries/{id}")]
pub(crate) async fn change_beneficiary(
    db: Data<Db>,
    maps: Data<Maps>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    Body(change): Body<BeneficiaryChange>,
) -> Result<HttpResponse, Problem> {
    let (map, keys) = (maps.of(&db, principal.area).await?, keys.clone());
    let changed = db.write(principal.district(), move |tx| {
        let key = &keys.key(tx.read_unbatched(), principal.district())?;
        let case = &mut Case { tx, key, principal: &principal };
        edit::edit(case, &map, *id, &change, &base)
    });
    let changed = changed.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), changed.version).json(changed))
}

/// Put a temporary stay
///
/// Records where a beneficiary lives for some days, in place of an earlier stay: there is one at a
/// time. Visits of these days are at the stay, and in its grid; a few minutes after its first day
/// begins and after its last day ends, the server moves the visits that are due. The home's grid
/// stays responsible. Requires `If-Match`. Repeating the call changes nothing. Allowed roles:
/// managers, supervisors and admins of an area with both grids.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "put_stay",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary"), openapi::OwnNames),
    request_body(content = NewStay, description = "The stay"),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Decide,
    ),
)]
#[put("/beneficiaries/{id}/stay")]
pub(crate) async fn put_stay(
    db: Data<Db>,
    maps: Data<Maps>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
    Body(new): Body<NewStay>,
) -> Result<HttpResponse, Problem> {
    let (map, keys) = (maps.of(&db, principal.area).await?, keys.clone());
    let changed = db.write(principal.district(), move |tx| {
        let key = &keys.key(tx.read_unbatched(), principal.district())?;
        let case = &mut Case { tx, key, principal: &principal };
        stay::put(case, &map, *id, &new, &base)
    });
    let changed = changed.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), changed.beneficiary.version).json(changed))
}

/// End a temporary stay
///
/// The beneficiary is at home again, and so are the visits. Without a stay nothing changes. Allowed
/// roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "end_stay",
    params(("id" = BeneficiaryId, Path, description = "The beneficiary")),
    responses(
        (
            status = OK, description = "The beneficiary and its tasks", body = ChangedBeneficiary,
            headers(("ETag" = String, description = "The version, such as `\"v7\"`")),
        ),
        openapi::Remove,
    ),
)]
#[delete("/beneficiaries/{id}/stay")]
pub(crate) async fn end_stay(
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    id: Path<BeneficiaryId>,
    base: IfMatch,
) -> Result<HttpResponse, Problem> {
    let keys = keys.clone();
    let changed = db.write(principal.district(), move |tx| {
        let key = &keys.key(tx.read_unbatched(), principal.district())?;
        stay::delete(&mut Case { tx, key, principal: &principal }, *id, &base)
    });
    let changed = changed.await?;
    Ok(versioned::at_version(HttpResponse::Ok(), changed.beneficiary.version).json(changed))
}

/// Serves every operation.
pub(crate) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(create_beneficiary)
        .service(change_beneficiary)
        .service(commands::move_beneficiary)
        .service(put_stay)
        .service(end_stay)
        .service(visitor_routes::get_beneficiary_visitors)
        .service(visitor_routes::put_beneficiary_visitors)
        .service(commands::record_death)
        .service(commands::end_beneficiary)
        .service(commands::reinstate_beneficiary)
        .service(commands::merge_beneficiaries)
        .service(commands::undo_merge);
}
