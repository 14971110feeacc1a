//! The context for reading the other files: the areas, the extent of the grids, and
//! the day of the import.

use std::collections::HashMap;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::place::Place;

use super::fault::{Fault, FaultReason, Notes, Part};
use crate::vocabulary::Vocabularies;

/// The distance in degrees from the outlines that counts as far: about 50 km.
const FAR: f64 = 0.5;

/// The district so far.
pub(super) struct District {
    /// The day of the import; later days are in the future.
    pub(super) today: NaiveDate,
    /// The district's words.
    pub(super) words: Vocabularies,
    /// The line of each area in areas.csv, including rows with faults, so that one
    /// fault does not cause others in the rows that refer to it.
    lines: HashMap<AreaCode, u64>,
    /// The code of the district: that of the first area.
    code: Option<AreaCode>,
    bounds: Option<Bounds>,
}

/// The smallest box around all outlines, in degrees.
struct Bounds {
    lat: (f64, f64),
    lon: (f64, f64),
}

impl District {
    pub(super) fn new(today: NaiveDate) -> Self {
        Self {
            today,
            words: Vocabularies::default(),
            lines: HashMap::new(),
            code: None,
            bounds: None,
        }
    }

    /// Adds an area of areas.csv; refused if it is in another district than the first.
    pub(super) fn add(&mut self, area: AreaCode, line: u64) -> Result<(), FaultReason> {
        self.lines.entry(area).or_insert(line);
        let district = *self.code.get_or_insert(area.district());
        if district.contains(&area) { Ok(()) } else { Err(FaultReason::OtherDistrict(district)) }
    }

    /// The code of the district, if areas.csv has one.
    pub(super) const fn code(&self) -> Option<AreaCode> {
        self.code
    }

    /// Extends the bounds to a point of an outline.
    pub(super) fn reach(&mut self, place: Place) {
        let (lat, lon) = (place.lat(), place.lon());
        let bounds = self.bounds.get_or_insert(Bounds { lat: (lat, lat), lon: (lon, lon) });
        bounds.lat = (bounds.lat.0.min(lat), bounds.lat.1.max(lat));
        bounds.lon = (bounds.lon.0.min(lon), bounds.lon.1.max(lon));
    }

    /// Whether areas.csv has the area. Without any area every code passes, since the
    /// fault is in areas.csv.
    pub(super) fn has(&self, area: AreaCode) -> Result<(), FaultReason> {
        match self.code {
            Some(_) if self.lines.contains_key(&area) => Ok(()),
            Some(district) if district.contains(&area) => Err(FaultReason::NoArea(area)),
            Some(district) => Err(FaultReason::OtherDistrict(district)),
            None => Ok(()),
        }
    }

    /// Whether areas.csv has the area and it is a grid.
    pub(super) fn has_grid(&self, area: AreaCode) -> Result<(), FaultReason> {
        self.has(area)?;
        if area.level() == Level::Grid { Ok(()) } else { Err(FaultReason::NotGrid(area)) }
    }

    /// Whether a place is far from the outlines.
    pub(super) fn is_far(&self, place: Place) -> bool {
        let outside = |at: f64, (least, most): (f64, f64)| at < least - FAR || at > most + FAR;
        self.bounds.as_ref().is_some_and(|bounds| {
            outside(place.lat(), bounds.lat) || outside(place.lon(), bounds.lon)
        })
    }

    /// Notes a missing district and missing parents.
    pub(super) fn check_areas(&self, notes: &mut Notes) {
        if !self.lines.keys().any(|area| area.level() == Level::District) {
            notes.faults.push(fault(1, None, FaultReason::NoDistrict));
        }
        for (area, line) in &self.lines {
            if let Some(parent) = area.parent()
                && !self.lines.contains_key(&parent)
            {
                notes.faults.push(fault(*line, Some("parent"), FaultReason::NoArea(parent)));
            }
        }
    }

    /// Notes `lack` for each grid without `has`.
    pub(super) fn check_grids(
        &self,
        has: impl Fn(&AreaCode) -> bool,
        lack: fn(AreaCode) -> FaultReason,
        notes: &mut Notes,
    ) {
        for (area, line) in &self.lines {
            if area.level() == Level::Grid && !has(area) {
                notes.faults.push(fault(*line, Some("code"), lack(*area)));
            }
        }
    }
}

fn fault(line: u64, column: Option<&'static str>, reason: FaultReason) -> Fault {
    Fault { file: "areas.csv", line, part: column.map(Part::Column), reason }
}
