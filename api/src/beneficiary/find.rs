//! Lists beneficiaries by their columns, and finds them by what is sealed.

use std::collections::HashMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Action;
use gridward_domain::bounded_text::SearchText;
use gridward_domain::code::Hardship;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::range::PageLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::filter::{BeneficiaryFilter, BeneficiarySort, KeyRow, Query, SortKey, sorted};
use super::name_index::{NameIndex, Wanted as Searched};
use super::search_term::SearchTerm;
use super::{Beneficiary, store};
use crate::area;
use crate::auth::Authenticated;
use crate::clock::{self, Clock};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::Json as Body;
use crate::http::openapi;
use crate::http::page::{self, Page, PageQuery, Paged, Wanted};
use crate::http::problem::Problem;
use crate::idempotency::IdempotencyKey;
use crate::limits::Searches;
use crate::person::search::record;
use crate::tx::Db;

/// The most beneficiaries that one statement names.
const AT_A_TIME: usize = 1_000;

/// A page of beneficiaries.
#[derive(Debug, Serialize, ToSchema)]
pub struct BeneficiaryPage {
    /// The beneficiaries, masked.
    #[schema(max_items = 200)]
    items: Vec<Beneficiary>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
    /// The number of all matching beneficiaries, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 62_000)]
    count: Option<i64>,
}

/// What is read for a page.
struct Listed {
    rows: Vec<Beneficiary>,
    count: Option<i64>,
}

/// A requested page of an area, in an order.
#[derive(Clone, Debug)]
pub struct ListRequest {
    scope: AreaRange,
    filter: BeneficiaryFilter,
    sort: BeneficiarySort,
    wanted: Wanted<SortKey>,
    today: NaiveDate,
}

impl ListRequest {
    fn new(
        scope: AreaRange,
        filter: BeneficiaryFilter,
        page: &PageQuery,
        today: NaiveDate,
    ) -> Result<Self, Problem> {
        let sort = filter.sort.unwrap_or_default();
        let Wanted { limit, after } = page.wanted::<SortKey>()?;
        let after = after.map(|after| after.check(sort)).transpose()?;
        Ok(Self { scope, filter, sort, wanted: Wanted { limit, after }, today })
    }

    /// All pages of the area that the filter selects, as large as possible.
    pub fn whole(scope: AreaRange, filter: BeneficiaryFilter, today: NaiveDate) -> Self {
        let sort = filter.sort.unwrap_or_default();
        let filter = BeneficiaryFilter { count: None, ..filter };
        let wanted = Wanted { limit: PageLimit::MAX, after: None };
        Self { scope, filter, sort, wanted, today }
    }

