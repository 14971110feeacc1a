//! The sync protocol as types. A response that does not fit them is an error of the server and is
//! quoted in full.

mod command;
mod page;

use std::fmt;

use chrono::{DateTime, FixedOffset, Offset as _, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use command::{
    Action, Command, CommandResult, MOST_COMMANDS, Outcome, Problem, Push, VisitOutcome,
};
pub use page::{Change, Page, Phase, Reason, Removed, RowKind, Task};

/// Defines newtypes of ids.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

ids! {
    /// Identifies a command permanently; a `UUIDv7` created by the phone.
    CommandId
    /// Identifies a task.
    TaskId
    /// Identifies a person.
    PersonId
}

/// A timestamp in China Standard Time.
pub fn in_china(moment: DateTime<Utc>) -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| Utc.fix());
    zone.from_utc_datetime(&moment.naive_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command(action: Action) -> Command {
        Command {
            id: CommandId(Uuid::from_u128(1)),
            task_id: TaskId(Uuid::from_u128(2)),
            base_version: None,
            at: "2026-08-01T07:12:03+08:00".parse().expect("a timestamp"),
            action,
        }
    }

    #[test]
    fn a_command_serializes_as_the_protocol_requires() {
        let claim = serde_json::to_value(command(Action::Claim {})).expect("JSON");
        assert_eq!(
            claim,
            json!({
                "id": "00000000-0000-0000-0000-000000000001", "type": "task.claim",
                "task_id": "00000000-0000-0000-0000-000000000002",
                "at": "2026-08-01T07:12:03+08:00", "payload": {}
            })
        );
        let report = Action::Report {
            outcome: VisitOutcome::NeedsFollowUp,
            note: "一切安好".to_owned(),
            needs: vec!["medical"],
        };
        let mut report = command(report);
        report.base_version = Some(7);
        let report = serde_json::to_value(report).expect("JSON");
        assert_eq!(report["type"], "task.report");
        assert_eq!(report["base_version"], 7);
        assert_eq!(
            report["payload"],
            json!({ "outcome": "needs_follow_up", "note": "一切安好", "needs": ["medical"] })
        );
    }

    #[test]
    fn a_page_without_a_cursor_is_an_error() {
        let answer = json!({
            "results": [{
                "id": "00000000-0000-0000-0000-000000000001", "outcome": "rejected",
                "replayed": false,
                "problem": { "code": "task_already_claimed", "status": 409, "title": "t" }
            }],
            "reset": false,
            "changes": [{ "type": "service_kind", "id": "home_visit", "version": 1, "data": {} }],
            "removed": [{ "type": "task", "id": "x", "reason": "out_of_scope" }],
            "cursor": "c", "has_more": false, "next_poll_s": 900,
            "server_time": "2026-08-01T09:00:00+08:00"
        });
        let page: Page = serde_json::from_str(&answer.to_string()).expect("a page");
        assert_eq!(page.results[0].outcome, Outcome::Rejected);
        assert!(page.results[0].outcome.is_final() && !Outcome::Retry.is_final());
        let mut less = answer;
        less.as_object_mut().expect("an object").remove("cursor");
        assert!(serde_json::from_str::<Page>(&less.to_string()).is_err());
    }
}
