//! The part of the district's event log that the checks read.

use serde::Deserialize;

use crate::Error;
use crate::caller::Caller;
use crate::wire::{CommandId, PersonId};

/// The action of a report.
pub const REPORT: &str = "task.report";
/// The action of a claim.
pub const CLAIM: &str = "task.claim";

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its sequence number.
    pub seq: i64,
    /// Who acted.
    pub actor_id: Option<PersonId>,
    /// The device.
    pub device: Option<String>,
    /// The action.
    pub action: String,
    /// The type of the subject.
    pub subject: String,
    /// The id of the subject.
    pub subject_id: String,
    /// The assignee afterwards.
    pub person_id: Option<PersonId>,
    /// The assignee before.
    pub person_before_id: Option<PersonId>,
    /// The version of the subject afterwards.
    pub version: i64,
    /// Further fields.
    #[serde(default)]
    pub body: Body,
}

/// The part of an event's body that the checks read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Body {
    /// The report that was stored.
    #[serde(default)]
    pub report: Option<CommandId>,
    /// Whether the report left the task unchanged.
    #[serde(default)]
    pub recorded: bool,
}

impl Event {
    /// Whether this is a report that was stored and left the task unchanged.
    pub fn is_recorded(&self) -> bool {
        self.action == REPORT && self.body.recorded
    }
}

#[derive(Deserialize)]
struct EventPage {
    items: Vec<Event>,
}

/// Reads the whole log.
///
/// # Errors
/// When a response is not as the protocol requires.
pub async fn read(supervisor: &Caller) -> Result<Vec<Event>, Error> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let last = events.last().map_or(0, |event| event.seq);
        let after = last.to_string();
        let query = [("after", after.as_str()), ("limit", "200")];
        let answer = supervisor.get("/v1/events", &query).await?;
        let page: EventPage = answer.read()?;
        match page.items.first() {
            None => return Ok(events),
            Some(first) if first.seq <= last => {
                return Err(answer.wrong(format!("only events after {last} were requested")));
            }
            Some(_) => events.extend(page.items),
        }
    }
}
