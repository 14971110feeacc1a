//! Broadcasts new events of the log to the listeners on this server.
//!
//! A single task polls the head of each district with listeners every [`EVERY`] and
//! sends them the new events. This works the same on both databases and across
//! servers, and adds nothing to writing transactions (PostgreSQL's `NOTIFY` takes a
//! database-wide lock at commit).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gridward_domain::area::AreaCode;
use tokio::sync::broadcast;

use super::event_store::{self, EventRef};
use crate::db::DbError;
use crate::log::head;
use crate::tx::Db;

/// The polling interval.
const EVERY: Duration = Duration::from_millis(250);
/// The maximum lag of a slow listener in events; beyond it, the listener must pull.
const BEHIND: usize = 256;
/// The number of events per read.
const AT_A_TIME: i64 = 1_000;

struct District {
    /// All events up to this number were sent.
    seq: i64,
    listeners: broadcast::Sender<Arc<EventRef>>,
}

/// The sender of new events.
#[derive(Clone, Default)]
pub struct ChangeBroadcast(Arc<Mutex<HashMap<AreaCode, District>>>);

impl ChangeBroadcast {
    fn districts(&self) -> MutexGuard<'_, HashMap<AreaCode, District>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes to the events of `district` after number `seq`; earlier events that
    /// other listeners wait for may also arrive.
    pub fn listen(&self, district: AreaCode, seq: i64) -> broadcast::Receiver<Arc<EventRef>> {
        let mut districts = self.districts();
        let new = || District { seq, listeners: broadcast::Sender::new(BEHIND) };
        districts.entry(district).or_insert_with(new).listeners.subscribe()
    }

    /// Polls and broadcasts until the server stops.
    pub async fn run(self, db: Db) {
        let mut pulse = tokio::time::interval(EVERY);
        loop {
            pulse.tick().await;
            self.broadcast_all(&db).await;
        }
    }

    /// Sends the new events of each district with listeners; a district that cannot be
    /// read does not delay the others.
    async fn broadcast_all(&self, db: &Db) {
        self.districts().retain(|_, district| district.listeners.receiver_count() > 0);
        let listening: Vec<(AreaCode, i64)> =
            self.districts().iter().map(|(code, district)| (*code, district.seq)).collect();
        for (code, seq) in listening {
            if let Err(error) = self.broadcast(db, code, seq).await {
                tracing::warn!(%error, district = %code, "the log could not be read for listeners");
            }
        }
    }

    async fn broadcast(&self, db: &Db, code: AreaCode, seq: i64) -> Result<(), DbError> {
        let head = db.read(move |conn| head::read(conn, code)).await?.seq;
        if seq >= head {
            return Ok(());
        }
        let read = move |conn: &mut _| event_store::log(conn, code, seq, head, AT_A_TIME);
        let events = db.read(read).await?;
        if let Some(district) = self.districts().get_mut(&code) {
            district.seq = events.last().map_or(head, |event| event.seq);
            for event in events {
                // There may be no listeners any more.
                let _ = district.listeners.send(Arc::new(event));
            }
        }
        Ok(())
    }
}
