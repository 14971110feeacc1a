//! What follows from the report of a completed visit: a contact, changes of the entry, follow-ups, cases,
//! and a notice to the person who found the need that the visit followed up.

use std::collections::BTreeSet;

use chrono::Days;
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::task::Outcome;
use serde_json::{Map, json};
use uuid::Uuid;

use super::report_authors::Authors;
use super::report_content::ReportContent;
use super::row::{Draft, TaskRow};
use super::task_origin::TaskOrigin;
use super::{beneficiary_change, finder_notice, found_needs, freed};
use crate::beneficiary::store::BeneficiaryRow;
use crate::case::found::{FoundAt, FoundNeed, is_opened, open_found};
use crate::case::kind_store;
use crate::catalogue::form::{OpenedCase, filterable_field};
use crate::catalogue::{self, ServiceKind};
use crate::crypto::SealingKey;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::Vocabularies;
use crate::{beneficiary, clock};

/// Applies the consequences of a completed visit: a contact with the beneficiary, the changes of the
/// entry by the rules of the form, the follow-up tasks from the catalogue for needs and answers, and
/// the notice to the finder of the need.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    authors: &Authors,
    row: &TaskRow,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    let today = clock::day(tx.now);
    let mut has_ended = false;
    if let Some(id) = row.beneficiary {
        let (conn, visitor) = (tx.write_unbatched(), authors.visitor.person);
        let channel = kind.map(|kind| kind.channel).unwrap_or_default();
        let contact = (today, channel);
        let home = beneficiary::store::record_contact(conn, row.district, id, visitor, contact)?;
        if let Some(home) = home {
            has_ended = home.valid_to.is_some();
            beneficiary_change::record_contact(tx, visitor, row, (id, &home))?;
        }
        update_entry(tx, key, authors.writer, id, (kind, words), (report, content))?;
    }
    let wanted = kind.map(|kind| follow_ups(kind, content)).unwrap_or_default();
    // A visit that was under way when the beneficiary died is reported, and nothing follows.
    if !has_ended {
        create_follow_ups(tx, authors, row, wanted, report)?;
        let opened = kind.map(|kind| opened_cases(kind, content)).unwrap_or_default();
        open_cases(tx, key, authors, row, opened, (report, content))?;
    }
    finder_notice::notify(tx, key, authors, row)
}

/// Creates the follow-ups of these kinds, as far as they are not archived.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn create_follow_ups(
    tx: &mut Tx<'_>,
    authors: &Authors,
    row: &TaskRow,
    wanted: BTreeSet<KindCode>,
    report: ReportId,
) -> Result<(), Problem> {
    let today = clock::day(tx.now);
    for code in wanted {
        let kind = catalogue::store::one(tx.read_unbatched(), row.district, code.as_str())?;
        let Some(kind) = kind.filter(|kind| kind.active) else { continue };
        let days = Days::new(kind.due_days.into());
        let draft = Draft {
            id: TaskId(Uuid::now_v7()),
            grid: row.grid,
            beneficiary: row.beneficiary,
            place: row.place()?,
            not_before: today,
            due_on: today.checked_add_days(days).unwrap_or(today),
            window: None,
            by: Some(authors.writer),
            origin: Some(TaskOrigin::report(report, authors.visitor.person)),
        };
        let next = TaskRow::open(&draft, &kind, tx.now);
        tx.record(
            Event::new("task.create", Subject::Task, next.id, draft.grid, 1)
                .by(authors.writer)
                .with(json!({ "kind": next.kind, "follows": row.id })),
        );
        freed::created(tx, &next)?;
        tx.insert(next);
    }
    Ok(())
}

/// Where the needs of a visit are found.
fn found_at(row: &TaskRow) -> FoundAt {
    row.beneficiary.map_or(FoundAt::Site(row.grid), FoundAt::Home)
}

