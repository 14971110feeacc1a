//! What has changed in a scope since a cursor.
//!
//! The log says which things have changed; what they look like is read from
//! where they lie now. A row may therefore be newer than the cursor says, and
//! come once more with a later pull: rows carry versions, so that does no harm.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, NoticeId, PersonId, TaskId};

use super::beneficiaries;
use super::cursor::Cursor;
use super::last_change_index::LastChangeIndex;
use super::model::{Change, RemovalReason, Removed, RowType};
use super::row_cache::RowCache;
use super::scope::{Scope, TaskVisibility, View};
use super::snapshot;
use super::store::{self, EventRef};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError, parsed};
use crate::log::Subject;
use crate::log::head::{self, Head};

/// For whom, with what, and how much at a time.
pub struct Pull<'a> {
    /// The person's scope.
    pub scope: Scope,
    /// The district's key.
    pub key: &'a SealingKey,
    /// Rows seen before.
    pub rows: &'a RowCache,
    /// When something last changed, by area and by person.
    pub last_changes: &'a LastChangeIndex,
    /// How many changes at the most, about.
    pub limit: usize,
    /// Today, in the district.
    pub today: NaiveDate,
}

/// What a pull brings.
#[derive(Default)]
pub struct Pulled {
    /// Whether the phone begins anew.
    pub reset: bool,
    /// Rows that are new or different.
    pub changes: Vec<Change>,
    /// Rows to be forgotten.
    pub removed: Vec<Removed>,
    /// How far the phone has then come.
    pub cursor: String,
    /// Whether there is more.
    pub has_more: bool,
    /// Whether nothing of the scope has changed and the cursor may stay.
    pub quiet: bool,
    /// The beneficiaries that are shown in clear, for the log.
    pub shown: Vec<BeneficiaryId>,
}

/// With nothing of the scope in them, so many events are looked past before the
/// cursor moves on: a quiet phone's cursor, and so its `ETag`, stays the same.
const LOOKED_PAST: i64 = 1_000;

impl Pull<'_> {
    /// What has changed since `cursor`, or, if that does not count here, the
    /// first page of a snapshot.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn since(&self, conn: &mut Conn, cursor: Option<&str>) -> Result<Pulled, DbError> {
        let district = self.scope.area().district();
        let head = head::read(conn, district)?;
        let known = cursor.and_then(Cursor::read).filter(|cursor| self.counts(cursor, &head));
        match known {
            Some(Cursor { rest: Some(rest), seq, .. }) => {
                snapshot::page(self, conn, &head, seq, Some(rest))
            }
            Some(cursor) => self.delta(conn, &head, cursor),
            None => self.afresh(conn, &head),
        }
    }

    fn afresh(&self, conn: &mut Conn, head: &Head) -> Result<Pulled, DbError> {
        let page = snapshot::page(self, conn, head, head.seq, None)?;
        Ok(Pulled { reset: true, ..page })
    }

    /// Whether a cursor is of this log, for this scope, and not too old.
    fn counts(&self, cursor: &Cursor, head: &Head) -> bool {
        cursor.epoch == head.epoch
            && cursor.scope == self.scope.mark()
            && (head.archived_seq..=head.seq).contains(&cursor.seq)
            && cursor.rest.as_ref().is_none_or(|rest| self.scope.allows(rest))
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
        // Archived under our eyes: some of what was to be read may be gone.
        let district = self.scope.area().district();
        if !quiet && head::read(conn, district)?.archived_seq > cursor.seq {
            return self.afresh(conn, head);
        }
        let has_more = events.len() >= self.limit;
        let last = events.last().map(|event| event.seq).filter(|_| has_more);
        let seq = last.unwrap_or(head.seq);
        let news = ChangeSet::of(&self.scope, &events)?;
        if news.everything {
            return self.afresh(conn, head);
        }
        let mut pulled = Pulled { has_more, ..Pulled::default() };
        self.read(conn, &news, &mut pulled)?;
        let nothing = pulled.changes.is_empty() && pulled.removed.is_empty();
        pulled.quiet = nothing && !has_more && head.seq - cursor.seq < LOOKED_PAST;
        let seq = if pulled.quiet { cursor.seq } else { seq };
        pulled.cursor = Cursor { seq, ..cursor }.text();
        Ok(pulled)
    }

    /// Reads what has changed as it is now.
    fn read(&self, conn: &mut Conn, changed: &ChangeSet, to: &mut Pulled) -> Result<(), DbError> {
        if changed.catalogue {
            to.changes.extend(snapshot::kinds(conn, self)?);
        }
        if changed.me {
            snapshot::shifts(conn, self, to)?;
        }
        for &id in &changed.notices {
            to.changes.extend(snapshot::notice(conn, self, id)?);
        }
        let ids: Vec<TaskId> = changed.tasks.keys().copied().collect();
        let mut beneficiaries: BTreeMap<BeneficiaryId, bool> =
            changed.beneficiaries.iter().map(|id| (*id, self.scope.holds_area())).collect();
        let mut gone: BTreeSet<TaskId> = ids.iter().copied().collect();
        for row in store::tasks(conn, self.scope.area().district(), &ids)? {
            let known = changed.tasks.get(&row.id).copied().unwrap_or(true);
            if self.scope.holds(TaskVisibility::of(&row)?) {
                gone.remove(&row.id);
                to.changes.push(self.rows.task(&row)?);
            }
            // A beneficiary comes and goes with its tasks, but for who answers for its grid.
            if let Some(id) = row.beneficiary.filter(|_| self.scope.visits()) {
                *beneficiaries.entry(id).or_default() |= known;
            }
        }
        let known = |id: &TaskId| changed.tasks.get(id).copied().unwrap_or(true);
        let gone = gone.into_iter().filter(known);
        to.removed.extend(gone.map(|id| removed(RowType::Task, id.to_string())));
        self.beneficiaries(conn, &beneficiaries, to)
    }

    /// Reads the beneficiaries that may have come, changed or gone; `true` says that
    /// the phone may hold it now.
    fn beneficiaries(
        &self,
        conn: &mut Conn,
        changed: &BTreeMap<BeneficiaryId, bool>,
        to: &mut Pulled,
    ) -> Result<(), DbError> {
        let ids: Vec<BeneficiaryId> = changed.keys().copied().collect();
        let seen = beneficiaries::views(conn, &self.scope, &ids)?;
        let there: BTreeSet<BeneficiaryId> = seen.iter().map(|(key, _)| key.id).collect();
        let gone = changed.iter().filter(|(id, known)| **known && !there.contains(id));
        to.removed.extend(gone.map(|(id, _)| removed(RowType::Beneficiary, id.to_string())));
        to.shown.extend(shown(&seen));
        let district = self.scope.area().district();
        to.changes.extend(beneficiaries::changes(conn, self.rows, self.key, district, &seen)?);
        Ok(())
    }
}

