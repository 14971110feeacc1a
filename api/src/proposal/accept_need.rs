//! What an accepted need becomes: a task, or a case by the rule of the catalogue.

use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::Instructions;
use gridward_domain::code::{CaseKindCode, KindCode, Need};
use gridward_domain::id::{BeneficiaryId, CaseId, TaskId};

use super::Acceptance;
use super::model::Sealed;
use super::store::ProposalRow;
use crate::case::found::{FoundAt, FoundNeed, is_opened, open_found};
use crate::case::{kind_store, scope};
use crate::catalogue::ServiceKind;
use crate::catalogue::form::OpenedCase;
use crate::crypto::SealingKey;
use crate::http::problem::Problem;
use crate::task::creation::create::{self, NewTask};
use crate::task::creation::task_origin::TaskOrigin;
use crate::tx::Tx;
use crate::{beneficiary, catalogue, clock};

/// What an acceptance has created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Created {
    /// A task.
    Task(TaskId),
    /// A case, or the open one of the beneficiary; `None` for one of a confidential kind, of which the
    /// proposal says nothing.
    Case(Option<CaseId>),
}

/// What the catalogue makes of a need.
enum Rule {
    Task(KindCode),
    Case(CaseKindCode),
}

/// Creates the task for the need, or opens its case: the kind of service is that of the acceptance or
/// of the proposal, or else the catalogue decides.
///
/// # Errors
/// 409 for an ended beneficiary; 422 without a kind, and for what a case has not; those of a new task.
pub(super) fn accept_need(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    row: &ProposalRow,
    (home, need, content): (BeneficiaryId, &Need, &Sealed),
    acceptance: &Acceptance,
) -> Result<Created, Problem> {
    let entry = beneficiary::store::row(tx.read_unbatched(), &row.district.range(), home)?;
    if let Some(entry) = entry {
        entry.check_current(key)?;
    }
    let missing = || Problem::invalid("/kind", "is missing: the catalogue names none");
    let kind = match acceptance.kind.clone().or_else(|| row.kind.clone()) {
        Some(kind) => kind,
        None => match rule(tx, row, (home, need), acceptance)?.ok_or_else(missing)? {
            Rule::Task(kind) => kind,
            Rule::Case(kind) => {
                if *acceptance != Acceptance::default() {
                    return Err(Problem::invalid("", "must be empty for a need that opens a case"));
                }
                let found = FoundNeed {
                    opens: OpenedCase::of_need(kind, need),
                    at: FoundAt::Home(home),
                    of_site: Vec::new(),
                    report: None,
                    finder: row.proposed_by,
                    note: content.note.clone(),
                };
                let case = open_found(tx, key, found)?.ok_or_else(missing)?;
                let is_hidden = scope::is_confidential(tx.read()?, row.district, case)?;
                return Ok(Created::Case((!is_hidden).then_some(case)));
            }
        },
    };
    let today = clock::day(tx.now);
    let note = content.note.as_ref().map(|note| note.as_str().trim());
    let note = note.and_then(|note| note.parse::<Instructions>().ok());
    let due_on = acceptance.due_on.or(row.due_on.filter(|day| *day >= today));
    let instructions = acceptance.instructions.clone().or(note);
    let new = NewTask::for_beneficiary(kind, home).with(due_on, instructions);
    let origin = TaskOrigin::proposal(row.id, row.proposed_by);
    Ok(Created::Task(create::create_from(tx, key, principal, &new, Some(origin))?.id))
}

/// The kind of service or of case that the catalogue names for the need, if all kinds of service that
/// name one name the same. If it names both, a case that can be opened comes before a task, unless the proposal or
/// its acceptance says when or how the task is done.
fn rule(
    tx: &mut Tx<'_>,
    row: &ProposalRow,
    (home, need): (BeneficiaryId, &Need),
    acceptance: &Acceptance,
) -> Result<Option<Rule>, Problem> {
    let kinds = catalogue::store::all(tx.read_unbatched(), row.district)?;
    let active: Vec<&ServiceKind> = kinds.iter().filter(|kind| kind.active).collect();
    let task = only(active.iter().filter_map(|kind| kind.follow_ups.get(need))).cloned();
    let case = only(active.iter().filter_map(|kind| kind.opens.get(need)));
    let case = match case {
        Some(code) => kind_store::one(tx.read_unbatched(), row.district, code)?,
        None => None,
    };
    let case = case.filter(|kind| is_opened(kind, FoundAt::Home(home))).map(|kind| kind.code);
    let is_of_task = *acceptance != Acceptance::default() || row.due_on.is_some();
    Ok(match (case, task) {
        (Some(_), Some(task)) if is_of_task => Some(Rule::Task(task)),
        (Some(case), _) => Some(Rule::Case(case)),
        (None, task) => task.map(Rule::Task),
    })
}

/// The only value of the list, however often it is in it.
fn only<'a, T: PartialEq>(mut all: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let first = all.next()?;
    all.all(|one| one == first).then_some(first)
}
