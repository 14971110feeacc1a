//! Texts within a number of characters.
//!
//! Like the numbers of [`range`](crate::range): each type declares its bounds and its
//! characters once, for parsing, deserialising, the column and the OpenAPI schema.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::{is_blank, is_invisible, is_undefined, shows_nothing};

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Too short or too long.
    #[error("must have from {min} to {max} characters")]
    Length {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// Only blanks.
    #[error("must not be blank")]
    Blank,
    /// A NUL, which PostgreSQL cannot store.
    #[error("must not contain a NUL")]
    Nul,
    /// A line break, a tabulator or another control character.
    #[error("must not contain control characters")]
    Control,
    /// A character without a shape, such as a mark of direction.
    #[error("must not contain invisible characters")]
    Invisible,
    /// A character for private use, or a noncharacter.
    #[error("must not contain private-use characters or noncharacters")]
    Undefined,
    /// Another character than those of a number with letters.
    #[error("must have only capital letters, digits and hyphens, and no hyphen first")]
    Number,
}

/// What a text may consist of, besides its length.
#[derive(Clone, Copy)]
enum Content {
    Anything,
    /// A text that is compared with others: all that a database can compare.
    Compared,
    NotBlank,
    NoNul,
    NoControl,
    /// Not blank, on one line.
    Line,
    /// As [`Self::Line`], without invisible characters.
    Visible,
    /// Several lines, without invisible characters.
    VisibleLines,
    /// Capital letters, digits and hyphens, the first no hyphen: one way to write each number.
    Number,
}

impl Content {
    /// The regular expression of the texts, where it says all that the content demands.
    #[cfg(feature = "schema")]
    const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Compared => Some(r"^[^\u0000]*$"),
            Self::Number => Some("^[0-9A-Z][0-9A-Z-]*$"),
            _ => None,
        }
    }

    fn check(self, text: &str) -> Result<(), TextError> {
        match self {
            Self::NoNul | Self::Compared if text.contains('\0') => Err(TextError::Nul),
            Self::NotBlank | Self::Line | Self::Visible if shows_nothing(text) => {
                Err(TextError::Blank)
            }
            Self::NoControl | Self::Line | Self::Visible if text.contains(breaks_a_line) => {
                Err(TextError::Control)
            }
            Self::VisibleLines if text.contains(|c: char| c.is_control() && c != '\n') => {
                Err(TextError::Control)
            }
            Self::Visible | Self::VisibleLines if text.contains(is_invisible) => {
                Err(TextError::Invisible)
            }
            Self::Number if !is_number(text) => Err(TextError::Number),
            // The name that a device has for itself is stored as it is.
            Self::Anything | Self::Compared | Self::NoControl => Ok(()),
            _ if text.contains(is_undefined) => Err(TextError::Undefined),
            _ => Ok(()),
        }
    }
}

fn is_number(text: &str) -> bool {
    let within = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    !text.starts_with('-') && text.chars().all(within)
}

/// Whether `c` is a control character or separates lines or paragraphs.
fn breaks_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

macro_rules! texts {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident: $min:literal to $max:literal, $content:ident, example $example:literal;
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(
            feature = "diesel",
            derive(diesel::AsExpression, diesel::FromSqlRow),
            diesel(sql_type = diesel::sql_types::Text)
        )]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Checks `text` without taking it.
            ///
            /// # Errors
            /// [`TextError`].
            pub fn check(text: &str) -> Result<(), TextError> {
                let length = text.chars().count();
                if !($min..=$max).contains(&length) {
                    return Err(TextError::Length { min: $min, max: $max });
                }
                Content::$content.check(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                Self::check(&text).map(|()| Self(text))
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::try_from(text.to_owned())
            }
        }

        impl<'a> From<&'a $name> for &'a str {
            fn from(text: &'a $name) -> Self {
                &text.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        #[cfg(feature = "diesel")]
        $crate::text_column!($name);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::schema::bounded_text(
                    ($min, $max),
                    Content::$content.pattern(),
                    ($example, concat!($($doc),+).trim()),
                )
            }
        }

        #[cfg(feature = "schema")]
        $crate::schema::named!($name as stringify!($name));
    )+};
}

