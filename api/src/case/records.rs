//! The answers that steps of cases leave with their beneficiaries, as a case of employment does with the work that
//! was found: audiences filter by them as by those of visits.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::code::KindCode;

use super::recorded_answer::RecordedAnswer;
use super::row::CaseRow;
use super::{CaseKind, CaseStepContent};
use crate::beneficiary::answers;
use crate::catalogue::form::filterable_field;
use crate::catalogue::{self, ServiceKind};
use crate::db::DbError;
use crate::http::problem::FieldError;
use crate::tx::Tx;

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
