//! Pull: the changes in a scope since a cursor.
//!
//! The log determines which rows have changed; their content is read from the current
//! tables. A row can therefore be newer than the cursor and be sent again by a later
//! pull, which is harmless because rows have versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, CorrectionId, NoticeId, PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;

use super::cases::ChangedCases;
use super::cursor::Cursor;
use super::handouts::ChangedHandouts;
use super::last_change_index::LastChangeIndex;
use super::model::{Change, RemovalReason, Removed, ResetReason};
use super::registers::{self, ChangedRegisters};
use super::row_cache::RowCache;
use super::row_type::RowType;
use super::scope::Scope;
use super::snapshot;
use super::store::{self, EventRef};
use super::{availability, beneficiaries, cases, companions, failed_visits, handouts};
use crate::case::exchange::EXCHANGE;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError, parsed};
use crate::goods::plan::PLAN_HANDOUTS;
use crate::http::problem::answer::Language;
use crate::log::Subject;
use crate::log::head::{self, Head};
use crate::notice;

/// The parameters of a pull.
pub struct Pull<'a> {
    /// The person's scope.
    pub scope: Scope,
    /// The district's key.
    pub key: &'a SealingKey,
    /// Cached rows.
    pub rows: &'a RowCache,
    /// The last change per area and person.
    pub last_changes: &'a LastChangeIndex,
    /// The approximate maximum number of changes.
    pub limit: usize,
    /// The current time.
    pub now: DateTime<Utc>,
    /// The language of account notices.
    pub language: Language,
}

/// The result of a pull.
#[derive(Default)]
pub struct Pulled {
    /// Why this page begins a snapshot; `None` for any other page.
    pub reset: Option<ResetReason>,
    /// New and changed rows.
    pub changes: Vec<Change>,
    /// Rows to delete.
    pub removed: Vec<Removed>,
    /// The new cursor.
    pub cursor: String,
    /// Whether more pages follow.
    pub has_more: bool,
    /// The number of rows of the snapshot, on its first page.
    pub total: Option<usize>,
    /// Whether nothing in the scope has changed, so that the cursor can stay the same.
    pub quiet: bool,
    /// The beneficiaries shown in clear, for the log.
    pub shown: Vec<BeneficiaryId>,
}

/// The number of events outside the scope after which the cursor advances. Below it
/// the cursor, and so the `ETag`, of a phone without changes stays the same.
const LOOKED_PAST: i64 = 1_000;

/// Actions on the district that change no row of a phone: all others cost each phone a snapshot.
const WITHOUT_ROWS: [&str; 4] = [
    "district.feedback",
    "district.feedback_answer",
    "import.headings",
    "planning_settings.replace",
];

