//! The faults of a path.

use std::collections::BTreeSet;

use super::path::{CasePath, CaseStep, Variant};
use super::{Case, CaseResult, MoveEffect};
use crate::code::StepCode;

/// A fault of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFault {
    /// The JSON pointer of the faulty part within the path, such as `/steps/2/moves/0/to`.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

fn fault(pointer: impl Into<String>, detail: impl Into<String>) -> PathFault {
    PathFault { pointer: pointer.into(), detail: detail.into() }
}

/// Everything that is wrong with the path: codes that repeat or name nothing, steps that no case
/// reaches or from which no end is reached, and decisions that a granted case could skip.
pub fn faults(path: &CasePath) -> Vec<PathFault> {
    let mut faults = own(path);
    // Reachability means nothing while codes are ambiguous.
    if faults.is_empty() {
        faults.extend(unreachable(path));
        faults.extend(endless(path));
        faults.extend(skipped(path));
    }
    faults
}

/// The faults of single steps and moves.
fn own(path: &CasePath) -> Vec<PathFault> {
    let mut faults = Vec::new();
    if path.steps.is_empty() {
        faults.push(fault("/steps", "must have a first step"));
    }
    for (n, class) in path.classes.iter().enumerate() {
        if path.classes[..n].contains(class) {
            faults.push(fault(format!("/classes/{n}"), "is listed twice"));
        }
    }
    for (n, step) in path.steps.iter().enumerate() {
        let at = format!("/steps/{n}");
        if path.steps[..n].iter().any(|other| other.code == step.code) {
            faults.push(fault(format!("{at}/code"), "names two steps"));
        }
        for class in step.levels.keys().filter(|class| !path.classes.contains(class)) {
            faults.push(fault(format!("{at}/levels/{class}"), "is not a class of the kind"));
        }
        for class in step.days_by_class.keys().filter(|class| !path.classes.contains(class)) {
            let detail = "is not a class of the kind";
            faults.push(fault(format!("{at}/days_by_class/{class}"), detail));
        }
        faults.extend(of_step(step, &at));
        faults.extend(of_moves(path, step, &at));
    }
    faults
}

fn of_step(step: &CaseStep, at: &str) -> Vec<PathFault> {
    let mut faults = Vec::new();
    let approves = step.moves.iter().any(|one| one.effect == MoveEffect::Approve);
    match (step.result, step.moves.is_empty()) {
        (None, true) => {
            faults.push(fault(format!("{at}/moves"), "must have a move, or the step a result"));
        }
        (Some(_), false) => faults.push(fault(format!("{at}/moves"), "must be empty at an end")),
        _ => {}
    }
    if step.result.is_some() && (step.decides || step.awaits_task) {
        faults.push(fault(at, "an end decides nothing and awaits no task"));
    }
    if step.result.is_some() && !step.required.is_empty() {
        faults.push(fault(format!("{at}/documents"), "an end requires no document"));
    }
    if step.decides && !approves {
        faults.push(fault(format!("{at}/moves"), "a step that decides must have an approval"));
    }
    if !step.decides && approves {
        faults.push(fault(format!("{at}/decides"), "must be true, as the step has an approval"));
    }
    if step.waived_if_urgent && !step.decides {
        faults.push(fault(format!("{at}/waived_if_urgent"), "is for a step that decides"));
    }
    faults
}

fn of_moves(path: &CasePath, step: &CaseStep, at: &str) -> Vec<PathFault> {
    let mut faults = Vec::new();
    for (m, one) in step.moves.iter().enumerate() {
        let at = format!("{at}/moves/{m}");
        if step.moves[..m].iter().any(|other| other.code == one.code) {
            faults.push(fault(format!("{at}/code"), "names two moves of the step"));
        }
        if path.step(&one.to).is_none() {
            faults.push(fault(format!("{at}/to"), "is not a step of the kind"));
        }
        if step.two_people && one.to == step.code {
            let detail = "a step of two people must not lead to itself: it would be the second's";
            faults.push(fault(format!("{at}/to"), detail));
        }
        for class in one.classes.iter().filter(|class| !path.classes.contains(class)) {
            faults.push(fault(format!("{at}/classes"), format!("{class} is not a class")));
        }
    }
    faults
}

