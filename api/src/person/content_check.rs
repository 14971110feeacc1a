//! The checks of a person's content that the types do not enforce.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::language::SpokenLanguage;
use gridward_domain::range::WeeklyMinutes;
use gridward_domain::skill::Skill;
use gridward_domain::time::Minutes;

use super::Availability;
use super::store::PersonRow;
use crate::http::problem::FieldError;
use crate::vocabulary::{Vocabularies, Vocabulary, VocabularyName};

/// The most skills of a person.
const MOST_SKILLS: usize = 32;
/// The most languages of a person.
const MOST_LANGUAGES: usize = 16;
/// The first year of birth.
const EARLIEST: i32 = 1900;

/// The faults of the content of `next`, which replaces `before`. Content that stays is not
/// checked again: a word of it may have been archived since.
pub fn faults(
    next: &PersonRow,
    before: Option<&PersonRow>,
    words: &Vocabularies,
    today: NaiveDate,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if before.map(|row| row.birth_year) != Some(next.birth_year)
        && !(EARLIEST..=today.year()).contains(&next.birth_year.get())
    {
        let detail = format!("must be from {EARLIEST} to {}", today.year());
        faults.push(FieldError::new("/birth_year", detail));
    }
    let none = BTreeSet::new();
    let held = before.map_or(&none, |row| row.skills.members());
    let added = next.skills.members().difference(held).map(Skill::as_str);
    faults.extend(unusable("/skills", added, words.get(VocabularyName::Skills)));
    let none = BTreeSet::new();
    let held = before.map_or(&none, |row| row.languages.members());
    let added = next.languages.members().difference(held).map(SpokenLanguage::as_str);
    faults.extend(unusable("/languages", added, words.get(VocabularyName::Languages)));
    for (pointer, count, most) in [
        ("/skills", next.skills.members().len(), MOST_SKILLS),
        ("/languages", next.languages.members().len(), MOST_LANGUAGES),
    ] {
        if count > most {
            faults.push(FieldError::new(pointer, format!("at most {most}")));
        }
    }
    let offer = |row: &PersonRow| (row.weekly_minutes, row.availability.total());
    let (offered, available) = offer(next);
    if before.map(offer) != Some((offered, available)) {
        faults.extend(excess(offered, &next.availability));
    }
    faults
}

/// The fault of minutes offered a week that exceed the weekly hours.
pub fn excess(offered: WeeklyMinutes, availability: &Availability) -> Option<FieldError> {
    let available = availability.total();
    (Minutes::from(offered) > available).then(|| {
        let detail = format!("exceeds the {} minutes of the availability", available.0);
        FieldError::new("/weekly_minutes", detail)
    })
}

/// The words that are not in the vocabulary, or archived.
fn unusable<'a>(
    pointer: &'static str,
    codes: impl Iterator<Item = &'a str>,
    vocabulary: &Vocabulary,
) -> Vec<FieldError> {
    codes
        .filter_map(|code| vocabulary.usable(code).err())
        .map(|detail| FieldError::new(pointer, detail))
        .collect()
}
