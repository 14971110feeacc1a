//! Snapshots of answers and output, in the folder `snapshots` beside each test.
//!
//! After an intended change, run the tests with `INSTA_UPDATE=always` and review the
//! difference.

use std::collections::BTreeMap;

use chrono::{FixedOffset, Utc};
use insta::Settings;
use insta::internals::SettingsBindDropGuard;
use serde::Serialize;
use serde_json::Value;

use super::server::Answer;

/// Values that vary between runs, and their placeholders.
const VARYING: [(&str, &str); 15] = [
    (r"018cc7af-0000-7000-8000-0{10}(\d\d)", "[person $1]"),
    (r"018d622e-0000-7000-8000-0{11}(\d)", "[beneficiary $1]"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[id]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "[time]"),
    (r"\d+\.\d+ s\b", "[seconds]"),
    (r"postgres://[\d.]+:\d+/\w+|(/dev/shm|/tmp)/\S+", "[database]"),
    (r"(ran \d{14}\n)+", "[the migrations that ran]\n"),
    (r"\b[0-9a-f]{64}\b", "[hash]"),
    (r#""((next_)?cursor|epoch)": "[^"]+""#, r#""$1": "[$1]""#),
    (r#""etag": "\\"[\w-]{20,}\\"""#, r#""etag": "\"[cursor]\"""#),
    (r"cursor=[\w-]+", "cursor=[cursor]"),
    (r#""upload-expires": "[^"]+""#, r#""upload-expires": "[date]""#),
    (r#""retry-after": "\d+""#, r#""retry-after": "[seconds]""#),
    (r#""next_poll_s": \d+"#, r#""next_poll_s": "[seconds]""#),
    (
        r"one-time code [0-9A-Z-]{11}, valid until [0-9 :-]{16}",
        "one-time code [code], valid until [time]",
    ),
];

/// A pattern for the days within a month of today.
fn days_from_now() -> String {
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let today = Utc::now().with_timezone(&china).date_naive();
    let days: Vec<String> = today.iter_days().take(32).map(|day| day.to_string()).collect();
    days.join("|")
}

/// Replaces varying values in the snapshots of this thread until the guard is dropped.
pub fn without_what_varies() -> SettingsBindDropGuard {
    let mut settings = Settings::clone_current();
    for (pattern, name) in VARYING {
        settings.add_filter(pattern, name);
    }
    settings.add_filter(&days_from_now(), "[day]");
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

/// The relevant headers of an answer.
const HEADERS: [&str; 13] = [
    "allow",
    "cache-control",
    "content-language",
    "content-type",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "retry-after",
    "tus-resumable",
    "upload-expires",
    "upload-offset",
    "www-authenticate",
];

/// An answer for a snapshot.
#[derive(Serialize)]
pub struct Shown {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Value,
}

impl Answer {
    /// Its status, relevant headers and body.
    pub fn shown(&self) -> Shown {
        let text = |name| Some(self.headers.get(name)?.to_str().expect("a text").to_owned());
        let headers = HEADERS.into_iter().filter_map(|name| Some((name, text(name)?)));
        Shown { status: self.status, headers: headers.collect(), body: self.body.clone() }
    }
}
