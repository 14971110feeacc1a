//! Decides a list of changes: a pure function from one situation to another.

use std::collections::BTreeSet;

use geo::Polygon;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;

use super::model::{Add, AreaChange, End, Merge, Recode, Rename};
use super::situation::{AreaFacts, Situation};
use super::split;
use crate::area::map;

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, within the change or the request.
    pub pointer: String,
    /// Its requirement.
    pub detail: String,
}

/// The fault at a field of a change.
pub(super) fn fault(pointer: impl Into<String>, detail: impl Into<String>) -> Fault {
    Fault { pointer: pointer.into(), detail: detail.into() }
}

/// The situation after the changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The situation.
    pub after: Situation,
    /// Former areas, or those that gave a part away, and the areas that took over, in order.
    pub successors: Vec<(AreaCode, AreaCode)>,
    /// People whose part of a split grid nothing names.
    pub placed_by_default: Vec<PersonId>,
}

/// Applies the changes one after another.
///
/// # Errors
/// The [`Fault`] of the first change that is refused; all of them are then without effect.
pub fn decide(before: &Situation, changes: &[AreaChange]) -> Result<Decision, Fault> {
    let mut decision =
        Decision { after: before.clone(), successors: vec![], placed_by_default: vec![] };
    for (n, change) in changes.iter().enumerate() {
        let word: &'static str = change.into();
        let place = |fault: Fault| {
            let pointer = format!("/changes/{n}/{word}{}", fault.pointer);
            Fault { pointer, ..fault }
        };
        decision.apply(change).map_err(place)?;
    }
    decision.check(before)?;
    Ok(decision)
}

impl Decision {
    fn apply(&mut self, change: &AreaChange) -> Result<(), Fault> {
        match change {
            AreaChange::Rename(change) => self.rename(change),
            AreaChange::Add(change) => self.add(change),
            AreaChange::Recode(change) => self.recode(change),
            AreaChange::End(change) => self.end(change),
            AreaChange::Merge(change) => self.merge(change),
            AreaChange::Split(change) => {
                self.placed_by_default.extend(split::split(&mut self.after, change)?);
                self.successors.extend(split::successors(change));
                Ok(())
            }
        }
    }

    fn rename(&mut self, Rename { area, name }: &Rename) -> Result<(), Fault> {
        let facts = self.after.areas.get_mut(area);
        let facts = facts.ok_or_else(|| fault("/area", "must be a current area"))?;
        name.as_str().clone_into(&mut facts.name);
        Ok(())
    }

    fn add(&mut self, Add { area, name, place }: &Add) -> Result<(), Fault> {
        let level = area.level();
        if !matches!(level, Level::Town | Level::Village) || !self.after.is_free(area, level) {
            let detail = "must be the code of a town or village that no area has or had";
            return Err(fault("/area", detail));
        }
        let facts = AreaFacts { name: name.as_str().to_owned(), place: *place };
        self.after.areas.insert(*area, facts);
        Ok(())
    }

    /// Gives the area, and all areas in it, the new code.
    fn recode(&mut self, Recode { area, to }: &Recode) -> Result<(), Fault> {
        if area.level() == Level::District || !self.after.areas.contains_key(area) {
            return Err(fault("/area", "must be a current town, village or grid"));
        }
        let is_free = self.after.is_free(to, area.level());
        if !is_free || to.district() != area.district() {
            let detail = "must be a code of the same level and district that no area has or had";
            return Err(fault("/to", detail));
        }
        let codes: Vec<AreaCode> = self.after.inside(*area).chain([*area]).collect();
        for code in codes {
            let next = moved(&code, area, to);
            let next = next.filter(|next| self.after.is_free(next, code.level()));
            let next = next.ok_or_else(|| fault("/to", format!("the code of {code} is taken")))?;
            self.move_area(code, next);
        }
        Ok(())
    }

    fn move_area(&mut self, from: AreaCode, to: AreaCode) {
        let after = &mut self.after;
        if let Some(facts) = after.areas.remove(&from) {
            after.areas.insert(to, facts);
        }
        if let Some(ring) = after.outlines.remove(&from) {
            after.outlines.insert(to, ring);
        }
        after.move_contents(from, |_| to);
        for station in after.stations.values_mut().filter(|station| station.area == from) {
            station.area = to;
        }
        after.former.insert(from);
        self.successors.push((from, to));
    }

