//! The HTTP endpoints for the log, for supervisors and auditors.

use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use futures_util::stream;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::bounded_text::{EventAction, SubjectId};
use gridward_domain::id::PersonId;
use gridward_domain::range::LogPosition;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::{self, Actions};
use super::confidential;
use super::model::LoggedEvent;
use super::names::{self, ListedEvent};
use crate::area;
use crate::auth::{Authenticated, RecentAccess};
use crate::clock::nearest_moment;
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::http::deserialize;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::log::Subject;
use crate::log::store::{self, Filter};
use crate::tx::Db;

/// The number of events that an export reads at a time.
const AT_A_TIME: i64 = 1_000;

/// The two kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something was changed.
    Change,
    /// Personal data was read.
    Reading,
}

/// Filter and page of events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only events that concern this area or its descendants.
    area: Option<AreaCode>,
    /// Only events by this person.
    actor_id: Option<PersonId>,
    /// Only this action, for example `task.claim`.
    #[param(inline)]
    action: Option<EventAction>,
    /// Only events about this kind of subject.
    subject: Option<Subject>,
    /// Only changes, or only readings of personal data.
    kind: Option<EventKind>,
    /// Only events about this subject.
    #[param(inline)]
    subject_id: Option<SubjectId>,
    /// Only events at or after this time.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    since: Option<DateTime<FixedOffset>>,
    /// Only events before this time.
    #[serde(default, deserialize_with = "deserialize::optional_time")]
    until: Option<DateTime<FixedOffset>>,
    /// Only events with a higher sequence number.
    #[param(inline)]
    after: Option<LogPosition>,
}

/// The filter of a query, limited to the principal's scope.
struct Query {
    reader: Principal,
    scope: AreaRange,
    filter: Filter,
    after: i64,
}

impl EventQuery {
    fn authorize(&self, principal: &Principal) -> Result<Query, Problem> {
        let area = self.area.unwrap_or(principal.area);
        principal.authorize(Action::ReadLog, &area)?;
        let filter = Filter {
            actor: self.actor_id,
            action: self.action.clone().map(String::from),
            subject: self.subject,
            readings: self.kind.map(|kind| kind == EventKind::Reading),
            subject_id: self.subject_id.clone().map(String::from),
            since: self.since.map(nearest_moment),
            until: self.until.map(nearest_moment),
        };
        let after = self.after.unwrap_or(LogPosition::MIN);
        Ok(Query { reader: *principal, scope: area.range(), filter, after: after.get() })
    }
}

/// List events
///
/// Lists the events that concern the caller's area, in sequence, with the names of their actors as
/// far as the caller may read people: of the caller's area, and not for auditors. The events of
/// confidential cases are for the roles that their kinds name, so a page may be short. Allowed roles:
/// supervisors, admins and auditors.
#[utoipa::path(
    tag = "log",
    operation_id = "list_events",
    params(EventQuery, PageQuery),
    responses((status = OK, description = "A page of events", body = Page<ListedEvent>), openapi::Read),
)]
#[get("/events")]
pub(crate) async fn list_events(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    Authenticated(principal): Authenticated,
    Paged { filter, page }: Paged<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let keys = keys.clone();
    let query = filter.authorize(&principal)?;
    area::known::in_query(&db, filter.area).await?;
    let wanted: Wanted<(i64,)> = page.wanted()?;
    let (limit, rows) = (wanted.limit, wanted.rows());
    let after = wanted.after.map_or(query.after, |(seq,)| seq.max(query.after));
    let events = db.read(move |conn| {
        let mut rows = store::list(conn, &query.scope, &query.filter, after, rows)?;
        let next = page::cut(&mut rows, limit, |row| (row.seq,));
        let rows = confidential::without_hidden(conn, &principal, rows)?;
        let events = rows.into_iter().map(LoggedEvent::try_from);
        let key = keys.key(conn, principal.district())?;
        let events = events.collect::<Result<Vec<_>, DbError>>()?;
        let items = names::with_names(conn, &key, &principal, events)?;
        Ok::<_, DbError>(Page { items, next_cursor: next.and_then(|seq| page::cursor(&seq)) })
    });
    let page: Page<ListedEvent> = events.await?;
    Ok(page.answer(request.path(), request.query_string()))
}

/// List the actions of the log
///
/// The words of each action in English and Chinese, for filters and lists. Allowed roles:
/// supervisors, admins and auditors.
#[utoipa::path(
    tag = "log",
    operation_id = "list_actions",
    responses((status = OK, description = "The actions", body = Actions), openapi::Read),
)]
#[get("/events/actions")]
pub(crate) async fn list_actions(
    Authenticated(principal): Authenticated,
) -> Result<Json<Actions>, Problem> {
    principal.may(Action::ReadLog)?;
    Ok(Json(actions::all()))
}

/// Events, one per line.
#[derive(ToSchema)]
#[schema(as = EventLines, max_length = 9_007_199_254_740_991_usize, example = "{\"seq\":1}\n")]
#[expect(dead_code, reason = "describes a text")]
struct Lines(String);

/// Export events
///
/// Returns all matching events, one per line (NDJSON), in sequence, without those of confidential cases
/// whose kinds do not name the caller's role. Each line contains all input of its hash. The caller must
/// have been authenticated recently (401 `step_up_required`). Allowed roles: supervisors, admins and
/// auditors.
#[utoipa::path(
    tag = "log",
    operation_id = "export_events",
    params(EventQuery, PageQuery),
    responses(
        (status = OK, description = "One event per line", body = Lines, content_type = "application/x-ndjson"),
        openapi::Read,
    ),
)]
#[get("/events/export")]
pub(crate) async fn export_events(
    db: Data<Db>,
    RecentAccess(access): RecentAccess,
    Paged { filter, page }: Paged<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let mut query = filter.authorize(&access.principal)?;
    let wanted: Wanted<(i64,)> = page.wanted()?;
    query.after = wanted.after.map_or(query.after, |(seq,)| seq.max(query.after));
    let most = page.limit.map_or(i64::MAX, |limit| limit.get().into());
    let lines = stream::unfold(Some((db.clone(), query, most)), |state| async {
        let (db, query, left) = state?;
        Some(match lines(&db, &query, left).await {
            Ok((text, Some((last, read)))) => {
                let next = Query { after: last, ..query };
                (Ok(Bytes::from(text)), Some((db, next, left - read)))
            }
            Ok((text, None)) => (Ok(Bytes::from(text)), None),
            // Lines already sent remain valid; the aborted stream shows the client that they
            // are incomplete.
            Err(error) => (Err(error), None),
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header(("Cache-Control", "no-store"))
        .streaming(lines))
}

/// A batch of lines and, if more may follow, the last sequence number and the count.
async fn lines(db: &Db, query: &Query, left: i64) -> Result<(String, Option<(i64, i64)>), Problem> {
    let Query { reader, scope, ref filter, after } = *query;
    let (filter, wanted) = (filter.clone(), left.min(AT_A_TIME));
    let lines = db.read(move |conn| {
        let rows = store::list(conn, &scope, &filter, after, wanted)?;
        let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let more = (read == wanted && read < left).then(|| rows.last().map(|row| (row.seq, read)));
        Ok::<_, DbError>((confidential::without_hidden(conn, &reader, rows)?, more.flatten()))
    });
    let (rows, more) = lines.await?;
    let mut text = String::new();
    for row in rows {
        let event = LoggedEvent::try_from(row)?;
        let line =
            serde_json::to_string(&event).map_err(|error| DbError::corrupt("events", error))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok((text, more))
}
