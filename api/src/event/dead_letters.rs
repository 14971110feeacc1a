//! The HTTP endpoint for dead letters.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::authority::Action;
use serde_json::json;

use crate::auth::Authenticated;
use crate::crypto::KeyRing;
use crate::http::openapi;
use crate::http::page::{self, NoFilter, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::idempotency::dead_letter::{self, DeadLetter};
use crate::log::{Event, Subject};
use crate::tx::Db;

/// List dead letters
///
/// Lists the commands that the server repeatedly failed to process, decrypted, in sequence, until
/// their events are archived. They were rejected; after the defect is fixed, their person sends them
/// again as new commands. The log records that they were read. Allowed roles: admins.
#[utoipa::path(
    tag = "log",
    operation_id = "list_dead_letters",
    params(PageQuery),
    responses(
        (status = OK, description = "A page of dead letters", body = Page<DeadLetter>),
        openapi::Read,
    ),
)]
#[get("/dead-letters")]
pub(crate) async fn list_dead_letters(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { page, .. }: Paged<NoFilter>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadDeadLetters)?;
    let wanted: Wanted<(i64,)> = page.wanted()?;
    let (keys, limit, district) = (keys.clone(), wanted.limit, principal.district());
    let after = wanted.after.map_or(0, |(seq,)| seq);
    let read = db.write(district, move |tx| {
        let key = keys.key(tx.read_unbatched(), district)?;
        // Each is a defect of the server, so there are few.
        let mut letters = dead_letter::all(tx.read_unbatched(), &key, district)?;
        letters.retain(|letter| letter.seq > after);
        letters.truncate(usize::from(limit) + 1);
        let shown: Vec<&str> =
            letters.iter().take(limit.into()).map(|letter| letter.command.as_str()).collect();
        if !shown.is_empty() {
            let event = Event::new("command.read", Subject::Reading, district, district, 1);
            tx.record(event.by(principal.person).with(json!({ "commands": shown })));
        }
        Ok::<_, Problem>(letters)
    });
    let page = page::page(read.await?, limit, |letter: &DeadLetter| (letter.seq,));
    Ok(page.answer(request.path(), request.query_string()))
}
