//! A filter in words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::condition::{AnswerAmong, Condition};
use super::filter::Filter;
use super::{chinese, english};
use crate::area::AreaCode;
use crate::code::{CaseKindCode, Category, PlaqueState, Tag};

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The names of what a filter names by code.
pub trait Names {
    /// The name of an area, below the district.
    fn area(&self, code: &AreaCode) -> String;
    /// The label of a category.
    fn category(&self, code: &Category) -> Sentence;
    /// The label of a tag.
    fn tag(&self, code: &Tag) -> Sentence;
    /// The label of a state of the plaque.
    fn plaque(&self, code: &PlaqueState) -> Sentence;
    /// The labels of a kind of service, its field and the words, in their order.
    fn answer(&self, among: &AnswerAmong) -> AnswerNames;
    /// The name of a kind of case.
    fn case_kind(&self, code: &CaseKindCode) -> Sentence;
}

/// The labels of a condition on an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerNames {
    /// Of the kind of service.
    pub kind: Sentence,
    /// Of the field.
    pub field: Sentence,
    /// Of the words.
    pub words: Vec<Sentence>,
}

/// A filter, divided as a sentence about it is: where, who, and what else.
pub(super) struct Divided<'a> {
    /// The areas that it is about.
    pub areas: Vec<AreaCode>,
    /// The categories that it is about; none if it is about all.
    pub categories: Option<&'a BTreeSet<Category>>,
    /// The other parts.
    pub others: Vec<&'a Filter>,
    /// The labels of needs; it is about those of whom a report finds one, if there are any.
    pub found: &'a [Sentence],
}

impl<'a> Divided<'a> {
    /// Divides a filter in normal form, for the beneficiaries of `scope`.
    fn of(filter: &'a Filter, scope: AreaCode, found: &'a [Sentence]) -> Self {
        let parts = match filter {
            Filter::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut divided = Self { areas: vec![scope], categories: None, others: Vec::new(), found };
        let mut is_narrowed = false;
        for part in parts {
            match part {
                // Areas inside the scope take its place.
                Filter::Is(Condition::Area(areas))
                    if !is_narrowed && areas.iter().all(|area| scope.contains(area)) =>
                {
                    is_narrowed = true;
                    divided.areas = areas.iter().copied().collect();
                }
                Filter::Is(Condition::Category(any)) if divided.categories.is_none() => {
                    divided.categories = Some(any);
                }
                other => divided.others.push(other),
            }
        }
        divided
    }
}

impl Filter {
    /// The audience among the beneficiaries of `scope`, in words.
    #[must_use]
    pub fn sentence(&self, scope: AreaCode, names: &dyn Names) -> Sentence {
        self.sentence_after(&[], scope, names)
    }

    /// As [`Self::sentence`], those of the audience alone of whom a report finds one of the needs with these labels.
    #[must_use]
    pub fn sentence_after(
        &self,
        found: &[Sentence],
        scope: AreaCode,
        names: &dyn Names,
    ) -> Sentence {
        let normal = self.clone().normal();
        let divided = Divided::of(&normal, scope, found);
        Sentence { zh: chinese::sentence(&divided, names), en: english::sentence(&divided, names) }
    }
}
