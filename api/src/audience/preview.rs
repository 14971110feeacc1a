//! Counts an audience.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::BeneficiaryId;

use super::check;
use super::condition::{self, Expression};
use super::model::{AudienceCount, AudienceOfArea, AudiencePreview};
use super::names::DistrictNames;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::{area, in_range};

/// Counts the beneficiaries of the principal's area, or of one in it, that a filter selects.
///
/// # Errors
/// 403; 422.
pub fn preview(
    conn: &mut Conn,
    principal: &Principal,
    preview: &AudiencePreview,
    today: NaiveDate,
) -> Result<AudienceCount, Problem> {
    principal.may(Action::ManageAudiences)?;
    let area = check::area_of(conn, principal, preview.area)?;
    check::filter_of(conn, principal, &preview.filter)?;
    let names = DistrictNames::read(conn, principal.district(), [(area, &preview.filter)])?;
    let sentence = preview.filter.sentence(area, &names);
    let (count, areas) = by_area(conn, area, &preview.filter, today)?;
    Ok(AudienceCount {
        area,
        count,
        of: size(conn, area)?,
        sentence_zh: sentence.zh,
        sentence_en: sentence.en,
        areas,
    })
}

/// The number of current beneficiaries of the area that belong to the audience.
///
/// # Errors
/// [`DbError`].
pub fn count(
    conn: &mut Conn,
    area: AreaCode,
    filter: &Filter,
    today: NaiveDate,
) -> Result<i64, DbError> {
    Ok(by_grid(conn, area, condition::expression(filter, area.district(), today))?.values().sum())
}

/// Whether the beneficiary belongs to the audience.
///
/// # Errors
/// [`DbError`].
pub fn includes(
    conn: &mut Conn,
    (district, id): (AreaCode, BeneficiaryId),
    filter: &Filter,
    today: NaiveDate,
) -> Result<bool, DbError> {
    let member = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id.eq(id))
        .filter(condition::expression(filter, district, today))
        .select(beneficiaries::id);
    Ok(member.first::<BeneficiaryId>(conn).optional()?.is_some())
}

/// The numbers of current beneficiaries that belong to the audience in the areas directly below, those without any
/// too, and in the area itself.
fn by_area(
    conn: &mut Conn,
    area: AreaCode,
    filter: &Filter,
    today: NaiveDate,
) -> Result<(i64, Vec<AudienceOfArea>), DbError> {
    let counts = by_grid(conn, area, condition::expression(filter, area.district(), today))?;
    Ok((counts.values().sum(), by_child(conn, area, &counts)?))
}

/// The number of all current beneficiaries of the area.
///
/// # Errors
/// [`DbError`].
pub fn size(conn: &mut Conn, area: AreaCode) -> Result<i64, DbError> {
    let all: Expression = Box::new(beneficiaries::valid_to.is_null());
    Ok(by_grid(conn, area, all)?.values().sum())
}

/// The current beneficiaries of the area that satisfy the condition, by grid.
///
/// # Errors
/// [`DbError`].
fn by_grid(
    conn: &mut Conn,
    area: AreaCode,
    condition: Expression,
) -> Result<BTreeMap<AreaCode, i64>, DbError> {
    let range = area.range();
    let counts: Vec<(AreaCode, i64)> = beneficiaries::table
        .filter(beneficiaries::district.eq(area.district()))
        .filter(beneficiaries::valid_to.is_null())
        .filter(in_range!(beneficiaries::grid, range))
        .filter(condition)
        .group_by(beneficiaries::grid)
        .select((beneficiaries::grid, count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// The counts of the areas directly below, those without a member too.
///
/// # Errors
/// [`DbError`].
fn by_child(
    conn: &mut Conn,
    area: AreaCode,
    by_grid: &BTreeMap<AreaCode, i64>,
) -> Result<Vec<AudienceOfArea>, DbError> {
    let Some(below) = area.level().child() else { return Ok(Vec::new()) };
    let mut counts: BTreeMap<AreaCode, i64> = BTreeMap::new();
    for (grid, count) in by_grid {
        if let Some(child) = grid.ancestor(below) {
            *counts.entry(child).or_default() += count;
        }
    }
    let names = area::store::names(conn, &area.range(), below)?;
    let counted = names.into_iter().map(|(area, name)| AudienceOfArea {
        area,
        name,
        count: counts.get(&area).copied().unwrap_or_default(),
    });
    Ok(counted.collect())
}
