//! Task commands with their arguments: one type for direct calls and for commands from a
//! phone's outbox.

use chrono::NaiveDate;
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::PersonId;
use gridward_domain::task::Verb;
use gridward_domain::time::{TimeOfDay, Window};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::deserialize;
use crate::http::problem::{Problem, ProblemCode};
use crate::task::reports::report_content::ReportContent;

/// The reason for a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "那天在外地"}))]
pub struct StatedReason {
    /// Free text; stored encrypted.
    pub reason: CommandReason,
}

/// Why a task is cancelled, and whether another one is as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "住院了", "also_tied": true}))]
pub struct Cancellation {
    /// Free text; stored encrypted.
    pub reason: CommandReason,
    /// Whether the task of the second person is cancelled too, if two people make the visit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub also_tied: bool,
}

/// The assignee of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "person_id": "018cc7af-0000-7000-8000-000000000021" }))]
pub struct Reassignment {
    /// An active manager or volunteer in the caller's area.
    pub person_id: PersonId,
    /// The day of which the person's hours, absences and minutes count, also after the due day, such as that of
    /// the `cost` of a late candidate; no time is planned by it. Not before today and `not_before`, and at most 31
    /// days after today or the due day, whichever is later. Default: the days from the first one to the due day, of
    /// an overdue task seven from today.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::http::day::stored_if_sent"
    )]
    pub day: Option<NaiveDate>,
    /// Whether the task is assigned although the person lacks skills, minutes or hours, is away, or has
    /// another visit at that time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// The day and the hour of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"day": "2026-08-05", "start": 570}))]
pub struct VisitTime {
    /// The day, from `not_before` to `due_on`, and not before that on which the command is given.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub day: NaiveDate,
    /// The start, in minutes from midnight in the district's time zone: not in the past, and such that the
    /// visit is within the time window.
    pub start: TimeOfDay,
}

/// New days for a task; absent fields stay unchanged, but that the time of a planned visit is given
/// up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"not_before": "2026-08-03", "due_on": "2026-08-07"}))]
pub struct NewDays {
    /// The earliest day of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    pub not_before: Option<NaiveDate>,
    /// The due day, not before the day on which the command is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(default, deserialize_with = "crate::http::day::stored_if_sent")]
    pub due_on: Option<NaiveDate>,
    /// The time window within the day; `null` removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<Window>)]
    pub window: Option<Option<Window>>,
    /// When the assignee makes the visit. Only for a task that has an assignee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<VisitTime>,
    /// Whether the task gets these days and the time `planned` although its assignee is away or has another
    /// visit at that time, or too near to it for the way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

impl NewDays {
    /// The new times within the days.
    pub fn times(&self) -> NewTimes {
        NewTimes { window: self.window, planned: self.planned }
    }
}

/// The times of a task that is rescheduled, or that passes to another person who keeps its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewTimes {
    /// The time window within the day; `None` to keep the present one, `Some(None)` to remove it.
    pub window: Option<Option<Window>>,
    /// When the assignee makes the visit, if a time is set.
    pub planned: Option<VisitTime>,
}

/// A command for a task.
#[derive(Clone, Debug)]
pub enum TaskCommand {
    /// Claims an open task.
    Claim,
    /// Accepts an assigned task.
    Accept,
    /// Declines an assigned task.
    Decline(StatedReason),
    /// Releases the task.
    Release,
    /// Starts the task.
    Start,
    /// Reports the outcome.
    Report(Box<ReportContent>),
    /// Assigns the task to a person.
    Reassign(Reassignment),
    /// Takes the task from its assignee.
    Unassign(StatedReason),
    /// Moves the days of the task.
    Reschedule(NewDays),
    /// Escalates the task by one level.
    Escalate(StatedReason),
    /// Cancels the task.
    Cancel(Cancellation),
    /// Reopens the task.
    Reopen(StatedReason),
}

impl TaskCommand {
    /// Reads a command name and its arguments as sent by a phone. A report is read
    /// differently, field by field: [`ReportContent::read`].
    ///
    /// # Errors
    /// [`ProblemCode::UnknownCommand`]; 422 if the arguments are invalid.
    pub fn read(word: &str, payload: Map<String, Value>) -> Result<Self, Problem> {
        let payload = Carried(payload);
        Ok(match word {
            "task.claim" => Self::Claim,
            "task.accept" => Self::Accept,
            "task.decline" => Self::Decline(payload.read()?),
            "task.release" => Self::Release,
            "task.start" => Self::Start,
            "task.reassign" => Self::Reassign(payload.read()?),
            "task.unassign" => Self::Unassign(payload.read()?),
            "task.reschedule" => Self::Reschedule(payload.read()?),
            "task.escalate" => Self::Escalate(payload.read()?),
            "task.cancel" => Self::Cancel(payload.read()?),
            "task.reopen" => Self::Reopen(payload.read()?),
            _ => return Err(ProblemCode::UnknownCommand.into()),
        })
    }

