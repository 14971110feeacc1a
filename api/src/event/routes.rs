//! The log over HTTP: for those who supervise and those who audit.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, FixedOffset};
use futures_util::stream;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Action;
use gridward_domain::id::PersonId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::model::LoggedEvent;
use crate::auth::Caller;
use crate::clock::nearest_moment;
use crate::db::DbError;
use crate::http::Query;
use crate::http::json;
use crate::http::openapi;
use crate::http::page::{self, Page, Wanted};
use crate::http::problem::Problem;
use crate::log::Subject;
use crate::log::store::{self, Filter};
use crate::tx::Db;

/// How many events an export reads at a time.
const AT_A_TIME: i64 = 1_000;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Only those that touch this area or one in it.
    area: Option<AreaCode>,
    /// Only those by this person.
    actor_id: Option<PersonId>,
    /// Only this action, as `task.claim`.
    #[param(max_length = 64)]
    action: Option<String>,
    /// Only those about things of this kind.
    subject: Option<Subject>,
    /// Only those about this thing.
    #[param(max_length = 64)]
    subject_id: Option<String>,
    /// Only from this moment on.
    since: Option<DateTime<FixedOffset>>,
    /// Only before this moment.
    until: Option<DateTime<FixedOffset>>,
    /// Only those with a higher number.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Option<u64>,
    /// How many at the most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// What a query asks for, within what the caller may see.
struct Asked {
    scope: AreaRange,
    filter: Filter,
    after: i64,
}

impl EventQuery {
    fn asked(&self, caller: &Caller) -> Result<Asked, Problem> {
        let area = self.area.unwrap_or(caller.actor.area);
        caller.actor.authorize(Action::ReadLog, &area)?;
        for (name, text) in [("action", &self.action), ("subject_id", &self.subject_id)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > 64 || text.contains('\0')) {
                return Err(Problem::unreadable(name, "at most 64 characters"));
            }
        }
        let filter = Filter {
            actor: self.actor_id,
            action: self.action.clone(),
            subject: self.subject,
            subject_id: self.subject_id.clone(),
            since: self.since.map(nearest_moment),
            until: self.until.map(nearest_moment),
        };
        let after = i64::try_from(self.after.unwrap_or_default()).unwrap_or(i64::MAX);
        if after > json::HIGHEST {
            return Err(Problem::unreadable("after", "no event has such a number"));
        }
        Ok(Asked { scope: area.range(), filter, after })
    }
}

/// List events
///
/// The district's log as far as it touches the caller's area, in the order in
/// which things were done. For supervisors, admins and auditors.
#[utoipa::path(
    tag = "log",
    operation_id = "list_events",
    params(EventQuery),
    responses((status = OK, description = "A page of events", body = Page<LoggedEvent>), openapi::Read),
)]
#[get("/events")]
pub(crate) async fn list_events(
    request: HttpRequest,
    db: Data<Db>,
    caller: Caller,
    Query(query): Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.asked(&caller)?;
    let wanted: Wanted<(i64,)> = page::wanted(query.limit, query.cursor.as_deref())?;
    let (limit, rows) = (wanted.limit, wanted.rows());
    let after = wanted.after.map_or(asked.after, |(seq,)| seq.max(asked.after));
    let events = db.read(move |conn| {
        let rows = store::list(conn, &asked.scope, &asked.filter, after, rows)?;
        rows.into_iter().map(LoggedEvent::try_from).collect::<Result<Vec<_>, DbError>>()
    });
    let page = page::page(events.await?, limit, |event: &LoggedEvent| (event.seq,));
    Ok(page.answer(request.path(), request.query_string()))
}

/// Lines of events.
#[derive(ToSchema)]
#[schema(as = EventLines, max_length = 9_007_199_254_740_991_usize, example = "{\"seq\":1}\n")]
#[expect(dead_code, reason = "describes a text")]
struct Lines(String);

/// Export events
///
/// As the list, all of them: one event a line (NDJSON), in order. The lines hold
/// all that their hashes are made of. For supervisors, admins and auditors.
#[utoipa::path(
    tag = "log",
    operation_id = "export_events",
    params(EventQuery),
    responses(
        (status = OK, description = "One event a line", body = Lines, content_type = "application/x-ndjson"),
        openapi::Read,
    ),
)]
#[get("/events/export")]
pub(crate) async fn export_events(
    db: Data<Db>,
    caller: Caller,
    Query(query): Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let mut asked = query.asked(&caller)?;
    let wanted: Wanted<(i64,)> = page::wanted(query.limit, query.cursor.as_deref())?;
    asked.after = wanted.after.map_or(asked.after, |(seq,)| seq.max(asked.after));
    let most = query.limit.map_or(i64::MAX, i64::from);
    let lines = stream::unfold(Some((db.clone(), asked, most)), |state| async {
        let (db, asked, left) = state?;
        Some(match lines(&db, &asked, left).await {
            Ok((text, Some((last, read)))) => {
                let next = Asked { after: last, ..asked };
                (Ok(Bytes::from(text)), Some((db, next, left - read)))
            }
            Ok((text, None)) => (Ok(Bytes::from(text)), None),
            // What was sent stands; a cut stream tells that it is not all.
            Err(error) => (Err(error), None),
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header(("Cache-Control", "no-store"))
        .streaming(lines))
}

/// Some lines, and, if there may be more, the number of the last and how many they are.
async fn lines(db: &Db, asked: &Asked, left: i64) -> Result<(String, Option<(i64, i64)>), Problem> {
    let (scope, filter, after) = (asked.scope, asked.filter.clone(), asked.after);
    let wanted = left.min(AT_A_TIME);
    let rows = db.read(move |conn| store::list(conn, &scope, &filter, after, wanted)).await?;
    let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let more = (read == wanted && read < left).then(|| rows.last().map(|row| (row.seq, read)));
    let mut text = String::new();
    for row in rows {
        let event = LoggedEvent::try_from(row)?;
        let line =
            serde_json::to_string(&event).map_err(|error| DbError::corrupt("events", error))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok((text, more.flatten()))
}
