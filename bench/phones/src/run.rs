//! A whole run: phones in bad weather round by round, a supervisor who moves tasks
//! and kills of the server in between; then the weather clears, every phone sends
//! what it has and pulls until nothing changes, and the promises are judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::district::{self, Role, SignIn};
use crate::findings::Findings;
use crate::line::{self, Caller, Line};
use crate::phone::{Phone, fresh_copy};
use crate::supervisor::{Supervisor, Worker};
use crate::verdict::{self, Broken, Reports};
use crate::visitor::Visitor;
use crate::wire::PersonId;
use crate::{Error, log};

/// Rounds after which phones must have come to rest.
const MOST_ROUNDS: u32 = 100;
/// Rows of a page of the snapshots that are compared with.
const FRESH_LIMIT: u16 = 500;
/// How often a comparison is begun anew because the server itself changed rows
/// meanwhile.
const COMPARISONS: u32 = 10;
/// The run's own chance, apart from the phones' and the supervisor's.
const STREAM: u64 = u64::MAX - 1;

/// Kills the server and starts it again; answers where it then serves.
pub type KillAndRestart = Box<dyn Fn() -> LocalBoxFuture<'static, Result<String, String>>>;

/// A server that is killed during the run.
pub struct Restart {
    /// How often.
    pub times: u32,
    /// Does it, with SIGKILL.
    pub kill_and_restart: KillAndRestart,
}

/// What to run.
pub struct Options {
    /// Where the server is, as `http://127.0.0.1:8080`.
    pub base_url: String,
    /// Who there is to sign in.
    pub sign_ins: Vec<SignIn>,
    /// All chance comes from it.
    pub seed: u64,
    /// Managers with a phone.
    pub managers: usize,
    /// Volunteers with a phone, in the managers' grids.
    pub volunteers: usize,
    /// Steps of each phone.
    pub steps: u32,
    /// Phones that act at a time, at least 1.
    pub concurrency: usize,
    /// Whether and how the server is killed.
    pub restart: Option<Restart>,
}

/// Runs it and judges it.
///
/// # Errors
/// The first broken promise, in full; what the wire does not allow; a run that
/// cannot be set up.
pub async fn simulate(options: Options) -> Result<Findings, Error> {
    let line = Line::to(&options.base_url)?;
    let above = Caller::new(&line, district::supervisor(&options.sign_ins)?.clone());
    above.sign_in().await?;
    // Devices bear the run's name, so that an earlier run on the same log is told apart.
    let run = format!("run-{}-{:x}", options.seed, Utc::now().timestamp_millis());
    let mut phones = phones(&options, &line, &run).await?;
    let workers = phones
        .iter()
        .map(|phone| Worker { person: phone.visitor.person, grid: phone.visitor.grid.clone() });
    let mut supervisor = Supervisor::new(Arc::clone(&above), workers.collect(), options.seed);
    bad_weather(&options, &line, &mut phones, &mut supervisor).await?;
    let rounds_to_rest = to_rest(&mut phones, options.concurrency).await?;
    let received = phones.iter().map(|phone| phone.caller.received()).sum();
    let rows_compared = copies_are_fresh(&mut phones, options.concurrency).await?;
    let events = log::read(&above).await?;
    let reports = judged(&phones, &events, &run)?;
    let kills = options.restart.as_ref().map_or(0, |restart| restart.times);
    let sums = Findings {
        reports,
        moves: supervisor.moves,
        kills,
        received,
        rounds_to_rest,
        rows_compared,
        events: events.len(),
        ..Findings::of(&phones)
    };
    Ok(sums)
}

/// The phones, their people signed in.
async fn phones(options: &Options, line: &Arc<Line>, run: &str) -> Result<Vec<Phone>, Error> {
    let people = district::with_phones(&options.sign_ins, options.managers, options.volunteers)?;
    let callers = line::sign_all_in(line, &people).await?;
    let mut grids: BTreeMap<&str, Vec<PersonId>> = BTreeMap::new();
    for who in &people {
        grids.entry(&who.area).or_default().push(who.person);
    }
    let phone = |(n, caller): (u64, Arc<Caller>)| {
        let who = &caller.who;
        let known = (who.role == Role::Manager).then(|| grids.get(who.area.as_str()).cloned());
        let visitor = Visitor {
            person: who.person,
            grid: who.area.clone(),
            colleagues: known.flatten().unwrap_or_default(),
        };
        Phone::new(caller, visitor, run, options.seed, n)
    };
    Ok((0..).zip(callers).map(phone).collect())
}