/// The steps that a case of the variant reaches from `from` without passing `without`.
fn reach<'a>(
    path: &'a CasePath,
    variant: Variant<'_>,
    from: &'a StepCode,
    without: Option<&StepCode>,
) -> BTreeSet<&'a StepCode> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(code) = next.pop() {
        if Some(code) == without || !reached.insert(code) {
            continue;
        }
        let moves = path.step(code).map(|step| step.moves.as_slice()).unwrap_or_default();
        next.extend(moves.iter().filter(|one| one.permits(variant)).map(|one| &one.to));
    }
    reached
}

/// The steps that no case reaches.
fn unreachable(path: &CasePath) -> Vec<PathFault> {
    let Some(first) = path.first() else { return Vec::new() };
    let reached: BTreeSet<&StepCode> =
        path.variants().flat_map(|variant| reach(path, variant, &first.code, None)).collect();
    let lost = path.steps.iter().enumerate().filter(|(_, step)| !reached.contains(&step.code));
    lost.map(|(n, _)| fault(format!("/steps/{n}"), "no case reaches this step")).collect()
}

/// The steps from which some case reaches no end.
fn endless(path: &CasePath) -> Vec<PathFault> {
    let Some(first) = path.first() else { return Vec::new() };
    let is_end = |code: &&StepCode| path.step(code).is_some_and(|step| step.result.is_some());
    let ends = |variant, code| reach(path, variant, code, None).iter().any(is_end);
    let mut stuck = BTreeSet::new();
    for variant in path.variants() {
        let reached = reach(path, variant, &first.code, None);
        stuck.extend(reached.into_iter().filter(|code| !ends(variant, code)));
    }
    let steps = path.steps.iter().enumerate().filter(|(_, step)| stuck.contains(&step.code));
    steps.map(|(n, _)| fault(format!("/steps/{n}"), "a case cannot end from this step")).collect()
}

/// Whether a case of the variant reaches a granted end from `from` without passing `without`.
fn grants(path: &CasePath, variant: Variant<'_>, from: &StepCode, without: &StepCode) -> bool {
    let is_granted = |code: &&StepCode| {
        path.step(code).is_some_and(|step| step.result == Some(CaseResult::Granted))
    };
    reach(path, variant, from, Some(without)).iter().any(is_granted)
}

/// Whether the case waits for no decision: it is granted, or may be without another approval. On a path without
/// [`faults`], each decision on which it rests was an approval then.
pub fn is_decided(path: &CasePath, case: &Case) -> bool {
    let mut deciding = path.steps.iter().filter(|step| step.decides);
    deciding.all(|step| grants(path, case.variant(), &case.step, &step.code))
}

/// The decisions that a granted case could skip.
///
/// The last time that a granted case leaves a deciding step, it does so by an approval, exactly if
/// no granted end is reached, without passing the step again, from the first step or from the
/// target of another move of the step.
fn skipped(path: &CasePath) -> Vec<PathFault> {
    let Some(first) = path.first() else { return Vec::new() };
    let mut faults = Vec::new();
    for (n, step) in path.steps.iter().enumerate() {
        for variant in path.variants().filter(|variant| step.is_required(*variant)) {
            let grants = |from| grants(path, variant, from, &step.code);
            if grants(&first.code) {
                faults.push(fault(format!("/steps/{n}"), "a case can be granted without it"));
            }
            for (m, one) in step.moves.iter().enumerate() {
                let is_approval = one.effect == MoveEffect::Approve;
                if !is_approval && one.permits(variant) && grants(&one.to) {
                    let detail = "a case can be granted after this move without an approval";
                    faults.push(fault(format!("/steps/{n}/moves/{m}"), detail));
                }
            }
        }
    }
    let mut once = BTreeSet::new();
    faults.retain(|fault| once.insert(fault.pointer.clone()));
    faults
}
