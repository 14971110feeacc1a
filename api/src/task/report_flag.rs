//! What a reader of a report should doubt: evidence is kept as it is, and marked.

use gridward_domain::word::Word as _;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::Value;

use super::origin::{Origin, TRUSTED};
use super::report_content::ReportContent;
use crate::catalogue::ServiceKind;
use crate::http::problem::{FieldError, Kind, Problem};

/// What a reader of a report should doubt.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ReportFlag>)]
pub enum ReportFlag {
    /// The phone's clock was off, or the report is of the future.
    Clock,
    /// It ended before it began, or in the future.
    Times,
    /// The answers do not fit the form.
    Form,
    /// The place's accuracy is impossible.
    Place,
    /// The note is too long.
    Note,
    /// There are too many attachments.
    Attachments,
    /// Something of it could not be read and lies there as it came, or it does not
    /// say how it ended.
    Unread,
}

/// What a reader should doubt. What can still be put right is refused; what
/// comes out of an outbox cannot, and is kept with its flags.
///
/// # Errors
/// 422, for a report whose maker can still put it right.
pub(super) fn flags(
    content: &ReportContent,
    kind: Option<&ServiceKind>,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<BTreeSet<ReportFlag>, Problem> {
    let mut errors = Vec::new();
    if content.note.as_ref().is_some_and(|note| note.chars().count() > 2000) {
        errors.push((ReportFlag::Note, FieldError::new("/note", "at most 2000 characters")));
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
    if let Some(form) = kind.and_then(|kind| kind.form.as_ref())
        && let Some(answers) = &content.answers
    {
        errors.extend(
            misfits(form, &Value::Object(answers.clone()))
                .into_iter()
                .map(|error| (ReportFlag::Form, error)),
        );
    }
    if !origin.from_outbox && !errors.is_empty() {
        let errors = errors.into_iter().map(|(_, error)| error);
        return Err(errors.fold(Problem::from(Kind::Invalid), Problem::with));
    }
    let off = origin.clock_is_off() || origin.made_at.is_some_and(in_the_future);
    let clock = off.then_some(ReportFlag::Clock);
    let unread = (!content.is_whole()).then_some(ReportFlag::Unread);
    Ok(errors.into_iter().map(|(doubt, _)| doubt).chain(clock).chain(unread).collect())
}

/// Where the answers do not fit the form; the first twenty places.
fn misfits(form: &Value, answers: &Value) -> Vec<FieldError> {
    let Ok(form) = jsonschema::validator_for(form) else {
        return vec![FieldError::new("/answers", "the kind's form cannot be read")];
    };
    let told = |error: jsonschema::ValidationError<'_>| {
        let pointer = format!("/answers{}", error.instance_path());
        // The message without the answer itself, which may be personal.
        FieldError::new(pointer, error.masked())
    };
    form.iter_errors(answers).take(20).map(told).collect()
}
