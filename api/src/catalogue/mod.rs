//! The catalogue: what can be done for a beneficiary, and what each takes.
//!
//! Law is code, local practice is data: a district begins with the kinds of
//! [`defaults`] and changes them as it likes.

pub mod routes;
pub mod store;

use gridward_dispatch::skill::{Skill, Skills};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// The word of a kind of service: `home_visit`, `condolence` ...
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(max_length = 32, pattern = "^[a-z][a-z0-9_]{0,31}$", example = "home_visit")]
pub struct KindCode(String);

/// A text that cannot be a kind's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a kind is 1 to 32 lower-case letters, digits and underscores, a letter first")]
pub struct KindCodeError;

impl KindCode {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KindCode {
    type Error = KindCodeError;

    fn try_from(text: String) -> Result<Self, KindCodeError> {
        let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let fits = text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(within);
        if fits { Ok(Self(text)) } else { Err(KindCodeError) }
    }
}

/// Something that can be done for a beneficiary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceKind {
    /// Its word.
    #[schema(max_length = 32, pattern = "^[a-z][a-z0-9_]{0,31}$", example = "home_visit")]
    pub code: String,
    /// Its name.
    #[schema(max_length = 64, example = "上门走访")]
    pub name: String,
    /// How long it takes at the place.
    #[schema(minimum = 1, maximum = 480, example = 30)]
    pub minutes: u32,
    /// From 1 to 10, the most urgent.
    #[schema(minimum = 1, maximum = 10, example = 5)]
    pub priority: u8,
    /// What whoever does it must be able to do.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// In how many days it is due, unless the task says otherwise.
    #[schema(minimum = 0, maximum = 3650, example = 7)]
    pub due_days: u32,
}

/// What a new district begins with: code, name, minutes, priority, days to do it in.
pub fn defaults() -> Vec<ServiceKind> {
    let kind = |code: &str, name: &str, minutes, priority, due_days| ServiceKind {
        code: code.to_owned(),
        name: name.to_owned(),
        minutes,
        priority,
        skills: Skills::new(),
        due_days,
    };
    vec![
        kind("home_visit", "上门走访", 30, 5, 14),
        kind("condolence", "节日慰问", 20, 6, 7),
        kind("hardship_follow_up", "困难帮扶回访", 45, 8, 7),
        kind("plaque_check", "光荣牌核查", 10, 2, 30),
        kind("phone_call", "电话联系", 10, 3, 14),
    ]
}
