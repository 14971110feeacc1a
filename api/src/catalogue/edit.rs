//! Creates, changes and archives kinds of service.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::channel::Channel;
use gridward_domain::code::KindCode;
use serde_json::{Value, json};

use super::{KindContent, NewKind, ServiceKind, case_kinds, form, lost_fields, store};
use crate::beneficiary::answers;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// The most kinds of a district, archived ones included.
const MOST_KINDS: usize = 500;

impl Effect for NewKind {
    type Made = ServiceKind;

    fn action(&self) -> &'static str {
        "service_kind.create"
    }

    fn request(&self) -> Value {
        with_usual_channel_absent(json!(self))
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// A change of one kind.
#[derive(Debug)]
pub struct Change {
    /// The kind.
    pub code: KindCode,
    /// The versions that it may be based on; empty if the caller names none.
    pub base: Vec<i64>,
    /// The new content.
    pub content: KindContent,
}

impl Effect for Change {
    type Made = ServiceKind;

    fn action(&self) -> &'static str {
        "service_kind.change"
    }

    fn request(&self) -> Value {
        let content = with_usual_channel_absent(json!(self.content));
        json!({ "code": self.code, "content": content })
    }

    fn authorize(&self, _: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        Ok(principal.may(Action::ConfigureDistrict)?)
    }
}

/// The request without its channel if that is the default: as clients sent it before there were
/// channels, so that a request of theirs is still known when it is repeated.
fn with_usual_channel_absent(mut request: Value) -> Value {
    if let Some(fields) = request.as_object_mut() {
        fields.retain(|name, value| name != "channel" || *value != json!(Channel::default()));
    }
    request
}

/// Creates a kind.
///
/// # Errors
/// 409 if the district has a kind with this code; 422 as [`check`].
pub fn create(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewKind,
) -> Result<ServiceKind, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let kinds = store::all(tx.read_unbatched(), district)?;
    if let Some(there) = kinds.iter().find(|kind| kind.code == new.code) {
        return Err(Problem::from(ProblemCode::ServiceKindExists).showing(there));
    }
    if kinds.len() >= MOST_KINDS {
        return Err(Problem::invalid("", format!("at most {MOST_KINDS} kinds of service")));
    }
    let kind = ServiceKind::of(new.code.clone(), new.content(), 1);
    check(tx.read_unbatched(), district, &kind, &kinds)?;
    store::insert(tx.write_unbatched(), district, &kind)?;
    record(tx, principal, "service_kind.create", &kind);
    Ok(kind)
}

/// Changes a kind. The same content again changes nothing.
///
/// # Errors
/// 404; 412 for another version than the current one; 422 as [`check`].
pub fn change(
    tx: &mut Tx<'_>,
    principal: &Principal,
    change: &Change,
) -> Result<ServiceKind, Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let kinds = store::all(tx.read_unbatched(), district)?;
    let before = kinds.iter().find(|kind| kind.code == change.code);
    let before = before.ok_or_else(Problem::not_found)?;
    if change.base.is_empty() {
        return Err(ProblemCode::VersionRequired.into());
    }
    if !change.base.contains(&before.version) {
        return Err(Problem::from(ProblemCode::VersionConflict).showing(before));
    }
    if before.content() == change.content {
        return Ok(before.clone());
    }
    let (code, version) = (before.code.clone(), before.version + 1);
    let next = ServiceKind::of(code, change.content.clone(), version);
    check(tx.read_unbatched(), district, &next, &kinds)?;
    let now = tx.now.naive_utc();
    store::replace(tx.write_unbatched(), district, before, &next, now)?;
    // Plain words are kept only for fields that say so.
    let marked = |kind: &ServiceKind| kind.form.as_ref().map(form::filterable_fields);
    let dropped = &marked(before).unwrap_or_default() - &marked(&next).unwrap_or_default();
    answers::forget_fields(tx.write_unbatched(), district, &next.code, &dropped)?;
    record(tx, principal, "service_kind.change", &next);
    Ok(next)
}

fn record(tx: &mut Tx<'_>, principal: &Principal, action: &'static str, kind: &ServiceKind) {
    let (subject, district) = (Subject::ServiceKind, principal.district());
    let event = Event::new(action, subject, &kind.code, district, kind.version);
    tx.record(event.by(principal.person).with(json!({ "active": kind.active })));
}

/// Checks the words, the follow-ups and the form of a kind, that it keeps the fields that others need, and that an
/// archived kind follows no other.
///
/// # Errors
/// 422 with an entry for each fault.
fn check(
    conn: &mut Conn,
    district: AreaCode,
    kind: &ServiceKind,
    kinds: &[ServiceKind],
) -> Result<(), Problem> {
    let mut errors = unknown_words(conn, district, kind)?;
    errors.extend(unknown_cases(conn, district, kind)?);
    errors.extend(follow_ups(kind, kinds));
    errors.extend(shared_fields(kind, kinds));
    errors.extend(lost_fields::faults(conn, district, kind, kinds)?);
    if let Some(form) = &kind.form {
        let under =
            |error: FieldError| FieldError::new(format!("/form{}", error.pointer), error.detail);
        errors.extend(form::check(form).into_iter().map(under));
    }
    Problem::refuse(errors)
}

