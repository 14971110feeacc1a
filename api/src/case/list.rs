//! Lists of cases, as far as their reader sees each of them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{BeneficiaryId, CaseId};

use super::filter::{CaseFilter, CaseQuery};
use super::scope::{self, Hidden};
use super::store::{Columns, PlacedCase, placed};
use crate::clock;
use crate::db::schema::{beneficiaries, cases};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;

/// The position in a list.
pub type Key = (DateTime<Utc>, CaseId);

/// Keeps the cases that are not hidden from the reader.
macro_rules! shown {
    ($query:expr, $hidden:expr) => {{
        let Hidden { kinds, versions } = $hidden;
        let mut query = $query.filter(cases::kind.ne_all(kinds)).into_boxed();
        for (kind, version) in versions {
            query = query.filter(cases::kind.ne(kind).or(cases::kind_version.ne(version)));
        }
        query
    }};
}

/// A page of the cases that the query selects at `now` for the principal: those that wait, the longest
/// first, or those that have ended, the last first.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    principal: &Principal,
    query: &CaseQuery,
    wanted: &Wanted<Key>,
    now: DateTime<Utc>,
) -> Result<Vec<PlacedCase>, DbError> {
    let district = principal.district();
    let hidden = scope::hidden(conn, district, principal.role)?;
    let filter = CaseFilter::of(query.clone(), principal, hidden);
    list(conn, district, filter, wanted, now)
}

fn list(
    conn: &mut Conn,
    district: AreaCode,
    filter: CaseFilter,
    wanted: &Wanted<Key>,
    now: DateTime<Utc>,
) -> Result<Vec<PlacedCase>, DbError> {
    let mut query = shown!(placed!(district), filter.hidden);
    let of_home = in_range!(beneficiaries::grid.nullable(), filter.scope);
    let of_area = in_range!(cases::area, filter.scope);
    query = query.filter(of_home.or(cases::beneficiary.is_null().and(of_area)));
    if let Some(kind) = filter.kind {
        query = query.filter(cases::kind.eq(kind));
    }
    if let Some(step) = filter.step {
        query = query.filter(cases::step.eq(step));
    }
    if let Some(level) = filter.waits_for {
        query = query.filter(cases::waits_for.eq(level));
    }
    if let Some(beneficiary) = filter.beneficiary {
        query = query.filter(cases::beneficiary.eq(beneficiary));
    }
    let today = clock::day(now);
    query = match filter.overdue {
        Some(true) => query.filter(cases::due_on.lt(today)),
        Some(false) => query.filter(cases::due_on.is_null().or(cases::due_on.ge(today))),
        None => query,
    };
    if filter.ended {
        query = query
            .filter(cases::result.is_not_null())
            .order((cases::begun_at.desc(), cases::id.desc()));
        if let Some((at, id)) = wanted.after {
            let at = at.naive_utc();
            let before = cases::begun_at.eq(at).and(cases::id.lt(id));
            query = query.filter(cases::begun_at.le(at)).filter(cases::begun_at.lt(at).or(before));
        }
    } else {
        query = query.filter(cases::result.is_null()).order((cases::begun_at, cases::id));
        if let Some((at, id)) = wanted.after {
            let at = at.naive_utc();
            let after = cases::begun_at.eq(at).and(cases::id.gt(id));
            query = query.filter(cases::begun_at.ge(at)).filter(cases::begun_at.gt(at).or(after));
        }
    }
    let rows: Vec<Columns> = query.limit(wanted.rows()).load(conn)?;
    Ok(rows.into_iter().filter_map(PlacedCase::of).collect())
}

/// Up to `limit` cases of the beneficiary that a role sees, the last opened first: those opened before a
/// moment, or at that moment with a lower id; `None` as the id excludes the moment.
///
/// # Errors
/// [`DbError`].
pub fn of_beneficiary(
    conn: &mut Conn,
    (district, role): (AreaCode, Role),
    beneficiary: BeneficiaryId,
    before: Option<(DateTime<Utc>, Option<CaseId>)>,
    limit: i64,
) -> Result<Vec<PlacedCase>, DbError> {
    let hidden = scope::hidden(conn, district, role)?;
    let mut query = shown!(placed!(district), hidden).filter(cases::beneficiary.eq(beneficiary));
    if let Some((at, id)) = before {
        let at = at.naive_utc();
        query = match id {
            Some(id) => {
                let same = cases::opened_at.eq(at).and(cases::id.lt(id));
                query.filter(cases::opened_at.lt(at).or(same))
            }
            None => query.filter(cases::opened_at.lt(at)),
        };
    }
    let order = (cases::opened_at.desc(), cases::id.desc());
    let rows: Vec<Columns> = query.order(order).limit(limit).load(conn)?;
    Ok(rows.into_iter().filter_map(PlacedCase::of).collect())
}
