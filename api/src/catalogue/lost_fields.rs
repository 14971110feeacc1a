//! The filterable fields that a changed kind of service must keep, since fields of other kinds, cases, audiences, regimes
//! and campaigns have their words.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::{Condition, Filter};
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::{KindCode, WordCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form::{self, filterable_field};
use super::{ServiceKind, case_kinds};
use crate::db::schema::{audiences, campaign_templates, campaigns, regimes};
use crate::db::{Conn, DbError};
use crate::http::problem::FieldError;

/// Words of a field of the kind that another document has.
struct Use {
    field: WordCode,
    words: BTreeSet<WordCode>,
    /// What the kind must keep the words for.
    detail: String,
}

impl Use {
    fn has(&self, form: &Value) -> bool {
        let field = filterable_field(form, &self.field);
        field.is_some_and(|field| self.words.iter().all(|word| field.words.may_have(word)))
    }
}

/// The fields, or words of them, that the kind loses although other kinds of service answer them, kinds of case
/// record them, or audiences, regimes and campaigns select by them. The change loses no field that the kind did not
/// have before.
pub(super) fn faults(
    conn: &mut Conn,
    district: AreaCode,
    kind: &ServiceKind,
    kinds: &[ServiceKind],
) -> Result<Vec<FieldError>, DbError> {
    let before = kinds.iter().find(|other| other.code == kind.code);
    let Some(before) = before.filter(|before| before.form != kind.form) else {
        return Ok(Vec::new());
    };
    let is_lost = |has: &dyn Fn(&Value) -> bool| {
        before.form.as_ref().is_some_and(has) && !kind.form.as_ref().is_some_and(has)
    };
    let error = |field: &WordCode, detail: String| {
        FieldError::new(format!("/form/properties/{field}"), detail)
    };
    let mut errors = Vec::new();
    for other in kinds.iter().filter(|other| other.code != kind.code) {
        let shared = other.form.iter().flat_map(form::shared_fields);
        let shared = shared.filter(|field| field.kind == kind.code);
        let lost = shared.filter(|field| is_lost(&|form: &Value| field.is_of(form)));
        errors.extend(lost.map(|field| {
            let detail = format!("must keep the words with which {} answers it", other.code);
            error(&field.name, detail)
        }));
    }
    let uses = uses(conn, district, &kind.code)?.into_iter();
    let lost = uses.filter(|one| is_lost(&|form: &Value| one.has(form)));
    errors.extend(lost.map(|one| error(&one.field, one.detail)));
    Ok(errors)
}

/// The uses of the fields of the kind by the kinds of case and the filters of the district.
fn uses(conn: &mut Conn, district: AreaCode, kind: &KindCode) -> Result<Vec<Use>, DbError> {
    let mut uses = Vec::new();
    for (case, records) in case_kinds::records(conn, district)? {
        let own = records.into_iter().filter(|answer| answer.kind == *kind);
        uses.extend(own.map(|answer| Use {
            field: answer.field,
            words: BTreeSet::from([answer.word]),
            detail: format!("must keep the word that cases of the kind {case} record"),
        }));
    }
    for Selecting { what, name, filter } in selecting(conn, district)? {
        for (_, condition) in filter.conditions() {
            let Condition::Answer(among) = condition else { continue };
            if among.kind == *kind {
                uses.push(Use {
                    field: among.field.clone(),
                    words: among.any.clone(),
                    detail: format!("must keep the words by which the {what} {name} selects"),
                });
            }
        }
    }
    Ok(uses)
}

/// A document that selects beneficiaries.
struct Selecting {
    what: &'static str,
    name: String,
    filter: Filter,
}

/// The campaigns that still select their members.
const UNLAUNCHED: [CampaignState; 3] =
    [CampaignState::Draft, CampaignState::Approved, CampaignState::Launching];

/// The audiences, active regimes, campaigns that are not launched and templates of campaigns of the district.
fn selecting(conn: &mut Conn, district: AreaCode) -> Result<Vec<Selecting>, DbError> {
    /// The part of a template that matters here.
    #[derive(Deserialize)]
    struct Template {
        name: String,
        filter: Filter,
    }
    let saved: Vec<(String, String)> = audiences::table
        .filter(audiences::district.eq(district))
        .order(audiences::id)
        .select((audiences::name, audiences::filter))
        .load(conn)?;
    let active: Vec<(String, String)> = regimes::table
        .filter(regimes::district.eq(district))
        .filter(regimes::active.eq(true))
        .order(regimes::id)
        .select((regimes::name, regimes::filter))
        .load(conn)?;
    let unlaunched: Vec<(String, String)> = campaigns::table
        .filter(campaigns::district.eq(district))
        .filter(campaigns::state.eq_any(UNLAUNCHED))
        .order(campaigns::id)
        .select((campaigns::name, campaigns::filter))
        .load(conn)?;
    let templates: Vec<String> = campaign_templates::table
        .filter(campaign_templates::district.eq(district))
        .order(campaign_templates::code)
        .select(campaign_templates::content)
        .load(conn)?;
    let mut found = Vec::new();
    for (what, table, rows) in [
        ("audience", "audiences", saved),
        ("regime", "regimes", active),
        ("campaign", "campaigns", unlaunched),
    ] {
        for (name, filter) in rows {
            found.push(Selecting { what, name, filter: read(table, &filter)? });
        }
    }
    for content in templates {
        let Template { name, filter } = read("campaign_templates", &content)?;
        found.push(Selecting { what: "template of campaigns", name, filter });
    }
    Ok(found)
}

fn read<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(table, error))
}