    /// The beneficiaries of the page after the position, and the position after them if more may
    /// follow.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn page_after(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        after: Option<SortKey>,
    ) -> Result<(Vec<Beneficiary>, Option<SortKey>), DbError> {
        let wanted = Wanted { after, ..self.wanted.clone() };
        let rows = Self { wanted, ..self.clone() }.list(conn, key)?.rows;
        let is_full = i64::try_from(rows.len()) == Ok(self.wanted.rows());
        let next = rows.last().filter(|_| is_full).map(|last| SortKey::of(self.sort, last));
        Ok((rows, next))
    }

    fn page(&self, listed: Listed) -> BeneficiaryPage {
        let key = |one: &Beneficiary| SortKey::of(self.sort, one);
        let Page { items, next_cursor } = page::page(listed.rows, self.wanted.limit, key);
        BeneficiaryPage { items, next_cursor, count: listed.count }
    }

    fn counts(&self) -> bool {
        self.filter.count == Some(true)
    }

    /// The rows of the page, and one more if there is a next page. The keys are read first, from an
    /// index that has every column of a filter, so that rows that do not match are not read.
    fn list(&self, conn: &mut Conn, key: &SealingKey) -> Result<Listed, DbError> {
        let query = self.filter.query(&self.scope, self.today);
        let keys: Vec<KeyRow> = sorted(query, self.sort, self.wanted.after)
            .limit(self.wanted.rows())
            .select(KeyRow::as_select())
            .load(conn)?;
        let count = self.counts().then(|| {
            let all = self.filter.query(&self.scope, self.today);
            all.count().get_result(conn)
        });
        let count = count.transpose()?;
        let ids: Vec<BeneficiaryId> = keys.into_iter().map(|row| row.id).collect();
        Ok(Listed { rows: self.masked(conn, key, &ids)?, count })
    }

    /// As [`Self::list`], of these beneficiaries, which are in the order of their grids.
    fn list_of(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        mut ids: &[BeneficiaryId],
    ) -> Result<Listed, DbError> {
        let district = self.scope.area().district();
        let rows = usize::try_from(self.wanted.rows()).unwrap_or_default();
        let (mut keys, mut count, mut size) = (Vec::new(), 0, rows);
        while !ids.is_empty() {
            let is_full = self.sort == BeneficiarySort::Grid && keys.len() >= rows;
            if is_full && !self.counts() {
                break;
            }
            let (those, others) = ids.split_at(size.min(ids.len()));
            (ids, size) = (others, (size * 4).min(AT_A_TIME));
            let query = self.filter.query_of(district, those, self.today);
            let found: Vec<KeyRow> = query.select(KeyRow::as_select()).load(conn)?;
            let found = found.iter().filter(|row| self.is_inside(row));
            let found: Vec<_> = found.map(|row| (SortKey::new(self.sort, row), row.id)).collect();
            count += i64::try_from(found.len()).unwrap_or_default();
            let after = self.wanted.after;
            keys.extend(found.into_iter().filter(|(key, _)| after.is_none_or(|at| *key > at)));
            keys.sort_unstable();
            keys.truncate(rows);
        }
        let ids: Vec<BeneficiaryId> = keys.into_iter().map(|(_, id)| id).collect();
        Ok(Listed { rows: self.masked(conn, key, &ids)?, count: self.counts().then_some(count) })
    }

    fn is_inside(&self, row: &KeyRow) -> bool {
        let state = self.filter.state.unwrap_or_default();
        state.includes(row.valid_to) && self.scope.area().contains(&row.grid)
    }

    /// The beneficiaries with these ids, in the same order.
    fn masked(
        &self,
        conn: &mut Conn,
        key: &SealingKey,
        ids: &[BeneficiaryId],
    ) -> Result<Vec<Beneficiary>, DbError> {
        masked(conn, key, self.scope.area().district(), ids)
    }
}

/// A page of the beneficiaries of a query, masked, ordered by grid.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(
    conn: &mut Conn,
    key: &SealingKey,
    area: AreaCode,
    query: Query<'_>,
    wanted: &Wanted<SortKey>,
) -> Result<Vec<Beneficiary>, DbError> {
    let keys: Vec<KeyRow> = sorted(query, BeneficiarySort::Grid, wanted.after)
        .limit(wanted.rows())
        .select(KeyRow::as_select())
        .load(conn)?;
    let ids: Vec<BeneficiaryId> = keys.into_iter().map(|row| row.id).collect();
    masked(conn, key, area.district(), &ids)
}

/// The beneficiaries with these ids, masked, in the same order.
fn masked(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<Beneficiary>, DbError> {
    let read = store::rows(conn, district, ids)?;
    let mut read: HashMap<_, _> = read.into_iter().map(|row| (row.id, row)).collect();
    ids.iter().filter_map(|id| read.remove(id)).map(|row| row.masked(key)).collect()
}

/// List beneficiaries
///
/// Lists the beneficiaries in the caller's area that match all filters, ordered by grid or as `sort`
/// names: the current ones, unless `state` asks for ended ones, which have `valid_to`. Names and phone
/// numbers are masked, and only the cell of a home is shown. Allowed roles: managers, supervisors and
/// admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "list_beneficiaries",
    params(BeneficiaryFilter, PageQuery),
    responses(
        (status = OK, description = "A page of beneficiaries", body = BeneficiaryPage),
        openapi::Read,
    ),
)]
#[get("/beneficiaries")]
pub(crate) async fn list_beneficiaries(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    Paged { filter, page }: Paged<BeneficiaryFilter>,
) -> Result<HttpResponse, Problem> {
    let area = filter.area.unwrap_or(principal.area);
    principal.authorize(Action::ReadBeneficiaries, &area)?;
    area::known::in_query(&db, filter.area).await?;
    let requested = ListRequest::new(area.range(), filter, &page, clock::day((clock)()))?;
    let (keys, list) = (keys.clone(), requested.clone());
    let listed = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        list.list(conn, &key)
    });
    let page = requested.page(listed.await.map_err(Problem::from)?);
    let links = Page::<()> { items: Vec::new(), next_cursor: page.next_cursor.clone() };
    Ok(links.head(request.path(), request.query_string()).json(page))
}

