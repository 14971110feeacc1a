//! Sync over HTTP.

use std::collections::BTreeSet;

use actix_web::http::header::ETAG;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::range::SyncLimit;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::cursor::LONGEST;
use super::gzip_response::gzip_response;
use super::health::note::{self, Seen};
use super::last_change_index::LastChangeIndex;
use super::model::{CommandResult, Push, Synced};
use super::pull::{Pull, Pulled};
use super::push::Outbox;
use super::row_cache::RowCache;
use super::row_type::RowType;
use super::scope::Scope;
use super::selection::Selection;
use super::{body, push};
use crate::auth::{Access, sync_state};
use crate::clock::{Clock, china};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::Query;
use crate::http::comma_list::CommaList;
use crate::http::if_none_match::{self, IfNoneMatch};
use crate::http::openapi;
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::idempotency::IdempotencyKey;
use crate::log::{Event, Subject};
use crate::tx::Db;

/// The default page size.
const LIMIT: SyncLimit = SyncLimit::of::<200>();
/// The polling interval in seconds, and the jitter that spreads phones out.
const POLL: u32 = 900;
const SPREAD: u32 = 180;

/// The state of the sync endpoints.
#[derive(Clone)]
pub struct Sync {
    /// The database.
    pub db: Db,
    /// The districts' keys.
    pub keys: KeyRing,
    /// Cached rows in the form that phones receive.
    pub rows: RowCache,
    /// The last change per area and person.
    pub last_changes: LastChangeIndex,
    /// The clock.
    pub clock: Clock,
}

/// The query parameters of a pull.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PullQuery {
    /// The `cursor` of the previous answer; absent for a first snapshot.
    #[param(max_length = 256)]
    cursor: Option<String>,
    /// Page size: the maximum number of tasks and beneficiaries. Default 200. The first
    /// page also contains the kinds of service, the vocabularies, the notices, the stations, the
    /// memorial sites, the holidays, the items of the goods, the shifts, the availability of people, the account notices,
    /// the cases at whose step the grid acts and the person's corrections.
    #[param(inline)]
    limit: Option<SyncLimit>,
    /// Only rows in this area, the caller's or one in it; rows about the caller are sent in any case.
    /// Default: the caller's area. A cursor counts for the area and the types with which it was
    /// made; with others, a snapshot begins.
    area: Option<AreaCode>,
    /// Only rows of these types, separated by commas. Default: all. An app that must show the
    /// visits of its user selects `task` and `beneficiary` at least.
    #[param(inline)]
    types: Option<CommaList<RowType>>,
}

/// Push and pull
///
/// Executes the commands of a phone's outbox and returns the changes since its cursor,
/// or, without a valid cursor, a snapshot in pages. Each command has its own outcome.
/// A command id is an idempotency key for 180 days: sending it again has no further
/// effect. A report by a present or former assignee is always stored. The body may be compressed with gzip. Allowed roles:
/// all.
#[utoipa::path(
    tag = "sync",
    operation_id = "push_and_pull",
    params(openapi::OwnNames),
    request_body(content = Push, description = "The outbox and the sync cursor"),
    responses((status = OK, description = "The results of the commands, and the changes", body = Synced), openapi::Write),
)]
#[post("/sync")]
pub(crate) async fn push_and_pull(
    request: HttpRequest,
    sync: Data<Sync>,
    access: Access,
    // Parsed so that an invalid one is rejected; each command has its own id.
    _: IdempotencyKey,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let sent = body::read(&request, payload).await?;
    push::check(&sent)?;
    let (cursor, limit) = (sent.cursor.clone(), sent.limit);
    let (principal, language) = (access.principal, Language::of(&request));
    let selection = Selection { area: sent.area, types: sent.types.clone() };
    let scope = selection.of(&sync.db, principal).await?;
    let now = (sync.clock)();
    let seen = Seen::of(cursor.as_deref(), &scope, sent.device_time, now);
    let results = carry_out(&sync, &principal, sent, language).await?;
    let wanted = Wanted { scope, cursor, limit, language };
    let pulled = pull(&sync, &access, wanted, seen.with(&results)).await?;
    gzip_response(&request, &answer(&sync, &principal, pulled, results)).await
}

async fn carry_out(
    sync: &Sync,
    principal: &Principal,
    sent: Push,
    language: Language,
) -> Result<Vec<CommandResult>, Problem> {
    if sent.commands.is_empty() {
        return Ok(Vec::new());
    }
    let entries = push::read(&sent);
    let Push { device, device_time, .. } = sent;
    let outbox = Outbox { entries, device, device_time, language };
    let (keys, principal) = (sync.keys.clone(), *principal);
    let read_set = push::read_set(&principal, &outbox.entries);
    let results = sync.db.write_with(principal.district(), read_set, move |tx| {
        let key = keys.key(tx.read_unbatched(), principal.district())?;
        push::push(tx, &key, &principal, &outbox)
    });
    results.await
}

