//! One phone: a copy, an outbox, a clock that may be wrong, and a person who goes
//! on working whether there is a network or not.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use uuid::Builder;

use crate::Error;
use crate::answer::Answer;
use crate::copy::LocalCopy;
use crate::diary::{Diary, FirstSnapshot};
use crate::ledger::Ledger;
use crate::line::Caller;
use crate::outbox::Outbox;
use crate::visitor::{Intent, Visitor};
use crate::weather::{self, Fault, Sky};
use crate::wire::{Command, CommandId, MOST_COMMANDS, Page, Push, in_china};

/// More pages than any pull has.
const MOST_PAGES: u32 = 100_000;

/// One phone.
pub struct Phone {
    /// Who has it.
    pub visitor: Visitor,
    /// The way to the server.
    pub caller: Arc<Caller>,
    /// What it holds.
    pub copy: LocalCopy,
    /// What waits.
    pub outbox: Outbox,
    /// What the judge knows.
    pub ledger: Ledger,
    /// What it went through.
    pub diary: Diary,
    device: String,
    cursor: Option<String>,
    clock_ahead: TimeDelta,
    offline_for: u32,
    rng: ChaCha8Rng,
}

/// What the server said to a sync.
enum Heard {
    /// A page, the answer it came with, and whether a cursor had been sent.
    Page(Box<Page>, Answer, bool),
    /// Nothing has changed.
    Unchanged(Answer),
    /// Nothing was heard: bad weather.
    Nothing(Fault),
}

impl Phone {
    /// Phone number `n` of a run; all its chance comes from `seed` and `n`.
    pub fn new(caller: Arc<Caller>, visitor: Visitor, run: &str, seed: u64, n: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(n);
        Self {
            clock_ahead: weather::clock_offset(&mut rng),
            device: format!("{run}-{n}"),
            visitor,
            caller,
            copy: LocalCopy::default(),
            outbox: Outbox::default(),
            ledger: Ledger::default(),
            diary: Diary::default(),
            cursor: None,
            offline_for: 0,
            rng,
        }
    }

    /// One step: the person does a few things, and the phone syncs as well as the
    /// weather allows.
    ///
    /// # Errors
    /// Only what the wire does not allow; bad weather is no error.
    pub async fn step(&mut self) -> Result<(), Error> {
        for _ in 0..self.rng.random_range(0..=3) {
            self.act();
        }
        if self.offline_for == 0 {
            match weather::sky(&mut self.rng) {
                Sky::OfflineFor(steps) => self.offline_for = steps,
                Sky::Clear => return self.sync().await.map(drop),
                Sky::Faulty(fault) => return self.sync_under(fault).await,
            }
        }
        self.offline_for -= 1;
        self.diary.note(Fault::Offline);
        Ok(())
    }

    fn act(&mut self) {
        let next = self.visitor.next(&self.copy, self.outbox.waiting(), &mut self.rng);
        let Some(Intent { task, base, deed }) = next else { return };
        let base_version = (deed.needs_base() || self.rng.random()).then_some(base);
        let (id, at) = (self.new_id(), self.clock());
        let command = Command { id, task_id: task, base_version, at, deed };
        self.ledger.made(command.clone());
        self.outbox.add(command);
    }

    fn clock(&self) -> DateTime<FixedOffset> {
        in_china(Utc::now() + self.clock_ahead)
    }

    /// A `UUIDv7` (RFC 9562, 5.7) by the phone's clock.
    fn new_id(&mut self) -> CommandId {
        let millis = u64::try_from(self.clock().timestamp_millis()).unwrap_or_default();
        CommandId(Builder::from_unix_timestamp_millis(millis, &self.rng.random()).into_uuid())
    }

    async fn sync_under(&mut self, fault: Fault) -> Result<(), Error> {
        let waiting = self.outbox.next_push().to_vec();
        let half = waiting.len() / 2;
        match fault {
            Fault::Reordered if half == 0 => return self.sync().await.map(drop),
            _ => self.diary.note(fault),
        }
        let push = self.push(waiting);
        match fault {
            Fault::LostAnswer => {
                // The judge hears it; the phone does not.
                if let Heard::Page(page, ..) = self.send(&push).await? {
                    page.results.iter().for_each(|result| self.ledger.hear(result));
                }
            }
            Fault::SentTwice => {
                let first = self.send(&push).await?;
                self.hear(first)?;
                let second = self.send(&push).await?;
                self.hear(second)?;
            }
            Fault::SentTwiceAtOnce => {
                let (one, other) = tokio::join!(self.send(&push), self.send(&push));
                self.hear(one?)?;
                self.hear(other?)?;
            }
            Fault::Reordered => {
                let (early, late) = push.commands.split_at(half);
                for commands in [late, early] {
                    let push = self.push(commands.to_vec());
                    let heard = self.send(&push).await?;
                    self.hear(heard)?;
                }
            }
            // What is left comes with the next sync.
            _ => {
                let first_page = self.send(&push).await?;
                self.hear(first_page)?;
            }
        }
        Ok(())
    }

