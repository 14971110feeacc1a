//! The catalogue of a new district: documents of the same form as the kinds of service that the API takes.

use std::sync::LazyLock;

use super::{NewKind, ServiceKind};

/// The documents.
const DOCUMENTS: [&str; 5] = [
    include_str!("defaults/home_visit.json"),
    include_str!("defaults/condolence.json"),
    include_str!("defaults/hardship_follow_up.json"),
    include_str!("defaults/plaque_check.json"),
    include_str!("defaults/phone_call.json"),
];

static KINDS: LazyLock<Vec<ServiceKind>> = LazyLock::new(|| {
    // A document is unreadable only by an error in this folder, which a test refuses.
    let kinds = DOCUMENTS.iter().filter_map(|text| serde_json::from_str::<NewKind>(text).ok());
    kinds.map(|kind| ServiceKind::of(kind.code.clone(), kind.content(), 1)).collect()
});

/// The kinds.
pub fn kinds() -> &'static [ServiceKind] {
    &KINDS
}

#[cfg(test)]
mod tests {
    use super::super::form;
    use super::*;

    #[test]
    fn the_kinds_of_a_new_district_could_be_saved_by_its_admin() {
        for text in DOCUMENTS {
            let kind: NewKind = serde_json::from_str(text).expect("a kind");
            let faults = kind.form.as_ref().map(form::check).unwrap_or_default();
            assert_eq!(faults, [], "{}", kind.code);
            let by_answer = kind.form.iter().flat_map(form::follow_up_rules).map(|rule| rule.then);
            for code in kind.follow_ups.into_values().chain(by_answer) {
                assert!(kinds().iter().any(|other| other.code == code), "{code}");
            }
        }
    }
}
