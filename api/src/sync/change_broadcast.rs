//! What is new on the log, for all who listen on this server.
//!
//! One reader looks at the head of each district that has listeners, every
//! [`EVERY`], and hands what is new to the listeners of each. It works alike on
//! both databases and across servers, and puts nothing into anybody's transaction
//! (a `NOTIFY` there takes a lock of the whole database at commit).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gridward_domain::area::AreaCode;
use tokio::sync::broadcast;

use super::store::{self, EventRef};
use crate::db::DbError;
use crate::log::head;
use crate::tx::Db;

/// How often the heads are looked at.
const EVERY: Duration = Duration::from_millis(250);
/// How many events a slow listener may be behind before it is told to pull.
const BEHIND: usize = 256;
/// How many events are read at a time.
const AT_A_TIME: i64 = 1_000;

struct District {
    /// All up to here were handed on.
    seq: i64,
    listeners: broadcast::Sender<Arc<EventRef>>,
}

/// Hands on what is new.
#[derive(Clone, Default)]
pub struct ChangeBroadcast(Arc<Mutex<HashMap<AreaCode, District>>>);

impl ChangeBroadcast {
    fn districts(&self) -> MutexGuard<'_, HashMap<AreaCode, District>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to what comes on the log of `district` after number `seq`; what
    /// others were waiting for already may come too.
    pub fn listen(&self, district: AreaCode, seq: i64) -> broadcast::Receiver<Arc<EventRef>> {
        let mut districts = self.districts();
        let new = || District { seq, listeners: broadcast::Sender::new(BEHIND) };
        districts.entry(district).or_insert_with(new).listeners.subscribe()
    }

    /// Reads and hands on for as long as the server runs.
    pub async fn run(self, db: Db) {
        let mut pulse = tokio::time::interval(EVERY);
        loop {
            pulse.tick().await;
            if let Err(error) = self.look(&db).await {
                tracing::warn!(%error, "the log could not be read for those who listen");
            }
        }
    }

    async fn look(&self, db: &Db) -> Result<(), DbError> {
        self.districts().retain(|_, district| district.listeners.receiver_count() > 0);
        let listening: Vec<(AreaCode, i64)> =
            self.districts().iter().map(|(code, district)| (*code, district.seq)).collect();
        for (code, seq) in listening {
            let head = db.read(move |conn| head::read(conn, code)).await?.seq;
            if seq < head {
                self.hand_on(db, code, seq, head).await?;
            }
        }
        Ok(())
    }

    async fn hand_on(&self, db: &Db, code: AreaCode, seq: i64, head: i64) -> Result<(), DbError> {
        let read = move |conn: &mut _| store::log(conn, code, seq, head, AT_A_TIME);
        let events = db.read(read).await?;
        if let Some(district) = self.districts().get_mut(&code) {
            district.seq = events.last().map_or(head, |event| event.seq);
            for event in events {
                // Nobody may be listening any more.
                let _ = district.listeners.send(Arc::new(event));
            }
        }
        Ok(())
    }
}
