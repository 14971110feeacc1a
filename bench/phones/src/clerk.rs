//! An office clerk who edits the registers during the run: a beneficiary's particulars, moves to
//! another grid, ends and reinstatements, and the weekly minutes of people with phones.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, Utc};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Error;
use crate::caller::{self, Caller};
use crate::supervisor::Worker;
use crate::wire::in_china;

/// Random stream of the clerk, distinct from those of the run, the phones and the supervisors.
const STREAM: u64 = u64::MAX - 3;

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EditKind {
    /// Whether a beneficiary lives alone.
    Change,
    /// A beneficiary's new home in another grid.
    Move,
    /// The end of a beneficiary's entitlement.
    End,
    /// The withdrawal of an end.
    Reinstatement,
    /// A person's weekly minutes.
    WeeklyMinutes,
}

impl EditKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Change, Self::Move, Self::End, Self::Reinstatement, Self::WeeklyMinutes];

    /// The action of its event in the log.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Change => "beneficiary.change",
            Self::Move => "beneficiary.move",
            Self::End => "beneficiary.end",
            Self::Reinstatement => "beneficiary.reinstate",
            Self::WeeklyMinutes => "person.change",
        }
    }
}

/// An acknowledged edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its kind.
    pub kind: EditKind,
    /// The edited row.
    pub id: Uuid,
    /// The acknowledged version of the row.
    pub version: i64,
}

/// Counts of edits by result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditCounts {
    /// Acknowledged, by kind.
    pub acknowledged: BTreeMap<EditKind, u64>,
    /// Rejected, because the row had changed meanwhile.
    pub rejected: u64,
    /// Without a response.
    pub unanswered: u64,
}

/// The simulated clerk.
pub struct Clerk {
    caller: Arc<Caller>,
    workers: Vec<Worker>,
    rng: ChaCha8Rng,
    ended: Vec<Uuid>,
    /// The acknowledged edits so far.
    pub edits: Vec<Edit>,
    /// The counts so far.
    pub counts: EditCounts,
}

/// The fields of a beneficiary that are used here.
#[derive(Clone, Debug, Deserialize)]
struct Beneficiary {
    id: Uuid,
    lives_alone: bool,
    valid_to: Option<NaiveDate>,
    version: i64,
}

#[derive(Deserialize)]
struct BeneficiaryPage {
    items: Vec<Beneficiary>,
}

/// The fields of a person that are used here.
#[derive(Deserialize)]
struct Person {
    weekly_minutes: u32,
    version: i64,
}

/// The fields of an area that are used here.
#[derive(Deserialize)]
struct Area {
    place: Value,
}

/// An answer that contains the edited row's new version, by itself or as `beneficiary`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Edited {
    Row { version: i64 },
    Beneficiary { beneficiary: Beneficiary },
}

impl Edited {
    const fn version(&self) -> i64 {
        match self {
            Self::Row { version } => *version,
            Self::Beneficiary { beneficiary } => beneficiary.version,
        }
    }
}

/// A request for an edit.
struct EditRequest {
    kind: EditKind,
    id: Uuid,
    base_version: i64,
    method: Method,
    path: String,
    body: Value,
}

impl Clerk {
    /// A clerk who edits the workers and the beneficiaries of their grids.
    pub fn new(caller: Arc<Caller>, workers: Vec<Worker>, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        let (ended, edits, counts) = (Vec::new(), Vec::new(), EditCounts::default());
        Self { caller, workers, rng, ended, edits, counts }
    }

    /// Makes an edit of a random kind, if there is a row for it.
    ///
    /// # Errors
    /// Violations of the protocol; network faults are not errors.
    pub async fn act(&mut self) -> Result<(), Error> {
        match self.edit().await {
            Err(error) if error.is_transient() => {
                self.counts.unanswered += 1;
                tokio::time::sleep(caller::retry_delay(&error)).await;
                Ok(())
            }
            other => other,
        }
    }

    /// Reinstates all beneficiaries whose entitlement the clerk ended.
    ///
    /// # Errors
    /// As [`Self::act`], and network faults.
    pub async fn reinstate_all(&mut self) -> Result<(), Error> {
        while !self.ended.is_empty() {
            if let Some(request) = self.reinstatement().await? {
                self.send(request).await?;
            }
        }
        Ok(())
    }

