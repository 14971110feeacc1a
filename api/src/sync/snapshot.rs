//! Snapshot: all rows of a scope, in pages.
//!
//! The head of the log is read before the first page. After the last page, pulls
//! continue from that head and deliver the changes made during the snapshot.

use std::collections::BTreeSet;

use gridward_domain::id::{BeneficiaryId, CorrectionId, NoticeId};
use gridward_domain::visibility::View;
use gridward_domain::word::{VariantArray as _, Word as _};

use super::cursor::{Cursor, Rest};
use super::handouts;
use super::model::{Change, Shift};
use super::pull::{Pull, Pulled, removed, shown};
use super::registers;
use super::row_type::RowType;
use super::store::{self, BeneficiaryKey, TaskKey};
use super::{availability, beneficiaries, cases, companions, failed_visits};
use crate::auth::account_notice::AccountNotice;
use crate::auth::account_notice_store;
use crate::db::{Conn, DbError};
use crate::log::head::Head;
use crate::person::Weekday;
use crate::{catalogue, clock, correction, notice, person, vocabulary};

/// A page of the snapshot as of event `seq`: the first, or the one at `rest`.
pub(super) fn page(
    pull: &Pull<'_>,
    conn: &mut Conn,
    head: &Head,
    seq: i64,
    rest: Option<Rest>,
) -> Result<Pulled, DbError> {
    let mut page = Pulled::default();
    let is_first = rest.is_none();
    let mut rest = if let Some(rest) = rest {
        Some(rest)
    } else {
        page.changes.extend(kinds(conn, pull)?);
        page.changes.extend(vocabularies(conn, pull)?);
        page.changes.extend(notices(conn, pull)?);
        page.changes.extend(corrections(conn, pull)?);
        page.changes.extend(registers::all(pull, conn)?);
        page.changes.extend(cases::all(conn, &pull.scope, pull.now)?);
        page.changes.extend(availability::all(conn, &pull.scope, clock::day(pull.now))?);
        shifts(conn, pull, &mut page)?;
        account_notices(conn, pull, &mut page)?;
        // A phone at the start of a snapshot has no rows to remove.
        page.removed.clear();
        page.select(&pull.scope);
        page.total = Some(page.changes.len() + paged(pull, conn)?);
        pull.scope.first_part()
    };
    let mut room = pull.limit;
    while let Some(part) = rest.clone().filter(|_| room > 0) {
        let (taken, next) = self::part(pull, conn, part, room, &mut page)?;
        room = room.saturating_sub(taken);
        rest = next;
    }
    page.has_more = rest.is_some();
    if is_first && !page.has_more {
        page.total = Some(page.changes.len());
    }
    let (epoch, scope) = (head.epoch.clone(), pull.scope.mark());
    page.cursor = Cursor { epoch, seq, scope, rest }.text();
    Ok(page)
}

/// The number of rows on the pages of the snapshot. A beneficiary in scope by tasks of two pages
/// counts once, so the number is exact only where each grid's beneficiaries stay in it.
fn paged(pull: &Pull<'_>, conn: &mut Conn) -> Result<usize, DbError> {
    let scope = &pull.scope;
    let (tasks, homes) = (scope.has(RowType::Task), scope.has(RowType::Beneficiary));
    let mut count = 0;
    if homes && scope.holds_area() {
        count += store::count_beneficiaries(conn, scope)?;
    }
    let by_tasks = homes && scope.visits();
    if tasks || by_tasks {
        let here = store::count_tasks(conn, scope)?;
        let elsewhere = if scope.visits() { store::tasks_elsewhere(conn, scope)? } else { vec![] };
        let away: BTreeSet<_> = elsewhere.iter().filter_map(|key| key.beneficiary).collect();
        count += if tasks { here.tasks + elsewhere.len() } else { 0 };
        count += if by_tasks { away.len() } else { 0 };
        count += if by_tasks && !scope.holds_area() { here.beneficiaries } else { 0 };
    }
    if scope.has_handouts() {
        count += handouts::count(conn, scope)?;
    }
    Ok(count)
}

