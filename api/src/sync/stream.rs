//! The live stream: hints that something in the caller's scope has changed, as
//! server-sent events (WHATWG HTML, 9.2). A hint identifies the changed resource;
//! the next sync delivers its content.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;
use gridward_domain::area::AreaCode;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use super::change_broadcast::ChangeBroadcast;
use super::event_store::{self, EventRef};
use super::scope::Scope;
use super::selection::Selection;
use crate::auth::stream_caller::StreamCaller;
use crate::auth::{Access, Authenticator};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::http::shutdown::{Shutdown, ShutdownSignal};
use crate::http::{deserialize, event_stream, openapi};
use crate::limits::Limits;
use crate::log::head;
use crate::tx::Db;

/// The interval of keep-alive comments.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The maximum number of missed events that are replayed one by one; above it, one `many` event.
const MISSED: i64 = 1_000;

/// A sequence of hints.
#[derive(ToSchema)]
#[schema(
    as = EventStream, max_length = 9_007_199_254_740_991_usize,
    example = "id: 17\ndata: {\"seq\":17,\"type\":\"task\",\"id\":\"0198\",\"action\":\"task.claim\",\"area\":\"500116001002001\"}\n\n"
)]
#[expect(dead_code, reason = "describes a text")]
struct Hints(String);

/// The query of the stream.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Only changes in this area, the caller's or one in it, and those about the caller. Default:
    /// the caller's area.
    area: Option<AreaCode>,
}

/// Stream change hints
///
/// Sends a hint for each change in the caller's scope: `data` contains `seq`, `type`,
/// `id`, `action` and `area`; `action` is a word of the log, such as `task.claim`. The client then syncs. `Last-Event-ID` resumes after that `seq`. An
/// event named `many` replaces hints when too many were missed: sync. A keep-alive
/// comment follows every 15 seconds. The stream ends when the access token expires, and
/// within five seconds when the session ends or the caller's role or area changes. A person has
/// at most 32 open streams (429). Allowed roles: all.
#[utoipa::path(
    tag = "sync",
    operation_id = "stream_events",
    params(StreamQuery, openapi::LastEventId),
    responses(
        (status = OK, description = "Hints", body = Hints, content_type = "text/event-stream"),
        openapi::Read,
    ),
)]
#[get("/events/stream")]
pub(crate) async fn stream_events(
    request: HttpRequest,
    db: Data<Db>,
    changes: Data<ChangeBroadcast>,
    shutdown: Data<Shutdown>,
    authenticator: Data<Authenticator>,
    limits: Data<Limits>,
    Access { principal, bearer }: Access,
) -> Result<HttpResponse, Problem> {
    let StreamQuery { area } = deserialize::query(request.query_string())?;
    let selection = Selection { area, types: None };
    let scope = selection.of(&db, principal).await?;
    let permit = limits.streams.open(&principal)?;
    let last = request.headers().get("Last-Event-ID").and_then(|id| id.to_str().ok());
    let last: Option<i64> = last.and_then(|id| id.parse().ok());
    let district = principal.district();
    let begin = db.read(move |conn| Ok::<_, DbError>(head::read(conn, district)?.seq)).await?;
    // Subscribes before it reads, so that an event between the two is sent once.
    let news = changes.listen(principal.district(), begin);
    let district = principal.district();
    let reach = scope.clone();
    let (missed, head) = db.read(move |conn| missed(conn, &reach, district, last)).await?;
    let hello = Bytes::from_static(b"retry: 3000\n\n");
    let waiting = std::iter::once(hello).chain(missed).collect();
    let caller = StreamCaller::new(authenticator, bearer, principal);
    let shutdown = shutdown.signal();
    let listener = Listener { scope, news, last: head, waiting, caller, shutdown, _permit: permit };
    let hints = stream::unfold(listener, |mut listener| async {
        let next = listener.next().await?;
        Some((Ok::<_, Problem>(next), listener))
    });
    Ok(event_stream::answer(hints))
}

/// The hints missed since number `last`, and the number of the last event considered.
fn missed(
    conn: &mut crate::db::Conn,
    scope: &Scope,
    district: AreaCode,
    last: Option<i64>,
) -> Result<(Vec<Bytes>, i64), DbError> {
    let head = head::read(conn, district)?;
    let (head, archived) = (head.seq, head.archived_seq);
    let last = match last {
        None => return Ok((Vec::new(), head)),
        Some(last) if last == head => return Ok((Vec::new(), head)),
        // Archived in the meantime, or a number of another log.
        Some(last) if last < archived || last > head => return Ok((vec![many(head)], head)),
        Some(last) => last,
    };
    let events = event_store::event_refs(conn, scope, last, head, MISSED)?;
    if i64::try_from(events.len()).is_ok_and(|count| count >= MISSED) {
        return Ok((vec![many(head)], head));
    }
    Ok((events.iter().filter_map(|event| hint(scope, event)).collect(), head))
}

/// The hint of an event, if it changed the scope.
fn hint(scope: &Scope, event: &EventRef) -> Option<Bytes> {
    if !event.is_for(scope) {
        return None;
    }
    let EventRef { seq, subject, subject_id, action, area, .. } = event;
    let hint = json!({
        "seq": seq, "type": subject, "id": subject_id, "action": action, "area": area
    });
    Some(Bytes::from(format!("id: {seq}\ndata: {hint}\n\n")))
}

fn many(seq: i64) -> Bytes {
    Bytes::from(format!("id: {seq}\nevent: many\ndata: {{}}\n\n"))
}

/// A listener of the stream.
struct Listener {
    scope: Scope,
    news: Receiver<Arc<EventRef>>,
    /// All events up to this number were sent.
    last: i64,
    waiting: VecDeque<Bytes>,
    caller: StreamCaller,
    shutdown: ShutdownSignal,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(next) = self.waiting.pop_front() {
            return Some(next);
        }
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            let news = timeout_at(heartbeat.min(self.caller.due()), self.news.recv());
            let news = tokio::select! {
                // The client reconnects to another server and asks for the missed hints.
                () = self.shutdown.started() => return None,
                news = news => news,
            };
            let now = Instant::now();
            if !self.caller.is_admitted(now).await {
                return None;
            }
            match news {
                Ok(Ok(event)) if event.seq <= self.last => {}
                Ok(Ok(event)) => {
                    self.last = event.seq;
                    if let Some(hint) = hint(&self.scope, &event) {
                        return Some(hint);
                    }
                }
                Ok(Err(RecvError::Lagged(_))) => return Some(many(self.last)),
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) if now >= heartbeat => return Some(event_stream::KEEP_ALIVE),
                Err(_) => {}
            }
        }
    }
}