/// Whether a need of the completed visit has no effect: its kind of service has no rule for it, and no regime visits
/// for it; or the case cannot be opened that the kind names for it, or for an answer.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn leaves_a_need(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    kind: Option<&ServiceKind>,
    content: &ReportContent,
) -> Result<bool, Problem> {
    let Some(kind) = kind.filter(|_| content.outcome.is_some_and(Outcome::completes)) else {
        return Ok(false);
    };
    for case in opened_cases(kind, content) {
        let opened = kind_store::one(tx.read_unbatched(), row.district, &case.kind)?;
        if !opened.is_some_and(|opened| is_opened(&opened, found_at(row))) {
            return Ok(true);
        }
    }
    let has_rule =
        |need: &Need| kind.opens.contains_key(need) || kind.follow_ups.contains_key(need);
    if content.needs.iter().all(has_rule) {
        return Ok(false);
    }
    let today = clock::day(tx.now);
    let visited = match row.beneficiary {
        Some(home) => found_needs::visited(tx.read_unbatched(), (row.grid, home), today)?,
        None => BTreeSet::new(),
    };
    Ok(!content.needs.iter().all(|need| has_rule(need) || visited.contains(need)))
}

/// Opens these cases.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) fn open_cases(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    authors: &Authors,
    row: &TaskRow,
    wanted: BTreeSet<OpenedCase>,
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    for opens in wanted {
        let found = FoundNeed {
            opens,
            at: found_at(row),
            report: Some(report),
            finder: authors.visitor.person,
            note: content.note.clone().and_then(|note| note.try_into().ok()),
        };
        open_found(tx, key, found)?;
    }
    Ok(())
}

/// The cases that the needs and the answers of a report open.
pub(super) fn opened_cases(kind: &ServiceKind, content: &ReportContent) -> BTreeSet<OpenedCase> {
    let of_need = |need: &Need| Some(OpenedCase::of_need(kind.opens.get(need)?.clone(), need));
    let needs = content.needs.iter().filter_map(of_need);
    let answers = kind.form.as_ref().zip(content.answers.as_ref());
    let answers = answers.map(|(form, answers)| catalogue::form::opened_cases(form, answers));
    needs.chain(answers.into_iter().flatten()).collect()
}

/// The kinds of the follow-ups for the needs and the answers of a report.
pub(super) fn follow_ups(kind: &ServiceKind, content: &ReportContent) -> BTreeSet<KindCode> {
    let needs = content.needs.iter().filter_map(|need| kind.follow_ups.get(need)).cloned();
    let answers = kind.form.as_ref().zip(content.answers.as_ref());
    let answers = answers.map(|(form, answers)| catalogue::form::follow_ups(form, answers));
    needs.chain(answers.into_iter().flatten()).collect()
}

/// Keeps the filterable answers, and changes the entry by the rules of the form; the event names the
/// report.
pub(super) fn update_entry(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    actor: PersonId,
    id: BeneficiaryId,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    let form = kind.and_then(|kind| kind.form.as_ref());
    let Some((form, answers)) = form.zip(content.answers.as_ref()) else { return Ok(()) };
    if let Some(kind) = kind {
        for (of, mut kept) in catalogue::form::filterable_answers(&kind.code, form, answers) {
            // The version of the task may have fields and words that the district has removed since.
            let district = tx.district;
            let current = catalogue::store::one(tx.read_unbatched(), district, of.as_str())?;
            let form = current.and_then(|kind| kind.form);
            kept.retain(|field, answered| {
                let field = form.as_ref().and_then(|form| filterable_field(form, field));
                if let Some(field) = &field {
                    answered.retain(|word| field.words.may_have(word));
                }
                field.is_some()
            });
            beneficiary::answers::replace(tx.write_unbatched(), (district, id), &of, &kept)?;
        }
    }
    let changes = catalogue::form::updates(form, answers, words);
    if changes.fields().is_empty() {
        return Ok(());
    }
    let scope = tx.district.range();
    let entry = beneficiary::store::row(tx.read_unbatched(), &scope, id)?;
    let Some(entry) = entry.filter(BeneficiaryRow::is_current) else { return Ok(()) };
    let mut cause = Map::new();
    cause.insert("report".to_owned(), json!(report));
    beneficiary_change::amend(tx, key, actor, &entry, &changes, cause)?;
    Ok(())
}
