//! Creates, changes and archives kinds of case.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::{CaseKindCode, KindCode};
use serde_json::{Value, json};

use super::{
    CaseKind, CaseKindContent, NewCaseKind, defaults, kind_check, kind_store, records,
    sensitive_class, store,
};
use crate::catalogue;
use crate::crypto::SealingKey;
use crate::db::Conn;
use crate::http::problem::{Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// The most kinds of a district, archived ones included.
const MOST_KINDS: usize = 200;

impl Effect for NewCaseKind {
    type Made = CaseKind;

    fn action(&self) -> &'static str {
        "case_kind.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// A change of one kind.
#[derive(Debug)]
pub struct KindChange {
    /// The kind.
    pub code: CaseKindCode,
    /// The versions that it may be based on; empty if the caller names none.
    pub base: Vec<i64>,
    /// The new content.
    pub content: CaseKindContent,
}

impl Effect for KindChange {
    type Made = CaseKind;

    fn action(&self) -> &'static str {
        "case_kind.change"
    }

    fn request(&self) -> Value {
        json!({ "code": self.code, "content": self.content })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// Creates a kind. Its steps may create tasks of the active service kinds of the district, and of those
/// that are `coming` in the same transaction.
///
/// # Errors
/// 409 if the district has a kind with this code; 422 with an entry for each fault.
pub fn create(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewCaseKind,
    coming: &[KindCode],
) -> Result<CaseKind, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let kinds = kind_store::all(tx.read_unbatched(), district)?;
    if let Some(there) = kinds.iter().find(|kind| kind.code == new.code) {
        let exists = Problem::from(ProblemCode::CaseKindExists);
        let is_shown = there.is_shown_to(principal.role);
        return Err(if is_shown { exists.showing(there) } else { exists });
    }
    if kinds.len() >= MOST_KINDS {
        return Err(Problem::invalid("", format!("at most {MOST_KINDS} kinds of case")));
    }
    let kind = CaseKind::of(new.code.clone(), new.content(), 1);
    check(tx.read_unbatched(), district, (&kind, None), coming)?;
    kind_store::insert(tx.write_unbatched(), district, &kind)?;
    record(tx, principal, "case_kind.create", &kind, None);
    Ok(kind)
}

/// Changes a kind. The same content again changes nothing. `coming` is as for [`create`].
///
/// # Errors
/// 404; 412 for another version than the current one; 422 with an entry for each fault.
pub fn change(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    change: &KindChange,
    coming: &[KindCode],
) -> Result<CaseKind, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let before = kind_store::one(tx.read_unbatched(), district, &change.code)?;
    let before = before.filter(|kind| kind.is_shown_to(principal.role));
    let before = before.ok_or_else(Problem::not_found)?;
    if change.base.is_empty() {
        return Err(ProblemCode::VersionRequired.into());
    }
    if !change.base.contains(&before.version) {
        return Err(Problem::from(ProblemCode::VersionConflict).showing(&before));
    }
    if before.content() == change.content {
        return Ok(before);
    }
    let taken = defaults::of(&before.code).filter(|default| default.content() == change.content);
    let default_version = taken.map_or(before.default_version, |default| default.default_version);
    let next = CaseKind::of(before.code.clone(), change.content.clone(), before.version + 1);
    let next = CaseKind { default_version, ..next };
    check(tx.read_unbatched(), district, (&next, Some(&before)), coming)?;
    if next.confidential_to != before.confidential_to {
        check_open_cases(tx.read_unbatched(), district, &next)?;
    }
    let now = tx.now.naive_utc();
    kind_store::replace(tx.write_unbatched(), district, &before, &next, now)?;
    if next.sensitive_class && !before.sensitive_class {
        sensitive_class::seal_earlier(tx.write_unbatched(), key, district, &next.code)?;
    }
    record(tx, principal, "case_kind.change", &next, Some(&before));
    Ok(next)
}

fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    action: &'static str,
    kind: &CaseKind,
    before: Option<&CaseKind>,
) {
    let (subject, district) = (Subject::CaseKind, principal.district());
    let event = Event::new(action, subject, &kind.code, district, kind.version);
    let mut body = json!({ "active": kind.active, "confidential_to": kind.confidential_to });
    if let Some(before) = before.filter(|before| before.confidential_to != kind.confidential_to) {
        body["confidential_before"] = json!(before.confidential_to);
    }
    tx.record(event.by(principal.person).with(body));
}

/// Checks that each open case of an earlier version waits for a role that still sees it.
fn check_open_cases(conn: &mut Conn, district: AreaCode, next: &CaseKind) -> Result<(), Problem> {
    for version in store::open_versions(conn, district, &next.code)? {
        let Some(earlier) = kind_store::at(conn, district, &next.code, version)? else { continue };
        let narrowed = CaseKind { confidential_to: next.confidential_to.clone(), ..earlier };
        if kind_check::has_unseen_step(&narrowed) {
            let detail = format!("no role that acts would see the open cases of version {version}");
            return Err(Problem::invalid("/confidential_to", detail));
        }
    }
    Ok(())
}

/// Checks the path, the forms and the words of the kind, as it is to become and as it is before.
fn check(
    conn: &mut Conn,
    district: AreaCode,
    (kind, before): (&CaseKind, Option<&CaseKind>),
    coming: &[KindCode],
) -> Result<(), Problem> {
    let services = catalogue::store::all(conn, district)?;
    let is_task_kind = |code: &KindCode| {
        coming.contains(code) || services.iter().any(|kind| kind.active && kind.code == *code)
    };
    let mut errors = kind_check::faults(kind, &is_task_kind);
    errors.extend(records::faults(kind, before, &services, coming));
    let categories = vocabulary::store::one(conn, district, VocabularyName::Categories)?;
    errors.extend(records::category_faults(kind, before, &categories));
    Problem::refuse(errors)
}
