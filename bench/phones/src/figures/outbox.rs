//! Outboxes: how many commands a second when each push carries so many. Managers
//! claim open tasks of their grids and release them again, so each command changes
//! its task and no task runs out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use uuid::Uuid;

use super::{at_once, cursor_at_the_end};
use crate::Error;
use crate::district::{Role, SignIn, of_role, supervisor};
use crate::line::{Caller, Line};
use crate::supervisor::live_tasks;
use crate::times::{Times, a_second};
use crate::wire::{Command, CommandId, Deed, Outcome, Page, Phase, Push, TaskId, in_china};

/// What to measure.
#[derive(clap::Args)]
pub struct Asked {
    /// Commands of a push
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    commands: u16,
    /// Connections, each a manager's
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// For so many seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Default)]
struct Pushed {
    times: Vec<Duration>,
    outcomes: BTreeMap<Outcome, usize>,
}

/// Measures it.
///
/// # Errors
/// When the server does not answer as it must.
pub async fn measure(url: &str, people: &[SignIn], asked: &Asked) -> Result<String, Error> {
    let line = Line::to(url)?;
    let those = with_open_tasks(&line, people, asked.connections).await?;
    let lasts = Duration::from_secs(asked.seconds);
    let size = usize::from(asked.commands);
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
    let commands = a_second(outcomes.values().sum(), took);
    let pushes = a_second(times.count(), took);
    let mut told = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(
        told,
        "{commands:.0} commands a second in {pushes:.0} pushes of {size} by {} connections",
        asked.connections
    );
    let _ = writeln!(told, "a push: {times}");
    let _ = writeln!(told, "outcomes: {outcomes:?}");
    Ok(told)
}

/// Managers whose grids have open tasks, signed in, with those tasks.
async fn with_open_tasks(
    line: &Arc<Line>,
    people: &[SignIn],
    count: usize,
) -> Result<Vec<(Arc<Caller>, Vec<TaskId>)>, Error> {
    let above = Caller::new(line, supervisor(people)?.clone());
    let mut found = Vec::new();
    for manager in of_role(people, Role::Manager) {
        if found.len() == count {
            break;
        }
        let tasks = live_tasks(&above, &manager.area).await?;
        let open = tasks.into_iter().filter(|task| task.state == Phase::Open);
        let open: Vec<TaskId> = open.map(|task| task.id).collect();
        if !open.is_empty() {
            let caller = Caller::new(line, manager.clone());
            caller.sign_in().await?;
            found.push((caller, open));
        }
    }
    if found.len() < count {
        let told = format!("only {} grids with open tasks: load a fresh demo", found.len());
        return Err(Error::Setting(told));
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

/// The `n`th command: a claim, then its release, task by task.
fn command(tasks: &[TaskId], n: usize) -> Command {
    let deed = if n.is_multiple_of(2) { Deed::Claim {} } else { Deed::Release {} };
    let task_id = tasks[n / 2 % tasks.len()];
    let (id, at) = (CommandId(Uuid::now_v7()), in_china(Utc::now()));
    Command { id, task_id, base_version: None, at, deed }
}
