//! The HTTP endpoint for changes of areas.

use std::collections::BTreeSet;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use serde_json::{Value, json};

use super::decide::{self, Decision, Fault};
use super::model::{AreaChanges, ChangedAreas};
use super::situation::Situation;
use super::{outcome, read, scopes, stocks, write};
use crate::auth::{Authenticated, PrincipalCache};
use crate::casework::settle;
use crate::db::Conn;
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::idempotency::{Commands, Effect, IdempotencyKey};
use crate::tx::{Db, Tx};

/// The maximum number of changes in a list.
const MOST: usize = 500;

impl Effect for AreaChanges {
    type Made = ChangedAreas;

    fn action(&self) -> &'static str {
        "area.change"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ManageRegisters)?)
    }
}

/// Change areas
///
/// Applies a list of changes to the areas of the district, one after another and all together:
/// `rename`, `add` (a town or village), `recode`, `end`, `merge` and `split` of grids. Each
/// beneficiary, task, person, station and memorial site of a former grid gets its new one, and
/// audiences, campaigns and their templates, regimes and cases of an area follow it; each grid has exactly one manager.
/// The goods in stock of an area that ends go, with their lots, to the area that took over (movements `taken_over`); where
/// several did, to the smallest area around them, and where none did, to the one around the former area; `stocks` names
/// them. More than a stock may hold is 422, also in a preview.
/// While the tasks of a campaign are being created, changes are 409 `campaign_state`. A task stays with its assignee. A code is never used again, and a
/// former area names its successors. With `preview` nothing is changed. A list that leaves a
/// beneficiary in no grid, or a grid without a manager, is refused as a whole. Allowed roles:
/// admins.
#[utoipa::path(
    tag = "areas",
    operation_id = "change_areas",
    request_body(content = AreaChanges, description = "The changes"),
    responses((status = OK, description = "The outcome", body = ChangedAreas), openapi::Write),
)]
#[post("/area-changes")]
pub(crate) async fn change_areas(
    db: Data<Db>,
    commands: Data<Commands>,
    principals: Data<PrincipalCache>,
    Authenticated(principal): Authenticated,
    key: IdempotencyKey,
    Body(body): Body<AreaChanges>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ManageRegisters)?;
    if !(1..=MOST).contains(&body.changes.len()) {
        return Err(Problem::invalid("/changes", format!("must have from 1 to {MOST} items")));
    }
    if body.preview {
        let preview = db.read(move |conn| {
            let (before, decision) = decided(conn, &principal, &body)?;
            let stocks = stocks::read(conn, principal.district(), &before, &decision)?;
            Ok::<_, Problem>(outcome::outcome(&before, &decision, stocks, true))
        });
        return Ok(HttpResponse::Ok().json(preview.await?));
    }
    let changed = commands.run(principal, key, body, |changes, tx, key, principal| {
        let (before, decision) = decided(tx.read()?, principal, changes)?;
        write::write(tx, principal, &before, &decision)?;
        scopes::write(tx, principal, &decision)?;
        let stocks = stocks::write(tx, principal, &before, &decision)?;
        let changed: BTreeSet<AreaCode> =
            decision.successors.iter().map(|(from, _)| *from).collect();
        settle::follow_areas(tx, key, principal.person, &changed)?;
        Ok(outcome::outcome(&before, &decision, stocks, false))
    });
    let changed = changed.await?;
    principals.forget_all();
    Ok(changed.answer(HttpResponse::Ok()))
}

/// The situation, and the decision about it.
fn decided(
    conn: &mut Conn,
    principal: &Principal,
    body: &AreaChanges,
) -> Result<(Situation, Decision), Problem> {
    let before = read::situation(conn, principal.district(), &body.changes)?;
    let refused = |Fault { pointer, detail }: Fault| Problem::invalid(&pointer, detail);
    let decision = decide::decide(&before, &body.changes).map_err(refused)?;
    scopes::check(conn, principal.district(), &decision)?;
    Ok((before, decision))
}
