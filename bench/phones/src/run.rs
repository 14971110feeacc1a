//! A whole run: rounds of steps under network faults, with supervisors who reassign tasks and revoke
//! devices, a clerk who edits the registers, and kills of the server in between. Then the faults stop, every phone signs in if it must,
//! sends its pending commands and pulls until nothing changes, and the checks run.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::caller::{self, Caller};
use crate::checks::{self, Reports, Violation, sessions};
use crate::clerk::Clerk;
use crate::district::{self, Role, SignIn};
use crate::findings::Findings;
use crate::http_client::HttpClient;
use crate::phone::{Phone, fresh_copy};
use crate::revocation::{Outlasted, Revocation, Revoker};
use crate::session_findings::SessionFindings;
use crate::supervisor::{Supervisor, Worker};
use crate::user::User;
use crate::wire::PersonId;
use crate::{Error, event_log};

/// Rounds within which the phones must converge.
const MOST_ROUNDS: u32 = 100;
/// Page size of the snapshots for comparison.
const FRESH_LIMIT: u16 = 500;
/// Attempts of a comparison: a background job of the server may change rows meanwhile.
const COMPARISONS: u32 = 10;
/// Random stream of the run, distinct from those of the phones and the supervisor.
const STREAM: u64 = u64::MAX - 1;

/// Kills the server, restarts it and returns its address.
pub type KillAndRestart = Box<dyn Fn() -> LocalBoxFuture<'static, Result<String, String>>>;

/// A server that is killed during the run.
pub struct Restart {
    /// How many times.
    pub times: u32,
    /// Kills it with SIGKILL and restarts it.
    pub kill_and_restart: KillAndRestart,
}

/// The options of a run.
pub struct Options {
    /// The address of the server, such as `http://127.0.0.1:8080`.
    pub base_url: String,
    /// The people who can sign in.
    pub sign_ins: Vec<SignIn>,
    /// Determines all random choices.
    pub seed: u64,
    /// Managers with a phone.
    pub managers: usize,
    /// Volunteers with a phone, in the managers' grids.
    pub volunteers: usize,
    /// Steps of each phone.
    pub steps: u32,
    /// Phones that act concurrently, at least 1.
    pub concurrency: usize,
    /// Revocations of phones.
    pub revocations: u32,
    /// Whether and how the server is killed.
    pub restart: Option<Restart>,
}

/// Runs the simulation and checks the result.
///
/// # Errors
/// The first violated guarantee; a violation of the protocol; a run that cannot be set up.
pub async fn simulate(options: Options) -> Result<Findings, Error> {
    let client = HttpClient::to(&options.base_url)?;
    let overseer = Caller::new(&client, district::supervisor(&options.sign_ins)?.clone());
    overseer.sign_in().await?;
    // Device names contain the run's name, which distinguishes earlier runs on the same log.
    let run = format!("run-{}-{:x}", options.seed, Utc::now().timestamp_millis());
    let mut phones = phones(&options, &client, &run).await?;
    let workers = phones
        .iter()
        .map(|phone| Worker { person: phone.user.person, grid: phone.user.grid.clone() })
        .collect::<Vec<_>>();
    let mut clerk = Clerk::new(Arc::clone(&overseer), workers.clone(), options.seed);
    let mut supervisor = Supervisor::new(Arc::clone(&overseer), workers, options.seed);
    let devices = phones.iter().map(|phone| Arc::clone(&phone.device)).collect();
    let mut revoker = Revoker::new(&client, &overseer, devices, options.seed);
    let staff = Staff { supervisor: &mut supervisor, revoker: &mut revoker, clerk: &mut clerk };
    with_faults(&options, &client, &mut phones, staff).await?;
    clerk.reinstate_all().await?;
    let (revocations, outlasted) = revoker.finish().await?;
    let rounds_to_converge = converge(&mut phones, options.concurrency).await?;
    let received = phones.iter().map(|phone| phone.caller.received()).sum();
    let rows_compared = copies_are_fresh(&mut phones, options.concurrency).await?;
    let events = event_log::read(&overseer).await?;
    let reports = checked(&phones, &events, &run)?;
    checks::edits_are_kept(overseer.who.person, &clerk.edits, &events).map_err(violated)?;
    let sessions = checked_sessions(&phones, &revocations, &outlasted).await?;
    let kills = options.restart.as_ref().map_or(0, |restart| restart.times);
    let findings = Findings {
        reports,
        reassignments: supervisor.reassignments,
        edits: clerk.counts,
        sessions,
        kills,
        received,
        rounds_to_converge,
        rows_compared,
        events: events.len(),
        ..Findings::of(&phones)
    };
    Ok(findings)
}

