//! Codes: the stable names of what a district defines itself.
//!
//! A district chooses its words (skills, categories, needs ...) and its kinds of service, so these
//! are codes and not enumerations. Each type of code is its own type, so that a skill is never
//! taken for a need.

use std::collections::BTreeSet;

use thiserror::Error;

/// The most characters of a code.
pub const LONGEST: usize = 32;

/// A text that is not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 32 lower-case letters, digits and underscores, beginning with a letter")]
pub struct InvalidCode;

/// Checks that `text` is 1 to 32 lower-case letters, digits and underscores, and begins with a
/// letter.
///
/// # Errors
/// [`InvalidCode`].
pub fn check(text: &str) -> Result<(), InvalidCode> {
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    let fits = begins && text.len() <= LONGEST && text.chars().all(within);
    if fits { Ok(()) } else { Err(InvalidCode) }
}

macro_rules! codes {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident, example $example:literal;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[cfg_attr(
            feature = "diesel",
            derive(diesel::AsExpression, diesel::FromSqlRow),
            diesel(sql_type = diesel::sql_types::Text)
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::code::InvalidCode;

            fn try_from(text: String) -> Result<Self, $crate::code::InvalidCode> {
                $crate::code::check(&text).map(|()| Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::InvalidCode;

            fn from_str(text: &str) -> Result<Self, $crate::code::InvalidCode> {
                text.to_owned().try_into()
            }
        }

        impl From<&$crate::code::WordCode> for $name {
            fn from(word: &$crate::code::WordCode) -> Self {
                Self(word.as_str().to_owned())
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl<'a> From<&'a $name> for &'a str {
            fn from(code: &'a $name) -> Self {
                &code.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        #[cfg(feature = "diesel")]
        $crate::text_column!($name);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let about = concat!($($doc),+).trim();
                $crate::schema::code(
                    "^[a-z][a-z0-9_]{0,31}$",
                    $crate::code::LONGEST,
                    $example,
                    about,
                )
            }
        }

        #[cfg(feature = "schema")]
        $crate::schema::named!($name as stringify!($name));
    )+};
}

pub(crate) use codes;

codes! {
    /// The code of a kind of service.
    KindCode, example "home_visit";
    /// The code of an occasion, such as that of a holiday.
    OccasionCode, example "spring_festival";
    /// The code of a template of campaigns.
    CampaignTemplateCode, example "spring_festival_letters";
    /// The code of an item of the goods.
    ItemCode, example "rice_10kg";
    /// The code of a word in any of the district's vocabularies.
    WordCode, example "combat_veteran";
    /// The code of a category of entitlement.
    Category, example "combat_veteran";
    /// The code of a tag that a district gives to beneficiaries.
    Tag, example "key_recipient";
    /// The code of a state of the plaque 光荣之家 at the door.
    PlaqueState, example "hung";
    /// The code of a hardship.
    Hardship, example "medical";
    /// The code of a need found during a visit.
    Need, example "medical";
    /// The code of a kind of case.
    CaseKindCode, example "three_hardships";
    /// The code of a step of a kind of case.
    StepCode, example "village";
    /// The code of a move from one step of a case to another.
    MoveCode, example "approve";
    /// The code of a class of cases within a kind.
    CaseClass, example "third_class";
}

/// The categories of a beneficiary, ordered by code.
pub type Categories = BTreeSet<Category>;

/// The tags of a beneficiary, ordered by code; often none.
pub type Tags = BTreeSet<Tag>;

/// The hardships of a beneficiary, ordered by code; usually none.
pub type Hardships = BTreeSet<Hardship>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_reads_back_as_it_is_written(text in "[a-z][a-z0-9_]{0,31}") {
            let code: WordCode = text.parse().expect("a code");
            let json = serde_json::json!(code);
            prop_assert_eq!(serde_json::from_value::<WordCode>(json).ok(), Some(code.clone()));
            prop_assert_eq!(String::from(code), text);
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for other in ["", "1st", "_x", "Medical", "first aid", "a;b", "医疗", &"a".repeat(33)] {
            assert_eq!(other.parse::<WordCode>(), Err(InvalidCode), "{other}");
        }
    }
}
