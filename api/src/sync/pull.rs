//! Pull: the changes in a scope since a cursor.
//!
//! The log determines which rows have changed; their content is read from the current
//! tables. A row can therefore be newer than the cursor and be sent again by a later
//! pull, which is harmless because rows have versions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;

use super::change_set::ChangeSet;
use super::cursor::Cursor;
use super::last_change_index::LastChangeIndex;
use super::model::{Change, RemovalReason, Removed, ResetReason};
use super::row_cache::RowCache;
use super::row_type::RowType;
use super::scope::Scope;
use super::{
    availability, beneficiaries, cases, companions, event_store, failed_visits, handouts,
    registers, snapshot, store,
};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::answer::Language;
use crate::log::head::{self, Head};

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
            event_store::event_refs(conn, &self.scope, cursor.seq, head.seq, limit)?
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
        let may_have = |id: &BeneficiaryId| self.scope.holds_area() || changed.visited.contains(id);
        let mut beneficiaries: BTreeMap<BeneficiaryId, bool> =
            changed.beneficiaries.iter().map(|id| (*id, may_have(id))).collect();
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
