//! The sessions of `gridward call`: one file each, which only its owner may read.

use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::Failure;
use crate::crypto::private_file;

/// How long before its end an access token is replaced.
const EARLY: TimeDelta = TimeDelta::seconds(30);

/// The name of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionName(String);

impl FromStr for SessionName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        let is_name = (1..=32).contains(&text.len()) && text.chars().all(fits);
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err("must have 1 to 32 of a-z, 0-9, - and _")
        }
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A session of this user at a server.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    /// The address of the server.
    pub(super) base: String,
    /// The access token.
    pub(super) access_token: String,
    /// The refresh token.
    pub(super) refresh_token: String,
    /// When the access token expires.
    expires_at: DateTime<Utc>,
}

impl Session {
    /// The session of an answer to a sign-in or a refresh.
    pub(super) fn of(base: &str, answer: &Value, now: DateTime<Utc>) -> Result<Self, Failure> {
        let text = |field: &str| {
            let text = answer[field].as_str().map(ToOwned::to_owned);
            text.ok_or_else(|| Failure::from(format!("the answer has no {field}")))
        };
        let seconds = answer["expires_in"].as_i64().unwrap_or(0).clamp(0, 86_400);
        Ok(Self {
            base: base.to_owned(),
            access_token: text("access_token")?,
            refresh_token: text("refresh_token")?,
            expires_at: now + TimeDelta::seconds(seconds),
        })
    }

    /// Whether the access token has expired, or is about to.
    pub(super) fn is_stale(&self, now: DateTime<Utc>) -> bool {
        now + EARLY >= self.expires_at
    }
}

/// The file of a session.
pub(super) struct Held(PathBuf);

impl Held {
    /// The file of the session `name`, in the folder of this user's settings.
    pub(super) fn of(name: &SessionName) -> Result<Self, Failure> {
        let configured = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty());
        let folder = if let Some(folder) = configured {
            PathBuf::from(folder)
        } else {
            let home = std::env::var_os("HOME").ok_or("the variable HOME is not set")?;
            Path::new(&home).join(".config")
        };
        let folder = folder.join("gridward");
        fs::create_dir_all(&folder)
            .map_err(|error| format!("{} cannot be created: {error}", folder.display()))?;
        Ok(Self(folder.join(format!("{name}.json"))))
    }

    /// The path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The session, if there is one.
    pub(super) fn session(&self) -> Result<Option<Session>, Failure> {
        let Some(text) = private_file::read(&self.0)? else { return Ok(None) };
        // Without the message of the parser, which may quote a token.
        let session = serde_json::from_str(&text);
        session.map_err(|_| format!("{} is unreadable: sign in again", self.0.display()).into())
    }

    /// Replaces the session as a whole, so that a crash leaves the former one.
    pub(super) fn store(&self, session: &Session) -> Result<(), Failure> {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        // Of mode 600.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(serde_json::to_string(session)?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.0)?;
        Ok(())
    }

    /// Waits for other processes that refresh the session.
    pub(super) fn lock(&self) -> Result<File, Failure> {
        let file = File::create(self.0.with_extension("lock"))?;
        file.lock()?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_replaced_before_it_expires_and_a_name_is_no_path() {
        let now = "2026-08-01T01:00:00Z".parse().expect("a time");
        let answer = json!({ "access_token": "a", "refresh_token": "b", "expires_in": 600 });
        let session = Session::of("http://x", &answer, now).expect("a session");
        assert!(!session.is_stale(now + TimeDelta::seconds(569)));
        assert!(session.is_stale(now + TimeDelta::seconds(570)));
        assert!(Session::of("http://x", &json!({ "access_token": "a" }), now).is_err());
        for wrong in ["", "../x", "a/b", "a b"] {
            assert!(wrong.parse::<SessionName>().is_err(), "{wrong}");
        }
    }
}
