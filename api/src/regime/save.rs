//! Creates and changes a regime.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::{PersonId, RegimeId};
use gridward_domain::person_state::PersonState;
use gridward_domain::regime::{Cadence, CadenceParts, OccasionDays, RegimeSubject};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{NewRegime, Regime, RegimeContent};
use super::store::{self, RegimeRow};
use super::{members, occasion_days, size};
use crate::audience::check;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::holiday::occasion;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};
use crate::{catalogue, clock, person};

impl Effect for NewRegime {
    type Made = Regime;

    fn action(&self) -> &'static str {
        "regime.create"
    }

    fn request(&self) -> Value {
        json!(self)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ManageRegimes)?;
        check::area_of(tx.read_unbatched(), principal, self.area).map(drop)
    }
}

/// Creates a regime, which is not active: another person activates it.
///
/// # Errors
/// 403, also for an active one; 422.
pub fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewRegime,
) -> Result<Regime, Problem> {
    write(tx, key, principal, (new, false))
}

/// Creates a regime as [`create`], also one that selects nothing yet: it is activated once it does.
///
/// # Errors
/// 403, also for an active one; 422.
pub fn draft(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &NewRegime,
) -> Result<Regime, Problem> {
    write(tx, key, principal, (new, true))
}

fn write(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (new, may_be_empty): (&NewRegime, bool),
) -> Result<Regime, Problem> {
    principal.may(Action::ManageRegimes)?;
    let today = clock::day(tx.now);
    let conn = tx.read_unbatched();
    let area = check::area_of(conn, principal, new.area)?;
    check_content(conn, principal, (area, &new.content), "/content")?;
    if new.content.active {
        return Err(ProblemCode::RegimeAuthor.into());
    }
    let audience = (new.content.subject, &new.content.filter);
    if !may_be_empty && size::size(conn, area, audience, today)? == 0 {
        return Err(Problem::invalid("/content/filter", size::EMPTY));
    }
    let RegimeContent { name, name_en, kind, cadence, subject, lead_days, starts_on, .. } =
        &new.content;
    let satisfied_by = &new.content.satisfied_by;
    let CadenceParts { cadence, days: cadence_days, feast, needs } = cadence.parts();
    let row = RegimeRow {
        district: principal.district(),
        id: RegimeId(Uuid::now_v7()),
        area,
        created_by: principal.person,
        created_at: tx.now.naive_utc(),
        name: name.clone(),
        name_en: name_en.clone(),
        filter: String::new(),
        kind: kind.clone(),
        cadence,
        cadence_days,
        feast,
        needs: needs.into(),
        subject: *subject,
        satisfied_by: *satisfied_by,
        lead_days: *lead_days,
        starts_on: *starts_on,
        responsible: None,
        assign_responsible: false,
        active: false,
        ran_on: None,
        edited_by: Some(principal.person),
        activated_by: None,
        authors: BTreeSet::from([principal.person]).into(),
        version: 1,
    };
    let row = row.with(&new.content)?;
    store::put(tx.write_unbatched(), None, &row)?;
    record(tx, principal, "regime.create", &row);
    Ok(row.shown(tx.read_unbatched(), key, principal)?)
}

/// A change of a regime.
#[derive(Clone, Debug)]
pub struct RegimeChange {
    /// The regime.
    pub id: RegimeId,
    /// The content.
    pub content: RegimeContent,
    /// Whether visits to all beneficiaries of the district or of a town are confirmed.
    pub confirm: bool,
    /// Whether other content that is not active may select nothing yet.
    pub may_be_empty: bool,
    /// The version that it is based on.
    pub base: IfMatch,
}

/// Replaces the content of the regime; its area stays. Content that it has already changes nothing.
/// Members get new days if the cadence changes so that theirs no longer exist, and the visits of another occasion are
/// prepared besides those of the last one.
///
/// # Errors
/// 403, also for the activation of own content; 404; 409 without a necessary confirmation; 412 or 428
/// if the decision is not based on the current version; 422, also for the activation with an occasion that has no day to
/// come.
pub fn change(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    RegimeChange { id, content, confirm, may_be_empty, base }: &RegimeChange,
) -> Result<Regime, Problem> {
    principal.may(Action::ManageRegimes)?;
    let row = store::row(tx.read_unbatched(), &principal.scope(), *id)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let shown = row.shown(tx.read_unbatched(), key, principal)?;
    let next = row.with(content)?;
    if next == row {
        return Ok(shown);
    }
    let is_edited = !shown.content.has_same_visits(content);
    let is_activated = content.active && !row.active;
    if is_edited || content.active || next.responsible != row.responsible {
        check_content(tx.read_unbatched(), principal, (row.area, content), "")?;
    }
    base.check(row.version, &shown)?;
    if content.active && (is_edited || is_activated && row.authors().contains(&principal.person)) {
        return Err(ProblemCode::RegimeAuthor.into());
    }
    if is_edited && !may_be_empty || is_activated {
        size::check(tx, &next, is_activated && !confirm)?;
    }
    if is_activated {
        let today = clock::day(tx.now);
        let days = coming_days(tx.read_unbatched(), &next, today)?;
        // The content was edited: its occasion may be another one than that of the last visits.
        if next.feast.is_some() && !row.is_approved() {
            members::forget_slots_but(tx.write_unbatched(), (next.district, next.id), &days)?;
        }
    }
    let by = Some(principal.person);
    let authors = match (is_edited, is_activated) {
        (true, _) => row.authors_with(principal.person).into(),
        // The content is approved; the authors of the next one are counted anew.
        (false, true) => BTreeSet::new().into(),
        (false, false) => row.authors.clone(),
    };
    let next = RegimeRow {
        authors,
        edited_by: if is_edited { by } else { row.edited_by },
        activated_by: if is_activated { by } else { row.activated_by },
        // What changed may make further visits due today.
        ran_on: None,
        version: row.version + 1,
        ..next
    };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    if next.feast.is_none() && row.feast.is_some() {
        members::forget_slots(tx.write_unbatched(), next.district, next.id)?;
    }
    record(tx, principal, "regime.change", &next);
    Ok(next.shown(tx.read_unbatched(), key, principal)?)
}