    /// Sends all that waits, once, and pulls to the end. Answers how many rows and
    /// waiting commands changed, or nothing if the weather was bad.
    ///
    /// # Errors
    /// What the wire does not allow.
    pub async fn sync(&mut self) -> Result<Option<usize>, Error> {
        let waiting = self.outbox.waiting().to_vec();
        let mut changed = 0;
        let mut more = true;
        for commands in waiting.chunks(MOST_COMMANDS) {
            let push = self.push(commands.to_vec());
            let heard = self.send(&push).await?;
            let Some((rows, has_more)) = self.hear(heard)? else { return Ok(None) };
            changed += rows;
            more = has_more;
        }
        for _ in 0..MOST_PAGES {
            if !more {
                return Ok(Some(changed));
            }
            let heard = self.pull().await?;
            let Some((rows, has_more)) = self.hear(heard)? else { return Ok(None) };
            changed += rows;
            more = has_more;
        }
        Err(Error::Setting(format!("a pull of {} has no end", self.device)))
    }

    fn push(&mut self, commands: Vec<Command>) -> Push {
        Push {
            cursor: self.cursor.clone(),
            limit: weather::page_limit(&mut self.rng),
            device: self.device.clone(),
            device_time: self.clock(),
            commands,
        }
    }

    async fn send(&self, push: &Push) -> Result<Heard, Error> {
        let answer = self.caller.post("/v1/sync", push).await;
        let heard = heard(answer, push.cursor.is_some())?;
        if let Heard::Page(page, answer, _) = &heard
            && !page.results.iter().map(|result| result.id).eq(push.commands.iter().map(|c| c.id))
        {
            return Err(answer.wrong("the results are not one for each command, in their order"));
        }
        Ok(heard)
    }

    async fn pull(&mut self) -> Result<Heard, Error> {
        let limit = weather::page_limit(&mut self.rng).to_string();
        let Some(cursor) = &self.cursor else {
            return heard(self.caller.get("/v1/sync", &[("limit", &limit)]).await, false);
        };
        let query = [("cursor", cursor.as_str()), ("limit", &limit)];
        if self.rng.random() {
            let etag = format!("\"{cursor}\"");
            heard(self.caller.get_unless("/v1/sync", &query, &etag).await, true)
        } else {
            heard(self.caller.get("/v1/sync", &query).await, true)
        }
    }

    /// Takes in what was heard. Answers how much it changed and whether there is
    /// more; nothing if nothing was heard.
    fn hear(&mut self, heard: Heard) -> Result<Option<(usize, bool)>, Error> {
        let (page, answer, begun) = match heard {
            Heard::Nothing(fault) => {
                self.diary.note(fault);
                return Ok(None);
            }
            Heard::Unchanged(answer) => {
                self.diary.pulls.push(answer.took);
                self.diary.unchanged += 1;
                return Ok(Some((0, false)));
            }
            Heard::Page(page, answer, begun) => (page, answer, begun),
        };
        let mut settled = 0;
        for result in &page.results {
            self.ledger.hear(result);
            settled += usize::from(self.outbox.hear(result));
        }
        let rows = self.copy.apply(&page).map_err(|error| answer.wrong(error))?;
        self.diary.take(&page, &answer, begun);
        self.cursor = Some(page.cursor);
        Ok(Some((rows + settled, page.has_more)))
    }
}

fn heard(answer: Result<Answer, Error>, begun: bool) -> Result<Heard, Error> {
    match answer {
        Err(Error::Away { .. }) => Ok(Heard::Nothing(Fault::NoServer)),
        Err(Error::Busy { .. }) => Ok(Heard::Nothing(Fault::Busy)),
        Err(error) => Err(error),
        Ok(answer) if answer.status == 304 => Ok(Heard::Unchanged(answer)),
        Ok(answer) => Ok(Heard::Page(Box::new(answer.read()?), answer, begun)),
    }
}

/// A fresh snapshot for the same person, all pages, as a phone just bought would
/// have it.
///
/// # Errors
/// When there is no whole answer, or one that the wire does not allow.
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
        first.take(&page, &answer);
        cursor = Some(page.cursor);
    }
    Ok((copy, first))
}