/// Pull
///
/// Returns the changes since the cursor, or, without a valid cursor, a snapshot in
/// pages. The cursor of the answer is its `ETag`: with `If-None-Match`, the answer is
/// 304 if nothing in the caller's scope has changed. Allowed roles: all.
#[utoipa::path(
    tag = "sync",
    operation_id = "pull",
    params(PullQuery),
    responses(
        (
            status = OK, description = "The changes", body = Synced,
            headers(("ETag" = String, description = "The new sync cursor")),
        ),
        (status = NOT_MODIFIED, description = "Nothing in the scope has changed"),
        openapi::Read,
    ),
)]
#[get("/sync")]
pub(crate) async fn pull_alone(
    request: HttpRequest,
    sync: Data<Sync>,
    access: Access,
    Query(query): Query<PullQuery>,
) -> Result<HttpResponse, Problem> {
    let PullQuery { cursor, limit, area, types } = query;
    if cursor.as_ref().is_some_and(|cursor| cursor.len() > LONGEST) {
        return Err(Problem::unreadable("cursor", "must be a `cursor` of this service"));
    }
    let held = IfNoneMatch::of(&request)?;
    let principal = access.principal;
    let selection = Selection { area, types: types.map(BTreeSet::from) };
    let scope = selection.of(&sync.db, principal).await?;
    let seen = Seen::of(cursor.as_deref(), &scope, None, (sync.clock)());
    let wanted = Wanted { scope, cursor, limit, language: Language::of(&request) };
    let pulled = pull(&sync, &access, wanted, seen).await?;
    let etag = format!("\"{}\"", pulled.cursor);
    if pulled.quiet && held.names(&etag) {
        return Ok(if_none_match::not_modified(etag));
    }
    let answer = answer(&sync, &principal, pulled, Vec::new());
    let mut answer = gzip_response(&request, &answer).await?;
    if let Ok(etag) = etag.parse() {
        answer.headers_mut().insert(ETAG, etag);
    }
    Ok(answer)
}

/// What a pull asks for.
struct Wanted {
    scope: Scope,
    cursor: Option<String>,
    limit: Option<SyncLimit>,
    language: Language,
}

/// Pulls, notes what the request proves about the phone, and logs an event for the beneficiaries
/// shown in clear.
async fn pull(sync: &Sync, access: &Access, wanted: Wanted, seen: Seen) -> Result<Pulled, Problem> {
    let principal = &access.principal;
    // Only the visits of visitors are to arrive.
    let session = access.bearer.session.filter(|_| principal.role.visits());
    let (keys, rows, last_changes) =
        (sync.keys.clone(), sync.rows.clone(), sync.last_changes.clone());
    let (Wanted { scope, cursor, limit, language }, district) = (wanted, principal.district());
    let (limit, now) = (limit.unwrap_or(LIMIT).into(), (sync.clock)());
    let pulled = sync.db.read(move |conn| {
        let key = keys.key(conn, district)?;
        let (key, rows, last_changes) = (&key, &rows, &last_changes);
        let scope = scope.clone();
        let pull = Pull { scope, key, rows, last_changes, limit, now, language };
        let pulled = pull.since(conn, cursor.as_deref())?;
        let state = match session {
            Some(session) => note::due(conn, &pull.scope, session, &seen, now)?,
            None => None,
        };
        Ok::<_, DbError>((pulled, state))
    });
    let (mut pulled, state) = pulled.await?;
    let state = session.zip(state);
    let shown = std::mem::take(&mut pulled.shown);
    if state.is_none() && shown.is_empty() {
        return Ok(pulled);
    }
    let (me, area) = (principal.person, principal.area);
    let noted = sync.db.write(district, move |tx| {
        if let Some((session, state)) = &state {
            sync_state::replace(tx.write()?, district, *session, state)?;
        }
        if !shown.is_empty() {
            tx.record(
                Event::new("beneficiary.sync", Subject::Reading, me, area, 1)
                    .by(me)
                    .with(json!({ "beneficiaries": shown })),
            );
        }
        Ok::<_, Problem>(())
    });
    noted.await?;
    Ok(pulled)
}

fn answer(
    sync: &Sync,
    principal: &Principal,
    pulled: Pulled,
    results: Vec<CommandResult>,
) -> Synced {
    let Pulled { reset, changes, removed, cursor, has_more, total, .. } = pulled;
    let (_, _, _, id) = principal.person.0.as_fields();
    let spread = u32::from(id[7]) * SPREAD / 256;
    Synced {
        results,
        reset: reset.is_some(),
        reset_reason: reset,
        changes,
        removed,
        cursor,
        has_more,
        total,
        next_poll_s: if has_more { 0 } else { POLL + spread },
        server_time: (sync.clock)().with_timezone(&china()),
    }
}