    fn end(&mut self, End { area, successors }: &End) -> Result<(), Fault> {
        let known = matches!(area.level(), Level::Town | Level::Village);
        if !known || !self.after.areas.contains_key(area) {
            return Err(fault("/area", "must be a current town or village"));
        }
        if let Some(child) = self.after.inside(*area).next() {
            return Err(fault("/area", format!("still contains {child}")));
        }
        let unknown = successors.iter().position(|code| !self.after.areas.contains_key(code));
        if let Some(n) = unknown {
            return Err(fault(format!("/successors/{n}"), "must be a current area"));
        }
        let mut people = self.after.people.iter();
        if let Some((id, _)) = people.find(|(_, person)| person.stays && person.area == *area) {
            return Err(fault("/area", format!("the supervisor {id} still has this area")));
        }
        let heir = successors.first().copied().or_else(|| area.parent());
        for station in self.after.stations.values_mut().filter(|station| station.area == *area) {
            station.area = heir.unwrap_or(*area);
        }
        self.after.areas.remove(area);
        self.after.former.insert(*area);
        self.successors.extend(successors.iter().map(|successor| (*area, *successor)));
        Ok(())
    }

    fn merge(&mut self, merge: &Merge) -> Result<(), Fault> {
        let Merge { grids, into, name, manager_id } = merge;
        let different: BTreeSet<&AreaCode> = grids.iter().collect();
        let current =
            |code: &AreaCode| code.level() == Level::Grid && self.after.areas.contains_key(code);
        if different.len() < 2 || different.len() != grids.len() || !grids.iter().all(current) {
            return Err(fault("/grids", "must be at least two current grids, each once"));
        }
        if !grids.contains(into) && !self.after.is_free(into, Level::Grid) {
            return Err(fault("/into", "must be one of the grids, or a code that none has or had"));
        }
        let stays = || self.after.manager(into).filter(|_| grids.contains(into));
        let manager = manager_id.or_else(stays);
        let fits = manager.and_then(|id| self.after.people.get(&id)).is_some_and(|person| {
            person.is_active
                && (person.role == Role::Volunteer
                    || (person.role == Role::Manager && grids.contains(&person.area)))
        });
        let manager = manager.filter(|_| fits || manager_id.is_none()).ok_or_else(|| {
            fault("/manager_id", "must be a manager of the grids or an active volunteer")
        })?;
        let facts = self.merged_facts(merge)?;
        let ring = self.merged_outline(grids)?;
        for grid in grids {
            self.after.move_contents(*grid, |_| *into);
            self.after.areas.remove(grid);
            self.after.outlines.remove(grid);
            if grid != into {
                self.after.former.insert(*grid);
                self.successors.push((*grid, *into));
            }
        }
        let name = name.as_ref().map_or(facts.name, |name| name.as_str().to_owned());
        self.after.areas.insert(*into, AreaFacts { name, ..facts });
        self.after.outlines.extend(ring.map(|ring| (*into, ring)));
        for (id, person) in &mut self.after.people {
            if *id == manager {
                (person.role, person.area) = (Role::Manager, *into);
            } else if person.stays && person.area == *into && person.role == Role::Manager {
                person.role = Role::Volunteer;
            }
        }
        Ok(())
    }

    fn merged_facts(&self, merge: &Merge) -> Result<AreaFacts, Fault> {
        let facts = self.after.areas.get(&merge.into);
        let facts = facts.or_else(|| self.after.areas.get(merge.grids.first()?));
        facts.cloned().ok_or_else(|| fault("/grids", "must be current grids"))
    }

    /// The outer ring around the grids; none if one of them has no outline.
    fn merged_outline(&self, grids: &[AreaCode]) -> Result<Option<Vec<[f64; 2]>>, Fault> {
        let ring = |grid: &AreaCode| Some((*grid, self.after.outlines.get(grid)?.clone()));
        let Some(rings) = grids.iter().map(ring).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let union = map::union(rings);
        match <[Polygon; 1]>::try_from(union.0) {
            Ok([polygon]) => {
                Ok(Some(polygon.exterior().coords().map(|point| [point.x, point.y]).collect()))
            }
            Err(_) => Err(fault("/grids", "must adjoin: their outline would be in several parts")),
        }
    }

    /// Checks the result: each area is in a current one, and each affected grid has exactly one
    /// manager.
    fn check(&self, before: &Situation) -> Result<(), Fault> {
        for code in self.after.areas.keys() {
            if code.parent().is_some_and(|parent| !self.after.areas.contains_key(&parent)) {
                return Err(fault("/changes", format!("{code} would be in no current area")));
            }
        }
        // Of other grids only some people were read.
        let is_known = |grid: &&AreaCode| {
            grid.level() == Level::Grid
                && (!before.areas.contains_key(grid) || before.manager(grid).is_some())
        };
        for grid in self.after.areas.keys().filter(is_known) {
            if self.after.manager(grid).is_none() {
                let detail = format!("the grid {grid} would not have exactly one manager");
                return Err(fault("/changes", detail));
            }
        }
        Ok(())
    }
}

/// The code of an area inside `from` after `from` has become `to`.
fn moved(code: &AreaCode, from: &AreaCode, to: &AreaCode) -> Option<AreaCode> {
    let rest = code.as_str().strip_prefix(from.as_str())?;
    format!("{to}{rest}").parse().ok()
}