/// A search for beneficiaries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "小明", "filter": {"lives_alone": true}, "limit": 20}))]
pub struct BeneficiarySearch {
    /// Part of a name; or a phone or ID number, whole or its last 4 digits. Blanks, hyphens
    /// and the width of characters do not matter.
    text: Option<SearchText>,
    /// Only beneficiaries with this hardship, a word of the vocabulary `hardships`.
    hardship: Option<Hardship>,
    /// The filters, the order and the count of the list.
    #[serde(default)]
    filter: BeneficiaryFilter,
    /// Page size, 1 to 200. Default 50.
    limit: Option<PageLimit>,
    /// The `next_cursor` of the previous page.
    #[schema(max_length = 512)]
    cursor: Option<String>,
}

impl BeneficiarySearch {
    /// What is searched.
    ///
    /// # Errors
    /// 422 without a text and a hardship, or for a text that searches nothing.
    fn searched(&self) -> Result<Searched, Problem> {
        let term = self.text.as_ref().map(|text| SearchTerm::parse(text.as_str())).transpose();
        let term = term.map_err(|error| Problem::invalid("/text", error))?;
        if term.is_none() && self.hardship.is_none() {
            return Err(Problem::invalid("/text", "is required, unless there is a hardship"));
        }
        Ok(Searched { term, hardship: self.hardship.clone() })
    }
}

/// Search beneficiaries
///
/// Finds beneficiaries of the caller's area by part of the name, by phone or ID number, or by
/// hardship: the current ones, unless `state` of the filter asks for ended ones. The answer is
/// masked, as in a list; the search is in the body, which no proxy logs. The log of the district
/// records who searched by what, in which area and the number of shown entries, not the text.
///
/// Names and numbers are encrypted in the database and in no index of it. A server that is searched
/// keeps those of the district in its memory, until nobody has searched for half an hour. So the
/// database leaks nothing about them, not even which are equal or how frequent one is; the memory of
/// a searched server contains them, beside the key that decrypts them. An answer reveals
/// whether a guessed part of a name or number fits a masked entry of the area; of a number only its
/// end or the whole fits, so that it cannot be guessed digit by digit. An account has a limited
/// number of searches in a minute, with those for people; beyond it the answer is 429.
///
/// Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "beneficiaries",
    operation_id = "search_beneficiaries",
    params(openapi::NeverStored),
    request_body(content = BeneficiarySearch, description = "The search"),
    responses(
        (status = OK, description = "A page of beneficiaries, masked", body = BeneficiaryPage),
        openapi::Write,
    ),
)]
#[post("/beneficiaries/search")]
pub(crate) async fn search_beneficiaries(
    (db, keys, clock): (Data<Db>, Data<KeyRing>, Data<Clock>),
    index: Data<NameIndex>,
    searches: Data<Searches>,
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; each search is recorded.
    _: IdempotencyKey,
    Body(search): Body<BeneficiarySearch>,
) -> Result<HttpResponse, Problem> {
    principal.may(Action::ReadBeneficiaries)?;
    searches.take(&principal)?;
    let wanted = search.searched()?;
    let BeneficiarySearch { filter, limit, cursor, .. } = search;
    let area = filter.area.unwrap_or(principal.area);
    if !principal.area.contains(&area) {
        return Err(Problem::invalid("/filter/area", "must be in your area"));
    }
    let page = PageQuery { limit, cursor };
    let requested = ListRequest::new(area.range(), filter, &page, clock::day((clock)()))
        .map_err(|problem| Problem::invalid("/cursor", problem))?;
    let names = index.searcher(principal.district()).await;
    let (keys, list, what) = (keys.clone(), requested.clone(), wanted.clone());
    let found = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        area::known::in_body(conn, list.scope.area(), "/filter/area")?;
        let ids = names.search(conn, &key, &list.scope, &what)?;
        Ok::<_, Problem>(list.list_of(conn, &key, &ids)?)
    });
    let page = requested.page(found.await?);
    let by = wanted.term.as_ref().map_or("hardship", SearchTerm::kind);
    let (area, action) = (requested.scope.area(), "beneficiary.search");
    record(&db, principal, area, (action, by), page.items.len()).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(page))
}