texts! {
    /// The reason for a command, as free text.
    CommandReason: 1 to 500, NotBlank, example "那天在外地";
    /// The title of a task, without personal data.
    TaskTitle: 1 to 100, Visible, example "春节慰问";
    /// What a task is for, the same for all who get it, such as a festival.
    Occasion: 1 to 64, Visible, example "spring_festival_2027";
    /// A filter by the occasion of a task or of a hand-out.
    OccasionFilter: 0 to 64, Compared, example "spring_festival_2027";
    /// What the visitor of a task does.
    Instructions: 1 to 4000, VisibleLines, example "送慰问金和春联，看看取暖设备。";
    /// Something that a visit brings.
    GoodsName: 1 to 64, Visible, example "大米10公斤";
    /// The unit in which an item is counted.
    GoodsUnit: 1 to 16, Visible, example "袋";
    /// The number of a single piece.
    SerialNumber: 1 to 64, Visible, example "500116-2026-000123";
    /// The code of a consignment of goods.
    LotCode: 1 to 32, Visible, example "2027-01-A";
    /// The title of a notice.
    NoticeTitle: 1 to 100, NoNul, example "高温预警";
    /// The text of a notice.
    NoticeText: 0 to 2000, NoNul, example "本周下午请勿安排上门走访。";
    /// The text of feedback, or of its answer.
    FeedbackText: 1 to 2000, NotBlank, example "走访的同志很耐心，谢谢。";
    /// How to reach the sender of feedback.
    FeedbackContact: 1 to 100, Line, example "王先生，138****1234";
    /// The name of a word or of a kind of service, in one language.
    Label: 1 to 64, Visible, example "参战退役人员";
    /// The name of a standing duty, in one language.
    RegimeName: 1 to 48, Visible, example "独居对象每月走访";
    /// A device's name for itself.
    DeviceName: 1 to 64, NoControl, example "phone-17";
    /// The family and given name of a person.
    PersonName: 1 to 64, Line, example "王小明";
    /// A text to search for: a part of a name, or a number or its end.
    SearchText: 1 to 64, Line, example "王小";
    /// Free text by a visitor.
    Note: 0 to 2000, Anything, example "一切安好，需要换一只灯泡。";
    /// The action of an event.
    EventAction: 0 to 64, Compared, example "task.claim";
    /// Identifies a row of a register within the district.
    RegisterId: 1 to 64, Visible, example "S500116001";
    /// A filter by the id of a row of a register.
    RegisterIdFilter: 0 to 64, Compared, example "S500116001";
    /// The name of a place or a day.
    RegisterName: 1 to 100, Visible, example "几江街道退役军人服务站";
    /// Opening hours, as `mon-fri 0900-1730`.
    OpeningHours: 1 to 100, Visible, example "mon-fri 0900-1730";
    /// The name of a beneficiary or of a relative, without invisible characters.
    BeneficiaryName: 1 to 64, Visible, example "王小明";
    /// An address, without the name of the district and without invisible characters.
    HomeAddress: 1 to 256, Visible, example "几江街道南门社区1网格1栋102";
    /// The number of a household in the register of the district (户号).
    Household: 1 to 32, Number, example "500116-02-00123";
    /// Notes for those who visit, without invisible characters.
    VisitNotes: 0 to 1000, VisibleLines, example "耳背，请敲窗；院里有狗。";
    /// A relative's relation to the beneficiary.
    Relation: 1 to 32, Visible, example "女儿";
    /// A date of the lunar calendar in words; empty for none.
    LunarDate: 0 to 100, NoControl, example "正月初一";
    /// The id of the subject of an event.
    SubjectId: 0 to 64, Compared, example "0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d";
}

impl SerialNumber {
    /// The number in capital letters, as it is stored: numbers that differ by case alone are of one piece.
    #[must_use]
    pub fn upper(&self) -> Self {
        Self(self.0.to_ascii_uppercase())
    }

    /// The number in small letters.
    #[must_use]
    pub fn lower(&self) -> Self {
        Self(self.0.to_ascii_lowercase())
    }
}

impl DeviceName {
    /// The name that a person or an app chose, without blanks at its ends. Stored names of before
    /// may have blanks and invisible characters.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn entered(text: &str) -> Result<Self, TextError> {
        visible(text)?.parse()
    }
}

impl PersonName {
    /// The name that a superior entered, without blanks at its ends.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn entered(text: &str) -> Result<Self, TextError> {
        visible(text)?.parse()
    }
}

