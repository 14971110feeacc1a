//! A filter: conditions, all or any of them, or the opposite.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::condition::{AgeRange, AnswerAmong, CaseOf, Condition, Facts, Since, SinceFields};
use crate::area::AreaCode;
use crate::code::{Category, PlaqueState, Tag};
use crate::entry::{Contact, Gender, Mobility};

/// The deepest nesting of a filter.
const DEEPEST: usize = 6;
/// The most conditions of a filter.
const MOST_CONDITIONS: usize = 64;
/// The most codes of one condition.
const MOST_CODES: usize = 64;
/// The most codes of all conditions: each is a comparison for every beneficiary.
const MOST_CODES_IN_ALL: usize = 256;

/// Which beneficiaries belong to an audience.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum Filter {
    /// Satisfies the condition.
    Is(Condition),
    /// Does not satisfy the filter.
    Not(Box<Self>),
    /// Satisfies one of the filters at least.
    Any(Vec<Self>),
    /// Satisfies all of the filters; all beneficiaries, if there are none.
    All(Vec<Self>),
}

/// Which beneficiaries belong to an audience: exactly one member. `all`, `any` and `not` combine
/// filters, at most 6 deep; the others are conditions, at most 64 in a filter, with at most 256 codes
/// in all. Only these plain fields, answers and cases can be filtered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceFilter))]
#[cfg_attr(feature = "schema", schema(min_properties = 1, max_properties = 1))]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// All of these hold; all beneficiaries, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(no_recursion, max_items = 64, value_type = Option<Vec<Fields>>))]
    all: Option<Vec<Filter>>,
    /// One of these holds at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(no_recursion, min_items = 1, max_items = 64, value_type = Option<Vec<Fields>>))]
    any: Option<Vec<Filter>>,
    /// This does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(no_recursion, value_type = Option<Fields>))]
    not: Option<Box<Filter>>,
    /// The home is in one of these areas of the caller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Option<Vec<AreaCode>>))]
    area: Option<BTreeSet<AreaCode>>,
    /// The age is within this range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    age: Option<AgeRange>,
    /// The registered gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gender: Option<Gender>,
    /// Lives alone, or does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lives_alone: Option<bool>,
    /// The mobility is one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Option<Vec<Mobility>>))]
    mobility: Option<BTreeSet<Mobility>>,
    /// The preferred form of contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
    /// The plaque is in one of these states, words of the vocabulary `plaque_states`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Option<Vec<PlaqueState>>))]
    plaque: Option<BTreeSet<PlaqueState>>,
    /// Without a contact on this day or later, or without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<SinceFields>))]
    not_contacted_since: Option<Since>,
    /// One of the categories is among these, words of the vocabulary `categories`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Option<Vec<Category>>))]
    category: Option<BTreeSet<Category>>,
    /// One of the tags is among these, words of the vocabulary `tags`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Option<Vec<Tag>>))]
    tag: Option<BTreeSet<Tag>>,
    /// The last answer to a field of a form, if its kind marks the field as filterable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerAmong>,
    /// There is an open or a granted case of a kind that is not confidential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<CaseOf>,
}

impl TryFrom<Fields> for Filter {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        use Condition as C;
        let members = [
            fields.all.map(Self::All),
            fields.any.map(Self::Any),
            fields.not.map(Self::Not),
            fields.area.map(|areas| Self::Is(C::Area(areas))),
            fields.age.map(|range| Self::Is(C::Age(range))),
            fields.gender.map(|gender| Self::Is(C::Gender(gender))),
            fields.lives_alone.map(|alone| Self::Is(C::LivesAlone(alone))),
            fields.mobility.map(|any| Self::Is(C::Mobility(any))),
            fields.contact.map(|contact| Self::Is(C::Contact(contact))),
            fields.plaque.map(|any| Self::Is(C::Plaque(any))),
            fields.not_contacted_since.map(|since| Self::Is(C::NotContactedSince(since))),
            fields.category.map(|any| Self::Is(C::Category(any))),
            fields.tag.map(|any| Self::Is(C::Tag(any))),
            fields.answer.map(|among| Self::Is(C::Answer(among))),
            fields.case.map(|case| Self::Is(C::Case(case))),
        ];
        let mut members = members.into_iter().flatten();
        match (members.next(), members.next()) {
            (Some(only), None) => Ok(only),
            _ => Err("must have exactly one member"),
        }
    }
}

impl From<Filter> for Fields {
    fn from(filter: Filter) -> Self {
        use Condition as C;
        let none = Self::default();
        match filter {
            Filter::All(all) => Self { all: Some(all), ..none },
            Filter::Any(any) => Self { any: Some(any), ..none },
            Filter::Not(not) => Self { not: Some(not), ..none },
            Filter::Is(C::Area(areas)) => Self { area: Some(areas), ..none },
            Filter::Is(C::Age(range)) => Self { age: Some(range), ..none },
            Filter::Is(C::Gender(gender)) => Self { gender: Some(gender), ..none },
            Filter::Is(C::LivesAlone(alone)) => Self { lives_alone: Some(alone), ..none },
            Filter::Is(C::Mobility(any)) => Self { mobility: Some(any), ..none },
            Filter::Is(C::Contact(contact)) => Self { contact: Some(contact), ..none },
            Filter::Is(C::Plaque(any)) => Self { plaque: Some(any), ..none },
            Filter::Is(C::NotContactedSince(since)) => {
                Self { not_contacted_since: Some(since), ..none }
            }
            Filter::Is(C::Category(any)) => Self { category: Some(any), ..none },
            Filter::Is(C::Tag(any)) => Self { tag: Some(any), ..none },
            Filter::Is(C::Answer(among)) => Self { answer: Some(among), ..none },
            Filter::Is(C::Case(case)) => Self { case: Some(case), ..none },
        }
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Filter {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Fields::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Filter {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("AudienceFilter")
    }

    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        Fields::schemas(schemas);
    }
}

/// Why a filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FilterError {
    /// Nested too deeply.
    #[error("must be at most {DEEPEST} deep")]
    TooDeep,
    /// Too many conditions.
    #[error("must have at most {MOST_CONDITIONS} conditions")]
    TooLarge,
    /// Too many codes in all.
    #[error("must have at most {MOST_CODES_IN_ALL} codes in all")]
    TooManyCodes,
    /// No member, or too many.
    #[error("must have from 1 to {MOST_CODES} members")]
    Members,
    /// An age without bounds, or whose lowest is above the highest.
    #[error("must have `from` or `to`, and `from` must not be above `to`")]
    Age,
}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place: a JSON pointer (RFC 6901) within the filter.
    pub pointer: String,
    /// What is wrong.
    pub error: FilterError,
}

