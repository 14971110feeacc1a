//! The kinds of case that every district has until it changes them: documents of the same form as
//! those of the API.

use std::sync::LazyLock;

use super::CaseKind;

/// The documents.
const DOCUMENTS: [&str; 6] = [
    include_str!("defaults/three_hardships.json"),
    include_str!("defaults/legal.json"),
    include_str!("defaults/employment.json"),
    include_str!("defaults/merit_report.json"),
    include_str!("defaults/station_desk.json"),
    include_str!("defaults/plaque.json"),
];

static KINDS: LazyLock<Vec<CaseKind>> = LazyLock::new(|| {
    // A document is unreadable only by an error in this folder, which a test refuses.
    DOCUMENTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

/// The kinds.
pub fn kinds() -> &'static [CaseKind] {
    &KINDS
}

#[cfg(test)]
mod tests {
    use gridward_domain::case::SHIPPED_KINDS;

    use super::super::kind_check;
    use super::*;
    use crate::catalogue;

    #[test]
    fn the_kinds_of_a_new_district_could_be_saved_by_its_admin() {
        let services = catalogue::defaults::kinds();
        for text in DOCUMENTS {
            let kind: CaseKind = serde_json::from_str(text).expect("a kind");
            let is_task_kind = |code: &_| services.iter().any(|service| service.code == *code);
            assert_eq!(kind_check::faults(&kind, &is_task_kind), [], "{}", kind.code);
            assert_eq!(kind.version, 1);
        }
        let codes: Vec<&str> = kinds().iter().map(|kind| kind.code.as_str()).collect();
        assert_eq!(codes, SHIPPED_KINDS);
    }
}
