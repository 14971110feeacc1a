//! The answers that steps of cases leave with their beneficiaries, as a case of employment does with the work that
//! was found: audiences filter by them as by those of visits. And the categories that steps add to their entries, as
//! the delivery of a merit report does.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::code::{CaseClass, KindCode, WordCode};

use super::recorded_answer::RecordedAnswer;
use super::row::CaseRow;
use super::{CaseKind, CaseStepContent};
use crate::beneficiary::answers;
use crate::catalogue::form::filterable_field;
use crate::catalogue::{self, ServiceKind};
use crate::db::DbError;
use crate::http::problem::FieldError;
use crate::tx::Tx;
use crate::vocabulary::Vocabulary;

/// Whether the answer is a word of a filterable field of the kind of service.
fn is_answer_of(answer: &RecordedAnswer, service: &ServiceKind) -> bool {
    let field = service.form.as_ref().and_then(|form| filterable_field(form, &answer.field));
    field.is_some_and(|field| field.words.may_have(&answer.word))
}

/// The faults of the answers of the steps; the kinds `coming` are not saved yet. An answer that the kind has
/// `before` the change may be of a field that the district does not have or has removed: it is not kept.
pub(super) fn faults(
    kind: &CaseKind,
    before: Option<&CaseKind>,
    services: &[ServiceKind],
    coming: &[KindCode],
) -> Vec<FieldError> {
    let answers = kind.steps.iter().enumerate();
    let answers = answers.filter_map(|(n, step)| Some((n, step.records.as_ref()?)));
    let fault = |(n, answer): (usize, &RecordedAnswer)| {
        let service = services.iter().find(|service| service.code == answer.kind);
        let is_same = |step: &CaseStepContent| step.records.as_ref() == Some(answer);
        let is_known = before.is_some_and(|before| before.steps.iter().any(is_same))
            || coming.contains(&answer.kind)
            || service.is_some_and(|service| is_answer_of(answer, service));
        let detail = if kind.is_confidential() {
            "is for a kind that all roles see: the answer is a plain word"
        } else if is_known {
            return None;
        } else {
            "is no word of a filterable field of a kind of service"
        };
        Some(FieldError::new(format!("/steps/{n}/records"), detail))
    };
    answers.filter_map(fault).collect()
}

/// The faults of the categories that the steps add, of those of the district. One that the kind has `before` the
/// change may be archived since: it is not added.
pub(super) fn category_faults(
    kind: &CaseKind,
    before: Option<&CaseKind>,
    categories: &Vocabulary,
) -> Vec<FieldError> {
    let fault = |(n, step): (usize, &CaseStepContent)| {
        let category = step.adds_category.as_ref()?;
        let is_same = |one: &CaseStepContent| one.adds_category.as_ref() == Some(category);
        let is_known = before.is_some_and(|before| before.steps.iter().any(is_same));
        let detail = if n == 0 {
            "the first step adds no category".to_owned()
        } else if kind.is_confidential() {
            "is for a kind that all roles see: the category is a plain word".to_owned()
        } else if is_known {
            return None;
        } else {
            categories.usable(category.as_str()).err()?.to_string()
        };
        Some(FieldError::new(format!("/steps/{n}/adds_category"), detail))
    };
    kind.steps.iter().enumerate().filter_map(fault).chain(exception_faults(kind)).collect()
}

/// The faults of what excepts cases from the categories that the steps add.
fn exception_faults(kind: &CaseKind) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (n, step) in kind.steps.iter().enumerate() {
        let is_class = |code: &CaseClass| kind.classes.iter().any(|class| class.code == *code);
        if !step.adds_category_except.iter().all(is_class) {
            let pointer = format!("/steps/{n}/adds_category_except");
            errors.push(FieldError::new(pointer, "must name classes of the kind"));
        }
        let is_asked = |name: &WordCode| {
            let forms = kind.steps.iter().filter_map(|step| step.form.as_ref());
            let mut fields = forms.map(|form| &form["properties"][name.as_str()]);
            fields.any(|field| field["type"] == "boolean")
        };
        if step.adds_category_unless.as_ref().is_some_and(|name| !is_asked(name)) {
            let pointer = format!("/steps/{n}/adds_category_unless");
            errors.push(FieldError::new(pointer, "must be answered with yes or no at a step"));
        }
    }
    errors
}

/// Keeps the answer of the step to which the case comes, in the place of the last one of its beneficiary. A field
/// that is no longer filterable has none. Call it before the case is written: beneficiaries are locked before cases.
///
/// # Errors
/// [`DbError`].
pub fn keep(tx: &mut Tx<'_>, kind: &CaseKind, row: &CaseRow) -> Result<(), DbError> {
    let answer = kind.step(&row.step).and_then(|step| step.records.as_ref());
    let (Some(answer), Some(home)) = (answer, row.beneficiary) else { return Ok(()) };
    let conn = tx.write_unbatched();
    let service = catalogue::store::one(conn, row.district, answer.kind.as_str())?;
    if !service.is_some_and(|service| is_answer_of(answer, &service)) {
        return Ok(());
    }
    let words = BTreeSet::from([answer.word.clone()]);
    let answered = BTreeMap::from([(answer.field.clone(), words)]);
    answers::replace(conn, (row.district, home), &answer.kind, &answered)
}
