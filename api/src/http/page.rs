//! Paged lists: limit, cursor and the link to the next page.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{CACHE_CONTROL, LINK};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gridward_domain::range::PageLimit;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::deserialize;
use crate::http::problem::Problem;

const DEFAULT: PageLimit = PageLimit::of::<50>();

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    pub next_cursor: Option<String>,
}

/// The query parameters of a page.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Page size, 1 to 200. Default 50.
    #[param(inline)]
    pub limit: Option<PageLimit>,
    /// The `next_cursor` of the previous page.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// The fields of a [`PageQuery`].
const FIELDS: [&str; 2] = ["limit", "cursor"];

/// A requested page: its size and the key of the last item before it.
#[derive(Clone, Debug)]
pub struct Wanted<K> {
    /// The page size.
    pub limit: PageLimit,
    /// The key of the last item on the previous page.
    pub after: Option<K>,
}

impl<K> Wanted<K> {
    /// The number of rows to read: one more than the page size, to detect a next page.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit.get()) + 1
    }
}

impl PageQuery {
    /// The requested page.
    ///
    /// # Errors
    /// 400 if the cursor is invalid.
    pub fn wanted<K: DeserializeOwned>(&self) -> Result<Wanted<K>, Problem> {
        let after = self.cursor.as_deref().map(decode).transpose()?;
        Ok(Wanted { limit: self.limit.unwrap_or(DEFAULT), after })
    }
}

/// The filter of a list without one.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// The query of a list: its filters and the page.
#[derive(Clone, Debug)]
pub struct Paged<Q> {
    /// The filters.
    pub filter: Q,
    /// The page.
    pub page: PageQuery,
}

impl<Q: DeserializeOwned> FromRequest for Paged<Q> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(split(request.query_string()))
    }
}

/// Reads the fields of the page separately from the filters, so that each type can refuse
/// unknown fields.
fn split<Q: DeserializeOwned>(query: &str) -> Result<Paged<Q>, Problem> {
    let fields = form_urlencoded::parse(query.as_bytes());
    let (page, filter): (Vec<_>, Vec<_>) =
        fields.partition(|(name, _)| FIELDS.contains(&name.as_ref()));
    let text = |fields: Vec<_>| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    Ok(Paged {
        filter: deserialize::query_beside(&text(filter), &FIELDS)?,
        page: deserialize::query(&text(page))?,
    })
}

fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    key.ok_or_else(|| Problem::unreadable("cursor", "must be a `next_cursor` of this list"))
}

/// The page of `rows`, which may contain one row more than `limit`.
pub fn page<T, K: Serialize>(mut rows: Vec<T>, limit: PageLimit, key: impl Fn(&T) -> K) -> Page<T> {
    let next_cursor = cut(&mut rows, limit, key).and_then(|last| cursor(&last));
    Page { next_cursor, items: rows }
}

/// Cuts rows that may contain one more than `limit`; answers the key of the last that is left if more
/// follow.
pub fn cut<T, K>(rows: &mut Vec<T>, limit: PageLimit, key: impl Fn(&T) -> K) -> Option<K> {
    let limit = usize::from(limit);
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| more).map(key)
}

/// The cursor of the page after the item with this key; `None` only for a key without JSON.
pub fn cursor(key: &impl Serialize) -> Option<String> {
    serde_json::to_vec(key).ok().map(|key| BASE64_URL_SAFE_NO_PAD.encode(key))
}

impl<T: Serialize> Page<T> {
    /// The answer with the link to the next page (RFC 8288); `query` is the request's.
    pub fn answer(&self, path: &str, query: &str) -> HttpResponse {
        self.head(path, query).json(self)
    }

    /// The answer to a search, whose next page is no address: the cursor is sent in the body.
    pub fn unlinked(&self) -> HttpResponse {
        HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(self)
    }

    /// The head of the answer, for a body with more than the page.
    pub fn head(&self, path: &str, query: &str) -> HttpResponseBuilder {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CACHE_CONTROL, "no-store"));
        if let Some(cursor) = &self.next_cursor {
            let kept = query.split('&').filter(|pair| !pair.is_empty());
            let kept = kept.filter(|pair| !pair.starts_with("cursor="));
            let fields: Vec<&str> = kept.collect();
            let query = fields.join("&");
            let join = if query.is_empty() { "" } else { "&" };
            answer.insert_header((
                LINK,
                format!("<{path}?{query}{join}cursor={cursor}>; rel=\"next\""),
            ));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_to_the_things_after_the_last_one_shown() {
        let two = PageLimit::of::<2>();
        let first = page(vec![1, 2, 3], two, |n| *n);
        assert_eq!(first.items, vec![1, 2]);
        let asked = PageQuery { limit: Some(two), cursor: first.next_cursor };
        let next = asked.wanted::<i32>().expect("a page");
        assert_eq!((next.limit, next.after, next.rows()), (two, Some(2), 3));
        assert_eq!(page(vec![3], two, |n| *n).next_cursor, None);
    }

    #[test]
    fn a_limit_out_of_range_and_a_forged_cursor_are_refused() {
        for limit in ["0", "201", "-1", "many"] {
            let problem = deserialize::query::<PageQuery>(&format!("limit={limit}"));
            assert_eq!(problem.expect_err(limit).errors()[0].pointer, "limit");
        }
        for cursor in ["!!", "Im5vdCBhIG51bWJlciI"] {
            let query = PageQuery { limit: None, cursor: Some(cursor.to_owned()) };
            assert!(query.wanted::<i32>().is_err(), "{cursor}");
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        minutes: Option<u16>,
        word: Option<String>,
    }

    #[test]
    fn the_fields_of_a_page_stand_among_those_of_the_list() {
        let query = "minutes=5&%6Cimit=7&word=%E5%A5%BD+%26&cursor=a%2Bb";
        let Paged { filter, page } = split::<Filter>(query).expect("a query");
        assert_eq!((filter.minutes, filter.word.as_deref()), (Some(5), Some("好 &")));
        assert_eq!((page.limit, page.cursor.as_deref()), (Some(PageLimit::of::<7>()), Some("a+b")));
        for (wrong, name) in
            [("limit=x", "limit"), ("color=red", "color"), ("minutes=x", "minutes")]
        {
            let problem = split::<Filter>(wrong).expect_err(wrong);
            assert_eq!(problem.errors()[0].pointer, name, "{wrong}");
        }
        assert!(split::<Filter>("limit=1&limit=2").is_err());
        let unknown = split::<Filter>("color=red").expect_err("unknown").errors()[0].detail.clone();
        assert!(unknown.ends_with("minutes or word, limit, cursor"), "{unknown}");
    }
}
