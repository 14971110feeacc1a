//! How sentences refer to people and to skills, by what the reader may know.

use std::collections::{HashMap, HashSet};

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, permits};
use gridward_domain::id::PersonId;

use super::candidate_sentences;
use super::hindrance::Hindrance;
use super::model::Candidate;
use super::sentence::{Sentence, Who};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::person::start::RouteStart;
use crate::person::store::PersonRow;
use crate::vocabulary::{self, Vocabulary, VocabularyName};

/// The labels of skills.
pub(super) struct Skills(Vocabulary);

impl Skills {
    /// Reads the vocabulary.
    pub(super) fn read(conn: &mut Conn, principal: &Principal) -> Result<Self, DbError> {
        vocabulary::store::one(conn, principal.district(), VocabularyName::Skills).map(Self)
    }

    /// The sentence of a hindrance.
    pub(super) fn sentence(&self, who: Who<'_>, found: &Hindrance) -> Sentence {
        let label = |code: &str| match self.0.word(code) {
            Some(word) => (word.label_zh.as_str().to_owned(), word.label_en.as_str().to_owned()),
            None => (code.to_owned(), code.to_owned()),
        };
        let missing: Vec<_> = found.missing.iter().map(|skill| label(skill.as_str())).collect();
        candidate_sentences::hindered(who, found.code, found.short.unwrap_or_default(), &missing)
    }
}

/// How sentences refer to people: by name, where the caller may read them.
pub(super) struct Known {
    reader: PersonId,
    people: HashMap<PersonId, (String, AreaCode, RouteStart)>,
}

impl Known {
    /// Opens the names among `rows` that the caller may read.
    pub(super) fn of<'r>(
        key: &SealingKey,
        principal: &Principal,
        rows: impl IntoIterator<Item = &'r PersonRow>,
        without_home: &HashSet<PersonId>,
    ) -> Result<Self, DbError> {
        let may = permits(principal.role, Action::ReadPeople);
        let shown = |row: &&PersonRow| may && principal.area.contains(&row.area);
        let rows = rows.into_iter().filter(shown);
        let named = rows.map(|row| {
            let start = RouteStart::of(!without_home.contains(&row.id));
            Ok((row.id, (row.particulars(key)?.name, row.area, start)))
        });
        Ok(Self { reader: principal.person, people: named.collect::<Result<_, DbError>>()? })
    }

    /// How a sentence refers to the person.
    pub(super) fn who(&self, person: PersonId) -> Who<'_> {
        if person == self.reader {
            return Who::You;
        }
        self.people.get(&person).map_or(Who::Another, |(name, ..)| Who::Named(name))
    }

    /// The candidate without a verdict, with the fields that the caller may read.
    pub(super) fn candidate(&self, person: PersonId) -> Candidate {
        let shown = self.people.get(&person);
        let own = person == self.reader;
        Candidate {
            person_id: (own || shown.is_some()).then_some(person),
            person_name: shown.map(|(name, ..)| name.clone()),
            area: shown.map(|(_, area, _)| *area),
            starts_at: shown.map(|(.., start)| *start),
            reach: None,
            is_assignee: false,
            cost: None,
            hindrance: None,
            sentence: Sentence::default(),
        }
    }
}
