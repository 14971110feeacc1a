//! What follows from the report of a completed visit: a contact, changes of the entry, follow-ups, cases,
//! and a notice to the person who found the need that the visit followed up.

use std::collections::BTreeSet;

use chrono::Days;
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId, ReportId, TaskId};
use gridward_domain::task::Outcome;
use serde_json::{Map, json};
use uuid::Uuid;

use super::report_authors::Authors;
use super::report_content::ReportContent;
use super::{finder_notice, found_needs, report_row};
use crate::beneficiary::plaque;
use crate::beneficiary::plaque_rules::PlaqueRules;
use crate::beneficiary::store::BeneficiaryRow;
use crate::case::found::{FoundAt, FoundNeed, is_opened, open_found};
use crate::case::kind_store;
use crate::case::own_visit::{self, OwnCase};
use crate::catalogue::form::{OpenedCase, filterable_field};
use crate::catalogue::{self, ServiceKind};
use crate::crypto::SealingKey;
use crate::db::{DbError, dialect};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::task::assignment::freed;
use crate::task::beneficiary::beneficiary_change;
use crate::task::creation::task_origin::{TaskOrigin, TaskOriginType};
use crate::task::row::{Draft, TaskRow};
use crate::tx::Tx;
use crate::vocabulary::Vocabularies;
use crate::{beneficiary, clock};

/// Applies the consequences of a completed visit: a contact with the beneficiary, the changes of the
/// entry by the rules of the form, the follow-up tasks from the catalogue for needs and answers, and
/// the notice to the finder of the need.
pub(in crate::task) fn apply(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    authors: &Authors,
    row: &TaskRow,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
    plaques: &mut PlaqueRules,
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
        let (made, sent) = ((kind, words), (report, content));
        update_entry(tx, key, authors.writer, id, made, sent, plaques)?;
    }
    // A visit that was under way when the beneficiary died is reported, and nothing follows.
    if let Some(kind) = kind.filter(|_| !has_ended) {
        let wanted = follow_ups(tx, key, row, kind, content)?;
        create_follow_ups(tx, authors, row, wanted, report)?;
        let wanted = opened_cases(tx, row, kind, content, plaques)?;
        open_cases(tx, key, authors, row, wanted, (report, content))?;
    }
    finder_notice::notify(tx, key, authors, row)
}

