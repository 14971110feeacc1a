//! Lists in a query: values separated by commas.

use std::collections::BTreeSet;
use std::str::FromStr;

use gridward_domain::area::Level;
use gridward_domain::code::{self, KindCode, Need};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::{Outcome, Phase};
use gridward_domain::word::Word;
use serde::Deserialize;
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// A value of a list in a query.
pub trait Item: FromStr + Ord {
    /// The most values of a list.
    const MOST: usize;
    /// The most characters of a value.
    const LONGEST: usize;
    /// What a list must be.
    fn rule() -> String;
    /// A regular expression for one value.
    fn pattern() -> String;
    /// A list.
    fn example() -> &'static str;

    /// What is wrong with a list that has this value.
    fn fault(_: &str) -> String {
        format!("must be {}", Self::rule())
    }
}

macro_rules! ids {
    ($($id:ident),+) => {$(
        impl Item for $id {
            const MOST: usize = 100;
            const LONGEST: usize = 36;

            fn rule() -> String {
                "up to 100 UUIDs, separated by commas".to_owned()
            }

            fn pattern() -> String {
                "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}".to_owned()
            }

            fn example() -> &'static str {
                "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d"
            }
        }
    )+};
}

ids!(PersonId, TaskId);

macro_rules! words {
    ($($word:ident like $example:literal),+) => {$(
        impl $crate::http::comma_list::Item for $word {
            const MOST: usize = <Self as gridward_domain::word::VariantArray>::VARIANTS.len();
            const LONGEST: usize = 16;

            fn rule() -> String {
                let words = $crate::http::comma_list::joined::<Self>(", ");
                format!("one or more of {words}, separated by commas")
            }

            fn pattern() -> String {
                format!("({})", $crate::http::comma_list::joined::<Self>("|"))
            }

            fn fault(word: &str) -> String {
                let rule = Self::rule();
                // A longer one is no slip of the pen, and is not repeated.
                let is_word = (1..=Self::LONGEST * 2).contains(&word.len());
                if is_word { format!("must be {rule}, not {word}") } else { format!("must be {rule}") }
            }

            fn example() -> &'static str {
                $example
            }
        }
    )+};
}

pub(crate) use words;

words!(Level like "village,town", Outcome like "done,refused", Phase like "open,assigned");

macro_rules! codes {
    ($($code:ident like $example:literal),+) => {$(
        impl Item for $code {
            const MOST: usize = 20;
            const LONGEST: usize = code::LONGEST;

            fn rule() -> String {
                "up to 20 codes, separated by commas".to_owned()
            }

            fn pattern() -> String {
                "[a-z][a-z0-9_]{0,31}".to_owned()
            }

            fn example() -> &'static str {
                $example
            }
        }
    )+};
}

codes!(KindCode like "home_visit,plaque_check", Need like "housing,medical");

pub(crate) fn joined<T: Word>(separator: &str) -> String {
    let words: Vec<&str> = T::VARIANTS.iter().map(|word| word.as_str()).collect();
    words.join(separator)
}

/// A set of values in a query, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[serde(bound = "T: Item")]
pub struct CommaList<T>(BTreeSet<T>);

impl<T: Item> TryFrom<String> for CommaList<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parse = |item: &str| item.parse().map_err(|_| T::fault(item));
        let items: BTreeSet<T> = text.split(',').map(parse).collect::<Result<_, _>>()?;
        if items.len() <= T::MOST { Ok(Self(items)) } else { Err(T::fault("")) }
    }
}

impl<T> From<CommaList<T>> for BTreeSet<T> {
    fn from(list: CommaList<T>) -> Self {
        list.0
    }
}

impl<T: Item> ComposeSchema for CommaList<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let (one, most) = (T::pattern(), T::MOST - 1);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(T::MOST * (T::LONGEST + 1)))
            .pattern(Some(format!("^{one}(,{one}){{0,{most}}}$")))
            .examples([T::example()])
            .build()
            .into()
    }
}

// Each parameter has its schema inline.
impl<T: Item> ToSchema for CommaList<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<T: Item>(text: &str) -> Result<BTreeSet<T>, String> {
        CommaList::try_from(text.to_owned()).map(BTreeSet::from)
    }

    #[test]
    fn a_list_of_ids_has_each_once_and_at_most_a_hundred() {
        let id = "018cc7af-0000-7000-8000-000000000021";
        assert_eq!(list::<PersonId>(&format!("{id},{id}")).map(|ids| ids.len()), Ok(1));
        for wrong in ["", "x", &format!("{id},"), &format!("{id};{id}")] {
            let rule = "must be up to 100 UUIDs, separated by commas";
            assert_eq!(list::<PersonId>(wrong), Err(rule.to_owned()), "{wrong}");
        }
        let many = (0..=100).map(|n| PersonId(uuid::Uuid::from_u128(n)).to_string());
        assert!(list::<PersonId>(&many.collect::<Vec<_>>().join(",")).is_err());
    }

    #[test]
    fn a_list_of_words_names_the_words_that_it_may_have() {
        let levels = BTreeSet::from([Level::Town, Level::Village]);
        assert_eq!(list("village,town,village"), Ok(levels));
        let rule = "must be one or more of district, town, village, grid, separated by commas";
        assert_eq!(list::<Level>("village,"), Err(rule.to_owned()));
        assert_eq!(list::<Level>("village,city"), Err(format!("{rule}, not city")));
    }

    #[test]
    fn the_longest_word_fits_the_length_of_a_list() {
        fn fit<T: Item + Word>() -> bool {
            T::VARIANTS.iter().all(|word| word.as_str().len() <= T::LONGEST)
        }
        assert!(fit::<Phase>() && fit::<Level>() && fit::<Outcome>());
    }
}
