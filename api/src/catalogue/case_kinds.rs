//! What the catalogue knows of the kinds of case that its kinds of service open.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::case::{SHIPPED_CONFIDENTIAL, SHIPPED_KINDS};
use gridward_domain::code::{CaseClass, CaseKindCode, KindCode, WordCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::db::schema::case_kinds;
use crate::db::{Conn, DbError};

fn read<T: DeserializeOwned>(content: &str) -> Result<T, DbError> {
    serde_json::from_str(content).map_err(|error| DbError::corrupt("case_kinds", error))
}

/// The classes of the kind of case, one of the district's own or a default; `None` if the district has no such kind.
///
/// # Errors
/// [`DbError`].
pub(super) fn classes(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
) -> Result<Option<BTreeSet<CaseClass>>, DbError> {
    /// The part of a kind of case that matters here.
    #[derive(Deserialize)]
    struct Classes {
        #[serde(default)]
        classes: Vec<Class>,
    }
    #[derive(Deserialize)]
    struct Class {
        code: CaseClass,
    }
    let found = case_kinds::table.find((district, code)).select(case_kinds::content);
    let found: Option<String> = found.first(conn).optional()?;
    if let Some(content) = found {
        let kind: Classes = read(&content)?;
        return Ok(Some(kind.classes.into_iter().map(|class| class.code).collect()));
    }
    let shipped = SHIPPED_KINDS.iter().find(|(shipped, _)| *shipped == code.as_str());
    Ok(shipped.map(|(_, classes)| classes.iter().filter_map(|code| code.parse().ok()).collect()))
}

/// An answer that a step of a kind of case leaves with the beneficiary.
#[derive(Deserialize)]
pub(super) struct RecordedWord {
    /// The kind of service.
    pub(super) kind: KindCode,
    /// The field of its form.
    pub(super) field: WordCode,
    /// The word.
    pub(super) word: WordCode,
}

/// The answers that the steps of the district's own kinds of case record. A default that the district neither changed
/// nor had a case of records nothing yet.
///
/// # Errors
/// [`DbError`].
pub(super) fn records(
    conn: &mut Conn,
    district: AreaCode,
) -> Result<Vec<(CaseKindCode, Vec<RecordedWord>)>, DbError> {
    /// The part of a kind of case that matters here.
    #[derive(Deserialize)]
    struct Steps {
        steps: Vec<Step>,
    }
    #[derive(Deserialize)]
    struct Step {
        records: Option<RecordedWord>,
    }
    let rows: Vec<(CaseKindCode, String)> = case_kinds::table
        .filter(case_kinds::district.eq(district))
        .order(case_kinds::code)
        .select((case_kinds::code, case_kinds::content))
        .load(conn)?;
    let mut found = Vec::new();
    for (code, content) in rows {
        let kind: Steps = read(&content)?;
        let records = kind.steps.into_iter().filter_map(|step| step.records);
        found.push((code, records.collect()));
    }
    Ok(found)
}

/// The confidential kinds of case that do not exist for the role. Admins, who edit them, see all.
///
/// # Errors
/// [`DbError`].
pub fn hidden(
    conn: &mut Conn,
    district: AreaCode,
    role: Role,
) -> Result<BTreeSet<CaseKindCode>, DbError> {
    /// The part of a kind of case that matters here.
    #[derive(Deserialize)]
    struct Confidential {
        #[serde(default)]
        confidential_to: BTreeSet<Role>,
    }
    if role == Role::Admin {
        return Ok(BTreeSet::new());
    }
    let shipped = SHIPPED_CONFIDENTIAL.map(|(code, _)| code);
    let matters = case_kinds::content
        .not_like("%\"confidential_to\":[]%")
        .or(case_kinds::code.eq_any(shipped));
    let rows: Vec<(CaseKindCode, String)> = case_kinds::table
        .filter(case_kinds::district.eq(district))
        .filter(matters)
        .select((case_kinds::code, case_kinds::content))
        .load(conn)?;
    let mut hidden = BTreeSet::new();
    for (code, roles) in SHIPPED_CONFIDENTIAL {
        if !roles.contains(&role) && !rows.iter().any(|(stored, _)| stored.as_str() == code) {
            hidden.extend(code.parse::<CaseKindCode>());
        }
    }
    for (code, content) in rows {
        let kind: Confidential = read(&content)?;
        if !kind.confidential_to.is_empty() && !kind.confidential_to.contains(&role) {
            hidden.insert(code);
        }
    }
    Ok(hidden)
}
