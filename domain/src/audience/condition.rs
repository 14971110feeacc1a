//! The conditions of a filter, and the facts about a beneficiary that decide them.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::area::AreaCode;
use crate::code::{CaseKindCode, Categories, Category, KindCode, PlaqueState, Tag, Tags, WordCode};
use crate::entry::{Contact, Gender, Mobility};
use crate::range::{Age, BirthYear, DaysAgo};

/// A condition on one field of a beneficiary's entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The grid is in one of these areas.
    Area(BTreeSet<AreaCode>),
    /// The age is within the range.
    Age(AgeRange),
    /// The registered gender.
    Gender(Gender),
    /// Whether the beneficiary lives alone.
    LivesAlone(bool),
    /// The mobility is one of these.
    Mobility(BTreeSet<Mobility>),
    /// The preferred form of contact.
    Contact(Contact),
    /// The plaque is in one of these states.
    Plaque(BTreeSet<PlaqueState>),
    /// Without a contact on this day or later, or without any.
    NotContactedSince(Since),
    /// One of the categories is among these.
    Category(BTreeSet<Category>),
    /// One of the tags is among these.
    Tag(BTreeSet<Tag>),
    /// The last answer to a field of a form is among these words.
    Answer(AnswerAmong),
    /// There is such a case of the beneficiary.
    Case(CaseOf),
}

/// Cases of a kind that is not confidential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceCase))]
#[serde(deny_unknown_fields)]
pub struct CaseOf {
    /// The kind of case.
    pub kind: CaseKindCode,
    /// How far the case is.
    pub state: CaseProgress,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceCaseState))]
#[serde(rename_all = "snake_case")]
pub enum CaseProgress {
    /// It has not ended.
    Open,
    /// It was granted.
    Granted,
}

/// Words of a field of the form of a kind of service, which marks the field as filterable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceAnswer))]
#[serde(deny_unknown_fields)]
pub struct AnswerAmong {
    /// The kind of service.
    pub kind: KindCode,
    /// The name of the field.
    pub field: WordCode,
    /// The last answer is one of these words; `yes` or `no` of a field that is one of the two.
    #[cfg_attr(feature = "schema", schema(min_items = 1, max_items = 64, value_type = Vec<WordCode>))]
    pub any: BTreeSet<WordCode>,
}

/// Ages from a lowest to a highest, in completed calendar years; one of the two may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceAge))]
#[serde(deny_unknown_fields)]
pub struct AgeRange {
    /// The lowest age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Age>,
    /// The highest age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Age>,
    /// The day of the age; today unless given. Ages count in calendar years, so only its year
    /// matters.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
}

impl AgeRange {
    /// The latest and the earliest year of birth of the range, on `today`.
    pub fn born(&self, today: NaiveDate) -> (Option<BirthYear>, Option<BirthYear>) {
        let year = self.on.unwrap_or(today).year();
        let born = |age: Age| {
            let born = i64::from(year) - i64::from(age.get());
            BirthYear::try_from(born).unwrap_or(BirthYear::MIN)
        };
        (self.from.map(born), self.to.map(born))
    }
}

/// A day, or a number of days before today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "SinceFields", into = "SinceFields")]
pub enum Since {
    /// The day.
    Day(NaiveDate),
    /// The number of days before today.
    DaysAgo(DaysAgo),
}

/// A day, or a number of days before today: exactly one of them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AudienceSince))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schema(min_properties = 1, max_properties = 1))]
pub struct SinceFields {
    /// The day.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    day: Option<NaiveDate>,
    /// The number of days before today.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_ago: Option<DaysAgo>,
}

impl TryFrom<SinceFields> for Since {
    type Error = &'static str;

    fn try_from(fields: SinceFields) -> Result<Self, &'static str> {
        match (fields.day, fields.days_ago) {
            (Some(day), None) => Ok(Self::Day(day)),
            (None, Some(days)) => Ok(Self::DaysAgo(days)),
            _ => Err("must have either `day` or `days_ago`"),
        }
    }
}

impl From<Since> for SinceFields {
    fn from(since: Since) -> Self {
        match since {
            Since::Day(day) => Self { day: Some(day), days_ago: None },
            Since::DaysAgo(days) => Self { day: None, days_ago: Some(days) },
        }
    }
}

impl Since {
    /// The day, on `today`.
    pub fn day(self, today: NaiveDate) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::DaysAgo(days) => {
                let days = Days::new(days.get().unsigned_abs().into());
                today.checked_sub_days(days).unwrap_or(NaiveDate::MIN)
            }
        }
    }
}

/// A day of exactly the form `2026-08-01`, within the years of records.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let day = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
    let day = day.ok_or_else(|| D::Error::custom("must be a date, such as 2026-08-01"))?;
    if (1900..=2200).contains(&day.year()) {
        Ok(Some(day))
    } else {
        Err(D::Error::custom("must be in the years 1900 to 2200"))
    }
}

/// What is known of a beneficiary in plain.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The grid of the home.
    pub grid: AreaCode,
    /// The categories of entitlement.
    pub categories: &'a Categories,
    /// The tags of the district.
    pub tags: &'a Tags,
    /// The registered gender.
    pub gender: Gender,
    /// The year of birth.
    pub birth_year: BirthYear,
    /// Whether the beneficiary lives alone.
    pub lives_alone: bool,
    /// The mobility.
    pub mobility: Mobility,
    /// The preferred form of contact.
    pub contact: Contact,
    /// The state of the plaque.
    pub plaque: &'a PlaqueState,
    /// The day of the last contact, if there was one.
    pub last_contact: Option<NaiveDate>,
    /// The last answers to filterable fields: kind, field and word.
    pub answers: &'a BTreeSet<(KindCode, WordCode, WordCode)>,
    /// The cases.
    pub cases: &'a BTreeSet<CaseOf>,
}

impl Condition {
    /// Whether the facts satisfy the condition, on `today`.
    pub fn matches(&self, facts: &Facts<'_>, today: NaiveDate) -> bool {
        match self {
            Self::Area(areas) => areas.iter().any(|area| area.contains(&facts.grid)),
            Self::Age(range) => {
                let (latest, earliest) = range.born(today);
                latest.is_none_or(|latest| facts.birth_year <= latest)
                    && earliest.is_none_or(|earliest| facts.birth_year >= earliest)
            }
            Self::Gender(gender) => facts.gender == *gender,
            Self::LivesAlone(alone) => facts.lives_alone == *alone,
            Self::Mobility(any) => any.contains(&facts.mobility),
            Self::Contact(contact) => facts.contact == *contact,
            Self::Plaque(any) => any.contains(facts.plaque),
            Self::NotContactedSince(since) => {
                facts.last_contact.is_none_or(|last| last < since.day(today))
            }
            Self::Category(any) => any.iter().any(|one| facts.categories.contains(one)),
            Self::Tag(any) => any.iter().any(|one| facts.tags.contains(one)),
            Self::Answer(AnswerAmong { kind, field, any }) => any
                .iter()
                .any(|word| facts.answers.contains(&(kind.clone(), field.clone(), word.clone()))),
            Self::Case(case) => facts.cases.contains(case),
        }
    }
}
