//! One phone: a copy, an outbox, a clock that may be wrong, and the weather.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use crate::Error;
use crate::copy::Copy;
use crate::online::Online;
use crate::visitor;

/// The most commands that go with one push.
const AT_A_TIME: usize = 50;

/// What has become of a command, as far as the phone was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was done.
    pub word: String,
    /// To which task.
    pub task: String,
    /// The final outcome.
    pub outcome: String,
    /// The version or the problem's code that came with it.
    pub detail: String,
}

/// What befell a phone.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// Answers that were lost.
    pub lost: u64,
    /// Pushes that were sent twice.
    pub twice: u64,
    /// Outboxes whose later half came first.
    pub reordered: u64,
    /// Steps without a network.
    pub offline: u64,
    /// Calls that met no server.
    pub away: u64,
    /// Times that the phone began anew.
    pub resets: u64,
    /// How long each answered sync took.
    pub took: Vec<Duration>,
}

/// One phone.
pub struct Phone {
    /// Whose it is.
    pub online: Arc<Online>,
    /// What it holds.
    pub copy: Copy,
    /// What was done and has no final outcome yet.
    pub outbox: Vec<Value>,
    /// Every command with a final outcome, by id.
    pub told: BTreeMap<String, Told>,
    /// What befell it.
    pub weather: Weather,
    /// To whom its manager may give tasks.
    pub colleagues: Vec<String>,
    cursor: Option<String>,
    clock_off: TimeDelta,
    offline: u32,
    rng: ChaCha8Rng,
}

