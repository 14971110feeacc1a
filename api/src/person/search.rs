//! Finds people by name or phone number, which are sealed.
//!
//! The query is in the body, so that no log of addresses has a name or a number. A whole number is
//! found by its keyed hash. For a part of a name, or the last digits of a number, the people of the
//! area are opened in memory, a batch at a time, in the order of the list.

use std::collections::BTreeSet;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::bounded_text::SearchText;
use gridward_domain::id::PersonId;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::person_state::PersonState;
use gridward_domain::range::PageLimit;
use gridward_domain::search_term::{SearchTerm, plain};
use gridward_domain::skill::Skill;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Person;
use super::list_store::{self, Filter, Position};
use super::store::Particulars;
use crate::area;
use crate::auth::Authenticated;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::page::{self, Page, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::http::{Json as Body, openapi};
use crate::idempotency::IdempotencyKey;
use crate::limits::Searches;
use crate::log::{Event, Subject};
use crate::tx::Db;

/// The number of people that are opened at a time.
const AT_A_TIME: i64 = 1_000;
/// The most ids of a search.
const MOST_IDS: usize = 500;

/// A search for people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "王小", "area": "500116001", "state": "active", "limit": 20 }))]
pub struct PeopleSearch {
    /// A part of the name, the whole phone number, or its last 4 digits. Default: all people.
    text: Option<SearchText>,
    /// Only people in this area and its descendants. Default: the caller's area.
    area: Option<AreaCode>,
    /// Only people with this role.
    role: Option<Role>,
    /// Only people in this state.
    state: Option<PersonState>,
    /// Only people with this skill.
    skill: Option<Skill>,
    /// Only people who speak this language.
    language: Option<SpokenLanguage>,
    /// Only these people.
    #[schema(max_items = 500, value_type = Option<Vec<PersonId>>)]
    ids: Option<BTreeSet<PersonId>>,
    /// Page size, 1 to 200. Default 50.
    limit: Option<PageLimit>,
    /// The `next_cursor` of the previous page.
    #[schema(max_length = 512)]
    cursor: Option<String>,
}

/// Search people
///
/// Finds people of the caller's area by a part of the name, by the phone number or by its last 4
/// digits, ordered by area. The text is in the body and in no log; the log of the district records
/// who searched by what, in which area and the number of shown people. A body without a text lists
/// all people that the filters select. An account has a limited number of searches in a minute;
/// beyond it the answer is 429. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "people",
    operation_id = "search_people",
    params(openapi::NeverStored),
    request_body(content = PeopleSearch, description = "The search"),
    responses((status = OK, description = "A page of people", body = Page<Person>), openapi::Write),
)]
#[post("/people/search")]
pub(crate) async fn search_people(
    db: Data<Db>,
    keys: Data<KeyRing>,
    searches: Data<Searches>,
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; each search is recorded.
    _: IdempotencyKey,
    Body(search): Body<PeopleSearch>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadPeople)?;
    searches.take(&principal)?;
    let area = search.area.unwrap_or(principal.area);
    principal
        .authorize(Action::ReadPeople, &area)
        .map_err(|_| Problem::invalid("/area", "must be in your area"))?;
    if search.ids.as_ref().is_some_and(|ids| ids.len() > MOST_IDS) {
        return Err(Problem::invalid("/ids", format!("at most {MOST_IDS}")));
    }
    let wanted = PageQuery { limit: search.limit, cursor: search.cursor }.wanted();
    let wanted = wanted
        .map_err(|_| Problem::invalid("/cursor", "must be a `next_cursor` of this search"))?;
    let (keys, limit) = (keys.clone(), wanted.limit);
    let term = search.text.as_ref().map(|text| SearchTerm::parse(text.as_str())).transpose();
    let term = term.map_err(|error| Problem::invalid("/text", error))?;
    let filter = Filter {
        role: search.role,
        state: search.state,
        skill: search.skill,
        language: search.language,
        ids: search.ids,
        phone: None,
    };
    let kind = term.as_ref().map(SearchTerm::kind);
    let people = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        area::known::in_body(conn, area, "/area")?;
        Ok::<_, Problem>(find(conn, &key, area, term.as_ref(), &filter, &wanted)?)
    });
    let people = page::page(people.await?, limit, |person: &Person| (person.area, person.id));
    if let Some(kind) = kind {
        record(&db, principal, area, ("person.search", kind), people.items.len()).await?;
    }
    Ok(people.unlinked())
}

/// Records a search before it is answered, without its text: the action, what was searched for, and
/// the number of rows that are shown.
///
/// # Errors
/// [`Problem`] of the database.
pub async fn record(
    db: &Db,
    principal: Principal,
    area: AreaCode,
    (action, by): (&'static str, &'static str),
    shown: usize,
) -> Result<(), Problem> {
    let me = principal.person;
    let recorded = db.write(principal.district(), move |tx| {
        let event = Event::new(action, Subject::Reading, me, area, 1);
        tx.record(event.by(me).with(json!({ "by": by, "shown": shown })));
        Ok::<_, Problem>(())
    });
    recorded.await
}

/// The people of a page, with one more if there are more.
fn find(
    conn: &mut Conn,
    key: &SealingKey,
    area: AreaCode,
    term: Option<&SearchTerm>,
    filter: &Filter,
    wanted: &Wanted<Position>,
) -> Result<Vec<Person>, DbError> {
    let (scope, mut filter) = (area.range(), filter.clone());
    let Some(term) = term else {
        let rows = list_store::list(conn, &scope, &filter, wanted)?;
        return rows.iter().map(|row| row.person(key)).collect();
    };
    filter.phone = term.whole_number().map(|number| key.index(number));
    let found = scan(conn, key, &scope, term, &filter, wanted)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let those = Filter { ids: Some(found), ..Filter::default() };
    let rows = list_store::page(conn, &scope, &those, None, wanted.rows())?;
    rows.iter().map(|row| row.person(key)).collect()
}

/// Opens the people that the filter selects until a page is full.
fn scan(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    term: &SearchTerm,
    filter: &Filter,
    wanted: &Wanted<Position>,
) -> Result<BTreeSet<PersonId>, DbError> {
    let most = usize::try_from(wanted.rows()).unwrap_or(usize::MAX);
    let (mut found, mut after) = (BTreeSet::new(), wanted.after);
    loop {
        let rows = list_store::sealed_page(conn, scope, filter, after, AT_A_TIME)?;
        let Some((area, id, _)) = rows.last() else { return Ok(found) };
        after = Some((*area, *id));
        for (area, id, sealed) in &rows {
            let Particulars { name, phone } = Particulars::open(key, area.district(), *id, sealed)?;
            if term.finds(&plain(&name), &plain(&phone), "") {
                found.insert(*id);
                if found.len() == most {
                    return Ok(found);
                }
            }
        }
    }
}