/// `text` without blanks at its ends, if it has neither invisible nor undefined characters.
fn visible(text: &str) -> Result<&str, TextError> {
    if text.contains(is_invisible) {
        return Err(TextError::Invisible);
    }
    if text.contains(is_undefined) {
        return Err(TextError::Undefined);
    }
    Ok(text.trim_matches(is_blank))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    macro_rules! laws {
        ($($test:ident: $name:ident, $min:literal, $max:literal;)+) => {$(
            proptest! {
                #[test]
                fn $test(length in 0..$max + 3usize, character in "[a-z王\u{1f600}]") {
                    let text = character.repeat(length);
                    let parsed = text.parse::<$name>();
                    let json = serde_json::json!(text);
                    prop_assert_eq!(serde_json::from_value(json.clone()).ok(), parsed.clone().ok());
                    prop_assert_eq!(parsed.is_ok(), ($min..=$max).contains(&length));
                    if let Ok(parsed) = parsed {
                        prop_assert_eq!(parsed.as_str(), &text);
                        prop_assert_eq!(serde_json::json!(parsed), json);
                        prop_assert_eq!(String::from(parsed), text);
                    }
                }
            }
        )+};
    }

    laws! {
        reason: CommandReason, 1, 500;
        notice_title: NoticeTitle, 1, 100;
        notice_text: NoticeText, 0, 2000;
        feedback_text: FeedbackText, 1, 2000;
        feedback_contact: FeedbackContact, 1, 100;
        label: Label, 1, 64;
        goods_unit: GoodsUnit, 1, 16;
        serial_number: SerialNumber, 1, 64;
        lot_code: LotCode, 1, 32;
        device_name: DeviceName, 1, 64;
        person_name: PersonName, 1, 64;
        search_text: SearchText, 1, 64;
        note: Note, 0, 2000;
        event_action: EventAction, 0, 64;
        occasion_filter: OccasionFilter, 0, 64;
        subject_id: SubjectId, 0, 64;
        register_id: RegisterId, 1, 64;
        register_id_filter: RegisterIdFilter, 0, 64;
        register_name: RegisterName, 1, 100;
        opening_hours: OpeningHours, 1, 100;
        lunar_date: LunarDate, 0, 100;
        beneficiary_name: BeneficiaryName, 1, 64;
        home_address: HomeAddress, 1, 256;
        visit_notes: VisitNotes, 0, 1000;
        relation: Relation, 1, 32;
    }

    #[test]
    fn a_text_of_characters_that_its_type_excludes_is_refused() {
        assert_eq!(CommandReason::check(" \u{3000}"), Err(TextError::Blank));
        assert_eq!(NoticeTitle::check("高温\0"), Err(TextError::Nul));
        assert_eq!(DeviceName::check("phone\n17"), Err(TextError::Control));
        assert_eq!(RegisterName::check("\u{3000}"), Err(TextError::Blank));
        assert_eq!(RegisterName::check("一\n站"), Err(TextError::Control));
        assert_eq!(Label::check("手语\t"), Err(TextError::Control));
        assert_eq!(Label::check("\u{3000}"), Err(TextError::Blank));
        assert_eq!(BeneficiaryName::check("王\u{200b}小明"), Err(TextError::Invisible));
        assert_eq!(HomeAddress::check("南门\n1号"), Err(TextError::Control));
        assert_eq!(VisitNotes::check("耳背\n院里有狗"), Ok(()));
        assert_eq!(VisitNotes::check("耳背\u{202e}"), Err(TextError::Invisible));
        assert_eq!(VisitNotes::check("耳背\0"), Err(TextError::Control));
        assert_eq!(DeviceName::entered("\u{202e}phone"), Err(TextError::Invisible));
        assert_eq!(DeviceName::entered(" 手机\u{3000}"), "手机".parse());
        assert!(DeviceName::entered(" \u{3000}").is_err());
        assert_eq!(PersonName::entered("王\u{200b}小明"), Err(TextError::Invisible));
        assert_eq!(PersonName::entered(" 王小明\u{3000}"), "王小明".parse());
        assert_eq!((Note::check("\0"), NoticeText::check("")), (Ok(()), Ok(())));
        assert_eq!(CommandReason::check("\u{3164}"), Err(TextError::Blank));
        assert_eq!(BeneficiaryName::check("\u{3164}"), Err(TextError::Blank));
        assert_eq!(BeneficiaryName::check("王\u{ffa0}明"), Err(TextError::Invisible));
        assert_eq!(BeneficiaryName::check("王\u{e863}"), Err(TextError::Undefined));
        assert_eq!(PersonName::entered("王\u{fffe}"), Err(TextError::Undefined));
        assert_eq!(RegisterName::check("一\u{2028}站"), Err(TextError::Control));
        assert_eq!(VisitNotes::check("耳背\u{10fffe}"), Err(TextError::Undefined));
        assert_eq!(BeneficiaryName::check("阿卜杜拉·𠮷𬎆"), Ok(()));
        assert_eq!(OccasionFilter::check("\u{17}\u{e863}"), Ok(()));
        assert_eq!(OccasionFilter::check("春\0"), Err(TextError::Nul));
        assert_eq!(Household::check("500116-02-A7"), Ok(()));
        for other in ["-1", "a7", "A 7", "７", "户7"] {
            assert_eq!(Household::check(other), Err(TextError::Number), "{other}");
        }
        assert_eq!(RegisterIdFilter::check("\u{14}\u{90}"), Ok(()));
        let text = "must have from 1 to 500 characters".to_owned();
        assert_eq!(CommandReason::check("").map_err(|error| error.to_string()), Err(text));
    }
}
