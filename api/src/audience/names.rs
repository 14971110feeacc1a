//! The names of what a filter names by code.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::{Condition, Filter, Names, Sentence};
use gridward_domain::code::{Category, PlaqueState};

use crate::area;
use crate::db::{Conn, DbError};
use crate::vocabulary::{Vocabularies, VocabularyName, store as vocabularies};

/// The names of the areas and the words of filters.
pub struct DistrictNames {
    areas: HashMap<AreaCode, String>,
    vocabularies: Vocabularies,
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
        let mut areas = HashMap::new();
        for (scope, filter) in filters {
            let conditions = filter.conditions();
            let named = conditions.iter().flat_map(|(_, condition)| match condition {
                Condition::Area(areas) => areas.iter().copied().collect(),
                _ => Vec::new(),
            });
            for code in named.chain([scope]) {
                if let Entry::Vacant(unnamed) = areas.entry(code) {
                    unnamed.insert(name(conn, &code)?);
                }
            }
        }
        Ok(Self { areas, vocabularies: vocabularies::all(conn, district)? })
    }

    /// The vocabularies of the district.
    pub const fn vocabularies(&self) -> &Vocabularies {
        &self.vocabularies
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
fn name(conn: &mut Conn, code: &AreaCode) -> Result<String, DbError> {
    let path = area::store::path(conn, code)?;
    let below = usize::from(code.level() != Level::District);
    let name = path.into_iter().skip(below).collect::<String>();
    Ok(if name.is_empty() { code.to_string() } else { name })
}

impl Names for DistrictNames {
    fn area(&self, code: &AreaCode) -> String {
        self.areas.get(code).cloned().unwrap_or_else(|| code.to_string())
    }

    fn category(&self, code: &Category) -> Sentence {
        self.word(VocabularyName::Categories, code.as_str())
    }

    fn plaque(&self, code: &PlaqueState) -> Sentence {
        self.word(VocabularyName::PlaqueStates, code.as_str())
    }
}
