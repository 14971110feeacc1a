//! A simulated phone: a session, a local copy, an outbox, a clock that may be wrong, and a user who
//! works online and offline.

mod faulty_sync;

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use uuid::Builder;

use crate::Error;
use crate::answer::Answer;
use crate::caller::Caller;
use crate::copy::LocalCopy;
use crate::district::SignIn;
use crate::expectations::Expectations;
use crate::http_client::HttpClient;
use crate::local_log::{FirstSnapshot, LocalLog};
use crate::network_faults::{self, Condition, Fault};
use crate::outbox::Outbox;
use crate::session::device::Device;
use crate::user::{Intent, User};
use crate::wire::{Command, CommandId, MOST_COMMANDS, Page, Push, in_china};

/// Limit that no pull reaches.
const MOST_PAGES: u32 = 100_000;

/// A simulated phone.
pub struct Phone {
    /// Its user.
    pub user: User,
    /// Its session.
    pub device: Arc<Device>,
    /// Sends its requests.
    pub caller: Arc<Caller>,
    /// Its local copy.
    pub copy: LocalCopy,
    /// Its pending commands.
    pub outbox: Outbox,
    /// What the checks expect.
    pub expectations: Expectations,
    /// Its own record of syncs.
    pub log: LocalLog,
    cursor: Option<String>,
    clock_ahead: TimeDelta,
    offline_for: u32,
    rng: ChaCha8Rng,
}

/// The result of a sync request.
enum Received {
    /// A page, its response, and whether the request carried a cursor.
    Page(Box<Page>, Answer, bool),
    /// Nothing has changed (304).
    Unchanged(Answer),
    /// No usable response.
    Failed(Fault),
}