    /// The verb of the command.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Claim => Verb::Claim,
            Self::Accept => Verb::Accept,
            Self::Decline(_) => Verb::Decline,
            Self::Release => Verb::Release,
            Self::Start => Verb::Start,
            Self::Report(_) => Verb::Report,
            Self::Reassign(_) => Verb::Reassign,
            Self::Unassign(_) => Verb::Unassign,
            Self::Reschedule(_) => Verb::Reschedule,
            Self::Escalate(_) => Verb::Escalate,
            Self::Cancel(_) => Verb::Cancel,
            Self::Reopen(_) => Verb::Reopen,
        }
    }

    /// The arguments, in the form that a phone sends.
    pub fn payload(&self) -> Value {
        match self {
            Self::Claim | Self::Accept | Self::Release | Self::Start => json!({}),
            Self::Decline(why) | Self::Unassign(why) | Self::Escalate(why) | Self::Reopen(why) => {
                json!(why)
            }
            Self::Cancel(why) => json!(why),
            Self::Report(content) => content.written(),
            Self::Reassign(to) => json!(to),
            Self::Reschedule(days) => json!(days),
        }
    }

    /// The day of which a reassignment is checked, if it names one.
    pub const fn named_day(&self) -> Option<NaiveDate> {
        match self {
            Self::Reassign(to) => to.day,
            _ => None,
        }
    }

    /// The reason, if there is one.
    pub fn reason(&self) -> Option<&CommandReason> {
        match self {
            Self::Decline(why) | Self::Unassign(why) | Self::Escalate(why) | Self::Reopen(why) => {
                Some(&why.reason)
            }
            Self::Cancel(why) => Some(&why.reason),
            _ => None,
        }
    }
}

/// The name of a verb in the log and in an outbox: `task.claim`.
pub const fn action(verb: Verb) -> &'static str {
    match verb {
        Verb::Assign => "task.assign",
        Verb::Claim => "task.claim",
        Verb::Accept => "task.accept",
        Verb::Decline => "task.decline",
        Verb::Release => "task.release",
        Verb::Start => "task.start",
        Verb::Report => "task.report",
        Verb::Reassign => "task.reassign",
        Verb::Unassign => "task.unassign",
        Verb::Reschedule => "task.reschedule",
        Verb::Escalate => "task.escalate",
        Verb::Cancel => "task.cancel",
        Verb::Reopen => "task.reopen",
        Verb::Expire => "task.expire",
        Verb::Move => "task.move",
    }
}

struct Carried(Map<String, Value>);

impl Carried {
    fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        deserialize::value(Value::Object(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carries(payload: &Value) -> Map<String, Value> {
        payload.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn every_other_command_of_an_outbox_reads_back_what_it_carries() {
        let payloads = [
            ("task.claim", json!({})),
            ("task.accept", json!({})),
            ("task.decline", json!({"reason": "外地"})),
            ("task.release", json!({})),
            ("task.start", json!({})),
            ("task.reassign", json!({"person_id": "018cc7af-0000-7000-8000-000000000021"})),
            ("task.unassign", json!({"reason": "x"})),
            ("task.reschedule", json!({"due_on": "2026-08-01"})),
            ("task.escalate", json!({"reason": "x"})),
            ("task.cancel", json!({"reason": "x"})),
            ("task.cancel", json!({"reason": "x", "also_tied": true})),
            ("task.reopen", json!({"reason": "x"})),
        ];
        for (word, payload) in payloads {
            let command = TaskCommand::read(word, carries(&payload)).expect(word);
            assert_eq!((action(command.verb()), command.payload()), (word, payload));
        }
        let unknown = TaskCommand::read("task.expire", Map::new()).expect_err("not a person's");
        assert_eq!(unknown.kind(), Some(ProblemCode::UnknownCommand));
        let wrong = TaskCommand::read("task.decline", carries(&json!({"why": "x"})))
            .expect_err("no reason");
        assert_eq!(wrong.kind(), Some(ProblemCode::Invalid));
    }
}