/// All steps: in each round every phone takes one; the supervisor acts once for
/// every ten phones; some rounds have a kill at a random place.
async fn bad_weather(
    options: &Options,
    line: &Line,
    phones: &mut [Phone],
    supervisor: &mut Supervisor,
) -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    rng.set_stream(STREAM);
    let mut killed = 0_u32;
    for step in 0..options.steps {
        let moves = phones.len().div_ceil(10);
        let mut deeds: Vec<LocalBoxFuture<'_, Result<(), Error>>> =
            phones.iter_mut().map(|phone| phone.step().boxed_local()).collect();
        if let Some(restart) = &options.restart {
            // So many as are due by now, spread evenly over the steps.
            let due = u64::from(restart.times) * u64::from(step + 1) / u64::from(options.steps);
            while u64::from(killed) < due {
                let place = rng.random_range(0..=deeds.len());
                deeds.insert(place, kill(restart, line).boxed_local());
                killed += 1;
            }
        }
        let moving = async {
            for _ in 0..moves {
                supervisor.act().await?;
            }
            Ok(())
        };
        deeds.insert(rng.random_range(0..=deeds.len()), moving.boxed_local());
        stream::iter(deeds)
            .buffer_unordered(options.concurrency.max(1))
            .try_collect::<Vec<()>>()
            .await?;
    }
    Ok(())
}

async fn kill(restart: &Restart, line: &Line) -> Result<(), Error> {
    let base = (restart.kill_and_restart)().await.map_err(Error::Setting)?;
    line.moved_to(&base);
    Ok(())
}

/// Clear weather: every phone sends what waits and pulls to the end, round by
/// round, until in a whole round nothing changes for anybody. Answers the rounds.
async fn to_rest(phones: &mut [Phone], concurrency: usize) -> Result<u32, Error> {
    for round in 1..=MOST_ROUNDS {
        let changed: Vec<Option<usize>> = stream::iter(phones.iter_mut().map(Phone::sync))
            .buffer_unordered(concurrency.max(1))
            .try_collect()
            .await?;
        let at_rest = changed.iter().all(|changed| *changed == Some(0));
        if at_rest && phones.iter().all(|phone| phone.outbox.is_empty()) {
            return Ok(round);
        }
        if changed.iter().any(Option::is_none) {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
    let waiting = phones.iter().flat_map(|phone| phone.outbox.waiting()).next();
    Err(match waiting {
        Some(command) => broken(Broken::NoOutcome(format!("{command:?}"))),
        None => Error::Setting(format!("rows still change after {MOST_ROUNDS} rounds")),
    })
}

fn broken(broken: Broken) -> Error {
    Error::Broken(Box::new(broken))
}

/// Promise 1, for every phone. Answers the rows compared.
async fn copies_are_fresh(phones: &mut [Phone], concurrency: usize) -> Result<usize, Error> {
    let rows: Vec<usize> = stream::iter(phones.iter_mut().map(copy_is_fresh))
        .buffer_unordered(concurrency.max(1))
        .try_collect()
        .await?;
    Ok(rows.iter().sum())
}

/// The server may change rows by itself at any time, so the snapshot is taken
/// between two pulls and counts only if the second brings nothing.
async fn copy_is_fresh(phone: &mut Phone) -> Result<usize, Error> {
    let person = phone.visitor.person;
    for _ in 0..COMPARISONS {
        phone.sync().await?;
        let (fresh, _) = fresh_copy(&phone.caller, FRESH_LIMIT).await?;
        if phone.sync().await? == Some(0) {
            verdict::copy_is_fresh(person, &phone.copy, &fresh).map_err(broken)?;
            let is_manager = phone.caller.who.role == Role::Manager;
            verdict::copy_is_in_scope(&phone.visitor, is_manager, &phone.copy).map_err(broken)?;
            return Ok(fresh.len());
        }
    }
    Err(Error::Setting(format!("the rows of {person} never stay as they are")))
}

/// Promises 2 to 5.
fn judged(phones: &[Phone], events: &[log::Event], run: &str) -> Result<Reports, Error> {
    let ledgers = || phones.iter().map(|phone| &phone.ledger);
    verdict::log_has_no_gap(events).map_err(broken)?;
    verdict::no_task_had_two_holders(events).map_err(broken)?;
    verdict::commands_have_one_outcome(ledgers()).map_err(broken)?;
    let made = phones.iter().map(|phone| (phone.visitor.person, &phone.ledger));
    let of_this_run = |device: &str| device.starts_with(&format!("{run}-"));
    verdict::reports_are_kept(made, events, of_this_run).map_err(broken)
}
