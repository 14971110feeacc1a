//! Checks a filter of a request.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::audience::{Condition, Filter};
use gridward_domain::authority::Principal;
use gridward_domain::code::{Category, PlaqueState, Tag};

use super::answers::{AnswerForms, NOT_FILTERABLE};
use crate::area;
use crate::case::having::is_selectable;
use crate::db::Conn;
use crate::http::problem::{FieldError, Problem};
use crate::vocabulary::{Vocabularies, VocabularyName, store as vocabularies};

/// Why a condition on a case is refused, whether the kind exists or not.
const NOT_SELECTABLE: &str = "must be of a kind of case that is not confidential";

/// The requirement for an area of a request.
pub(crate) const NOT_YOURS: &str = "must be in your area";

/// The area of a request: the principal's, unless it names one inside it.
///
/// # Errors
/// 422 at `/area`.
pub fn area_of(
    conn: &mut Conn,
    principal: &Principal,
    wanted: Option<AreaCode>,
) -> Result<AreaCode, Problem> {
    let Some(area) = wanted else { return Ok(principal.area) };
    if !principal.area.contains(&area) {
        return Err(Problem::invalid("/area", NOT_YOURS));
    }
    area::known::in_body(conn, area, "/area")?;
    Ok(area)
}

/// Checks the filter at `/filter` of a request: its limits, and that its words are the district's
/// and its areas the principal's.
///
/// # Errors
/// 422 that names each part.
pub fn filter_of(conn: &mut Conn, principal: &Principal, filter: &Filter) -> Result<(), Problem> {
    filter
        .check()
        .map_err(|fault| Problem::invalid(&format!("/filter{}", fault.pointer), fault.error))?;
    let vocabularies = vocabularies::all(conn, principal.district())?;
    let conditions = filter.conditions();
    let areas = conditions.iter().filter_map(|(_, condition)| match condition {
        Condition::Area(areas) => Some(areas),
        _ => None,
    });
    // A filter has at most 256 codes in all.
    let areas: BTreeSet<AreaCode> = areas.flatten().copied().collect();
    let known = area::store::names_of(conn, principal.district(), &areas)?;
    let forms = AnswerForms::read(conn, principal.district(), [filter])?;
    let mut errors = Vec::new();
    for (pointer, condition) in conditions {
        let mut add = |detail: String| {
            errors.push(FieldError::new(format!("/filter{pointer}"), detail));
        };
        match condition {
            Condition::Area(areas) => {
                for area in areas {
                    if !principal.area.contains(area) || !known.contains_key(area) {
                        add(NOT_YOURS.to_owned());
                    }
                }
            }
            Condition::Category(codes) => {
                let codes = codes.iter().map(Category::as_str);
                unknown(&vocabularies, VocabularyName::Categories, codes).for_each(add);
            }
            Condition::Tag(codes) => {
                let codes = codes.iter().map(Tag::as_str);
                unknown(&vocabularies, VocabularyName::Tags, codes).for_each(add);
            }
            Condition::Plaque(codes) => {
                let codes = codes.iter().map(PlaqueState::as_str);
                unknown(&vocabularies, VocabularyName::PlaqueStates, codes).for_each(add);
            }
            Condition::Answer(among) if !forms.has(among, &vocabularies) => {
                add(NOT_FILTERABLE.to_owned());
            }
            Condition::Case(case) if !is_selectable(conn, principal.district(), &case.kind)? => {
                add(NOT_SELECTABLE.to_owned());
            }
            _ => {}
        }
    }
    Problem::refuse(errors)
}

/// What is wrong with each of the codes that is no word of the vocabulary.
fn unknown<'a>(
    vocabularies: &'a Vocabularies,
    name: VocabularyName,
    codes: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = String> {
    let known = vocabularies.get(name);
    codes.filter_map(|code| known.check(code).err().map(|error| error.to_string()))
}