/// The days of the occasion of a regime that becomes active, checked to have one to come: without it no visit would be
/// made.
fn coming_days(
    conn: &mut Conn,
    row: &RegimeRow,
    today: NaiveDate,
) -> Result<OccasionDays, Problem> {
    let days = occasion_days::read(conn, row, today)?;
    if occasion_days::is_over(row, &days, today) {
        return Err(Problem::invalid("/cadence/feast", NO_COMING_DAY));
    }
    Ok(days)
}

/// Checks what the types do not enforce of a regime in the area; pointers begin with `at`.
fn check_content(
    conn: &mut Conn,
    principal: &Principal,
    (area, content): (AreaCode, &RegimeContent),
    at: &str,
) -> Result<(), Problem> {
    check::filter_of(conn, principal, &content.filter).map_err(|problem| problem.under(at))?;
    let mut errors = Vec::new();
    let mut add = |field: &str, detail: String| {
        errors.push(FieldError::new(format!("{at}/{field}"), detail));
    };
    match catalogue::store::one(conn, principal.district(), content.kind.as_str())? {
        None => add("kind", "is not in the catalogue".to_owned()),
        Some(kind) if !kind.active => add("kind", "is archived".to_owned()),
        Some(_) => {}
    }
    if let Cadence::AfterNeed { needs, .. } = &content.cadence {
        let words = vocabulary::store::one(conn, principal.district(), VocabularyName::Needs)?;
        for unknown in needs.iter().filter_map(|need| words.check(need.as_str()).err()) {
            add("cadence/needs", unknown.to_string());
        }
    }
    if let Cadence::Feast { feast } = &content.cadence
        && !occasion::is_known(conn, principal.district(), feast)?
    {
        add("cadence/feast", UNKNOWN_OCCASION.to_owned());
    }
    if !content.subject.may_have(&content.cadence) {
        add("cadence", "is for beneficiaries".to_owned());
    }
    if content.subject == RegimeSubject::Memorials && content.filter != Filter::All(Vec::new()) {
        add("filter", "selects beneficiaries; for memorial sites it is {\"all\": []}".to_owned());
    }
    if let Err(error) = clock::within_reach(&content.starts_on) {
        add("starts_on", error.to_string());
    }
    match content.responsible_id {
        None if content.active => add("responsible_id", NEEDED.to_owned()),
        None => {}
        Some(id) => match active(conn, principal, id)? {
            None => add("responsible_id", "must be an active person of the district".to_owned()),
            Some((_, own)) if !own.contains(&area) && !area.contains(&own) => {
                add("responsible_id", ELSEWHERE.to_owned());
            }
            Some((role, _)) if content.assign_responsible && !role.visits() => {
                add("responsible_id", VISITS.to_owned());
            }
            Some(_) => {}
        },
    }
    Problem::refuse(errors)
}

/// Why a code that is neither that of a feast nor in the district's calendar is refused.
const UNKNOWN_OCCASION: &str = "is neither a feast nor the code of a holiday of the district";

/// Why a regime is not activated whose occasion has no day to come.
const NO_COMING_DAY: &str = "has no day from today on in the calendar of the district";

/// Why an active regime without a responsible person is refused.
const NEEDED: &str = "is needed before the regime becomes active";

/// Why a person who makes no visits is refused.
const VISITS: &str = "must be a manager or a volunteer, who is assigned the visits";

/// Why a person is refused who neither serves a part of the regime's area nor oversees it.
const ELSEWHERE: &str = "works in another area than that of the regime";

/// The role and the area of an active person of the district.
fn active(
    conn: &mut Conn,
    principal: &Principal,
    id: PersonId,
) -> Result<Option<(Role, AreaCode)>, DbError> {
    let row = person::store::row(conn, &principal.district().range(), id)?;
    let active = row.filter(|person| person.state == PersonState::Active);
    Ok(active.map(|person| (person.role, person.area)))
}

fn record(tx: &mut Tx<'_>, principal: &Principal, action: &'static str, row: &RegimeRow) {
    let event = Event::new(action, Subject::Regime, row.id, row.area, row.version);
    tx.record(event.by(principal.person));
}