fn unknown_words(
    conn: &mut Conn,
    district: AreaCode,
    kind: &ServiceKind,
) -> Result<Vec<FieldError>, DbError> {
    let words = vocabulary::store::all(conn, district)?;
    let (skills, needs_words) =
        (words.get(VocabularyName::Skills), words.get(VocabularyName::Needs));
    let skills = kind.skills.iter().filter_map(|skill| {
        let unknown = skills.check(skill.as_str()).err()?;
        Some(FieldError::new("/skills", format!("{skill} {unknown}")))
    });
    let needs = kind.follow_ups.keys().filter_map(|need| {
        let unknown = needs_words.check(need.as_str()).err()?;
        Some(FieldError::new(format!("/follow_ups/{need}"), unknown))
    });
    let follow_ups = kind.form.iter().flat_map(form::follow_up_rules);
    let cases = kind.form.iter().flat_map(form::opened_case_rules);
    let answers = follow_ups.map(|rule| (rule.pointer, rule.word));
    let answers = answers.chain(cases.map(|rule| (rule.pointer, rule.word)));
    let answers = answers.filter_map(|(pointer, word)| {
        let (vocabulary, word) = word?;
        let unknown = words.get(vocabulary).check(&word).err()?;
        Some(FieldError::new(format!("/form{pointer}"), unknown))
    });
    let opens = kind.opens.keys().filter_map(|need| {
        let unknown = needs_words.check(need.as_str()).err()?;
        Some(FieldError::new(format!("/opens/{need}"), unknown))
    });
    Ok(skills.chain(needs).chain(answers).chain(opens).collect())
}

fn unknown_cases(
    conn: &mut Conn,
    district: AreaCode,
    kind: &ServiceKind,
) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    let by_need =
        kind.opens.iter().map(|(need, code)| (format!("/opens/{need}"), code.clone(), None));
    let by_answer = kind.form.iter().flat_map(form::opened_case_rules);
    let by_answer =
        by_answer.map(|rule| (format!("/form{}", rule.pointer), rule.then.kind, rule.then.class));
    for (pointer, code, class) in by_need.chain(by_answer) {
        match (case_kinds::classes(conn, district, &code)?, class) {
            (None, _) => {
                errors.push(FieldError::new(pointer, format!("{code} is not a kind of case")));
            }
            (Some(classes), Some(class)) if !classes.contains(&class) => {
                let detail = format!("{class} is not a class of the kind {code}");
                errors.push(FieldError::new(pointer, detail));
            }
            _ => {}
        }
    }
    Ok(errors)
}

/// Fields that answer no filterable field of another kind.
fn shared_fields(kind: &ServiceKind, kinds: &[ServiceKind]) -> Vec<FieldError> {
    let shared = kind.form.iter().flat_map(form::shared_fields);
    let unknown = shared.filter(|field| {
        let other = kinds.iter().find(|other| other.code == field.kind && other.code != kind.code);
        !other.and_then(|other| other.form.as_ref()).is_some_and(|form| field.is_of(form))
    });
    let error = |field: form::SharedField| {
        let detail =
            format!("{} has no filterable field of this name with these words", field.kind);
        FieldError::new(format!("/form{}", field.pointer), detail)
    };
    unknown.map(error).collect()
}

/// Faults of the follow-ups: of an active kind they are active, its own kind or another.
fn follow_ups(kind: &ServiceKind, kinds: &[ServiceKind]) -> Vec<FieldError> {
    if !kind.active {
        let after = |other: &&ServiceKind| {
            let other_kind = other.active && other.code != kind.code;
            other_kind && other.creates(&kind.code)
        };
        let others = kinds.iter().filter(after);
        let error = |other: &ServiceKind| {
            FieldError::new("/active", format!("{} creates this kind as a follow-up", other.code))
        };
        return others.map(error).collect();
    }
    let known = |code: &KindCode| {
        let other = kinds.iter().find(|other| other.code == *code);
        *code == kind.code || other.is_some_and(|other| other.active)
    };
    let unknown = kind.follow_ups.iter().filter(|(_, code)| !known(code));
    let error = |(need, code)| {
        FieldError::new(format!("/follow_ups/{need}"), format!("{code} is not an active kind"))
    };
    let by_answer = kind.form.iter().flat_map(form::follow_up_rules);
    let unknown_by_answer = by_answer.filter(|rule| !known(&rule.then)).map(|rule| {
        FieldError::new(
            format!("/form{}", rule.pointer),
            format!("{} is not an active kind", rule.then),
        )
    });
    unknown.map(error).chain(unknown_by_answer).collect()
}
