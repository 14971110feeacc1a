//! Lists of cases, as far as their reader sees each of them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{BeneficiaryId, CaseId};

use super::filter::{CaseFilter, CaseQuery};
use super::row::{CaseRow, Columns, PlacedCase};
use super::scope::{self, Hidden};
use super::store::{joined, placed};
use crate::clock;
use crate::db::schema::{beneficiaries, cases};
use crate::db::{Conn, DbError, in_batches};
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

pub(super) use shown;

/// A page of the cases that the query selects at `now` for the principal: those that wait, the longest
/// first, or those that have ended, the last first.
///
/// Cases of beneficiaries and those of areas are read apart, each by its index: in a small area from its
/// beneficiaries, in a large one in the order of the list.
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
    let of_homes = Side::Homes(homes(conn, district, filter.scope)?);
    let mut rows = read(conn, district, of_homes, &filter, (wanted, now))?;
    if filter.beneficiary.is_none() {
        rows.extend(read(conn, district, Side::Areas, &filter, (wanted, now))?);
        rows.sort_by_key(|(row, ..)| (row.begun_at, row.id));
        if filter.ended {
            rows.reverse();
        }
        rows.truncate(usize::try_from(wanted.rows()).unwrap_or(usize::MAX));
    }
    Ok(rows.into_iter().filter_map(PlacedCase::of).collect())
}

/// The beneficiaries of an area, as the query names them.
enum Homes {
    /// All of the district.
    All,
    /// All of the scope.
    Scope,
    /// These few, whose cases an index finds. PostgreSQL does not foresee how few cases a small area
    /// has: with the area in the query it reads the open cases of the district in their order.
    Few(Vec<BeneficiaryId>),
}

/// The most beneficiaries that a query names: a village has some hundreds. A larger one is read as a town is.
const MOST_NAMED: u16 = 1_000;

/// Whose cases are read.
enum Side {
    Homes(Homes),
    Areas,
}

fn homes(conn: &mut Conn, district: AreaCode, scope: AreaRange) -> Result<Homes, DbError> {
    match scope.area().level() {
        Level::District => Ok(Homes::All),
        Level::Town => Ok(Homes::Scope),
        Level::Village | Level::Grid => {
            let few: Vec<BeneficiaryId> = beneficiaries::table
                .filter(beneficiaries::district.eq(district))
                .filter(in_range!(beneficiaries::grid, scope))
                .select(beneficiaries::id)
                .limit(i64::from(MOST_NAMED) + 1)
                .load(conn)?;
            let is_few = few.len() <= usize::from(MOST_NAMED);
            Ok(if is_few { Homes::Few(few) } else { Homes::Scope })
        }
    }
}

fn read(
    conn: &mut Conn,
    district: AreaCode,
    side: Side,
    filter: &CaseFilter,
    (wanted, now): (&Wanted<Key>, DateTime<Utc>),
) -> Result<Vec<Columns>, DbError> {
    let mut query = shown!(placed!(district), filter.hidden.clone());
    query = match side {
        Side::Homes(homes) => {
            let query = query.filter(cases::beneficiary.is_not_null());
            match homes {
                // Of a case whose beneficiary is gone nothing is shown, so it must not fill the page.
                Homes::All => query.filter(beneficiaries::id.nullable().is_not_null()),
                Homes::Scope => {
                    query.filter(in_range!(beneficiaries::grid.nullable(), filter.scope))
                }
                // The area too: a beneficiary may have moved since they were read.
                Homes::Few(few) => query
                    .filter(cases::beneficiary.eq_any(few))
                    .filter(in_range!(beneficiaries::grid.nullable(), filter.scope)),
            }
        }
        Side::Areas => {
            let query = query.filter(cases::beneficiary.is_null());
            match filter.scope.area().level() {
                Level::District => query,
                _ => query.filter(in_range!(cases::area, filter.scope)),
            }
        }
    };
    if let Some(kind) = filter.kind.clone() {
        query = query.filter(cases::kind.eq(kind));
    }
    if let Some(step) = filter.step.clone() {
        query = query.filter(cases::step.eq(step));
    }
    if let Some(level) = filter.waits_for {
        query = query.filter(cases::waits_for.eq(level));
    }
    if let Some(beneficiary) = filter.beneficiary {
        query = query.filter(cases::beneficiary.eq(beneficiary));
    }
    if let Some(station) = filter.station.clone() {
        query = query.filter(cases::station.eq(station));
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
    Ok(query.limit(wanted.rows()).load(conn)?)
}

/// Those of these cases that are open, as far as the role of the principal sees them.
///
/// # Errors
/// [`DbError`].
pub(super) fn open_of(
    conn: &mut Conn,
    principal: &Principal,
    ids: &BTreeSet<CaseId>,
) -> Result<Vec<PlacedCase>, DbError> {
    let district = principal.district();
    let hidden = scope::hidden(conn, district, principal.role)?;
    let ids: Vec<CaseId> = ids.iter().copied().collect();
    let rows: Vec<Columns> = in_batches(&ids, |ids| {
        shown!(placed!(district), hidden.clone())
            .filter(cases::id.eq_any(ids.to_vec()))
            .filter(cases::result.is_null())
            .load(conn)
    })?;
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