/// Creates the follow-ups of these kinds, as far as they are not archived.
///
/// # Errors
/// [`Problem`] of the database.
pub(in crate::task) fn create_follow_ups(
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
pub(in crate::task) fn leaves_a_need(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    kind: Option<&ServiceKind>,
    content: &ReportContent,
    plaques: &mut PlaqueRules,
) -> Result<bool, Problem> {
    let Some(kind) = kind.filter(|_| content.outcome.is_some_and(Outcome::completes)) else {
        return Ok(false);
    };
    for case in opened_cases(tx, row, kind, content, plaques)? {
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
pub(in crate::task) fn open_cases(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    authors: &Authors,
    row: &TaskRow,
    wanted: BTreeSet<OpenedCase>,
    (report, content): (ReportId, &ReportContent),
) -> Result<(), Problem> {
    let of_site = match row.beneficiary {
        None if !wanted.is_empty() => {
            dialect::lock_cases_of_sites(tx.write_unbatched(), row.district)?;
            // Reports of the same commit may be queued.
            report_row::of_site(tx.read()?, row)?
        }
        _ => Vec::new(),
    };
    for opens in wanted {
        let found = FoundNeed {
            opens,
            at: found_at(row),
            of_site: of_site.clone(),
            report: Some(report),
            finder: authors.visitor.person,
            note: content.note.clone().and_then(|note| note.try_into().ok()),
        };
        open_found(tx, key, found)?;
    }
    Ok(())
}

/// The cases that the needs and the answers of a report open. Answers about a withdrawn plaque open none.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn opened_cases(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    kind: &ServiceKind,
    content: &ReportContent,
    plaques: &mut PlaqueRules,
) -> Result<BTreeSet<OpenedCase>, DbError> {
    let of_need = |need: &Need| Some(OpenedCase::of_need(kind.opens.get(need)?.clone(), need));
    let mut cases: BTreeSet<OpenedCase> = content.needs.iter().filter_map(of_need).collect();
    let Some((form, answers)) = kind.form.as_ref().zip(content.answers.as_ref()) else {
        return Ok(cases);
    };
    let (of_plaque, others) = catalogue::form::opened_cases(form, answers);
    cases.extend(others);
    if !of_plaque.is_empty() && !has_withdrawn_plaque(tx, row, plaques)? {
        cases.extend(of_plaque);
    }
    Ok(cases)
}

/// Whether a case has withdrawn the plaque of the beneficiary of the visit.
fn has_withdrawn_plaque(
    tx: &mut Tx<'_>,
    row: &TaskRow,
    plaques: &mut PlaqueRules,
) -> Result<bool, DbError> {
    let (conn, scope) = (tx.read_unbatched(), row.district.range());
    let Some(id) = row.beneficiary else { return Ok(false) };
    let entry = beneficiary::store::row(conn, &scope, id)?;
    entry.map_or(Ok(false), |entry| plaques.is_withdrawn(conn, &entry.plaque))
}

/// The kinds of the follow-ups for the needs and the answers of a report. A visit that a step of an open case awaits has
/// none for the need of the case, whose path has the visits, nor for one that opens a case of its kind.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn follow_ups(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &TaskRow,
    kind: &ServiceKind,
    content: &ReportContent,
) -> Result<BTreeSet<KindCode>, DbError> {
    let needs = content.needs.iter().filter_map(|need| Some((need, kind.follow_ups.get(need)?)));
    let mut needs: Vec<(&Need, &KindCode)> = needs.collect();
    let answers = kind.form.as_ref().zip(content.answers.as_ref());
    let answers = answers.map(|(form, answers)| catalogue::form::follow_ups(form, answers));
    let mut answers = answers.unwrap_or_default();
    if needs.is_empty() && answers.is_empty() {
        return Ok(answers);
    }
    if let Some(own) = own_case(tx, key, row)? {
        let is_own =
            |need: &Need| own.is_about(need) || kind.opens.get(need) == Some(&own.kind.code);
        needs.retain(|(need, _)| !is_own(need));
        answers.retain(|code| !own.has_visit(code));
    }
    answers.extend(needs.into_iter().map(|(_, code)| code.clone()));
    Ok(answers)
}

/// The open case of which the visit is a step.
fn own_case(tx: &mut Tx<'_>, key: &SealingKey, row: &TaskRow) -> Result<Option<OwnCase>, DbError> {
    let Some(home) = row.beneficiary else { return Ok(None) };
    let is_named = row.origin == Some(TaskOriginType::Case);
    let case = row.origin_id.filter(|_| is_named).map(|id| CaseId(id.0));
    let tasks: Vec<TaskId> = [Some(row.id), row.pair()].into_iter().flatten().collect();
    own_visit::case(tx.read_unbatched(), key, (row.district, home), (case, &tasks))
}

/// Keeps the filterable answers, and changes the entry by the rules of the form; the event names the
/// report.
pub(in crate::task) fn update_entry(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    actor: PersonId,
    id: BeneficiaryId,
    (kind, words): (Option<&ServiceKind>, &Vocabularies),
    (report, content): (ReportId, &ReportContent),
    plaques: &mut PlaqueRules,
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
    let mut changes = catalogue::form::updates(form, answers, words);
    if changes.fields().is_empty() {
        return Ok(());
    }
    let scope = tx.district.range();
    let entry = beneficiary::store::row(tx.read_unbatched(), &scope, id)?;
    let Some(entry) = entry.filter(BeneficiaryRow::is_current) else { return Ok(()) };
    if let Some(answered) = &changes.plaque
        && !plaque::is_reported(tx.read_unbatched(), plaques, &entry, answered)?
    {
        changes.plaque = None;
    }
    let mut cause = Map::new();
    cause.insert("report".to_owned(), json!(report));
    beneficiary_change::amend(tx, key, actor, &entry, &changes, cause)?;
    Ok(())
}
