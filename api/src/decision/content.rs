//! What a move has, and whether its step permits it.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Note;
use gridward_domain::code::MoveCode;
use gridward_domain::range::AmountFen;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::case::entry_store::EntrySealed;
use crate::case::{CaseKind, CaseReferral, CaseStepContent};
use crate::catalogue::form;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem};
use crate::station::StationLawyer;
use crate::vocabulary;

/// A move of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"move": "approve", "note": "情况属实"}))]
pub struct CaseMoveSent {
    /// The move, one of the case's `may_come`.
    #[serde(rename = "move")]
    pub taken: MoveCode,
    /// A note; stored encrypted, as all that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// The answers to the form of the present step; required if the step has a form, but of a move back,
    /// one that gives the case up or one that does without the task of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Map<String, Value>>,
    /// An amount, if the present step permits one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// To whom the case is referred, if the present step permits it; required by a move that refers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<CaseReferral>,
}

impl CaseMoveSent {
    /// What is stored of it, encrypted.
    pub(super) fn sealed(&self) -> EntrySealed {
        EntrySealed {
            note: self.note.clone().filter(|note| !note.as_str().trim().is_empty()),
            answers: self.answers.clone(),
            amount_fen: self.amount_fen,
            referral: self.referral.clone(),
            report: None,
        }
    }

    /// Checks answers, amount and referral by the present step.
    ///
    /// # Errors
    /// 422.
    pub(super) fn check(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        (kind, step): (&CaseKind, &CaseStepContent),
    ) -> Result<(), Problem> {
        let taken = step.moves.iter().find(|one| one.code == self.taken);
        let is_undone = taken.is_some_and(|one| kind.leaves_undone(one));
        let form =
            step.form.as_ref().map(|form| if is_undone { optional(form) } else { form.clone() });
        let mut errors = self.answer_errors(conn, district, form.as_ref())?;
        if self.amount_fen.is_some() && !step.amount {
            errors.push(FieldError::new("/amount_fen", "the step permits no amount"));
        }
        let is_known =
            |referral: &CaseReferral| step.referrals.iter().any(|word| word.code == referral.to);
        if self.referral.as_ref().is_some_and(|referral| !is_known(referral)) {
            errors.push(FieldError::new("/referral/to", "is not a referral of the step"));
        }
        if self.referral.is_none() && taken.is_some_and(|one| one.refers) {
            errors.push(FieldError::new("/referral", "is required: the move refers the case"));
        }
        Problem::refuse(errors)
    }

    /// Whether it refers to the lawyer of a station.
    pub(super) fn names_lawyer_of_station(&self, step: &CaseStepContent) -> bool {
        let to = self.referral.as_ref().map(|referral| &referral.to);
        step.referrals.iter().any(|word| word.lawyer_of_station && Some(&word.code) == to)
    }

    /// Checks that the referral names the lawyer of the station, if it has one.
    ///
    /// # Errors
    /// 422.
    pub(super) fn check_lawyer(&self, lawyer: Option<&StationLawyer>) -> Result<(), Problem> {
        let named = self.referral.as_ref().map(|referral| &referral.name);
        match lawyer {
            Some(lawyer) if named != Some(&lawyer.name) => {
                Err(Problem::invalid("/referral/name", "must be that of the lawyer of the station"))
            }
            _ => Ok(()),
        }
    }

    fn answer_errors(
        &self,
        conn: &mut Conn,
        district: AreaCode,
        form: Option<&Value>,
    ) -> Result<Vec<FieldError>, DbError> {
        let Some(form) = form else {
            let sent = self.answers.as_ref().filter(|answers| !answers.is_empty());
            let error = || FieldError::new("/answers", "the step has no form");
            return Ok(sent.map(|_| error()).into_iter().collect());
        };
        let answers = self.answers.clone().unwrap_or_default();
        let under =
            |error: FieldError| FieldError::new(format!("/answers{}", error.pointer), error.detail);
        let mismatches = form::mismatches(form, &Value::Object(answers.clone()));
        let mut errors: Vec<FieldError> = mismatches.into_iter().map(under).collect();
        let words = vocabulary::store::all(conn, district)?;
        for (field, name) in form::vocabulary_fields(form) {
            let texts: Vec<&str> = match answers.get(field) {
                Some(Value::String(text)) => vec![text],
                Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
                _ => continue,
            };
            let unknown = texts.into_iter().find_map(|text| words.get(name).usable(text).err());
            if let Some(error) = unknown {
                errors.push(FieldError::new(format!("/answers/{field}"), error.to_string()));
            }
        }
        Ok(errors)
    }
}

/// The form with no answer required, and none that has to be as the step wants it.
fn optional(form: &Value) -> Value {
    let mut form = form.clone();
    for part in ["", "/then"] {
        let Some(part) = form.pointer_mut(part).and_then(Value::as_object_mut) else { continue };
        part.remove("required");
        let fields = part.get_mut("properties").and_then(Value::as_object_mut);
        for field in fields.into_iter().flat_map(|fields| fields.values_mut()) {
            field.as_object_mut().map(|field| field.remove("const"));
        }
    }
    form
}
