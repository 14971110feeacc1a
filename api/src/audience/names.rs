//! The names of what a filter names by code.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::{AnswerAmong, AnswerNames, Condition, Filter, Names, Sentence};
use gridward_domain::code::{CaseKindCode, Category, Need, PlaqueState, Tag};
use gridward_domain::word::VariantArray as _;

use super::answers::AnswerForms;
use crate::area;
use crate::case::kind_store;
use crate::db::{Conn, DbError};
use crate::vocabulary::{Vocabularies, VocabularyName, store as vocabularies};

/// The names of the areas and the words of filters.
pub struct DistrictNames {
    areas: HashMap<AreaCode, String>,
    vocabularies: Vocabularies,
    forms: AnswerForms,
    case_kinds: HashMap<CaseKindCode, Sentence>,
}

impl DistrictNames {
    /// The names in these filters, each of which is about beneficiaries of the area beside it.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read<'a>(
        conn: &mut Conn,
        district: AreaCode,
        filters: impl IntoIterator<Item = (AreaCode, &'a Filter)>,
    ) -> Result<Self, DbError> {
        let filters: Vec<_> = filters.into_iter().collect();
        let forms = AnswerForms::read(conn, district, filters.iter().map(|(_, filter)| *filter))?;
        let mut codes = BTreeSet::new();
        let mut case_kinds = HashMap::new();
        for (scope, filter) in filters {
            codes.insert(scope);
            for (_, condition) in filter.conditions() {
                match condition {
                    Condition::Area(areas) => codes.extend(areas.iter().copied()),
                    Condition::Case(case) if !case_kinds.contains_key(&case.kind) => {
                        let kind = kind_store::one(conn, district, &case.kind)?;
                        let name = kind.map(|kind| Sentence {
                            zh: kind.name.as_str().to_owned(),
                            en: kind.name_en.as_str().to_owned(),
                        });
                        case_kinds.extend(name.map(|name| (case.kind.clone(), name)));
                    }
                    _ => {}
                }
            }
        }
        let above = |code: &AreaCode| {
            let levels = Level::VARIANTS.iter().copied();
            levels.filter_map(|level| code.ancestor(level)).collect::<Vec<_>>()
        };
        let wanted: BTreeSet<AreaCode> = codes.iter().flat_map(above).collect();
        let names = area::store::names_of(conn, district, &wanted)?;
        let areas = codes.into_iter().map(|code| (code, name(&code, &names))).collect();
        Ok(Self { areas, vocabularies: vocabularies::all(conn, district)?, forms, case_kinds })
    }

    /// The label of a need.
    pub fn need(&self, code: &Need) -> Sentence {
        self.word(VocabularyName::Needs, code.as_str())
    }

    fn word(&self, vocabulary: VocabularyName, code: &str) -> Sentence {
        self.vocabularies.get(vocabulary).word(code).map_or_else(
            || Sentence { zh: code.to_owned(), en: code.to_owned() },
            |word| Sentence {
                zh: word.label_zh.as_str().to_owned(),
                en: word.label_en.as_str().to_owned(),
            },
        )
    }
}

/// The names from the town down to the area; that of the district alone.
fn name(code: &AreaCode, names: &HashMap<AreaCode, String>) -> String {
    let levels = Level::VARIANTS.iter().copied();
    let path = levels.filter_map(|level| names.get(&code.ancestor(level)?));
    let below = usize::from(code.level() != Level::District);
    let name = path.skip(below).map(String::as_str).collect::<String>();
    if name.is_empty() { code.to_string() } else { name }
}

impl Names for DistrictNames {
    fn area(&self, code: &AreaCode) -> String {
        self.areas.get(code).cloned().unwrap_or_else(|| code.to_string())
    }

    fn category(&self, code: &Category) -> Sentence {
        self.word(VocabularyName::Categories, code.as_str())
    }

    fn tag(&self, code: &Tag) -> Sentence {
        self.word(VocabularyName::Tags, code.as_str())
    }

    fn plaque(&self, code: &PlaqueState) -> Sentence {
        self.word(VocabularyName::PlaqueStates, code.as_str())
    }

    fn answer(&self, among: &AnswerAmong) -> AnswerNames {
        self.forms.names(among, &self.vocabularies)
    }

    fn case_kind(&self, code: &CaseKindCode) -> Sentence {
        let name = self.case_kinds.get(code).cloned();
        name.unwrap_or_else(|| Sentence { zh: code.to_string(), en: code.to_string() })
    }
}
