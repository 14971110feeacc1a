//! Report flags: doubtful evidence is stored unchanged and flagged.

use gridward_domain::bounded_text::Note;
use gridward_domain::task::Outcome;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::Value;

use super::report_content::ReportContent;
use crate::catalogue::{ServiceKind, form};
use crate::http::problem::{FieldError, Problem};
use crate::task::commands::origin::{Origin, TRUSTED};
use crate::vocabulary::{Vocabularies, VocabularyName};

/// A reason to doubt a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ReportFlag>)]
pub enum ReportFlag {
    /// The phone's clock was wrong, or the report is dated in the future or before its task.
    Clock,
    /// The visit ended before it began or in the future, or preceded its task.
    Times,
    /// The answers do not match the form, or a need is no word of the district.
    Form,
    /// The accuracy of the position is impossible.
    Place,
    /// The note is too long.
    Note,
    /// There are too many attachments.
    Attachments,
    /// Part of the report was unreadable and is stored as sent, or the outcome is missing.
    Unread,
    /// The task had been handed on to another person when the report arrived.
    HandedOn,
    /// A need has no effect: its kind of service has no rule for it and no regime visits for it, or the kind of
    /// case that it would open is archived, or is about a beneficiary and the visit was to a place.
    NoCase,
}

/// The flags of a report on a task of the time `created`, by the district's `words`. A report sent
/// online is refused instead, since it can still be corrected; a report from an outbox is stored
/// with its flags.
///
/// # Errors
/// 422 for a report that can still be corrected.
pub(in crate::task) fn flags(
    content: &ReportContent,
    kind: Option<&ServiceKind>,
    words: &Vocabularies,
    origin: &Origin,
    created: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<ReportFlag>, Problem> {
    let mut errors = Vec::new();
    if let Some(Err(error)) = content.note.as_deref().map(Note::check) {
        errors.push((ReportFlag::Note, FieldError::new("/note", error)));
    }
    if content.attachments.len() > 10 {
        errors.push((ReportFlag::Attachments, FieldError::new("/attachments", "at most 10")));
    }
    if content.accuracy_m.is_some_and(|metres| !(0.0..=100_000.0).contains(&metres)) {
        errors
            .push((ReportFlag::Place, FieldError::new("/accuracy_m", "must be from 0 to 100000")));
    }
    if let (Some(start), Some(end)) = (content.started_at, content.ended_at)
        && end < start
    {
        let error = FieldError::new("/ended_at", "must not be before started_at");
        errors.push((ReportFlag::Times, error));
    }
    let in_the_future = |at: DateTime<FixedOffset>| origin.by_server(at) > now + TRUSTED;
    for (pointer, at) in [("/started_at", content.started_at), ("/ended_at", content.ended_at)] {
        if at.is_some_and(in_the_future) {
            errors.push((ReportFlag::Times, FieldError::new(pointer, "must not be in the future")));
        }
    }
    if let Some(form) = kind.and_then(|kind| kind.form.as_ref()) {
        let answers = Value::Object(content.answers.clone().unwrap_or_default());
        let took_place = content.outcome.is_some_and(Outcome::completes);
        let mismatches = if took_place {
            form::mismatches(form, &answers)
        } else {
            form::mismatches(&form::requiring_nothing(form), &answers)
        };
        let mismatches = mismatches.into_iter().chain(unknown_words(form, &answers, words));
        let under =
            |error: FieldError| FieldError::new(format!("/answers{}", error.pointer), error.detail);
        errors.extend(mismatches.map(|error| (ReportFlag::Form, under(error))));
    }
    let known = words.get(VocabularyName::Needs);
    for need in &content.needs {
        if let Err(unknown) = known.check(need.as_str()) {
            let error = FieldError::new("/needs", format!("{need} {unknown}"));
            errors.push((ReportFlag::Form, error));
        }
    }
    let (flags, errors): (Vec<_>, Vec<_>) = errors.into_iter().unzip();
    if !origin.from_outbox {
        Problem::refuse(errors)?;
    }
    // A visit may be made before its task, so this is no mistake of form.
    let too_early = |at: DateTime<FixedOffset>| origin.by_server(at) < created - TRUSTED;
    let made = origin.made_at.is_some_and(|at| in_the_future(at) || too_early(at));
    let visited = [content.started_at, content.ended_at].into_iter().flatten().any(too_early);
    let doubted = [
        (ReportFlag::Clock, origin.clock_is_off() || made),
        (ReportFlag::Times, visited),
        (ReportFlag::Unread, !content.is_complete()),
    ];
    let doubted = doubted.into_iter().filter(|(_, doubted)| *doubted).map(|(flag, _)| flag);
    Ok(flags.into_iter().chain(doubted).collect())
}

/// Where answers are no words of the vocabularies that the form names.
fn unknown_words(form: &Value, answers: &Value, words: &Vocabularies) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (name, vocabulary) in form::vocabulary_fields(form) {
        let given = match answers.get(name) {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let mut given = given.iter().filter_map(Value::as_str);
        let unknown = given.find_map(|word| words.get(vocabulary).check(word).err());
        errors.extend(unknown.map(|unknown| FieldError::new(format!("/{name}"), unknown)));
    }
    errors
}