/// Creates the phones and signs their users in.
async fn phones(
    options: &Options,
    client: &Arc<HttpClient>,
    run: &str,
) -> Result<Vec<Phone>, Error> {
    let people = district::with_phones(&options.sign_ins, options.managers, options.volunteers)?;
    let mut grids: BTreeMap<&str, Vec<PersonId>> = BTreeMap::new();
    for who in &people {
        grids.entry(&who.area).or_default().push(who.person);
    }
    let phone = |(n, who): (u64, &SignIn)| {
        let known = (who.role == Role::Manager).then(|| grids.get(who.area.as_str()).cloned());
        let user = User {
            person: who.person,
            grid: who.area.clone(),
            colleagues: known.flatten().unwrap_or_default(),
        };
        Phone::new(client, who.clone(), user, run, (options.seed, n))
    };
    let phones = (0..).zip(&people).map(phone).collect::<Result<Vec<Phone>, Error>>()?;
    let callers: Vec<_> = phones.iter().map(|phone| Arc::clone(&phone.caller)).collect();
    caller::sign_in_each(&callers).await?;
    Ok(phones)
}

/// The staff who act beside the phones.
struct Staff<'a> {
    supervisor: &'a mut Supervisor,
    revoker: &'a mut Revoker,
    clerk: &'a mut Clerk,
}

/// Runs all steps: in each round every phone takes one step, the supervisor and the clerk act once
/// for every ten phones, and some rounds contain a kill or a revocation at a random position.
async fn with_faults(
    options: &Options,
    client: &HttpClient,
    phones: &mut [Phone],
    Staff { supervisor, revoker, clerk }: Staff<'_>,
) -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    rng.set_stream(STREAM);
    let kills = options.restart.as_ref().map_or(0, |restart| restart.times);
    for phone in &mut *phones {
        phone.device.under_faults(Some(ChaCha8Rng::seed_from_u64(rng.random()))).await;
    }
    for step in 0..options.steps {
        let tenth = phones.len().div_ceil(10);
        let mut actions: Vec<LocalBoxFuture<'_, Result<(), Error>>> =
            phones.iter_mut().map(|phone| phone.step().boxed_local()).collect();
        if let Some(restart) = &options.restart {
            for _ in 0..due(kills, step, options.steps) {
                let place = rng.random_range(0..=actions.len());
                actions.insert(place, kill(restart, client).boxed_local());
            }
        }
        let reassigning = async {
            for _ in 0..tenth {
                supervisor.act().await?;
            }
            Ok(())
        };
        let editing = async {
            for _ in 0..tenth {
                clerk.act().await?;
            }
            Ok(())
        };
        let revoking = async {
            for _ in 0..due(options.revocations, step, options.steps) {
                revoker.act().await?;
            }
            Ok(())
        };
        actions.insert(rng.random_range(0..=actions.len()), reassigning.boxed_local());
        actions.insert(rng.random_range(0..=actions.len()), editing.boxed_local());
        actions.insert(rng.random_range(0..=actions.len()), revoking.boxed_local());
        stream::iter(actions)
            .buffer_unordered(options.concurrency.max(1))
            .try_collect::<Vec<()>>()
            .await?;
    }
    for phone in phones {
        phone.device.under_faults(None).await;
    }
    Ok(())
}

/// How many of `times` actions, spread evenly over `steps`, are due in `step`.
fn due(times: u32, step: u32, steps: u32) -> u64 {
    let until = |step: u32| u64::from(times) * u64::from(step) / u64::from(steps.max(1));
    until(step + 1) - until(step)
}

async fn kill(restart: &Restart, client: &HttpClient) -> Result<(), Error> {
    let base = (restart.kill_and_restart)().await.map_err(Error::Setting)?;
    client.moved_to(&base);
    Ok(())
}

