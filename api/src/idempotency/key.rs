//! The id of a command: a phone makes it, or a client's `Idempotency-Key`.

use std::fmt;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::http::problem::Problem;

/// The id of a command: 1 to 64 visible ASCII characters. A UUID is one id
/// however it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandId(String);

/// A text that cannot be a command's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a command's id is 1 to 64 visible ASCII characters; a UUIDv7 is best")]
pub struct CommandIdError;

impl CommandId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a UUID, if it is one.
    pub fn uuid(&self) -> Option<Uuid> {
        Uuid::parse_str(&self.0).ok()
    }
}

impl FromStr for CommandId {
    type Err = CommandIdError;

    fn from_str(text: &str) -> Result<Self, CommandIdError> {
        if let Ok(uuid) = Uuid::parse_str(text) {
            return Ok(Self(uuid.hyphenated().to_string()));
        }
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        if (1..=64).contains(&text.len()) && visible {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommandIdError)
        }
    }
}

impl TryFrom<String> for CommandId {
    type Error = CommandIdError;

    fn try_from(text: String) -> Result<Self, CommandIdError> {
        text.parse()
    }
}

impl From<Uuid> for CommandId {
    fn from(id: Uuid) -> Self {
        Self(id.hyphenated().to_string())
    }
}

impl From<CommandId> for String {
    fn from(id: CommandId) -> Self {
        id.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The header `Idempotency-Key`, if it came: bare, or as a quoted string
/// (RFC 9651).
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKey(pub Option<CommandId>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get("Idempotency-Key") else {
            return ready(Ok(Self(None)));
        };
        let text = value.to_str().unwrap_or_default();
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let id = bare.parse().map_err(|error| Problem::unreadable("Idempotency-Key", error));
        ready(id.map(|id| Self(Some(id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_one_id_however_it_is_written_and_other_texts_stay_as_they_are() {
        let read = |text: &str| text.parse::<CommandId>().map(String::from);
        let upper = read("0198A3B0-0000-7000-8000-00000000000F");
        assert_eq!(upper, read("0198a3b00000700080000000 0000000f".replace(' ', "").as_str()));
        assert_eq!(read("visit-17"), Ok("visit-17".to_owned()));
        for wrong in ["", "two words", "tab\t", "ключ", "a\"b", &"x".repeat(65)] {
            assert_eq!(read(wrong), Err(CommandIdError), "{wrong:?}");
        }
    }
}
