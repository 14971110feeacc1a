//! grids.geojson

use std::collections::HashMap;

use gridward_domain::area::AreaCode;
use gridward_domain::place::Place;
use gridward_domain::text::clean;
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use super::ImportError;
use super::crossings::{self, Defect};
use super::district::District;
use super::fault::{Fault, FaultReason, Notes, Part};
use super::features::{self, RawFeature};
use super::folder::Folder;
use super::ring;
use super::spreadsheet::spreadsheet;
use crate::load::record::OutlineRecord;

const FILE: &str = "grids.geojson";

/// The maximum number of overlapped grids that are named.
const OVERLAPS: usize = 3;

/// The line of the outline of each grid.
type Drawn = HashMap<AreaCode, u64>;

/// The line of a feature, and its number in the file.
type Position = (u64, u64);

/// The outlines of the grids; extends the bounds of `district`.
pub(super) fn read(
    folder: &mut Folder<'_>,
    district: &mut District<'_>,
    notes: &mut Notes,
) -> Result<Vec<OutlineRecord>, ImportError> {
    let (mut outlines, mut positions, mut drawn) = (Vec::new(), Vec::new(), Drawn::new());
    let Some(source) = folder.open(FILE)? else { return Ok(outlines) };
    let read = features::read(source, |feature| {
        let position = (feature.line, feature.number);
        match outline(feature, district, &mut drawn) {
            Ok(outline) => {
                outlines.push(outline);
                positions.push(position);
            }
            Err(reason) => notes.faults.push(about(position, reason)),
        }
    });
    match read {
        Ok(()) => {
            let before = &district.existing.outlined;
            let is_drawn = |grid: &AreaCode| drawn.contains_key(grid) || before.contains(grid);
            district.check_grids(is_drawn, FaultReason::NoOutline, notes);
        }
        Err(error) if error.is_io() => {
            return Err(ImportError::Unreadable { file: FILE, error: error.into() });
        }
        Err(error) => notes.faults.push(Fault {
            file: FILE,
            line: error.line() as u64,
            part: None,
            reason: match error.classify() {
                Category::Data => FaultReason::NotFeatures,
                Category::Eof => FaultReason::BrokenOff,
                Category::Syntax | Category::Io => FaultReason::NotJson(error.column()),
            },
        }),
    }
    notes.warnings.extend(shapes(&outlines, &positions));
    for place in outlines.iter().flat_map(|outline| &outline.ring) {
        district.reach(*place);
    }
    Ok(outlines)
}

/// Notes about the feature at `position`.
fn about((line, number): Position, reason: FaultReason) -> Fault {
    Fault { file: FILE, line, part: Some(Part::Feature(number)), reason }
}

/// Warns of each invalid outline, and of each that overlaps an earlier one. For a point
/// there, a wrong grid may be found, but always one.
fn shapes(outlines: &[OutlineRecord], positions: &[Position]) -> Vec<Fault> {
    let rings: Vec<&[Place]> = outlines.iter().map(|outline| outline.ring.as_slice()).collect();
    let overlaps = crossings::overlaps(&rings, OVERLAPS);
    let mut warnings = Vec::new();
    for ((ring, overlapped), position) in rings.iter().zip(overlaps).zip(positions) {
        let defect = crossings::defect(ring).map(|defect| match defect {
            Defect::Crossing => FaultReason::CrossesItself,
            Defect::Spike => FaultReason::Spike,
        });
        let overlaps = overlapped.into_iter().map(|at| FaultReason::Overlaps(outlines[at].grid));
        warnings.extend(defect.into_iter().chain(overlaps).map(|reason| about(*position, reason)));
    }
    warnings
}

fn outline(
    feature: RawFeature,
    district: &District<'_>,
    drawn: &mut Drawn,
) -> Result<OutlineRecord, FaultReason> {
    let RawFeature { line, mut members, .. } = feature;
    let grid = code(&members)?;
    district.has_grid(grid)?;
    if let Some(first) = drawn.get(&grid) {
        return Err(FaultReason::Repeated(*first));
    }
    drawn.insert(grid, line);
    let geometry = members.remove("geometry").unwrap_or_default();
    Ok(OutlineRecord { grid, ring: ring::read(geometry)? })
}

fn code(members: &Map<String, Value>) -> Result<AreaCode, FaultReason> {
    let code = members.get("properties").and_then(|properties| properties.get("code"));
    match code.unwrap_or(&Value::Null) {
        Value::Null => Err(FaultReason::NoCode),
        Value::String(text) => {
            let text = clean(text);
            text.parse().map_err(|error| spreadsheet(&text).unwrap_or(FaultReason::Code(error)))
        }
        Value::Number(number) => Ok(digits(number).ok_or(FaultReason::CodeNotText)?.parse()?),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(FaultReason::CodeNotText),
    }
}

/// The digits of a code that a GIS program turned into a number. A JSON number is exact
/// for 15 digits, also with a fraction of zeros.
fn digits(number: &Number) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(integer) = number.as_u64() {
        return Some(integer.to_string());
    }
    let real = number.as_f64().filter(|real| real.fract() == 0.0 && (0.0..EXACT).contains(real))?;
    Some(format!("{real:.0}"))
}

#[cfg(test)]
mod tests;
