//! Throughput of commands in pushes of a given size. Managers claim open tasks of their grids and
//! release them again, so each command changes its task and tasks never run out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use uuid::Uuid;

use super::{at_once, cursor_at_the_end};
use crate::Error;
use crate::caller::Caller;
use crate::district::{Role, SignIn, of_role, supervisor};
use crate::http_client::HttpClient;
use crate::supervisor::live_tasks;
use crate::times::{Times, per_second};
use crate::wire::{Action, Command, CommandId, Outcome, Page, Phase, Push, TaskId, in_china};

/// The options of the benchmark.
#[derive(clap::Args)]
pub struct Args {
    /// Commands per push
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    commands: u16,
    /// Number of connections, each of another manager
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Duration in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Default)]
struct Pushed {
    times: Vec<Duration>,
    outcomes: BTreeMap<Outcome, usize>,
}

/// Runs the benchmark and returns its report.
///
/// # Errors
/// A response that is not as the protocol requires.
pub async fn measure(url: &str, people: &[SignIn], args: &Args) -> Result<String, Error> {
    let client = HttpClient::to(url)?;
    let those = with_open_tasks(&client, people, args.connections).await?;
    let lasts = Duration::from_secs(args.seconds);
    let size = usize::from(args.commands);
    let outboxes = those.into_iter().map(|(caller, tasks)| async move {
        let cursor = cursor_at_the_end(&caller).await?;
        Ok((caller, cursor, tasks))
    });
    let outboxes = at_once(outboxes).await?;
    let began = Instant::now();
    let pushing = outboxes
        .into_iter()
        .map(|(caller, cursor, tasks)| push_on(caller, cursor, tasks, size, lasts));
    let all = at_once(pushing).await?;
    let took = began.elapsed();
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    for (outcome, count) in all.iter().flat_map(|pushed| &pushed.outcomes) {
        *outcomes.entry(*outcome).or_default() += count;
    }
    let times = Times::of(all.into_iter().flat_map(|pushed| pushed.times).collect());
    let commands = per_second(outcomes.values().sum(), took);
    let pushes = per_second(times.count(), took);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{commands:.0} commands per second in {pushes:.0} pushes of {size} over {} connections",
        args.connections
    );
    let _ = writeln!(text, "a push: {times}");
    let _ = writeln!(text, "outcomes: {outcomes:?}");
    Ok(text)
}

/// Signs in managers whose grids have open tasks; returns them with those tasks.
async fn with_open_tasks(
    client: &Arc<HttpClient>,
    people: &[SignIn],
    count: usize,
) -> Result<Vec<(Arc<Caller>, Vec<TaskId>)>, Error> {
    let supervisor = Caller::new(client, supervisor(people)?.clone());
    let mut found = Vec::new();
    for manager in of_role(people, Role::Manager) {
        if found.len() == count {
            break;
        }
        let tasks = live_tasks(&supervisor, &manager.area).await?;
        let open = tasks.into_iter().filter(|task| task.state == Phase::Open);
        let open: Vec<TaskId> = open.map(|task| task.id).collect();
        if !open.is_empty() {
            let caller = Caller::new(client, manager.clone());
            caller.sign_in().await?;
            found.push((caller, open));
        }
    }
    if found.len() < count {
        let text = format!("only {} grids with open tasks: load a fresh demo", found.len());
        return Err(Error::Setting(text));
    }
    Ok(found)
}

async fn push_on(
    caller: Arc<Caller>,
    mut cursor: String,
    tasks: Vec<TaskId>,
    size: usize,
    lasts: Duration,
) -> Result<Pushed, Error> {
    let mut pushed = Pushed::default();
    let mut turn = 0;
    let began = Instant::now();
    while began.elapsed() < lasts {
        let commands: Vec<Command> = (turn..turn + size).map(|n| command(&tasks, n)).collect();
        turn += size;
        let push = Push {
            cursor: Some(cursor),
            limit: 1000,
            device: "outbox".to_owned(),
            device_time: in_china(Utc::now()),
            commands,
        };
        let answer = caller.post("/v1/sync", &push).await?;
        let page: Page = answer.read()?;
        for result in &page.results {
            *pushed.outcomes.entry(result.outcome).or_default() += 1;
        }
        pushed.times.push(answer.took);
        cursor = page.cursor;
    }
    Ok(pushed)
}

/// The `n`th command: claims and releases alternate, task by task.
fn command(tasks: &[TaskId], n: usize) -> Command {
    let action = if n.is_multiple_of(2) { Action::Claim {} } else { Action::Release {} };
    let task_id = tasks[n / 2 % tasks.len()];
    let (id, at) = (CommandId(Uuid::now_v7()), in_china(Utc::now()));
    Command { id, task_id, base_version: None, at, action }
}