/// Adds up to `room` rows of one part to the page; returns their number and the rest
/// of the snapshot.
fn part(
    pull: &Pull<'_>,
    conn: &mut Conn,
    part: Rest,
    room: usize,
    page: &mut Pulled,
) -> Result<(usize, Option<Rest>), DbError> {
    let limit = i64::try_from(room).unwrap_or(i64::MAX);
    match part {
        Rest::Beneficiaries(after) => {
            let keys = store::area_beneficiaries(conn, &pull.scope, after, limit)?;
            let next = match keys.last().filter(|_| keys.len() == room) {
                Some(last) => Some(Rest::Beneficiaries(Some((last.grid, last.id)))),
                None => pull.scope.tasks_part(),
            };
            let taken = keys.len();
            let seen = beneficiaries::views_of(conn, &pull.scope, keys, pull.now)?;
            add_beneficiaries(pull, conn, &seen, page)?;
            Ok((taken, next))
        }
        Rest::Tasks(after) => {
            let keys = store::area_tasks(conn, &pull.scope, after, limit)?;
            let next = match keys.last().filter(|_| keys.len() == room) {
                Some(last) => Some(Rest::Tasks(Some((last.visibility.grid, last.due_on, last.id)))),
                None if pull.scope.visits() => Some(Rest::Elsewhere),
                None => pull.scope.handouts_part(),
            };
            let taken = keys.len();
            add_tasks(pull, conn, &keys, !pull.scope.holds_area(), page)?;
            Ok((taken, next))
        }
        Rest::Elsewhere => {
            let keys = store::tasks_elsewhere(conn, &pull.scope)?;
            let taken = keys.len();
            add_tasks(pull, conn, &keys, true, page)?;
            Ok((taken, pull.scope.handouts_part()))
        }
        Rest::Handouts(after) => {
            let rows = handouts::page(conn, &pull.scope, after, limit)?;
            let next = rows.last().filter(|_| rows.len() == room);
            let next = next.map(|last| Rest::Handouts(Some(last.id)));
            for row in &rows {
                page.changes.push(handouts::change(row)?);
            }
            Ok((rows.len(), next))
        }
    }
}

/// Adds tasks and, if `with_beneficiaries`, their beneficiaries. Otherwise the phone has those of
/// its area already, and a visitor's phone lacks only those that stay here for some days.
fn add_tasks(
    pull: &Pull<'_>,
    conn: &mut Conn,
    keys: &[TaskKey],
    with_beneficiaries: bool,
    page: &mut Pulled,
) -> Result<(), DbError> {
    let has_beneficiaries = pull.scope.has(RowType::Beneficiary);
    if has_beneficiaries && (with_beneficiaries || pull.scope.visits()) {
        let mut at: Vec<BeneficiaryId> = keys.iter().filter_map(|key| key.beneficiary).collect();
        at.sort_unstable();
        at.dedup();
        let mut keys = store::beneficiary_keys(conn, pull.scope.area().district(), &at)?;
        keys.retain(|key| with_beneficiaries || !pull.scope.area().contains(&key.grid));
        let seen = beneficiaries::views_of(conn, &pull.scope, keys, pull.now)?;
        add_beneficiaries(pull, conn, &seen, page)?;
    }
    if pull.scope.has(RowType::Task) {
        let mut tasks = pull.rows.tasks(conn, pull.key, &pull.scope, keys, pull.now)?;
        let read = (pull.key, pull.rows);
        companions::add(conn, read, &pull.scope, pull.now, &BTreeSet::new(), &mut tasks)?;
        failed_visits::add(conn, &pull.scope, &mut tasks)?;
        page.changes.extend(tasks);
    }
    Ok(())
}

fn add_beneficiaries(
    pull: &Pull<'_>,
    conn: &mut Conn,
    seen: &[(BeneficiaryKey, View)],
    page: &mut Pulled,
) -> Result<(), DbError> {
    page.shown.extend(shown(seen));
    let area = pull.scope.area();
    page.changes.extend(beneficiaries::changes(conn, pull.rows, pull.key, area, seen)?);
    Ok(())
}