    async fn edit(&mut self) -> Result<(), Error> {
        let request = match EditKind::ALL.choose(&mut self.rng) {
            Some(EditKind::Change) => self.change().await?,
            Some(EditKind::Move) => self.relocation().await?,
            Some(EditKind::End) => self.end().await?,
            Some(EditKind::Reinstatement) => self.reinstatement().await?,
            Some(EditKind::WeeklyMinutes) => self.weekly_minutes().await?,
            None => None,
        };
        match request {
            Some(request) => self.send(request).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, request: EditRequest) -> Result<(), Error> {
        let EditRequest { kind, id, base_version, method, path, body } = request;
        let answer = self.caller.change(method, &path, base_version, &body).await?;
        match answer.status {
            200 => {
                let version = answer.read::<Edited>()?.version();
                *self.counts.acknowledged.entry(kind).or_default() += 1;
                self.edits.push(Edit { kind, id, version });
                Ok(())
            }
            409 | 412 => {
                self.counts.rejected += 1;
                Ok(())
            }
            _ => Err(answer.wrong("200, 409 or 412 was expected")),
        }
    }

    fn random_grid(&mut self) -> Option<String> {
        self.workers.choose(&mut self.rng).map(|worker| worker.grid.clone())
    }

    /// A random beneficiary of a grid.
    async fn beneficiary_of(&mut self, grid: &str) -> Result<Option<Beneficiary>, Error> {
        let answer =
            self.caller.get("/v1/beneficiaries", &[("area", grid), ("limit", "200")]).await?;
        let page: BeneficiaryPage = answer.read()?;
        Ok(page.items.choose(&mut self.rng).cloned())
    }

    async fn change(&mut self) -> Result<Option<EditRequest>, Error> {
        let Some(grid) = self.random_grid() else { return Ok(None) };
        let change = |beneficiary: Beneficiary| EditRequest {
            kind: EditKind::Change,
            id: beneficiary.id,
            base_version: beneficiary.version,
            method: Method::PATCH,
            path: format!("/v1/beneficiaries/{}", beneficiary.id),
            body: json!({ "lives_alone": !beneficiary.lives_alone }),
        };
        Ok(self.beneficiary_of(&grid).await?.map(change))
    }

    async fn relocation(&mut self) -> Result<Option<EditRequest>, Error> {
        let mut grids: Vec<String> = self.workers.iter().map(|one| one.grid.clone()).collect();
        grids.sort_unstable();
        grids.dedup();
        grids.shuffle(&mut self.rng);
        let [from, to, ..] = grids.as_slice() else { return Ok(None) };
        let Some(beneficiary) = self.beneficiary_of(from).await? else { return Ok(None) };
        let area: Area = self.caller.get(&format!("/v1/areas/{to}"), &[]).await?.read()?;
        let id = beneficiary.id;
        let body = json!({ "grid": to, "address": "新居1号", "place": area.place });
        Ok(Some(command(EditKind::Move, id, beneficiary.version, "move", body)))
    }

    async fn end(&mut self) -> Result<Option<EditRequest>, Error> {
        let Some(grid) = self.random_grid() else { return Ok(None) };
        let Some(beneficiary) = self.beneficiary_of(&grid).await? else { return Ok(None) };
        let today = in_china(Utc::now()).date_naive();
        let body = json!({ "because": "moved_away", "day": today, "reason": "户籍迁出" });
        // An end without a response may have happened, so it is remembered before it is sent.
        self.ended.push(beneficiary.id);
        Ok(Some(command(EditKind::End, beneficiary.id, beneficiary.version, "end", body)))
    }

    /// Forgets an end that did not happen or was withdrawn.
    async fn reinstatement(&mut self) -> Result<Option<EditRequest>, Error> {
        let Some(id) = self.ended.choose(&mut self.rng).copied() else { return Ok(None) };
        let answer = self.caller.get(&format!("/v1/beneficiaries/{id}"), &[]).await?;
        let beneficiary: Beneficiary = answer.read()?;
        if beneficiary.valid_to.is_none() {
            self.ended.retain(|other| *other != id);
            return Ok(None);
        }
        let body = json!({ "reason": "登记错误" });
        Ok(Some(command(EditKind::Reinstatement, id, beneficiary.version, "reinstate", body)))
    }

    async fn weekly_minutes(&mut self) -> Result<Option<EditRequest>, Error> {
        let Some(worker) = self.workers.choose(&mut self.rng) else { return Ok(None) };
        let (id, path) = (worker.person.0, format!("/v1/people/{}", worker.person));
        let person: Person = self.caller.get(&path, &[]).await?.read()?;
        let different = |minutes: &u32| *minutes != person.weekly_minutes;
        // At most an hour, since the minutes may not exceed those of the weekly hours.
        let minutes = (1..=10).map(|_| self.rng.random_range(1..=60)).find(different);
        let edit = |minutes| EditRequest {
            kind: EditKind::WeeklyMinutes,
            id,
            base_version: person.version,
            method: Method::PATCH,
            path,
            body: json!({ "weekly_minutes": minutes }),
        };
        Ok(minutes.map(edit))
    }
}

/// A command to a beneficiary.
fn command(kind: EditKind, id: Uuid, base_version: i64, name: &str, body: Value) -> EditRequest {
    let path = format!("/v1/beneficiaries/{id}/{name}");
    EditRequest { kind, id, base_version, method: Method::POST, path, body }
}
