//! The four levels of areas and their codes.
//!
//! A code begins with its parent's: grid `500116001002003` is in village `500116001002`,
//! town `500116001`, district `500116`. An area and its descendants are therefore one range
//! of text, which serves scopes, totals and sharding.

use crate::word::VariantArray as _;
use crate::word::{UnknownWord, unknown};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One of the four levels of areas, from the largest to the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Level>)]
pub enum Level {
    /// 区县, 6 digits.
    District,
    /// 镇街, 9 digits.
    Town,
    /// 村社区, 12 digits.
    Village,
    /// 双拥服务网格, 15 digits: the village's code and three digits assigned by Gridward.
    Grid,
}

impl Level {
    /// The number of digits in a code of this level.
    pub const fn digits(self) -> usize {
        match self {
            Self::District => 6,
            Self::Town => 9,
            Self::Village => 12,
            Self::Grid => 15,
        }
    }

    /// The parent level; a district has none.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::District => None,
            Self::Town => Some(Self::District),
            Self::Village => Some(Self::Town),
            Self::Grid => Some(Self::Village),
        }
    }

    /// The level below; a grid has none.
    pub const fn child(self) -> Option<Self> {
        match self {
            Self::District => Some(Self::Town),
            Self::Town => Some(Self::Village),
            Self::Village => Some(Self::Grid),
            Self::Grid => None,
        }
    }
}

/// Why a text is not an area code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// The length matches no level.
    #[error("an area code must have 6, 9, 12 or 15 digits, but has {0} characters")]
    Length(usize),
    /// The text contains characters other than the digits 0 to 9.
    #[error("an area code must consist of digits")]
    NotDigits,
}

/// The code of an area: 6, 9, 12 or 15 digits that begin with the parent's code.
///
/// Ordered as text, so that an area directly precedes its descendants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
pub struct AreaCode {
    // Unused positions stay zero, which sorts before every digit.
    digits: [u8; 15],
    level: Level,
}

impl AreaCode {
    /// The code as digits.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits enter `digits`, so the default is unreachable.
        std::str::from_utf8(&self.digits[..self.level.digits()]).unwrap_or_default()
    }

    /// The level that corresponds to the code's length.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The district that contains this area, or the area itself.
    pub fn district(&self) -> Self {
        self.truncated(Level::District)
    }

    /// The parent area; a district has none.
    pub fn parent(&self) -> Option<Self> {
        self.level.parent().map(|level| self.truncated(level))
    }

    /// The ancestor of this area at `level`, or the area itself; `None` for a smaller
    /// level.
    pub fn ancestor(&self, level: Level) -> Option<Self> {
        (level <= self.level).then(|| self.truncated(level))
    }

    /// Whether `other` is this area or a descendant.
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.as_str())
    }

    /// The range of codes of this area and its descendants.
    pub fn range(&self) -> AreaRange {
        AreaRange { from: *self }
    }

    /// The code truncated to `level`, which is not smaller than its own.
    fn truncated(&self, level: Level) -> Self {
        let mut digits = [0; 15];
        digits[..level.digits()].copy_from_slice(&self.digits[..level.digits()]);
        Self { digits, level }
    }
}

impl FromStr for AreaCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let level = Level::VARIANTS
            .iter()
            .copied()
            .find(|level| level.digits() == text.len())
            .ok_or_else(|| CodeError::Length(text.chars().count()))?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodeError::NotDigits);
        }
        let mut digits = [0; 15];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { digits, level })
    }
}

impl TryFrom<String> for AreaCode {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.as_str().to_owned()
    }
}

impl<'a> From<&'a AreaCode> for &'a str {
    fn from(code: &'a AreaCode) -> Self {
        code.as_str()
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AreaCode({})", self.as_str())
    }
}

/// The codes of an area and its descendants, as a half-open range of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AreaRange {
    from: AreaCode,
}

impl AreaRange {
    /// The first code of the range: the area's own.
    pub fn from(&self) -> &str {
        self.from.as_str()
    }

    /// The end of the range, exclusive: the area's code with its last digit incremented;
    /// `:` follows `9`, so no code is omitted.
    pub fn to(&self) -> String {
        let mut bytes = self.from.as_str().as_bytes().to_vec();
        if let Some(last) = bytes.last_mut() {
            *last += 1;
        }
        bytes.into_iter().map(char::from).collect()
    }

    /// The area of the range.
    pub const fn area(&self) -> AreaCode {
        self.from
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code")
    }

    #[test]
    fn a_code_knows_its_level_and_its_ancestors() {
        let grid = code("500116001002003");
        assert_eq!(grid.level(), Level::Grid);
        assert_eq!(grid.parent(), Some(code("500116001002")));
        assert_eq!(grid.ancestor(Level::Town), Some(code("500116001")));
        assert_eq!(grid.district(), code("500116"));
        assert_eq!(code("500116").parent(), None);
        assert_eq!(code("500116").ancestor(Level::Town), None);
    }

    #[test]
    fn a_wrong_length_and_a_letter_are_refused_with_their_reason() {
        assert_eq!("5001".parse::<AreaCode>(), Err(CodeError::Length(4)));
        assert_eq!("50011x".parse::<AreaCode>(), Err(CodeError::NotDigits));
        assert_eq!("五零零一一六".parse::<AreaCode>(), Err(CodeError::Length(6)));
        assert_eq!(
            "零零".parse::<AreaCode>(),
            Err(CodeError::NotDigits),
            "six bytes, two characters"
        );
    }

    proptest! {
        #[test]
        fn the_text_range_holds_exactly_what_the_area_contains(
            scope in "[0-9]{6}([0-9]{3}){0,3}",
            other in "[0-9]{6}([0-9]{3}){0,3}",
            inside in "([0-9]{3}){0,3}",
        ) {
            let scope = code(&scope);
            let in_range = |text: &str| scope.range().from() <= text && text < scope.range().to().as_str();
            prop_assert_eq!(in_range(&other), scope.contains(&code(&other)));
            let below = format!("{scope}{inside}");
            prop_assert!(below.len() > 15 || in_range(&below));
        }

        #[test]
        fn codes_sort_as_their_text(a in "[0-9]{6}([0-9]{3}){0,3}", b in "[0-9]{6}([0-9]{3}){0,3}") {
            prop_assert_eq!(code(&a).cmp(&code(&b)), a.cmp(&b));
        }
    }
}
