//! Moves a case to the next step.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::case::{self, CaseActor, CaseRejection, MoveEffect};
use gridward_domain::code::WordCode;
use gridward_domain::id::CaseId;
use serde_json::{Value, json};

use super::step_task::Awaited;
use super::{CaseMoveSent, added_category, closing_notice, step_task};
use crate::case::documents;
use crate::case::entry_store::{self, NewEntry};
use crate::case::event::event;
use crate::case::read::{lawyer, may_come};
use crate::case::records;
use crate::case::row::{CaseRow, PlacedCase};
use crate::case::scope::{self, VisibleCase};
use crate::case::{Case, CaseDetail, CaseEntryAction, CaseKind, CaseMoveContent, store};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::task::commands::origin::Origin;
use crate::tx::Tx;
use crate::workday;

/// The action in the log.
pub const ACTION: &str = "case.move";

/// A move of a case by a person.
#[derive(Clone, Debug)]
pub struct Moving {
    /// The case.
    pub case: CaseId,
    /// The version that the move is based on.
    pub base: IfMatch,
    /// The move.
    pub sent: CaseMoveSent,
    /// The origin of the command.
    pub origin: Origin,
}

impl Effect for Moving {
    type Made = Case;

    fn action(&self) -> &'static str {
        ACTION
    }

    fn request(&self) -> Value {
        json!({ "case_id": self.case, "move": self.sent })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        scope::visible(tx.read()?, principal, self.case, Action::WorkCases).map(drop)
    }
}

impl Moving {
    /// Moves the case.
    ///
    /// # Errors
    /// 404; 403 if another level or another person decides; 409 for the approval of a matter of a
    /// beneficiary who has ended, and with what may come if the step does
    /// not permit the move, if the case has ended, awaits a task or lacks a required document; 412; 422; 428.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Case, Problem> {
        let VisibleCase { placed, kind, is_confidential } =
            scope::visible(tx.read()?, principal, self.case, Action::WorkCases)?;
        let row = &placed.row;
        let now = tx.now;
        let stored = documents::stored(tx.read_unbatched(), row.district, row.id)?;
        let desk = entry_store::desk(tx.read_unbatched(), row)?;
        let current = detail(&kind, &placed, (&stored, desk, now));
        if !self.precedes_a_rise(tx, row)? {
            self.base.check(row.version, &current)?;
        }
        let (today, district) = (clock::day(now), row.district);
        let days = workday::store::days(tx.read_unbatched(), district, today, None)?;
        let is_working = |day| days.is_working(day);
        let (path, actor) = (kind.path(), CaseActor::of(principal));
        let taken = &self.sent.taken;
        let awaited = Awaited::of(tx, row)?;
        let task = row.task.map(|_| awaited.task());
        let asked_by = entry_store::asked_by(tx.read_unbatched(), &kind, row)?;
        let life = case::Case { documents: stored, asked_by, desk, ..row.life(task) };
        let moved = case::apply(&path, &life, taken, actor, today, &is_working);
        let (life, _) = moved.map_err(|why| refusal(why, &awaited).showing(&current))?;
        let approves =
            |one: &CaseMoveContent| one.code == *taken && one.effect == MoveEffect::Approve;
        if placed.has_ended
            && kind.step(&row.step).is_some_and(|step| step.moves.iter().any(approves))
        {
            return Err(Problem::from(ProblemCode::BeneficiaryEnded).showing(&current));
        }
        if let Some(step) = kind.step(&row.step) {
            self.sent.check(tx.read_unbatched(), district, (&kind, step))?;
            if self.sent.names_lawyer_of_station(step) {
                self.sent.check_lawyer(lawyer(tx.read_unbatched(), key, &placed)?.as_ref())?;
            }
        }
        let mut next = row.after(life, Some(now.naive_utc()));
        next.task = step_task::create(tx, key, principal, (&kind, is_confidential), &next)?;
        // No plain word says what a case is about that is confidential by now.
        if !is_confidential {
            records::keep(tx, &kind, &next)?;
            added_category::add(tx, principal.person, (&kind, key), &next)?;
        }
        store::put(tx.write_unbatched(), Some(row), &next)?;
        let entry = NewEntry {
            action: CaseEntryAction::Move,
            at: now.naive_utc(),
            person: Some(principal.person),
            from: Some(row.step.clone()),
            to: next.step.clone(),
            taken: Some(taken.clone()),
            waits_for: next.waits_for,
        };
        let sealed = self.sent.sealed();
        entry_store::add(tx.write_unbatched(), key, (district, row.id), entry, &sealed)?;
        let moved = PlacedCase { row: next, ..placed.clone() };
        let more = [("from", json!(row.step)), ("result", json!(moved.row.result))];
        let event = event(ACTION, is_confidential, &moved, more).by(principal.person);
        tx.record(event.on(self.origin.device()));
        closing_notice::notify(tx, principal, (&kind, is_confidential), &moved.row)?;
        Ok(moved.case(now))
    }

    /// Whether a phone without a network has decided on the present step before the overdue case rose, which
    /// changes nothing but who may act as well.
    fn precedes_a_rise(&self, tx: &mut Tx<'_>, row: &CaseRow) -> Result<bool, DbError> {
        if !self.origin.from_outbox || self.base.0.iter().all(|base| *base >= row.version) {
            return Ok(false);
        }
        let rises = entry_store::rises(tx.read_unbatched(), row.district, row.id)?;
        Ok(self.base.0.iter().any(|base| (row.version - rises..row.version).contains(base)))
    }
}

/// The case as a problem shows it: with what may come and what is missing, without what is encrypted.
fn detail(
    kind: &CaseKind,
    placed: &PlacedCase,
    (stored, desk, now): (&BTreeSet<WordCode>, Option<Level>, DateTime<Utc>),
) -> CaseDetail {
    CaseDetail {
        case: placed.case(now),
        detail: None,
        history: Vec::new(),
        lawyer: None,
        may_come: may_come(kind, placed, desk),
        missing_documents: documents::missing(kind, placed, stored),
    }
}

fn refusal(why: CaseRejection, awaited: &Awaited) -> Problem {
    let naming = |code: ProblemCode, details: Vec<String>| {
        let errors = details.into_iter().map(|detail| FieldError::new("/move", detail));
        errors.fold(Problem::from(code), Problem::with)
    };
    match why {
        CaseRejection::Ended => ProblemCode::CaseEnded.into(),
        CaseRejection::OtherLevel => ProblemCode::CaseOtherLevel.into(),
        CaseRejection::SamePerson => ProblemCode::CaseSamePerson.into(),
        CaseRejection::AwaitsTask => {
            let live = awaited.live.iter().map(|id| format!("awaits the task {id}"));
            let undone = awaited.undone.iter();
            let undone = undone.map(|id| format!("the task {id} ended undone: reopen it"));
            naming(ProblemCode::CaseAwaitsTask, live.chain(undone).collect())
        }
        CaseRejection::MissingDocuments(missing) => {
            let documents = missing.iter().map(|code| format!("requires the document {code}"));
            naming(ProblemCode::CaseDocumentMissing, documents.collect())
        }
        CaseRejection::NotPermitted | CaseRejection::UnknownClass | CaseRejection::UnknownStep => {
            ProblemCode::CaseMoveNotPermitted.into()
        }
    }
}
