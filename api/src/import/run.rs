//! Runs an import: reads the received files, and writes their records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{ImportId, PersonId};

use super::model::{
    Import, ImportFault, ImportMode, ImportResult, ImportState, KindChanges, summary,
};
use super::upload::Received;
use super::{Fault, ImportError, Options, Reading, store};
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::{self, Conn, DbError};
use crate::load::existing::Existing;
use crate::load::{self, Extent, LoadError, kind_of};
use crate::tx::Db;

/// The maximum number of faults that are listed; all are counted.
const LISTED: usize = 10_000;
/// The part of the time that reading takes.
const READING: f64 = 0.5;
/// The kinds of record of a district.
const KINDS: f64 = 7.0;

/// Runs imports, and knows the progress of those that run on this server.
#[derive(Clone)]
pub struct Imports {
    /// The database.
    pub db: Db,
    /// The districts' keys.
    pub keys: KeyRing,
    /// Returns the time.
    pub clock: Clock,
    progress: Arc<Mutex<HashMap<ImportId, f64>>>,
}

/// The order for an import.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The district.
    pub district: AreaCode,
    /// Who sent it.
    pub by: PersonId,
    /// What it does with valid files.
    pub mode: ImportMode,
    /// The files are the whole district, so rows that they lack are removed.
    pub whole: bool,
    /// People who have left, and are in the files, get access again.
    pub readmit: bool,
    /// When the files were written, if the sender knows it.
    pub written_at: Option<DateTime<Utc>>,
}

/// Why nothing was written, except for faults.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the whole district needs every file; missing: {0}")]
    NotWhole(String),
}

impl Imports {
    /// Runs imports in `db`.
    pub fn new(db: Db, keys: KeyRing, clock: Clock) -> Self {
        Self { db, keys, clock, progress: Arc::default() }
    }

    /// The progress of a running import on this server, from 0 to 1.
    pub fn progress(&self, id: ImportId) -> Option<f64> {
        self.lock().get(&id).copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ImportId, f64>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an import to its end, outside the threads that serve requests. The received files
    /// are deleted.
    pub(super) async fn run(self, id: ImportId, order: Order, received: Received) {
        self.lock().insert(id, 0.0);
        let imports = self.clone();
        let ran = tokio::task::spawn_blocking(move || imports.execute(id, order, &received)).await;
        let (state, result, faults) = ran.unwrap_or_else(|_| failed("an internal error"));
        self.record(id, order.district, state, result, faults).await;
        self.lock().remove(&id);
    }

    /// Stores the end of an import.
    async fn record(
        &self,
        id: ImportId,
        district: AreaCode,
        state: ImportState,
        result: ImportResult,
        faults: Vec<ImportFault>,
    ) {
        let ended = self.db.write(district, move |tx| {
            let now = tx.now.naive_utc();
            store::end(tx.write_unbatched(), district, id, state, &result, &faults, now)
        });
        if let Err(error) = ended.await {
            tracing::error!(%error, import = %id, "the end of an import was not stored");
        }
    }

    fn execute(
        &self,
        id: ImportId,
        order: Order,
        received: &Received,
    ) -> (ImportState, ImportResult, Vec<ImportFault>) {
        match self.read_and_write(id, order, received) {
            Ok(ended) => ended,
            Err(error) => failed(&error.to_string()),
        }
    }

    fn read_and_write(
        &self,
        id: ImportId,
        order: Order,
        received: &Received,
    ) -> Result<(ImportState, ImportResult, Vec<ImportFault>), Failure> {
        let mut conn = self.db.address().connect()?;
        let reading = self.read(&mut conn, id, order.district, received)?;
        let mut result = ImportResult {
            faults: reading.faults.len() as u64,
            summary: summary(reading.faults.iter()),
            warnings: reading.warnings.len() as u64,
            ..ImportResult::default()
        };
        if result.faults > 0 {
            let listed = reading.faults.iter().take(LISTED).map(ImportFault::from).collect();
            return Ok((ImportState::Refused, result, listed));
        }
        if order.whole && !reading.absent.is_empty() {
            return Err(Failure::NotWhole(reading.absent.join(", ")));
        }
        result.changes = match self.write(&mut conn, id, order, &reading) {
            Err(Failure::Load(LoadError::Conflicts(conflicts))) => {
                let faults: Vec<Fault> =
                    conflicts.iter().filter_map(|one| reading.fault_of(one)).collect();
                if faults.len() < conflicts.len() {
                    return Err(LoadError::Conflicts(conflicts).into());
                }
                result.faults = faults.len() as u64;
                result.summary = summary(faults.iter());
                let listed = faults.iter().take(LISTED).map(ImportFault::from).collect();
                return Ok((ImportState::Refused, result, listed));
            }
            changes => changes?,
        };
        let state = match order.mode {
            ImportMode::Check => ImportState::Checked,
            ImportMode::Apply => ImportState::Applied,
        };
        Ok((state, result, Vec::new()))
    }

    fn read(
        &self,
        conn: &mut Conn,
        id: ImportId,
        district: AreaCode,
        received: &Received,
    ) -> Result<Reading, Failure> {
        let key = self.keys.key(conn, district)?;
        let (existing, headings) = db::transact(conn, |conn| {
            let existing = Existing::read(conn, &key, district)?;
            Ok::<_, DbError>((existing, store::headings(conn, district)?))
        })?;
        let today = clock::day((self.clock)());
        let options = Options { today, existing: &existing, headings: &headings };
        let read = super::read(received.folder.path(), &options, &mut |step| {
            #[expect(clippy::cast_precision_loss, reason = "a part of a progress bar")]
            let part = step.bytes_read as f64 / step.bytes_total.max(1) as f64;
            self.lock().insert(id, READING * part);
        });
        Ok(read?)
    }

    fn write(
        &self,
        conn: &mut Conn,
        id: ImportId,
        order: Order,
        reading: &Reading,
    ) -> Result<Vec<KindChanges>, Failure> {
        let absent: Vec<&str> = reading.absent.iter().map(|file| kind_of(file)).collect();
        let options = load::Options {
            district: Some(order.district),
            whole: order.whole,
            absent: &absent,
            readmit: order.readmit,
            written: order.written_at,
            extent: match order.mode {
                ImportMode::Check => Extent::DryRun,
                ImportMode::Apply => Extent::All,
            },
            by: Some(order.by),
        };
        let mut changes = Vec::new();
        let (installation, now) = (self.keys.installation(), (self.clock)());
        load::write(conn, installation, &reading.records, now, &options, &mut |loaded| {
            changes.push(KindChanges::from(&loaded));
            self.lock().entry(id).and_modify(|part| *part += (1.0 - READING) / KINDS);
        })?;
        changes.retain(|kind| kind.added + kind.changed + kind.unchanged > 0);
        Ok(changes)
    }
}

fn failed(error: &str) -> (ImportState, ImportResult, Vec<ImportFault>) {
    let result = ImportResult { error: Some(error.to_owned()), ..ImportResult::default() };
    (ImportState::Failed, result, Vec::new())
}

/// A running import as it is stored.
pub(super) fn begun(id: ImportId, order: Order, received: &Received, clock: Clock) -> Import {
    Import {
        id,
        mode: order.mode,
        state: ImportState::Running,
        created_by: order.by,
        created_at: clock(),
        finished_at: None,
        files: received.files.clone(),
        progress: Some(0.0),
        result: None,
    }
}