/// The beneficiaries among `seen` that are shown in clear.
pub(super) fn shown(
    seen: &[(store::BeneficiaryKey, View)],
) -> impl Iterator<Item = BeneficiaryId> + '_ {
    seen.iter().filter(|(_, view)| *view == View::Clear).map(|(key, _)| key.id)
}

pub(super) fn removed(r#type: RowType, id: String) -> Removed {
    Removed { r#type, id, reason: RemovalReason::OutOfScope }
}

/// What a part of the log changed in a scope.
#[derive(Default)]
struct ChangeSet {
    /// So much that the phone begins anew.
    everything: bool,
    catalogue: bool,
    /// The person's own entry.
    me: bool,
    notices: BTreeSet<NoticeId>,
    beneficiaries: BTreeSet<BeneficiaryId>,
    /// By id: whether the phone may hold it.
    tasks: BTreeMap<TaskId, bool>,
}

impl ChangeSet {
    fn of(scope: &Scope, events: &[EventRef]) -> Result<Self, DbError> {
        let mut news = Self::default();
        for event in events {
            match event.subject {
                Subject::District => news.everything = true,
                Subject::ServiceKind => news.catalogue = true,
                Subject::Person => news.me |= event.is_about(scope.person()),
                Subject::Notice if event.reaches(scope) => {
                    news.notices.insert(event.id()?);
                }
                Subject::Beneficiary if event.concerns(scope) => {
                    news.beneficiaries.insert(event.id()?);
                }
                Subject::Task if event.concerns(scope) => {
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

    fn is_about(&self, person: PersonId) -> bool {
        self.subject_id.parse() == Ok(person)
    }

    /// Where it happened, before or after.
    pub(super) fn areas(&self) -> impl Iterator<Item = AreaCode> {
        std::iter::once(self.area).chain(self.area_before)
    }

    /// In whose hands its subject was, before or after.
    pub(super) fn people(&self) -> impl Iterator<Item = PersonId> {
        self.person.into_iter().chain(self.person_before)
    }

    /// Whether it happened in the scope's area or to something in its person's
    /// hands, before or after.
    fn concerns(&self, scope: &Scope) -> bool {
        self.people().any(|person| person == scope.person())
            || self.areas().any(|area| scope.area().contains(&area))
    }

    /// Whether a phone of the scope has something to fetch because of it.
    pub(super) fn is_for(&self, scope: &Scope) -> bool {
        match self.subject {
            Subject::District | Subject::ServiceKind => true,
            Subject::Person => self.is_about(scope.person()),
            Subject::Notice => self.reaches(scope),
            Subject::Beneficiary => scope.holds_area() && self.concerns(scope),
            Subject::Task => self.was_shown(scope) && self.concerns(scope),
            Subject::Plan | Subject::Attachment | Subject::Command | Subject::Reading => false,
        }
    }

    /// Whether what is told to its area is told to the scope's person.
    fn reaches(&self, scope: &Scope) -> bool {
        self.area.contains(&scope.area()) || scope.area().contains(&self.area)
    }

    /// Whether the phone may hold the task from before or after this event: those
    /// who help do not hold what others of their grid have in hand. After it
    /// counts too, since a row may have been read when it was newer than the cursor.
    fn was_shown(&self, scope: &Scope) -> bool {
        let shown = |person: Option<PersonId>| person.is_none_or(|person| person == scope.person());
        !scope.helps() || shown(self.person_before) || shown(self.person)
    }
}