impl Pull<'_> {
    /// The changes since `cursor` or, if it is not valid, the first page of a
    /// snapshot.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn since(&self, conn: &mut Conn, cursor: Option<&str>) -> Result<Pulled, DbError> {
        let district = self.scope.area().district();
        let head = head::read(conn, district)?;
        let Some(cursor) = cursor.and_then(Cursor::read) else {
            return self.afresh(conn, &head, ResetReason::NoCursor);
        };
        if let Some(reason) = self.outdated(&cursor, &head) {
            return self.afresh(conn, &head, reason);
        }
        match cursor {
            Cursor { rest: Some(rest), seq, .. } => {
                snapshot::page(self, conn, &head, seq, Some(rest))
            }
            cursor => self.delta(conn, &head, cursor),
        }
    }

    fn afresh(&self, conn: &mut Conn, head: &Head, reason: ResetReason) -> Result<Pulled, DbError> {
        let page = snapshot::page(self, conn, head, head.seq, None)?;
        Ok(Pulled { reset: Some(reason), ..page })
    }

    /// Why a cursor is no longer valid, if it is not. The scope is compared first, since its
    /// reason makes the phone delete rows that the person may no longer have.
    fn outdated(&self, cursor: &Cursor, head: &Head) -> Option<ResetReason> {
        let allowed = cursor.rest.as_ref().is_none_or(|rest| self.scope.allows(rest));
        if cursor.scope != self.scope.mark() || !allowed {
            return Some(ResetReason::Scope);
        }
        if cursor.epoch != head.epoch || cursor.seq > head.seq {
            return Some(ResetReason::Epoch);
        }
        (cursor.seq < head.archived_seq).then_some(ResetReason::Age)
    }

    fn delta(&self, conn: &mut Conn, head: &Head, cursor: Cursor) -> Result<Pulled, DbError> {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let quiet = cursor.seq == head.seq
            || (self.scope.is_grid()
                && self.last_changes.is_quiet(conn, &self.scope, cursor.seq, head)?);
        let events = if quiet {
            Vec::new()
        } else {
            store::event_refs(conn, &self.scope, cursor.seq, head.seq, limit)?
        };
        // Archived concurrently: some events to be read may be deleted.
        let district = self.scope.area().district();
        if !quiet && head::read(conn, district)?.archived_seq > cursor.seq {
            return self.afresh(conn, head, ResetReason::Age);
        }
        let has_more = events.len() >= self.limit;
        let last = events.last().map(|event| event.seq).filter(|_| has_more);
        let seq = last.unwrap_or(head.seq);
        let news = ChangeSet::of(&self.scope, &events)?;
        if news.everything {
            return self.afresh(conn, head, ResetReason::District);
        }
        let mut pulled = Pulled { has_more, ..Pulled::default() };
        self.read(conn, &news, &mut pulled)?;
        pulled.select(&self.scope);
        let nothing = pulled.changes.is_empty() && pulled.removed.is_empty();
        pulled.quiet = nothing && !has_more && head.seq - cursor.seq < LOOKED_PAST;
        let seq = if pulled.quiet { cursor.seq } else { seq };
        pulled.cursor = Cursor { seq, ..cursor }.text();
        Ok(pulled)
    }

    /// Reads the current content of the changed rows.
    fn read(&self, conn: &mut Conn, changed: &ChangeSet, to: &mut Pulled) -> Result<(), DbError> {
        if changed.catalogue {
            to.changes.extend(snapshot::kinds(conn, self)?);
        }
        if changed.vocabularies {
            to.changes.extend(snapshot::vocabularies(conn, self)?);
        }
        if changed.me {
            snapshot::shifts(conn, self, to)?;
            snapshot::account_notices(conn, self, to)?;
        }
        if !changed.people.is_empty() {
            let rows = availability::all(conn, &self.scope, clock::day(self.now))?;
            let mut rows: HashMap<String, Change> =
                rows.into_iter().map(|row| (row.id.clone(), row)).collect();
            for id in changed.people.iter().map(ToString::to_string) {
                let row = rows.remove(&id);
                to.put(RowType::Availability, id, row);
            }
        }
        for &id in &changed.notices {
            to.put(RowType::Notice, id.to_string(), snapshot::notice(conn, self, id)?);
        }
        for &id in &changed.corrections {
            to.put(RowType::Correction, id.to_string(), snapshot::correction(conn, self, id)?);
        }
        registers::changed(self, conn, &changed.registers, to)?;
        let (handouts, homes) = (&changed.handouts, &changed.beneficiaries);
        let (planned, gone) = handouts::changed(conn, &self.scope, handouts, homes)?;
        to.changes.extend(planned);
        to.removed.extend(gone.iter().map(|id| removed(RowType::Handout, id.to_string())));
        let (waiting, gone) = cases::changed(conn, &self.scope, &changed.cases, homes)?;
        to.changes.extend(waiting);
        to.removed.extend(gone.iter().map(|id| removed(RowType::Case, id.to_string())));
        self.tasks(conn, changed, to)
    }

    /// Reads the tasks that may be new, changed or removed, and the beneficiaries.
    fn tasks(&self, conn: &mut Conn, changed: &ChangeSet, to: &mut Pulled) -> Result<(), DbError> {
        let ids: Vec<TaskId> = changed.tasks.keys().copied().collect();
        let mut beneficiaries: BTreeMap<BeneficiaryId, bool> =
            changed.beneficiaries.iter().map(|id| (*id, self.scope.holds_area())).collect();
        let mut gone: BTreeSet<TaskId> = ids.iter().copied().collect();
        let mut pairs = BTreeSet::new();
        for row in store::tasks(conn, self.scope.area().district(), &ids)? {
            pairs.extend(row.pair());
            let known = changed.tasks.get(&row.id).copied().unwrap_or(true);
            if let Some(view) = self.scope.view(&row, self.now) {
                gone.remove(&row.id);
                to.changes.push(self.rows.task(self.key, &row, view)?);
            }
            // Except for staff responsible for the grid, a beneficiary is in scope by its tasks.
            // A completed visit is a contact, which changes the beneficiary on every phone.
            let is_contact = self.scope.holds_area() && row.state == Phase::Done;
            if let Some(id) = row.beneficiary.filter(|_| self.scope.visits() || is_contact) {
                *beneficiaries.entry(id).or_default() |= known;
            }
        }
        let known = |id: &TaskId| changed.tasks.get(id).copied().unwrap_or(true);
        let gone = gone.into_iter().filter(known);
        to.removed.extend(gone.map(|id| removed(RowType::Task, id.to_string())));
        let read = (self.key, self.rows);
        companions::add(conn, read, &self.scope, self.now, &pairs, &mut to.changes)?;
        failed_visits::add(conn, &self.scope, &mut to.changes)?;
        self.beneficiaries(conn, &beneficiaries, to)
    }

    /// Reads the beneficiaries that may be new, changed or removed; `true` means that the
    /// phone may have it now.
    fn beneficiaries(
        &self,
        conn: &mut Conn,
        changed: &BTreeMap<BeneficiaryId, bool>,
        to: &mut Pulled,
    ) -> Result<(), DbError> {
        // Reading them would log that they were shown.
        if !self.scope.has(RowType::Beneficiary) {
            return Ok(());
        }
        let ids: Vec<BeneficiaryId> = changed.keys().copied().collect();
        let seen = beneficiaries::views(conn, &self.scope, &ids, self.now)?;
        let there: BTreeSet<BeneficiaryId> = seen.iter().map(|(key, _)| key.id).collect();
        let gone = changed.iter().filter(|(id, known)| **known && !there.contains(id));
        to.removed.extend(gone.map(|(id, _)| removed(RowType::Beneficiary, id.to_string())));
        to.shown.extend(shown(&seen));
        let area = self.scope.area();
        to.changes.extend(beneficiaries::changes(conn, self.rows, self.key, area, &seen)?);
        Ok(())
    }
}

