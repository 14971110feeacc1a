//! Live streams: the number of concurrent streams, and the delay from sending a change to the hint.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream as streams};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::managers;
use crate::Error;
use crate::caller::Caller;
use crate::district::{self, Role, SignIn, of_role};
use crate::http_client::HttpClient;
use crate::supervisor::live_tasks;
use crate::times::Times;

/// Streams that are opened concurrently.
const OPENING: usize = 64;
/// Time limit for hints after a change.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The options of the benchmark.
#[derive(clap::Args)]
pub struct Args {
    /// Number of streams
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// Number of managers who hold them, in turn
    #[arg(long, default_value_t = 20)]
    managers: usize,
    /// Number of changes by the supervisor in their grids
    #[arg(long, default_value_t = 20)]
    changes: usize,
    /// Seed of the choice of tasks and assignees
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A received hint.
struct Hint {
    at: Instant,
    id: String,
}

/// Runs the benchmark and returns its report.
///
/// # Errors
/// A response that is not as the protocol requires.
pub async fn measure(url: &str, people: &[SignIn], args: &Args) -> Result<String, Error> {
    let client = HttpClient::to(url)?;
    let holders = managers(&client, people, Some(args.managers)).await?;
    let supervisor = Caller::new(&client, district::supervisor(people)?.clone());
    supervisor.sign_in().await?;
    let (send, mut hints) = unbounded_channel();
    let began = Instant::now();
    let (open_streams, failed) = open(&holders, args.streams, &send).await;
    let opened = began.elapsed();
    drop(send);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let (mut times, mut expected) = (Vec::new(), 0);
    for n in 0..args.changes {
        let n = n % holders.len();
        // A random delay avoids changes in step with the server's polling interval.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1000))).await;
        // Managers hold the streams in turn; these are the streams of this manager.
        let streams = (n..open_streams).step_by(holders.len()).count();
        let Some((task, began)) =
            change(&supervisor, people, &holders[n].who.area, &mut rng).await?
        else {
            continue;
        };
        expected += streams;
        times.extend(delays(&mut hints, &task, began, streams).await);
    }
    let times = Times::of(times);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{open_streams} of {} streams are open, opened in {opened:.1?}",
        args.streams
    );
    if let Some(error) = failed {
        let _ = writeln!(text, "the first failure: {error}");
    }
    let _ = writeln!(text, "{} of {expected} hints arrived", times.count());
    let _ = writeln!(text, "from sending the change to the hint: {times}");
    Ok(text)
}

/// Opens streams for the holders in turn until one fails; each is read to its end.
async fn open(
    holders: &[Arc<Caller>],
    count: usize,
    send: &UnboundedSender<Hint>,
) -> (usize, Option<Error>) {
    let dealt = holders.iter().cycle().take(count);
    let mut opening = streams::iter(dealt)
        .map(|holder| async move { holder.open("/v1/events/stream").await })
        .buffered(OPENING);
    let mut open_streams = 0;
    while let Some(opened) = opening.next().await {
        match opened {
            Ok(answer) => {
                open_streams += 1;
                tokio::spawn(read(answer, send.clone()));
            }
            Err(error) => return (open_streams, Some(error)),
        }
    }
    (open_streams, None)
}

async fn read(mut answer: Response, send: UnboundedSender<Hint>) {
    let mut lines = Lines::default();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let at = Instant::now();
        for id in lines.take(&chunk) {
            // The receiver is gone after the measurement.
            let _ = send.send(Hint { at, id });
        }
    }
}

/// Reassigns a task of the grid to another volunteer of the grid. Returns the task and when the
/// request was sent, or `None` without such a task.
async fn change(
    supervisor: &Caller,
    people: &[SignIn],
    grid: &str,
    rng: &mut ChaCha8Rng,
) -> Result<Option<(String, Instant)>, Error> {
    let tasks = live_tasks(supervisor, grid).await?;
    let Some(task) = tasks.choose(rng) else { return Ok(None) };
    let others: Vec<&SignIn> = of_role(people, Role::Volunteer)
        .filter(|who| who.area == grid && Some(who.person) != task.assignee_id)
        .collect();
    let Some(to) = others.choose(rng) else { return Ok(None) };
    let began = Instant::now();
    let path = format!("/v1/tasks/{}/reassign", task.id);
    let answer = supervisor.post(&path, &json!({ "person_id": to.person })).await?;
    if answer.status != 200 {
        return Err(answer.wrong("200 was expected"));
    }
    Ok(Some((task.id.to_string(), began)))
}

/// The delays of up to `count` hints of the task.
async fn delays(
    hints: &mut UnboundedReceiver<Hint>,
    task: &str,
    began: Instant,
    count: usize,
) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        match tokio::time::timeout(TIMEOUT, hints.recv()).await {
            Ok(Some(hint)) if hint.id == task => {
                times.push(hint.at.saturating_duration_since(began));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    times
}

/// Parses server-sent events (WHATWG HTML, 9.2) from chunks.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

#[derive(Deserialize)]
struct HintData {
    id: String,
}

impl Lines {
    /// Adds a chunk and returns the ids of the completed hints.
    fn take(&mut self, chunk: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(chunk);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        let id = |line: &[u8]| {
            let data = serde_json::from_slice::<HintData>(line.strip_prefix(b"data: ")?);
            data.ok().map(|data| data.id)
        };
        whole.split(|byte| *byte == b'\n').filter_map(id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_in_several_chunks_is_parsed_once_and_comments_are_skipped() {
        let text = "retry: 3000\n\n:\n\nid: 17\ndata: {\"seq\":17,\"type\":\"task\",\"id\":\"a\"}\n\n\
                    id: 18\nevent: many\ndata: {}\n\ndata: {\"id\":\"b\"}\n\n";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let chunks = text.as_bytes().chunks(size);
            let ids: Vec<String> = chunks.flat_map(|chunk| lines.take(chunk)).collect();
            assert_eq!(ids, ["a", "b"], "in chunks of {size}");
        }
    }
}
