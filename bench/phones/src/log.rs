//! The district's log, as far as it is judged.

use serde::Deserialize;

use crate::Error;
use crate::line::Caller;
use crate::wire::{CommandId, PersonId};

/// The word of a report.
pub const REPORT: &str = "task.report";
/// The word of a claim.
pub const CLAIM: &str = "task.claim";

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its number.
    pub seq: i64,
    /// Who did it.
    pub actor_id: Option<PersonId>,
    /// With which device.
    pub device: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject: String,
    /// To which one.
    pub subject_id: String,
    /// In whose hands it was afterwards.
    pub person_id: Option<PersonId>,
    /// In whose hands it was before.
    pub person_before_id: Option<PersonId>,
    /// Its version afterwards.
    pub version: i64,
    /// More about it.
    #[serde(default)]
    pub body: Body,
}

/// What of an event's body is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Body {
    /// The report that was kept.
    #[serde(default)]
    pub report: Option<CommandId>,
    /// Whether it moved nothing.
    #[serde(default)]
    pub recorded: bool,
}

impl Event {
    /// Whether this is a report that is kept and moved nothing.
    pub fn is_recorded(&self) -> bool {
        self.action == REPORT && self.body.recorded
    }
}

#[derive(Deserialize)]
struct EventPage {
    items: Vec<Event>,
}

/// The whole log, as the server lists it.
///
/// # Errors
/// When the server does not answer as it must.
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
                return Err(answer.wrong(format!("numbers above {last} were asked for")));
            }
            Some(_) => events.extend(page.items),
        }
    }
}
