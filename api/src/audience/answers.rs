//! The answers of forms in filters: which fields and words a district has, and their labels.

use std::collections::HashMap;

use gridward_domain::area::AreaCode;
use gridward_domain::audience::{AnswerAmong, AnswerNames, Condition, Filter, Sentence};
use gridward_domain::code::{KindCode, WordCode};

use crate::catalogue::form::{FieldWords, FilterableField, filterable_field};
use crate::catalogue::{self, ServiceKind};
use crate::db::{Conn, DbError};
use crate::vocabulary::Vocabularies;

/// The kinds of service that filters name.
#[derive(Default)]
pub(super) struct AnswerForms(HashMap<KindCode, ServiceKind>);

/// Why a condition on an answer is refused.
pub(super) const NOT_FILTERABLE: &str =
    "is no answer of a field that the kind of service marks with x-filterable";

impl AnswerForms {
    /// The kinds of the filters; nothing is read without a condition on an answer.
    pub(super) fn read<'a>(
        conn: &mut Conn,
        district: AreaCode,
        filters: impl IntoIterator<Item = &'a Filter>,
    ) -> Result<Self, DbError> {
        let mut kinds = HashMap::new();
        for filter in filters {
            for (_, condition) in filter.conditions() {
                let Condition::Answer(among) = condition else { continue };
                if kinds.contains_key(&among.kind) {
                    continue;
                }
                let kind = catalogue::store::one(conn, district, among.kind.as_str())?;
                kinds.extend(kind.map(|kind| (among.kind.clone(), kind)));
            }
        }
        Ok(Self(kinds))
    }

    fn field(&self, among: &AnswerAmong) -> Option<FilterableField> {
        let form = self.0.get(&among.kind)?.form.as_ref()?;
        filterable_field(form, &among.field)
    }

    /// Whether the field is filterable and has all of these words.
    pub(super) fn has(&self, among: &AnswerAmong, vocabularies: &Vocabularies) -> bool {
        let Some(field) = self.field(among) else { return false };
        let has = |word: &WordCode| match &field.words {
            FieldWords::Listed(all) => all.contains_key(word),
            FieldWords::Vocabulary(name) => vocabularies.get(*name).check(word.as_str()).is_ok(),
        };
        among.any.iter().all(has)
    }

    /// The labels; codes where the form has changed since.
    pub(super) fn names(&self, among: &AnswerAmong, vocabularies: &Vocabularies) -> AnswerNames {
        let code = |code: &str| Sentence { zh: code.to_owned(), en: code.to_owned() };
        let kind = self.0.get(&among.kind).map_or_else(
            || code(among.kind.as_str()),
            |kind| Sentence {
                zh: kind.name.as_str().to_owned(),
                en: kind.name_en.as_str().to_owned(),
            },
        );
        let found = self.field(among);
        let label = |word: &WordCode| {
            let known = found.as_ref().and_then(|field| match &field.words {
                FieldWords::Listed(all) => {
                    all.get(word).map(|(zh, en)| Sentence { zh: zh.clone(), en: en.clone() })
                }
                FieldWords::Vocabulary(name) => {
                    vocabularies.get(*name).word(word.as_str()).map(|word| Sentence {
                        zh: word.label_zh.as_str().to_owned(),
                        en: word.label_en.as_str().to_owned(),
                    })
                }
            });
            known.unwrap_or_else(|| code(word.as_str()))
        };
        let words = among.any.iter().map(label).collect();
        let field = found.as_ref().map_or_else(
            || code(among.field.as_str()),
            |FilterableField { label: (zh, en), .. }| Sentence { zh: zh.clone(), en: en.clone() },
        );
        AnswerNames { kind, field, words }
    }
}
