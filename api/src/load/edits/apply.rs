//! The newest values of files and rows.

use std::collections::{BTreeMap, HashMap};

use gridward_domain::area::AreaCode;

use super::event::Edit;
use super::field::Editable;
use crate::load::merge::Keyed;
use crate::load::record::{AreaRecord, BeneficiaryRecord, DistrictRecords, PersonRecord};

/// The edits of the rows of one kind, by key.
pub(super) type ByKey = BTreeMap<String, Edit>;

/// The values of the database that outweigh different ones of the files: `key field`, or the key
/// for a whole row. Never personal data.
pub(super) type Kept = Vec<String>;

/// Merges the records of a file with the rows that were edited later; `current` has a record of
/// each such row that has not ended. Ended rows are left out; rows that were added later join the
/// records of a `whole` district.
pub(super) fn newest<Record: Editable + Keyed>(
    records: &mut Vec<Record>,
    edits: &ByKey,
    current: &HashMap<String, Record>,
    whole: bool,
) -> Kept {
    let mut kept = Kept::new();
    let mut added: BTreeMap<String, &Record> = current
        .iter()
        .filter(|(key, _)| edits.get(*key) == Some(&Edit::Added))
        .map(|(key, record)| (key.clone(), record))
        .collect();
    records.retain_mut(|record| {
        let key = record.key();
        added.remove(&key);
        match (edits.get(&key), current.get(&key)) {
            (Some(Edit::Ended), None) => {
                kept.push(key);
                false
            }
            (Some(Edit::Fields(fields)), Some(now)) => {
                let differing = fields.iter().filter(|field| record.take(field, now));
                kept.extend(differing.map(|field| format!("{key} {field}")));
                true
            }
            (Some(_), Some(now)) => {
                if record != now {
                    now.clone_into(record);
                    kept.push(key);
                }
                true
            }
            // Without an edit, or of a row that an import has removed.
            (None, _) | (Some(_), None) => true,
        }
    });
    if whole {
        // The load would remove what the files cannot contain yet.
        records.extend(added.into_values().cloned());
    }
    kept
}

/// The areas that have ended since the files were written, with the one successor of each, if it
/// has exactly one.
pub(super) type Former = HashMap<AreaCode, Option<AreaCode>>;

/// A record that refers to an area.
pub(super) trait Located {
    /// The area.
    fn area(&mut self) -> &mut AreaCode;
}

impl Located for PersonRecord {
    fn area(&mut self) -> &mut AreaCode {
        &mut self.area
    }
}

impl Located for BeneficiaryRecord {
    fn area(&mut self) -> &mut AreaCode {
        &mut self.grid
    }
}

/// Moves the records of former areas to their successors; returns the areas without one
/// successor, to which records refer.
pub(super) fn relocate(records: &mut [impl Located], former: &Former) -> Vec<AreaCode> {
    let mut lost = Vec::new();
    for area in records.iter_mut().map(Located::area) {
        match former.get(area) {
            None => {}
            Some(Some(successor)) => *area = *successor,
            Some(None) => lost.push(*area),
        }
    }
    lost.sort_unstable();
    lost.dedup();
    lost
}

/// Removes the outlines of former grids.
pub(super) fn without_former(records: &mut DistrictRecords, former: &Former) {
    let current = |code: &AreaCode| !former.contains_key(code);
    records.outlines.retain(|outline| current(&outline.grid));
    records.areas.retain(|area: &AreaRecord| current(&area.code));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gridward_domain::place::Place;

    use super::*;

    fn area(code: &str, name: &str) -> AreaRecord {
        let place = Place::new(29.0, 106.0).expect("a place");
        AreaRecord { code: code.parse().expect("a code"), name: name.to_owned(), place }
    }

    fn by_key(areas: &[AreaRecord]) -> HashMap<String, AreaRecord> {
        areas.iter().map(|area| (area.key(), area.clone())).collect()
    }

    fn fields(names: &[&str]) -> Edit {
        Edit::Fields(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>())
    }

    #[test]
    fn an_edited_field_outweighs_the_file_and_the_difference_is_named() {
        let mut files = vec![area("500116001", "old"), area("500116002", "file")];
        let now = by_key(&[area("500116001", "edited"), area("500116002", "before")]);
        let edits = ByKey::from([("500116001".to_owned(), fields(&["name", "place"]))]);
        let kept = newest(&mut files, &edits, &now, true);
        assert_eq!(files, [area("500116001", "edited"), area("500116002", "file")]);
        assert_eq!(kept, ["500116001 name"]);
    }

    #[test]
    fn an_ended_row_stays_ended_and_an_added_one_stays() {
        let mut files = vec![area("500116001", "one"), area("500116002", "two")];
        let edits = ByKey::from([
            ("500116002".to_owned(), Edit::Ended),
            ("500116003".to_owned(), Edit::Added),
        ]);
        let now = by_key(&[area("500116003", "three")]);
        let kept = newest(&mut files, &edits, &now, true);
        assert_eq!(files, [area("500116001", "one"), area("500116003", "three")]);
        assert_eq!(kept, ["500116002"]);
    }
}
