//! Sync cursors. A cursor is opaque to the phone and grants no access: each request
//! takes the scope from the access token.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, HandoutId, TaskId};
use serde::{Deserialize, Serialize};

/// The maximum length of an encoded cursor.
pub const LONGEST: usize = 256;
/// The version of the cursor format.
const FORM: u8 = 1;

/// A position in the log, and in a snapshot if one is unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The epoch of the log; a restore starts a new one.
    pub epoch: String,
    /// The phone has all events up to this number.
    pub seq: i64,
    /// The mark of the scope; see [`super::scope::Scope::mark`].
    pub scope: String,
    /// Where the snapshot continues; `None` once it is complete.
    pub rest: Option<Rest>,
}

/// The rest of a snapshot: the rows after this key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    /// Beneficiaries by grid and id, then all tasks.
    #[serde(rename = "b")]
    Beneficiaries(Option<(AreaCode, BeneficiaryId)>),
    /// Tasks of the area by grid, due day and id.
    #[serde(rename = "t")]
    Tasks(Option<(AreaCode, NaiveDate, TaskId)>),
    /// Own tasks outside the area.
    #[serde(rename = "e")]
    Elsewhere,
    /// Planned hand-outs by id.
    #[serde(rename = "h")]
    Handouts(Option<HandoutId>),
}

#[derive(Serialize, Deserialize)]
struct Written(
    u8,
    String,
    i64,
    String,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<Rest>,
);

impl Cursor {
    /// The encoded cursor.
    pub fn text(&self) -> String {
        let Self { epoch, seq, scope, rest } = self.clone();
        // Plain values always have a JSON form.
        let json = serde_json::to_vec(&Written(FORM, epoch, seq, scope, rest)).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    /// Decodes a cursor; `None` for a string that this format does not produce.
    pub fn read(text: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let Written(form, epoch, seq, scope, rest) = serde_json::from_slice(&json).ok()?;
        (form == FORM && seq >= 0).then_some(Self { epoch, seq, scope, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_is_short() {
        let grid = "500116001002001".parse().expect("a code");
        let task = "018d622e-0000-7000-8000-000000000001".parse().expect("an id");
        let day = "2026-08-01".parse().expect("a day");
        let rests = [
            None,
            Some(Rest::Beneficiaries(None)),
            Some(Rest::Tasks(Some((grid, day, task)))),
            Some(Rest::Elsewhere),
            Some(Rest::Handouts(Some(
                "018d622e-0000-7000-8000-000000000001".parse().expect("an id"),
            ))),
        ];
        for rest in rests {
            let cursor = Cursor {
                epoch: "0198a3b0".to_owned(),
                seq: 1_234_567_890,
                scope: "a3f09b2c".to_owned(),
                rest,
            };
            let text = cursor.text();
            assert!(text.len() <= LONGEST, "{}", text.len());
            assert_eq!(Cursor::read(&text), Some(cursor));
        }
    }

    #[test]
    fn what_was_not_made_here_is_no_cursor() {
        let encode = |json: &str| BASE64_URL_SAFE_NO_PAD.encode(json);
        for wrong in ["", "!", "AAAA", &encode("[2,\"e\",1,\"s\"]"), &encode("[1,\"e\",-1,\"s\"]")]
        {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
