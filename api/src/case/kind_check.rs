//! The faults of a kind of case.

use gridward_domain::area::Level;
use gridward_domain::authority::Role;
use gridward_domain::case;
use gridward_domain::code::{KindCode, WordCode};
use serde_json::Value;

use super::{CaseKind, CaseStepContent};
use crate::catalogue::form;
use crate::http::problem::FieldError;

/// The most steps of a kind.
const MOST_STEPS: usize = 30;
/// The most moves, words or classes of one list.
const MOST_ITEMS: usize = 20;
/// The most errors of an answer.
const MOST_ERRORS: usize = 20;

/// Everything that is wrong with the kind, by JSON pointer; `is_task_kind` tells the active service
/// kinds.
pub(super) fn faults(kind: &CaseKind, is_task_kind: &dyn Fn(&KindCode) -> bool) -> Vec<FieldError> {
    let mut errors = lengths(kind);
    if !kind.is_shown_to(Role::Admin) {
        let detail = "must be empty or name admin, the role that edits kinds";
        errors.push(FieldError::new("/confidential_to", detail));
    }
    if errors.is_empty() {
        let path = kind.path();
        if kind.sensitive_class && path.depends_on_class() {
            let detail = "is for a kind whose steps and moves are the same for all classes";
            errors.push(FieldError::new("/sensitive_class", detail));
        }
        let path = case::faults(&path).into_iter();
        errors.extend(path.map(|fault| FieldError::new(fault.pointer, fault.detail)));
        for (n, step) in kind.steps.iter().enumerate() {
            let at = format!("/steps/{n}");
            errors.extend(of_step(kind, step, &at));
            if let Some(task) = step.task.as_ref().filter(|task| n == 0 || !is_task_kind(task)) {
                let detail = match n {
                    0 => "the first step awaits no task".to_owned(),
                    _ => format!("{task} is not an active service kind"),
                };
                errors.push(FieldError::new(format!("{at}/task"), detail));
            }
        }
    }
    errors.truncate(MOST_ERRORS);
    errors
}

fn lengths(kind: &CaseKind) -> Vec<FieldError> {
    let mut lists = vec![
        ("/steps".to_owned(), kind.steps.len(), MOST_STEPS),
        ("/classes".to_owned(), kind.classes.len(), MOST_ITEMS),
    ];
    for (n, step) in kind.steps.iter().enumerate() {
        lists.push((format!("/steps/{n}/moves"), step.moves.len(), MOST_ITEMS));
        lists.push((format!("/steps/{n}/documents"), step.documents.len(), MOST_ITEMS));
        lists.push((format!("/steps/{n}/referrals"), step.referrals.len(), MOST_ITEMS));
    }
    let long = lists.into_iter().filter(|(_, items, most)| items > most);
    long.map(|(at, _, most)| FieldError::new(at, format!("must have at most {most} items")))
        .collect()
}

fn of_step(kind: &CaseKind, step: &CaseStepContent, at: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if step.result.is_none() {
        errors.extend(unseen(kind, step, at));
    }
    if step.task_by_two && step.task.is_none() {
        errors.push(FieldError::new(format!("{at}/task_by_two"), "is for a step with a task"));
    }
    if let Some(form) = &step.form {
        let under = |error: FieldError| {
            FieldError::new(format!("{at}/form{}", error.pointer), error.detail)
        };
        errors.extend(form::check(form).into_iter().map(under));
        errors.extend(effects(form).map(|name| {
            let detail = "an answer of a case has no effect on the entry and no follow-up";
            FieldError::new(format!("{at}/form/properties/{name}"), detail)
        }));
    }
    let documents: Vec<&WordCode> = step.documents.iter().map(|word| &word.code).collect();
    let referrals: Vec<&WordCode> = step.referrals.iter().map(|word| &word.code).collect();
    for (name, codes) in [("documents", &documents), ("referrals", &referrals)] {
        let twice = |(n, code): &(usize, &&WordCode)| codes[..*n].contains(*code);
        let repeated = codes.iter().enumerate().filter(twice);
        errors.extend(
            repeated
                .map(|(n, _)| FieldError::new(format!("{at}/{name}/{n}/code"), "is listed twice")),
        );
    }
    let refers = step.moves.iter().enumerate().filter(|(_, one)| one.refers);
    errors.extend(refers.filter(|_| step.referrals.is_empty()).map(|(n, _)| {
        FieldError::new(format!("{at}/moves/{n}/refers"), "is for a step with referrals")
    }));
    let without = step.moves.iter().enumerate().filter(|(_, one)| one.without_task);
    errors.extend(without.filter(|_| step.task.is_none()).map(|(n, _)| {
        FieldError::new(format!("{at}/moves/{n}/without_task"), "is for a step with a task")
    }));
    let waived = step.documents.iter().enumerate();
    let waived = waived.filter(|(_, word)| word.waived_if_urgent && !word.required);
    errors.extend(waived.map(|(n, _)| {
        let at = format!("{at}/documents/{n}/waived_if_urgent");
        FieldError::new(at, "is for a required document")
    }));
    errors
}

/// Whether the kind has a step at which only roles act that do not see it.
pub(super) fn has_unseen_step(kind: &CaseKind) -> bool {
    let steps = kind.steps.iter().filter(|step| step.result.is_none());
    steps.into_iter().any(|step| !unseen(kind, step, "").is_empty())
}

/// The faults of a step of a confidential kind at which only roles act that do not see it.
fn unseen(kind: &CaseKind, step: &CaseStepContent, at: &str) -> Vec<FieldError> {
    let acts = |level: Level| match level {
        Level::Grid => &[Role::Manager][..],
        Level::Village | Level::Town => &[Role::Supervisor],
        Level::District => &[Role::Supervisor, Role::Admin],
    };
    let is_unseen = |level: &Level| !acts(*level).iter().any(|role| kind.is_shown_to(*role));
    let mut errors = Vec::new();
    let detail = "no role of this level sees the kind";
    if is_unseen(&step.level) {
        errors.push(FieldError::new(format!("{at}/level"), detail));
    }
    let classes = step.levels.iter().filter(|(_, level)| is_unseen(level));
    errors
        .extend(classes.map(|(class, _)| FieldError::new(format!("{at}/levels/{class}"), detail)));
    errors
}

/// The fields of a form whose answers have effects in reports.
fn effects(form: &Value) -> impl Iterator<Item = &str> {
    let fields = [form.get("properties"), form.pointer("/then/properties")];
    let fields = fields.into_iter().flatten().filter_map(Value::as_object).flatten();
    let has = |field: &Value| form::EFFECTS.iter().any(|key| field.get(key).is_some());
    fields.filter(move |(_, field)| has(field)).map(|(name, _)| name.as_str())
}