impl Phone {
    /// Phone number `n` of a run; `seed` and `n` determine its random numbers.
    ///
    /// # Errors
    /// When its key cannot be generated.
    pub fn new(
        client: &Arc<HttpClient>,
        who: SignIn,
        user: User,
        run: &str,
        (seed, n): (u64, u64),
    ) -> Result<Self, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(n);
        let clock_ahead = network_faults::clock_offset(&mut rng);
        let device = Device::new(client, who, format!("{run}-{n}"), clock_ahead)?;
        Ok(Self {
            clock_ahead,
            user,
            caller: Caller::with_device(client, &device),
            device,
            copy: LocalCopy::default(),
            outbox: Outbox::default(),
            expectations: Expectations::default(),
            log: LocalLog::default(),
            cursor: None,
            offline_for: 0,
            rng,
        })
    }

    /// One step: the user acts a few times, and the phone syncs under the drawn condition.
    ///
    /// # Errors
    /// Violations of the protocol; network faults are not errors.
    pub async fn step(&mut self) -> Result<(), Error> {
        for _ in 0..self.rng.random_range(0..=3) {
            self.act();
        }
        if self.offline_for == 0 {
            match network_faults::condition(&mut self.rng) {
                Condition::OfflineFor(steps) => self.offline_for = steps,
                Condition::Healthy => return self.online(None).await,
                Condition::Faulty(fault) => return self.online(Some(fault)).await,
            }
        }
        self.offline_for -= 1;
        self.log.count(Fault::Offline);
        // A step offline is longer than an access token is valid.
        self.device.expire().await;
        Ok(())
    }

    async fn online(&mut self, fault: Option<Fault>) -> Result<(), Error> {
        let ready = match self.device.is_signed_in().await {
            // An app that is opened refreshes, although its access token may be usable.
            true if self.rng.random_ratio(1, 4) => self.device.refresh().await,
            true => Ok(()),
            // The user notices after some steps.
            false if self.rng.random() => self.sign_in_again().await,
            false => return Ok(()),
        };
        match ready {
            Err(error) if error.is_transient() => Ok(()),
            Err(Error::SignedOut { .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => match fault {
                None => self.sync().await.map(drop),
                Some(fault) => self.sync_under(fault).await,
            },
        }
    }

    async fn sign_in_again(&mut self) -> Result<(), Error> {
        self.device.sign_in().await?;
        self.log.kept_for_sign_in += self.outbox.pending().len();
        Ok(())
    }

    /// Signs the user in if the session has ended, then syncs as [`Phone::sync`].
    ///
    /// # Errors
    /// As [`Phone::sync`]; when the server rejects the credentials.
    pub async fn sync_signed_in(&mut self) -> Result<Option<usize>, Error> {
        if !self.device.is_signed_in().await {
            match self.sign_in_again().await {
                Err(error) if error.is_transient() => return Ok(None),
                other => other?,
            }
        }
        self.sync().await
    }

    fn act(&mut self) {
        let next = self.user.next(&self.copy, self.outbox.pending(), &mut self.rng);
        let Some(Intent { task, base, action }) = next else { return };
        let base_version = (action.needs_base() || self.rng.random()).then_some(base);
        let (id, at) = (self.new_id(), self.clock());
        let command = Command { id, task_id: task, base_version, at, action };
        self.expectations.add(command.clone());
        self.outbox.add(command);
    }

    fn clock(&self) -> DateTime<FixedOffset> {
        in_china(Utc::now() + self.clock_ahead)
    }

    /// A `UUIDv7` (RFC 9562, 5.7) of the phone's clock.
    fn new_id(&mut self) -> CommandId {
        let millis = u64::try_from(self.clock().timestamp_millis()).unwrap_or_default();
        CommandId(Builder::from_unix_timestamp_millis(millis, &self.rng.random()).into_uuid())
    }

    /// Sends all pending commands once and pulls to the end. Returns the number of changed rows and
    /// settled commands; `None` after a network fault.
    ///
    /// # Errors
    /// Violations of the protocol.
    pub async fn sync(&mut self) -> Result<Option<usize>, Error> {
        let pending = self.outbox.pending().to_vec();
        let mut changed = 0;
        let mut more = true;
        for commands in pending.chunks(MOST_COMMANDS) {
            let push = self.push(commands.to_vec());
            let received = self.send(&push).await?;
            let Some((rows, has_more)) = self.receive(received)? else { return Ok(None) };
            changed += rows;
            more = has_more;
        }
        for _ in 0..MOST_PAGES {
            if !more {
                return Ok(Some(changed));
            }
            let received = self.pull().await?;
            let Some((rows, has_more)) = self.receive(received)? else { return Ok(None) };
            changed += rows;
            more = has_more;
        }
        Err(Error::Setting(format!("a pull of {} does not end", self.device.name())))
    }

    fn push(&mut self, commands: Vec<Command>) -> Push {
        Push {
            cursor: self.cursor.clone(),
            limit: network_faults::page_limit(&mut self.rng),
            device: self.device.name().to_owned(),
            device_time: self.clock(),
            commands,
        }
    }

    async fn send(&self, push: &Push) -> Result<Received, Error> {
        let answer = self.caller.post("/v1/sync", push).await;
        let received = classify(answer, push.cursor.is_some())?;
        if let Received::Page(page, answer, _) = &received
            && !page.results.iter().map(|result| result.id).eq(push.commands.iter().map(|c| c.id))
        {
            return Err(answer.wrong("the results do not match the commands and their order"));
        }
        Ok(received)
    }

    async fn pull(&mut self) -> Result<Received, Error> {
        let limit = network_faults::page_limit(&mut self.rng).to_string();
        let Some(cursor) = &self.cursor else {
            return classify(self.caller.get("/v1/sync", &[("limit", &limit)]).await, false);
        };
        let query = [("cursor", cursor.as_str()), ("limit", &limit)];
        if self.rng.random() {
            let etag = format!("\"{cursor}\"");
            classify(self.caller.get_unless("/v1/sync", &query, &etag).await, true)
        } else {
            classify(self.caller.get("/v1/sync", &query).await, true)
        }
    }

    /// Applies what was received. Returns the number of changes and whether more pages follow;
    /// `None` after a network fault.
    fn receive(&mut self, received: Received) -> Result<Option<(usize, bool)>, Error> {
        let (page, answer, resumed) = match received {
            Received::Failed(fault) => {
                self.log.count(fault);
                return Ok(None);
            }
            Received::Unchanged(answer) => {
                self.log.pulls.push(answer.took);
                self.log.unchanged += 1;
                return Ok(Some((0, false)));
            }
            Received::Page(page, answer, resumed) => (page, answer, resumed),
        };
        let mut settled = 0;
        for result in &page.results {
            self.expectations.record(result);
            settled += usize::from(self.outbox.settle(result));
        }
        let seen = self.expectations.see(&page, self.user.person);
        seen.map_err(|error| answer.wrong(error))?;
        let rows = self.copy.apply(&page).map_err(|error| answer.wrong(error))?;
        self.log.record(&page, &answer, resumed);
        self.cursor = Some(page.cursor);
        Ok(Some((rows + settled, page.has_more)))
    }
}

fn classify(answer: Result<Answer, Error>, resumed: bool) -> Result<Received, Error> {
    match answer {
        Err(Error::Away { .. }) => Ok(Received::Failed(Fault::NoServer)),
        Err(Error::Busy { .. }) => Ok(Received::Failed(Fault::Busy)),
        Err(Error::Lost { .. } | Error::SignedOut { .. }) => Ok(Received::Failed(Fault::NoToken)),
        Err(error) => Err(error),
        Ok(answer) if answer.status == 304 => Ok(Received::Unchanged(answer)),
        Ok(answer) => Ok(Received::Page(Box::new(answer.read()?), answer, resumed)),
    }
}

/// A complete snapshot for the same person, as a new phone receives it.
///
/// # Errors
/// A missing or incomplete response, or a violation of the protocol.
pub async fn fresh_copy(caller: &Caller, limit: u16) -> Result<(LocalCopy, FirstSnapshot), Error> {
    let (mut copy, mut first) = (LocalCopy::default(), FirstSnapshot::default());
    let (limit, mut cursor) = (limit.to_string(), None::<String>);
    while !first.whole {
        let query: Vec<(&str, &str)> = cursor
            .iter()
            .map(|cursor| ("cursor", cursor.as_str()))
            .chain([("limit", limit.as_str())])
            .collect();
        let answer = caller.get("/v1/sync", &query).await?;
        let page: Page = answer.read()?;
        copy.apply(&page).map_err(|error| answer.wrong(error))?;
        first.add(&page, &answer);
        cursor = Some(page.cursor);
    }
    Ok((copy, first))
}