/// Without faults, every phone sends its pending commands and pulls to the end, round by round,
/// until a whole round changes nothing. Returns the number of rounds.
async fn converge(phones: &mut [Phone], concurrency: usize) -> Result<u32, Error> {
    for round in 1..=MOST_ROUNDS {
        let changed: Vec<Option<usize>> =
            stream::iter(phones.iter_mut().map(Phone::sync_signed_in))
                .buffer_unordered(concurrency.max(1))
                .try_collect()
                .await?;
        let settled = changed.iter().all(|changed| *changed == Some(0));
        if settled && phones.iter().all(|phone| phone.outbox.is_empty()) {
            return Ok(round);
        }
        if changed.iter().any(Option::is_none) {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }
    let pending = phones.iter().flat_map(|phone| phone.outbox.pending()).next();
    Err(match pending {
        Some(command) => violated(Violation::NoOutcome(format!("{command:?}"))),
        None => Error::Setting(format!("rows still change after {MOST_ROUNDS} rounds")),
    })
}

fn violated(violation: Violation) -> Error {
    Error::Violation(Box::new(violation))
}

/// Checks guarantee 1 for every phone. Returns the number of compared rows.
async fn copies_are_fresh(phones: &mut [Phone], concurrency: usize) -> Result<usize, Error> {
    let rows: Vec<usize> = stream::iter(phones.iter_mut().map(copy_is_fresh))
        .buffer_unordered(concurrency.max(1))
        .try_collect()
        .await?;
    Ok(rows.iter().sum())
}

/// A background job of the server may change rows at any time, so the snapshot is taken between two
/// pulls and is valid only if the second pull is empty.
async fn copy_is_fresh(phone: &mut Phone) -> Result<usize, Error> {
    let person = phone.user.person;
    for _ in 0..COMPARISONS {
        phone.sync().await?;
        let (fresh, _) = fresh_copy(&phone.caller, FRESH_LIMIT).await?;
        if phone.sync().await? == Some(0) {
            checks::copy_is_fresh(person, &phone.copy, &fresh).map_err(violated)?;
            let is_manager = phone.caller.who.role == Role::Manager;
            checks::copy_is_in_scope(&phone.user, is_manager, &phone.copy).map_err(violated)?;
            return Ok(fresh.len());
        }
    }
    Err(Error::Setting(format!("the rows of {person} keep changing")))
}

/// Checks guarantees 2 to 5 for the phones.
fn checked(phones: &[Phone], events: &[event_log::Event], run: &str) -> Result<Reports, Error> {
    let expectations = || phones.iter().map(|phone| &phone.expectations);
    checks::log_has_no_gap(events).map_err(violated)?;
    checks::no_task_had_two_holders(events).map_err(violated)?;
    checks::commands_have_one_outcome(expectations()).map_err(violated)?;
    let made = phones.iter().map(|phone| (phone.user.person, &phone.expectations));
    let of_this_run = |device: &str| device.starts_with(&format!("{run}-"));
    checks::reports_are_kept(made, events, of_this_run).map_err(violated)
}

/// Checks guarantees 6 to 8.
async fn checked_sessions(
    phones: &[Phone],
    revocations: &[Revocation],
    outlasted: &[Outlasted],
) -> Result<SessionFindings, Error> {
    let mut logs = Vec::new();
    for phone in phones {
        let (person, log) = (phone.user.person, phone.device.log().await);
        let lifetimes = sessions::Lifetimes::default();
        sessions::nobody_is_signed_out(person, &log, revocations, lifetimes).map_err(violated)?;
        sessions::local_storage_opens(person, &log).map_err(violated)?;
        logs.push(log);
    }
    sessions::revoked_devices_are_out(outlasted).map_err(violated)?;
    Ok(SessionFindings::of(&logs, outlasted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_spread_evenly_over_the_steps() {
        let of = |times, steps| (0..steps).map(|step| due(times, step, steps)).collect::<Vec<_>>();
        assert_eq!(of(3, 6), [0, 1, 0, 1, 0, 1]);
        assert_eq!(of(5, 2), [2, 3]);
        assert_eq!(of(0, 3), [0, 0, 0]);
    }
}