impl Phone {
    /// The phone number `n` of a run.
    pub fn new(online: Arc<Online>, seed: u64, n: u64, colleagues: Vec<String>) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(n);
        // Most clocks are off by minutes, one in ten by years.
        let clock_off = if rng.random_ratio(1, 10) {
            TimeDelta::days(rng.random_range(-3000..1500))
        } else {
            TimeDelta::seconds(rng.random_range(-240..240))
        };
        Self {
            online,
            copy: Copy::default(),
            outbox: Vec::new(),
            told: BTreeMap::new(),
            weather: Weather::default(),
            colleagues,
            cursor: None,
            clock_off,
            offline: 0,
            rng,
        }
    }

    fn clock(&self) -> DateTime<Utc> {
        Utc::now() + self.clock_off
    }

    /// A `UUIDv7` by the phone's clock (RFC 9562, 5.7), its random part from the seed.
    fn new_id(&mut self) -> Uuid {
        let millis = u64::try_from(self.clock().timestamp_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.rng.random()).into_uuid()
    }

    /// The person does something, and the phone syncs if there is a network.
    ///
    /// # Errors
    /// When the server answers what it must not.
    pub async fn step(&mut self) -> Result<(), Error> {
        for _ in 0..self.rng.random_range(0..3) {
            self.act();
        }
        if self.offline > 0 {
            self.offline -= 1;
            self.weather.offline += 1;
            return Ok(());
        }
        if self.rng.random_ratio(1, 5) {
            self.offline = self.rng.random_range(1..8);
        }
        self.sync_in_weather().await
    }

    fn act(&mut self) {
        let me = self.online.who.person_id.clone();
        let deed = visitor::next(&self.copy, &self.outbox, &me, &self.colleagues, &mut self.rng);
        let Some(deed) = deed else { return };
        let command = json!({
            "id": self.new_id(), "type": deed.word, "task_id": deed.task,
            "base_version": deed.base, "at": self.clock(), "payload": deed.payload,
        });
        self.outbox.push(command);
    }

    async fn sync_in_weather(&mut self) -> Result<(), Error> {
        let commands = self.outbox.clone();
        match self.rng.random_range(0..20) {
            0..=2 => {
                self.weather.lost += 1;
                // It is sent, and whatever is answered does not arrive.
                let body = self.body(&commands);
                let _ = self.online.call(Method::POST, "/v1/sync", Some(&body), None).await;
                Ok(())
            }
            3..=4 => {
                self.weather.twice += 1;
                let body = self.body(&commands);
                let send = || self.online.call(Method::POST, "/v1/sync", Some(&body), None);
                let (one, other) = tokio::join!(send(), send());
                self.receive(one)?;
                self.receive(other).map(drop)
            }
            5..=6 if commands.len() > 1 => {
                self.weather.reordered += 1;
                let (early, late) = commands.split_at(commands.len() / 2);
                self.push(late).await?;
                self.push(early).await.map(drop)
            }
            7 => self.push(&commands).await.map(drop),
            _ => self.sync().await.map(drop),
        }
    }

    /// Sends the outbox and pulls to the end; says whether it got there.
    ///
    /// # Errors
    /// When the server answers what it must not.
    pub async fn sync(&mut self) -> Result<bool, Error> {
        let commands = self.outbox.clone();
        let mut more = self.push(&commands).await?;
        while more == Some(true) {
            more = self.push(&[]).await?;
        }
        Ok(more == Some(false))
    }

    fn body(&self, commands: &[Value]) -> Value {
        let commands = &commands[..commands.len().min(AT_A_TIME)];
        let mut body = json!({
            "commands": commands, "device": self.online.who.phone, "device_time": self.clock(),
            "limit": 40,
        });
        if let Some(cursor) = &self.cursor {
            body["cursor"] = json!(cursor);
        }
        body
    }

    /// One call; answers whether there is more, or nothing if there was no answer.
    async fn push(&mut self, commands: &[Value]) -> Result<Option<bool>, Error> {
        let body = self.body(commands);
        let answer = self.online.call(Method::POST, "/v1/sync", Some(&body), None).await;
        self.receive(answer)
    }

    fn receive(
        &mut self,
        answer: Result<crate::online::Answer, Error>,
    ) -> Result<Option<bool>, Error> {
        let answer = match answer {
            Err(Error::Away(_)) => {
                self.weather.away += 1;
                return Ok(None);
            }
            other => other?,
        };
        if answer.status == 503 {
            self.weather.away += 1;
            return Ok(None);
        }
        if answer.status != 200 {
            let who = &self.online.who;
            return Err(Error::Answer(format!(
                "a sync of {who:?}: {} {}",
                answer.status, answer.body
            )));
        }
        self.weather.took.push(answer.took);
        self.weather.resets += u64::from(answer.body["reset"] == true && self.cursor.is_some());
        for result in answer.body["results"].as_array().into_iter().flatten() {
            self.hear(result)?;
        }
        self.copy.take_in(&answer.body);
        self.cursor = answer.body["cursor"].as_str().map(ToOwned::to_owned);
        Ok(Some(answer.body["has_more"] == true))
    }

    /// Hears what became of a command: a final outcome takes it out of the outbox,
    /// and must be the same whenever it is told.
    fn hear(&mut self, result: &Value) -> Result<(), Error> {
        let id = result["id"].as_str().unwrap_or_default().to_owned();
        let outcome = result["outcome"].as_str().unwrap_or_default().to_owned();
        if outcome == "retry" {
            return Ok(());
        }
        let code = &result["problem"]["code"];
        let detail = if code.is_null() { result["version"].to_string() } else { code.to_string() };
        let sent = self.outbox.iter().find(|command| command["id"] == id.as_str());
        let text = |name: &str| {
            let kept = self.told.get(&id).map(|told| match name {
                "type" => told.word.clone(),
                _ => told.task.clone(),
            });
            let sent = sent.and_then(|command| command[name].as_str()).map(ToOwned::to_owned);
            sent.or(kept).unwrap_or_default()
        };
        let told = Told { word: text("type"), task: text("task_id"), outcome, detail };
        self.outbox.retain(|command| command["id"] != id.as_str());
        match self.told.get(&id) {
            Some(before) if *before != told => {
                Err(Error::Broken(format!("command {id} was {before:?} and is now {told:?}")))
            }
            _ => {
                self.told.insert(id, told);
                Ok(())
            }
        }
    }
}
