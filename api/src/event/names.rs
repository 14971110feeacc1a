//! Events with the names of their actors, as far as the reader may read people.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::LoggedEvent;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::person;

/// An event of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedEvent {
    /// The event.
    #[serde(flatten)]
    pub event: LoggedEvent,
    /// The name of the person who acted; absent for actions of the system, and for people whom
    /// the caller may not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub actor_name: Option<String>,
}

/// The events with the names of the actors in the reader's area, if the reader may read people.
///
/// # Errors
/// [`DbError`].
pub fn with_names(
    conn: &mut Conn,
    key: &SealingKey,
    reader: &Principal,
    events: Vec<LoggedEvent>,
) -> Result<Vec<ListedEvent>, DbError> {
    let names = if reader.may(Action::ReadPeople).is_ok() {
        let actors: BTreeSet<PersonId> = events.iter().filter_map(|event| event.actor_id).collect();
        person::store::names(conn, key, &reader.scope(), actors)?
    } else {
        HashMap::new()
    };
    let listed = events.into_iter().map(|event| {
        let actor_name = event.actor_id.and_then(|id| names.get(&id).cloned());
        ListedEvent { event, actor_name }
    });
    Ok(listed.collect())
}
