//! Sync over HTTP.

use actix_web::http::header::ETAG;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::cursor::LONGEST;
use super::model::{CommandResult, Push, Synced};
use super::packed::packed;
use super::pull::{Pull, Pulled};
use super::push::Outbox;
use super::scope::Scope;
use super::{body, push};
use crate::app::Gridward;
use crate::auth::Caller;
use crate::clock::{self, china};
use crate::event::{Event, Subject};
use crate::once::IdempotencyKey;
use crate::openapi;
use crate::problem::Problem;
use crate::problem::answer::Language;
use crate::request::Query;
use crate::unchanged::{self, Held};

/// How many changes a page holds unless told.
const LIMIT: u16 = 200;
/// How often a quiet phone asks, in seconds, and how far apart phones are kept.
const POLL: u32 = 900;
const SPREAD: u32 = 180;

/// Since when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PullQuery {
    /// The `cursor` of the answer before; absent for a first snapshot.
    #[param(max_length = 256)]
    cursor: Option<String>,
    /// How many tasks and beneficiaries at the most; 200 unless told. The few kinds of
    /// service, notices and shifts come with a first page besides.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// Push and pull
///
/// Carries out a phone's outbox and brings what has changed since its cursor, or
/// everything, page by page, where there is no cursor that counts. Each command
/// has an outcome of its own; a command's id has one effect for ever, so sending
/// it twice is the same as once. A report is always kept. The body may be
/// compressed with gzip. For every role.
#[utoipa::path(
    tag = "sync",
    operation_id = "push_and_pull",
    params(openapi::OwnNames),
    request_body(content = Push, description = "The outbox, and how far the phone has come"),
    responses((status = OK, description = "What came of it, and what has changed", body = Synced), openapi::Write),
)]
#[post("/sync")]
pub(crate) async fn push_and_pull(
    request: HttpRequest,
    app: Data<Gridward>,
    caller: Caller,
    // Read so that a bad one is told; here each command has a name of its own.
    _: IdempotencyKey,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let sent = body::read(&request, payload).await?;
    push::check(&sent)?;
    let (cursor, limit) = (sent.cursor.clone(), sent.limit);
    let results = carry_out(&app, &caller, sent, Language::of(request.headers())).await?;
    let pulled = pull(&app, &caller, cursor, limit).await?;
    packed(&request, &answer(&app, &caller, pulled, results)).await
}

async fn carry_out(
    app: &Gridward,
    caller: &Caller,
    sent: Push,
    language: Language,
) -> Result<Vec<CommandResult>, Problem> {
    if sent.commands.is_empty() {
        return Ok(Vec::new());
    }
    let entries = push::read(&sent);
    let Push { device, device_time, .. } = sent;
    let outbox = Outbox { entries, device, device_time, language };
    let (vault, caller) = (app.vault.clone(), caller.clone());
    let district = caller.district.clone();
    let wants = push::wants(&caller, &outbox.entries);
    let results = app.db.write_with(&district, wants, move |tx| {
        let key = vault.key(tx.read_other(), &caller.district)?;
        push::push(tx, &key, &caller, &outbox)
    });
    results.await
}

/// Pull
///
/// What has changed since the cursor, or everything, page by page. The answer's
/// cursor is its `ETag`: with `If-None-Match` it is 304 when nothing of the
/// caller's scope has changed. For every role.
#[utoipa::path(
    tag = "sync",
    operation_id = "pull",
    params(PullQuery),
    responses(
        (
            status = OK, description = "What has changed", body = Synced,
            headers(("ETag" = String, description = "How far the phone has now come")),
        ),
        (status = NOT_MODIFIED, description = "Nothing of the scope has changed"),
        openapi::Read,
    ),
)]
#[get("/sync")]
pub(crate) async fn pull_alone(
    request: HttpRequest,
    app: Data<Gridward>,
    caller: Caller,
    Query(query): Query<PullQuery>,
) -> Result<HttpResponse, Problem> {
    let PullQuery { cursor, limit } = query;
    if cursor.as_ref().is_some_and(|cursor| cursor.len() > LONGEST) {
        return Err(Problem::unreadable("cursor", "not a cursor of this service"));
    }
    if limit.is_some_and(|limit| !(1..=1000).contains(&limit)) {
        return Err(Problem::unreadable("limit", "must be from 1 to 1000"));
    }
    let held = Held::of(&request)?;
    let pulled = pull(&app, &caller, cursor, limit).await?;
    let etag = format!("\"{}\"", pulled.cursor);
    if pulled.quiet && held.names(&etag) {
        return Ok(unchanged::answer(etag));
    }
    let answer = answer(&app, &caller, pulled, Vec::new());
    let mut answer = packed(&request, &answer).await?;
    if let Ok(etag) = etag.parse() {
        answer.headers_mut().insert(ETAG, etag);
    }
    Ok(answer)
}

/// Pulls, and notes on the log whose particulars were shown.
async fn pull(
    app: &Gridward,
    caller: &Caller,
    cursor: Option<String>,
    limit: Option<u16>,
) -> Result<Pulled, Problem> {
    let (vault, cards, recent) = (app.vault.clone(), app.sync.clone(), app.recent.clone());
    let (scope, district) = (Scope(caller.actor), caller.district.clone());
    let (limit, today) = (usize::from(limit.unwrap_or(LIMIT)), clock::day((app.clock)()));
    let pulled = app.db.read(move |conn| {
        let key = vault.key(conn, &district)?;
        let pull = Pull { scope, key: &key, cards: &cards, recent: &recent, limit, today };
        pull.since(conn, cursor.as_deref())
    });
    let mut pulled = pulled.await?;
    let shown = std::mem::take(&mut pulled.shown);
    if !shown.is_empty() {
        let (me, area): (_, AreaCode) = (caller.actor.person, caller.actor.area);
        let noted = app.db.write(&caller.district, move |tx| {
            tx.record(
                Event::new("beneficiary.sync", Subject::Reading, me.to_string(), area, 1)
                    .by(me)
                    .with(json!({ "beneficiaries": shown })),
            );
            Ok::<_, Problem>(())
        });
        noted.await?;
    }
    Ok(pulled)
}

fn answer(app: &Gridward, caller: &Caller, pulled: Pulled, results: Vec<CommandResult>) -> Synced {
    let Pulled { reset, changes, removed, cursor, has_more, .. } = pulled;
    let (_, _, _, id) = caller.actor.person.0.as_fields();
    let spread = u32::from(id[7]) * SPREAD / 256;
    Synced {
        results,
        reset,
        changes,
        removed,
        cursor,
        has_more,
        next_poll_s: if has_more { 0 } else { POLL + spread },
        server_time: (app.clock)().with_timezone(&china()),
    }
}