/// All kinds of service, each by its code, and the earlier versions that tasks may keep, by code
/// and version.
pub(super) fn kinds(conn: &mut Conn, pull: &Pull<'_>) -> Result<Vec<Change>, DbError> {
    let (district, now) = (pull.scope.area().district(), pull.now.naive_utc());
    let role = pull.scope.viewer().role;
    let hidden = catalogue::case_kinds::hidden(conn, district, role)?;
    let change = |kind: &catalogue::ServiceKind, id: String| {
        Change::new(RowType::ServiceKind, id, kind.version, &kind.clone().without(&hidden))
    };
    let kinds = catalogue::store::all(conn, district)?;
    let current = kinds.iter().map(|kind| change(kind, kind.code.to_string()));
    let earlier = catalogue::store::earlier(conn, district, now)?;
    let earlier =
        earlier.iter().map(|kind| change(kind, format!("{}@{}", kind.code, kind.version)));
    current.chain(earlier).collect()
}

/// All vocabularies.
pub(super) fn vocabularies(conn: &mut Conn, pull: &Pull<'_>) -> Result<Vec<Change>, DbError> {
    let all = vocabulary::store::all(conn, pull.scope.area().district())?;
    let change =
        |one: &vocabulary::Vocabulary| Change::new(RowType::Vocabulary, one.name, one.version, one);
    all.all().iter().map(change).collect()
}

fn notices(conn: &mut Conn, pull: &Pull<'_>) -> Result<Vec<Change>, DbError> {
    let notices = notice::store::current(conn, pull.scope.viewer(), clock::day(pull.now))?;
    notices.iter().map(notice_change).collect()
}

/// The notice, if it is current and reaches the person.
pub(super) fn notice(
    conn: &mut Conn,
    pull: &Pull<'_>,
    id: NoticeId,
) -> Result<Option<Change>, DbError> {
    let today = clock::day(pull.now);
    let notice = notice::store::current_one(conn, pull.scope.viewer(), today, id)?;
    notice.as_ref().map(notice_change).transpose()
}

fn notice_change(notice: &notice::Notice) -> Result<Change, DbError> {
    Change::new(RowType::Notice, notice.id, notice.version, notice)
}

fn corrections(conn: &mut Conn, pull: &Pull<'_>) -> Result<Vec<Change>, DbError> {
    let (district, me) = (pull.scope.area().district(), pull.scope.person());
    let own = correction::store::all_on_phone(conn, pull.key, district, me, pull.now)?;
    own.iter().map(correction_change).collect()
}

/// The correction, if the person has proposed it and it was not decided long ago.
pub(super) fn correction(
    conn: &mut Conn,
    pull: &Pull<'_>,
    id: CorrectionId,
) -> Result<Option<Change>, DbError> {
    let (district, me) = (pull.scope.area().district(), pull.scope.person());
    let own = correction::store::on_phone(conn, pull.key, district, me, id, pull.now)?;
    own.as_ref().map(correction_change).transpose()
}

fn correction_change(one: &correction::Correction) -> Result<Change, DbError> {
    Change::new(RowType::Correction, one.id, one.version, one)
}

/// The person's notices about the own account; acknowledged ones are removed.
pub(super) fn account_notices(
    conn: &mut Conn,
    pull: &Pull<'_>,
    to: &mut Pulled,
) -> Result<(), DbError> {
    let (district, me) = (pull.scope.area().district(), pull.scope.person());
    for row in account_notice_store::of_person(conn, district, me)? {
        let (r#type, id) = (RowType::AccountNotice, row.id.to_string());
        if row.acknowledged_at.is_some() {
            to.removed.push(removed(r#type, id));
        } else {
            to.changes.push(Change::new(r#type, id, 1, &AccountNotice::new(row, pull.language))?);
        }
    }
    Ok(())
}

/// The person's shifts; days without one are removed.
pub(super) fn shifts(conn: &mut Conn, pull: &Pull<'_>, to: &mut Pulled) -> Result<(), DbError> {
    let me = pull.scope.person();
    let Some(row) = person::store::row(conn, &pull.scope.own_area().range(), me)? else {
        return Ok(());
    };
    for weekday in Weekday::VARIANTS {
        let (r#type, id) = (RowType::Shift, weekday.as_str().to_owned());
        match row.availability.on(*weekday) {
            Some(window) => {
                let (start, end) = (window.start().minutes(), window.end().minutes());
                let shift = Shift { weekday: *weekday, start, end };
                to.changes.push(Change::new(r#type, id, row.version, &shift)?);
            }
            None => to.removed.push(removed(r#type, id)),
        }
    }
    Ok(())
}