/// The beneficiaries among `seen` that are shown in clear.
pub(super) fn shown(
    seen: &[(store::BeneficiaryKey, View)],
) -> impl Iterator<Item = BeneficiaryId> + '_ {
    seen.iter().filter(|(_, view)| *view == View::Visitor).map(|(key, _)| key.id)
}

impl Pulled {
    /// Keeps the rows of the selected types.
    pub(super) fn select(&mut self, scope: &Scope) {
        self.changes.retain(|row| scope.has(row.r#type));
        self.removed.retain(|row| scope.has(row.r#type));
    }

    /// Adds the row, or its removal if the phone may no longer have it.
    pub(super) fn put(&mut self, r#type: RowType, id: String, row: Option<Change>) {
        match row {
            Some(row) => self.changes.push(row),
            None => self.removed.push(removed(r#type, id)),
        }
    }
}

pub(super) fn removed(r#type: RowType, id: String) -> Removed {
    Removed { r#type, id, reason: RemovalReason::OutOfScope }
}

/// The changes in a scope by a range of the log.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each marks another kind of row as changed")]
struct ChangeSet {
    /// Everything may have changed: the phone needs a new snapshot.
    everything: bool,
    catalogue: bool,
    vocabularies: bool,
    /// The person's own row, or the notices about the own account.
    me: bool,
    /// People whose availability the phone may have.
    people: BTreeSet<PersonId>,
    notices: BTreeSet<NoticeId>,
    corrections: BTreeSet<CorrectionId>,
    registers: ChangedRegisters,
    handouts: ChangedHandouts,
    cases: ChangedCases,
    beneficiaries: BTreeSet<BeneficiaryId>,
    /// By id: whether the phone may have it.
    tasks: BTreeMap<TaskId, bool>,
}

impl ChangeSet {
    fn of(scope: &Scope, events: &[EventRef]) -> Result<Self, DbError> {
        let mut news = Self::default();
        for event in events {
            match event.subject {
                Subject::District => news.everything |= event.changes_rows(),
                Subject::ServiceKind => news.catalogue = true,
                Subject::Vocabulary => news.vocabularies = true,
                Subject::Person if event.is_for(scope) => {
                    news.me |= event.is_about(scope.person());
                    news.people.insert(event.id()?);
                }
                Subject::Notice if event.is_for(scope) => {
                    news.notices.insert(event.id()?);
                }
                Subject::Correction if event.is_by(scope.person()) => {
                    news.corrections.insert(event.id()?);
                }
                Subject::Station if event.reaches(scope) => {
                    news.registers.stations.insert(event.subject_id.clone());
                }
                Subject::Memorial if event.reaches(scope) => {
                    news.registers.memorials.insert(event.subject_id.clone());
                }
                Subject::Holiday => {
                    news.registers.holidays.insert(event.id()?);
                }
                Subject::GoodsItem if event.is_for(scope) => {
                    news.registers.goods_items.insert(event.id()?);
                }
                Subject::Campaign if event.is_for(scope) => news.handouts.planned = true,
                Subject::Handout if scope.has_handouts() && event.concerns(scope) => {
                    news.handouts.ids.insert(event.id()?);
                }
                Subject::CaseKind => {
                    // What a kind of service opens depends on who may see the kind of case.
                    news.catalogue = true;
                    news.cases.kinds |= scope.has_cases();
                }
                Subject::Case if event.is_for(scope) => {
                    let is_exchanged = event.action == EXCHANGE;
                    let cases = &mut news.cases;
                    let of = if is_exchanged { &mut cases.exchanged } else { &mut cases.ids };
                    of.insert(event.id()?);
                }
                Subject::Beneficiary if event.concerns(scope) => {
                    news.beneficiaries.insert(event.id()?);
                }
                Subject::Task if event.concerns(scope) => {
                    if scope.helps() && event.is_by(scope.person()) {
                        news.handouts.visits.insert(event.id()?);
                    }
                    *news.tasks.entry(event.id()?).or_default() |= event.was_shown(scope);
                }
                _ => {}
            }
        }
        Ok(news)
    }
}

impl EventRef {
    /// The id of its subject.
    fn id<Id>(&self) -> Result<Id, DbError>
    where
        Id: FromStr<Err: Display>,
    {
        parsed("events", &self.subject_id)
    }

    /// Whether an event of the district may have changed rows of phones.
    fn changes_rows(&self) -> bool {
        !WITHOUT_ROWS.contains(&self.action.as_str())
    }

    fn is_about(&self, person: PersonId) -> bool {
        self.subject_id.parse() == Ok(person)
    }

    /// The areas of the event, before and after.
    pub(super) fn areas(&self) -> impl Iterator<Item = AreaCode> {
        std::iter::once(self.area).chain(self.area_before)
    }

    /// The assignees of the subject, before and after.
    pub(super) fn people(&self) -> impl Iterator<Item = PersonId> {
        self.person.into_iter().chain(self.person_before)
    }

    /// Whether the person has proposed the correction of the event, read its notice, or has or had its task.
    fn is_by(&self, person: PersonId) -> bool {
        self.people().any(|one| one == person)
    }

    /// Whether the event concerns the scope's area or a task assigned to its person,
    /// before or after.
    fn concerns(&self, scope: &Scope) -> bool {
        self.people().any(|person| person == scope.person())
            || self.areas().any(|area| scope.area().contains(&area))
    }

    /// Whether a phone of the scope has something to fetch after this event.
    pub(super) fn is_for(&self, scope: &Scope) -> bool {
        match self.subject {
            Subject::District
            | Subject::ServiceKind
            | Subject::CaseKind
            | Subject::Vocabulary
            | Subject::Holiday => true,
            Subject::Person => {
                self.is_about(scope.person()) || scope.manages_grid() && self.concerns(scope)
            }
            Subject::Correction => self.is_by(scope.person()),
            // The mark of a reader changes the notice on the reader's devices only.
            Subject::Notice if self.action == notice::read::ACTION => self.is_by(scope.person()),
            Subject::Notice | Subject::Station | Subject::Memorial => self.reaches(scope),
            Subject::Beneficiary => {
                let visits = self.people().any(|person| person == scope.person());
                visits || (scope.holds_area() && self.concerns(scope))
            }
            Subject::Task => self.was_shown(scope) && self.concerns(scope),
            Subject::GoodsItem => scope.has_goods(),
            // A hint would name hand-outs to beneficiaries whom a volunteer does not visit.
            Subject::Handout => scope.has_handouts() && !scope.helps() && self.concerns(scope),
            // The event of a confidential case has the area of the district.
            Subject::Case => scope.has_cases() && self.reaches(scope),
            // A campaign plans the hand-outs of many grids with one event.
            Subject::Campaign if self.action == PLAN_HANDOUTS => {
                scope.has_handouts() && self.reaches(scope)
            }
            Subject::Area
            | Subject::Regime
            | Subject::Secondment
            | Subject::GoodsMovement
            | Subject::Plan
            | Subject::Proposal
            | Subject::Attachment
            | Subject::Audience
            | Subject::Campaign
            | Subject::CampaignTemplate
            | Subject::Command
            | Subject::Reading => false,
        }
    }

    /// Whether the subject reaches the scope's person, before or after the event: its area is
    /// in the person's or around it.
    fn reaches(&self, scope: &Scope) -> bool {
        let mine = scope.area();
        self.areas().any(|area| area.contains(&mine) || mine.contains(&area))
    }

    /// Whether the phone may have the task from before or after this event: volunteers
    /// do not receive tasks assigned to others in their grid. The state after the event
    /// counts too, because a row may be newer than the cursor when it is read.
    fn was_shown(&self, scope: &Scope) -> bool {
        let shown = |person: Option<PersonId>| person.is_none_or(|person| person == scope.person());
        !scope.helps() || shown(self.person_before) || shown(self.person)
    }
}