impl Filter {
    /// Checks the depth, the size and the members.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(&self) -> Result<(), Fault> {
        let conditions = self.checked(1, "")?;
        let fault = |error| Fault { pointer: String::new(), error };
        let codes: usize = self.conditions().iter().map(|(_, condition)| condition.codes()).sum();
        match (conditions > MOST_CONDITIONS, codes > MOST_CODES_IN_ALL) {
            (true, _) => Err(fault(FilterError::TooLarge)),
            (_, true) => Err(fault(FilterError::TooManyCodes)),
            _ => Ok(()),
        }
    }

    /// The number of conditions of the part at this depth and place.
    fn checked(&self, depth: usize, pointer: &str) -> Result<usize, Fault> {
        let fault = |error| Err(Fault { pointer: pointer.to_owned(), error });
        if depth > DEEPEST {
            return fault(FilterError::TooDeep);
        }
        match self {
            Self::Is(condition) => match condition.check() {
                Ok(()) => Ok(1),
                Err(error) => {
                    Err(Fault { pointer: format!("{pointer}/{}", condition.name()), error })
                }
            },
            Self::Not(inner) => inner.checked(depth + 1, &format!("{pointer}/not")),
            Self::Any(parts) if parts.is_empty() => fault(FilterError::Members),
            Self::Any(parts) | Self::All(parts) if parts.len() > MOST_CONDITIONS => {
                fault(FilterError::TooLarge)
            }
            Self::Any(parts) | Self::All(parts) => {
                let word = if matches!(self, Self::Any(_)) { "any" } else { "all" };
                let place = |place: usize| format!("{pointer}/{word}/{place}");
                let sizes = parts.iter().enumerate();
                let sizes = sizes.map(|(at, part)| part.checked(depth + 1, &place(at)));
                // A combination of nothing counts as one, so that their number is limited too.
                Ok(sizes.sum::<Result<usize, Fault>>()?.max(1))
            }
        }
    }

    /// Every condition and its place, a JSON pointer within the filter.
    pub fn conditions(&self) -> Vec<(String, &Condition)> {
        let mut found = Vec::new();
        self.collect(String::new(), &mut found);
        found
    }

    fn collect<'a>(&'a self, pointer: String, found: &mut Vec<(String, &'a Condition)>) {
        match self {
            Self::Is(condition) => {
                found.push((format!("{pointer}/{}", condition.name()), condition));
            }
            Self::Not(inner) => inner.collect(format!("{pointer}/not"), found),
            Self::Any(parts) | Self::All(parts) => {
                let word = if matches!(self, Self::Any(_)) { "any" } else { "all" };
                for (place, part) in parts.iter().enumerate() {
                    part.collect(format!("{pointer}/{word}/{place}"), found);
                }
            }
        }
    }

    /// Whether the beneficiary with these facts belongs to the audience, on `today`.
    pub fn matches(&self, facts: &Facts<'_>, today: NaiveDate) -> bool {
        match self {
            Self::Is(condition) => condition.matches(facts, today),
            Self::Not(inner) => !inner.matches(facts, today),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facts, today)),
            Self::All(parts) => parts.iter().all(|part| part.matches(facts, today)),
        }
    }
}

impl Condition {
    /// The name of its member.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Area(_) => "area",
            Self::Age(_) => "age",
            Self::Gender(_) => "gender",
            Self::LivesAlone(_) => "lives_alone",
            Self::Mobility(_) => "mobility",
            Self::Contact(_) => "contact",
            Self::Plaque(_) => "plaque",
            Self::NotContactedSince(_) => "not_contacted_since",
            Self::Category(_) => "category",
            Self::Tag(_) => "tag",
            Self::Answer(_) => "answer",
            Self::Case(_) => "case",
        }
    }

    /// The number of its codes.
    fn codes(&self) -> usize {
        match self {
            Self::Area(any) => any.len(),
            Self::Mobility(any) => any.len(),
            Self::Plaque(any) => any.len(),
            Self::Category(any) => any.len(),
            Self::Tag(any) => any.len(),
            Self::Answer(among) => among.any.len(),
            Self::Age(_)
            | Self::Gender(_)
            | Self::LivesAlone(_)
            | Self::Contact(_)
            | Self::NotContactedSince(_)
            | Self::Case(_) => 1,
        }
    }

    fn check(&self) -> Result<(), FilterError> {
        if let Self::Age(AgeRange { from, to, .. }) = self {
            let is_ordered = from.zip(*to).is_none_or(|(from, to)| from <= to);
            let is_bounded = from.is_some() || to.is_some();
            return if is_ordered && is_bounded { Ok(()) } else { Err(FilterError::Age) };
        }
        if (1..=MOST_CODES).contains(&self.codes()) { Ok(()) } else { Err(FilterError::Members) }
    }
}
