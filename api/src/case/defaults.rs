//! The kinds of case that every district has until it changes them: documents of the same form as
//! those of the API.

use std::sync::LazyLock;

use gridward_domain::code::CaseKindCode;

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

/// The version of a default that does not name one.
const FIRST: i64 = 1;

static KINDS: LazyLock<Vec<CaseKind>> = LazyLock::new(|| {
    // A document is unreadable only by an error in this folder, which a test refuses.
    DOCUMENTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

/// The kinds.
pub fn kinds() -> &'static [CaseKind] {
    &KINDS
}

/// The shipped default with this code.
pub fn of(code: &CaseKindCode) -> Option<&'static CaseKind> {
    KINDS.iter().find(|kind| kind.code == *code)
}

/// The version of the shipped default, if it is newer than the one from which the content of the kind comes.
/// Content that an earlier version of the server stored is that of the first default.
pub fn newer_than(kind: &CaseKind) -> Option<i64> {
    let version = |kind: &CaseKind| kind.default_version.unwrap_or(FIRST);
    let newer = of(&kind.code)
        .filter(|default| version(default) > version(kind) && default.content() != kind.content());
    newer.map(version)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::NaiveDate;
    use gridward_domain::area::Level;
    use gridward_domain::case::{
        self, Case, CaseActor, CaseMove, CasePath, SHIPPED_CONFIDENTIAL, SHIPPED_KINDS, StepTask,
        TaskEnd,
    };
    use gridward_domain::id::PersonId;
    use uuid::Uuid;

    use super::super::{kind_check, records};
    use super::*;
    use crate::catalogue;
    use crate::vocabulary::{Vocabulary, VocabularyName};

    #[test]
    fn the_kinds_of_a_new_district_could_be_saved_by_its_admin() {
        let services = catalogue::defaults::kinds();
        let categories = Vocabulary::initial(VocabularyName::Categories);
        for text in DOCUMENTS {
            let kind: CaseKind = serde_json::from_str(text).expect("a kind");
            let is_task_kind = |code: &_| services.iter().any(|service| service.code == *code);
            assert_eq!(kind_check::faults(&kind, &is_task_kind), [], "{}", kind.code);
            assert_eq!(records::faults(&kind, None, services, &[]), [], "{}", kind.code);
            assert_eq!(records::category_faults(&kind, None, &categories), [], "{}", kind.code);
            assert_eq!(kind.version, 1);
        }
        for service in services {
            let by_answer = service.form.iter().flat_map(catalogue::form::opened_case_rules);
            for opened in by_answer.map(|rule| rule.then) {
                let classes = &of(&opened.kind).expect("a shipped kind").classes;
                let is_known = |wanted| classes.iter().any(|class| class.code == wanted);
                assert!(opened.class.is_none_or(is_known), "{}", opened.kind);
            }
        }
        let codes = kinds().iter().map(|kind| {
            let classes = kind.classes.iter().map(|class| class.code.as_str());
            (kind.code.as_str(), classes.collect::<Vec<_>>())
        });
        let named = SHIPPED_KINDS.map(|(code, classes)| (code, classes.to_vec()));
        assert_eq!(codes.collect::<Vec<_>>(), named);
        for kind in kinds().iter().filter(|kind| kind.is_confidential()) {
            let roles: Vec<_> = kind.confidential_to.iter().copied().collect();
            let named = SHIPPED_CONFIDENTIAL.iter().find(|(code, _)| *code == kind.code.as_str());
            let mut named = named.expect("it is named").1.to_vec();
            named.sort_unstable();
            assert_eq!(roles, named);
        }
    }

    /// The staff who see a case in an area of this level: that of it and of the levels above, two people
    /// at each, since some steps need two.
    fn staff(area: Level) -> impl Iterator<Item = CaseActor> {
        let levels = [Level::District, Level::Town, Level::Village, Level::Grid];
        let person = |level: Level, n: u128| PersonId(Uuid::from_u128(level as u128 * 10 + n));
        let above = levels.into_iter().filter(move |level| *level <= area);
        above.flat_map(move |level| {
            [1, 2].map(|n| CaseActor { person: person(level, n), level: Some(level) })
        })
    }

    /// What follows from each move of the step, by those of the staff of the area who may take it.
    fn tried(path: &CasePath, case: &Case, area: Level) -> Vec<(CaseMove, Vec<Case>)> {
        let today = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let taken = |one: &CaseMove| -> Vec<Case> {
            let by = |actor| case::apply(path, case, &one.code, actor, today, &|_| true).ok();
            staff(area).filter_map(by).map(|(case, _)| case).collect()
        };
        case::next_moves(path, case).into_iter().map(|one| (one.clone(), taken(one))).collect()
    }

    #[test]
    fn at_each_step_of_each_kind_staff_that_sees_the_case_may_move_it_whatever_its_area() {
        let today = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
        let mut unvisited = BTreeSet::new();
        for path in kinds().iter().map(CaseKind::path) {
            let classes = path.classes.iter().cloned().map(Some);
            let classes: Vec<_> = classes.chain(path.classes.is_empty().then_some(None)).collect();
            for area in [Level::District, Level::Town, Level::Village, Level::Grid] {
                for class in &classes {
                    let what = (class.clone(), false, area, None);
                    let first = case::open(&path, what, None, today, &|_| true).expect("a case");
                    let (mut next, mut seen) = (vec![first], BTreeSet::new());
                    while let Some(mut case) = next.pop() {
                        if case.result.is_some() || !seen.insert(case.step.clone()) {
                            continue;
                        }
                        case.documents = path.required_documents();
                        let moves = case::next_moves(&path, &case);
                        let waits = |one: &&CaseMove| {
                            case::task_end(&path, &case, one) == Some(TaskEnd::Done)
                        };
                        assert_eq!(moves.iter().any(waits), case.task.is_some(), "{}", case.step);
                        if case.task.is_some() {
                            case.task = Some(StepTask::Ended(TaskEnd::Undone));
                            let taken = tried(&path, &case, area).into_iter();
                            let taken = taken.filter(|(_, cases)| !cases.is_empty());
                            unvisited.extend(
                                taken.map(|(one, _)| format!("{} {}", case.step, one.code)),
                            );
                            case.task = Some(StepTask::Ended(TaskEnd::Done));
                        }
                        for (one, cases) in tried(&path, &case, area) {
                            let what = format!("{} of {} in a {area:?}", one.code, case.step);
                            assert_eq!(cases.is_empty(), one.without_task, "{what}");
                            next.extend(cases);
                        }
                    }
                }
            }
        }
        let expected = [
            "delivered visit_unchecked",
            "follow_up again",
            "follow_up close_unvisited",
            "home_check drop",
            "home_check return",
            "year_visit archive_unvisited",
        ];
        assert_eq!(unvisited.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
