//! Gives audiences, campaigns and their templates, regimes and cases the areas that took over.
//!
//! A code is never used twice, so that which keeps a former code would find no home any more: a duty
//! would end, and a case would be seen by no one.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::audience::{Filter, after_change_of_areas, common};
use gridward_domain::authority::Principal;
use serde_json::json;

use super::decide::Decision;
use crate::audience::store::{self as audiences, AudienceRow};
use crate::campaign::store::{self as campaigns, CampaignRow};
use crate::campaign::template::{CampaignTemplate, StoredTemplate};
use crate::campaign::template_store as templates;
use crate::case::event::event;
use crate::case::kind_store;
use crate::case::row::{CaseRow, PlacedCase};
use crate::case::store as cases;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::regime::store::{self as regimes, RegimeRow};
use crate::tx::Tx;

impl Decision {
    /// The current areas that are in the place of an area; the area itself, if none took over.
    fn successors_of(&self, area: AreaCode) -> BTreeSet<AreaCode> {
        let mut areas = BTreeSet::from([area]);
        for (from, to) in &self.successors {
            if areas.contains(from) {
                areas.insert(*to);
            }
        }
        areas.retain(|area| self.after.areas.contains_key(area));
        if areas.is_empty() { [area].into() } else { areas }
    }

    /// The one area that is in the place of an area: the smallest around those that took over, or around the area
    /// itself if none did; the area itself, if it is current.
    pub(super) fn heir_of(&self, area: AreaCode) -> Option<AreaCode> {
        let is_current = |area: &AreaCode| self.after.areas.contains_key(area);
        let above = || std::iter::successors(area.parent(), AreaCode::parent).find(is_current);
        common(self.successors_of(area).into_iter().filter(is_current)).or_else(above)
    }

    /// The area and the filter after the changes, if one of them differs; `text` is the stored filter.
    fn moved(
        &self,
        area: AreaCode,
        (filter, text): (&Filter, &str),
    ) -> Result<Option<(AreaCode, String)>, DbError> {
        let successors = |area| self.successors_of(area);
        let (next_area, next) = after_change_of_areas(area, filter, &successors);
        let next = if next == *filter { text.to_owned() } else { audiences::text(&next)? };
        Ok(((next_area, next.as_str()) != (area, text)).then_some((next_area, next)))
    }
}

/// Checks that no tasks of a campaign are being created: those of a part of its area would be missed.
///
/// # Errors
/// 409.
pub fn check(conn: &mut Conn, district: AreaCode, decision: &Decision) -> Result<(), Problem> {
    if decision.successors.is_empty() {
        return Ok(());
    }
    let launching = campaigns::launching(conn, district)?;
    let Some(id) = launching.first() else { return Ok(()) };
    let problem = Problem::from(ProblemCode::CampaignState);
    match campaigns::row(conn, &district.range(), *id)? {
        Some(row) => Err(problem.showing(&row.shown(conn)?)),
        None => Err(problem),
    }
}

/// Writes the rows whose area or filter has other codes now.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if a row has changed since it was read.
pub fn write(tx: &mut Tx<'_>, principal: &Principal, decision: &Decision) -> Result<(), DbError> {
    if decision.successors.is_empty() {
        return Ok(());
    }
    let district = tx.district;
    let changed = |action, subject, id: &dyn std::fmt::Display, (was, is, version)| {
        let event = Event::new(action, subject, id, is, version).by(principal.person);
        let event = event.with(json!({ "because": "area_changed" }));
        if was == is { event } else { event.moved_from(was) }
    };
    for row in audiences::all(tx.read_unbatched(), district)? {
        let moved = decision.moved(row.area, (&row.filter()?, &row.filter))?;
        let Some((area, filter)) = moved else { continue };
        let next = AudienceRow { area, filter, version: row.version + 1, ..row.clone() };
        audiences::put(tx.write_unbatched(), Some(&row), &next)?;
        let change = (row.area, area, next.version);
        tx.record(changed("audience.change", Subject::Audience, &row.id, change));
    }
    for row in campaigns::all(tx.read_unbatched(), district)? {
        let moved = decision.moved(row.area, (&row.filter()?, &row.filter))?;
        let Some((area, filter)) = moved else { continue };
        let next = CampaignRow { area, filter, version: row.version + 1, ..row.clone() };
        campaigns::put(tx.write_unbatched(), Some(&row), &next)?;
        let change = (row.area, area, next.version);
        tx.record(changed("campaign.change", Subject::Campaign, &row.id, change));
    }
    for StoredTemplate { template, version } in templates::all(tx.read_unbatched(), district)? {
        let filter = template.filter.after_change_of_areas(&|area| decision.successors_of(area));
        if filter == template.filter {
            continue;
        }
        let template = CampaignTemplate { filter, ..template };
        let next = StoredTemplate { template, version: version + 1 };
        templates::put(tx.write_unbatched(), district, Some(version), &next)?;
        let (action, subject) = ("campaign_template.change", Subject::CampaignTemplate);
        let change = (district, district, next.version);
        tx.record(changed(action, subject, &next.template.code, change));
    }
    for row in regimes::all(tx.read_unbatched(), district)? {
        let moved = decision.moved(row.area, (&row.filter()?, &row.filter))?;
        let Some((area, filter)) = moved else { continue };
        let next = RegimeRow { area, filter, version: row.version + 1, ..row.clone() };
        regimes::put(tx.write_unbatched(), Some(&row), &next)?;
        let change = (row.area, area, next.version);
        tx.record(changed("regime.change", Subject::Regime, &row.id, change));
    }
    write_cases(tx, principal, decision)
}

/// The cases that are no beneficiary's: those of a beneficiary follow it.
fn write_cases(tx: &mut Tx<'_>, principal: &Principal, decision: &Decision) -> Result<(), DbError> {
    let district = tx.district;
    for row in cases::of_areas(tx.read_unbatched(), district)? {
        let Some(was) = row.area else { continue };
        let Some(area) = decision.heir_of(was).filter(|area| *area != was) else { continue };
        let next = CaseRow { area: Some(area), version: row.version + 1, ..row.clone() };
        cases::put(tx.write_unbatched(), Some(&row), &next)?;
        let is_confidential = kind_store::of_case(tx.read_unbatched(), &row)?.is_confidential();
        let moved = PlacedCase { row: next, area, has_ended: false };
        let event = event("case.relocate", is_confidential, &moved, []);
        let event = if is_confidential { event } else { event.moved_from(was) };
        tx.record(event.by(principal.person));
    }
    Ok(())
}
