//! Whom a regime visits, in words.

use gridward_domain::audience::{Filter, Names as _, Sentence};
use gridward_domain::regime::{Cadence, RegimeSubject};

use super::store::RegimeRow;
use crate::audience::names::DistrictNames;

/// Its audience, and of a regime after needs those alone of whom a report finds one; or the memorial sites.
pub(super) fn of(
    row: &RegimeRow,
    (filter, cadence): (&Filter, &Cadence),
    names: &DistrictNames,
) -> Sentence {
    if row.subject == RegimeSubject::Memorials {
        return of_sites(&names.area(&row.area));
    }
    let found: Vec<Sentence> = match cadence {
        Cadence::AfterNeed { needs, .. } => needs.iter().map(|need| names.need(need)).collect(),
        _ => Vec::new(),
    };
    filter.sentence_after(&found, row.area, names)
}

/// The subject of the rounds of memorial sites.
fn of_sites(area: &str) -> Sentence {
    let (zh, en) = (format!("{area}内的烈士纪念设施"), format!("Memorial sites in {area}"));
    Sentence { zh, en }
}
