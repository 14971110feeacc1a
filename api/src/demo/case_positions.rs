//! At which steps the cases of the demo are, and how they have come there.

use std::collections::VecDeque;

use gridward_domain::case::CaseResult;
use gridward_domain::code::{CaseClass, MoveCode, StepCode};

use crate::case::{CaseKind, CaseMoveContent, CaseStepContent};

/// The moves on a shortest way from the first step to `to`, for a case of the class.
pub(super) fn way(
    kind: &CaseKind,
    to: &StepCode,
    class: Option<&CaseClass>,
) -> Option<Vec<MoveCode>> {
    let first = kind.steps.first()?;
    let permits = |one: &&CaseMoveContent| {
        let of_class = class.is_some_and(|class| one.classes.contains(class));
        !one.urgent_only && (one.classes.is_empty() || of_class)
    };
    let mut next = VecDeque::from([(first.code.clone(), Vec::new())]);
    let mut seen = vec![first.code.clone()];
    while let Some((code, way)) = next.pop_front() {
        if code == *to {
            return Some(way);
        }
        let moves = kind.step(&code).map(|step| step.moves.as_slice()).unwrap_or_default();
        for one in moves.iter().filter(permits) {
            if !seen.contains(&one.to) {
                seen.push(one.to.clone());
                let mut longer = way.clone();
                longer.push(one.code.clone());
                next.push_back((one.to.clone(), longer));
            }
        }
    }
    None
}

/// The kind of merit reports, and how many arrive in a year, by class.
const MERIT_REPORT: &str = "merit_report";
const REPORTS: [(&str, usize); 2] = [("second_class", 2), ("third_class", 28)];

/// A step at which a case of the demo is, and its class.
pub(super) type Position = (StepCode, Option<CaseClass>);

/// Whether a case at the step has come to its end without help.
fn is_given_up(step: &CaseStepContent) -> bool {
    matches!(step.result, Some(CaseResult::Dropped | CaseResult::Refused))
}

/// The merit reports of a year, at all steps of their class, the first ones at the end.
pub(super) fn reports(kind: &CaseKind) -> Vec<Position> {
    let is_of = kind.code.as_str() == MERIT_REPORT;
    let classes = REPORTS.iter().filter(|_| is_of);
    let classes =
        classes.filter_map(|(class, count)| Some((class.parse::<CaseClass>().ok()?, count)));
    let of_class = |(class, count): (CaseClass, &usize)| {
        let steps = kind.steps.iter().rev().filter(|step| !is_given_up(step));
        let steps = steps.map(|step| &step.code);
        let steps: Vec<_> = steps.filter(|step| way(kind, step, Some(&class)).is_some()).collect();
        let positions = steps.into_iter().cycle().take(*count);
        positions.map(|step| (step.clone(), Some(class.clone()))).collect::<Vec<_>>()
    };
    classes.flat_map(of_class).collect()
}

/// A case at each other step, of the first class that comes there.
pub(super) fn others(kind: &CaseKind) -> Vec<Position> {
    let reports = reports(kind);
    let classes: Vec<Option<CaseClass>> = match kind.classes.as_slice() {
        [] => vec![None],
        classes => classes.iter().map(|class| Some(class.code.clone())).collect(),
    };
    let position = |step: &CaseStepContent| {
        let comes = |class: &&Option<CaseClass>| way(kind, &step.code, class.as_ref()).is_some();
        Some((step.code.clone(), classes.iter().find(comes)?.clone()))
    };
    let steps = kind.steps.iter();
    let steps = steps.filter(|step| !reports.iter().any(|(code, _)| *code == step.code));
    steps.filter_map(position).collect()
}
