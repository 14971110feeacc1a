//! Live streams: how many stand at once, and how late a hint comes after a
//! supervisor has begun to change something.

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
use crate::district::{self, Role, SignIn, of_role};
use crate::line::{Caller, Line};
use crate::supervisor::live_tasks;
use crate::times::Times;

/// How many streams are opened at a time.
const OPENING: usize = 64;
/// How long hints are waited for after the last change.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to measure.
#[derive(clap::Args)]
pub struct Asked {
    /// How many streams
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// Managers who hold them, in turn
    #[arg(long, default_value_t = 20)]
    managers: usize,
    /// Changes that the supervisor makes in their grids
    #[arg(long, default_value_t = 20)]
    changes: usize,
    /// Which tasks, and to whom
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What a stream brought, and when.
struct Hint {
    at: Instant,
    id: String,
}

/// Measures it.
///
/// # Errors
/// When the server does not answer as it must.
pub async fn measure(url: &str, people: &[SignIn], asked: &Asked) -> Result<String, Error> {
    let line = Line::to(url)?;
    let holders = managers(&line, people, Some(asked.managers)).await?;
    let above = Caller::new(&line, district::supervisor(people)?.clone());
    above.sign_in().await?;
    let (send, mut hints) = unbounded_channel();
    let began = Instant::now();
    let (standing, failed) = open(&holders, asked.streams, &send).await;
    let opened = began.elapsed();
    drop(send);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut rng = ChaCha8Rng::seed_from_u64(asked.seed);
    let (mut times, mut expected) = (Vec::new(), 0);
    for n in 0..asked.changes {
        let n = n % holders.len();
        // Without this each change would follow a hint, in step with how often the server looks.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1000))).await;
        // Streams were dealt out in turn, so these are the ones of this manager.
        let told = (n..standing).step_by(holders.len()).count();
        let Some((task, began)) = change(&above, people, &holders[n].who.area, &mut rng).await?
        else {
            continue;
        };
        expected += told;
        times.extend(heard(&mut hints, &task, began, told).await);
    }
    let times = Times::of(times);
    let mut told = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(told, "{standing} of {} streams stand, opened in {opened:.1?}", asked.streams);
    if let Some(error) = failed {
        let _ = writeln!(told, "the first that does not: {error}");
    }
    let _ = writeln!(told, "{} of {expected} hints came", times.count());
    let _ = writeln!(told, "from sending the change to the hint: {times}");
    Ok(told)
}

/// Opens streams for the holders in turn, until one fails; each is read to its end.
async fn open(
    holders: &[Arc<Caller>],
    count: usize,
    send: &UnboundedSender<Hint>,
) -> (usize, Option<Error>) {
    let dealt = holders.iter().cycle().take(count);
    let mut opening = streams::iter(dealt)
        .map(|holder| async move { holder.open("/v1/events/stream").await })
        .buffered(OPENING);
    let mut standing = 0;
    while let Some(opened) = opening.next().await {
        match opened {
            Ok(answer) => {
                standing += 1;
                tokio::spawn(read(answer, send.clone()));
            }
            Err(error) => return (standing, Some(error)),
        }
    }
    (standing, None)
}

async fn read(mut answer: Response, send: UnboundedSender<Hint>) {
    let mut lines = Lines::default();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let at = Instant::now();
        for id in lines.take(&chunk) {
            // Nobody listens any more once all is measured.
            let _ = send.send(Hint { at, id });
        }
    }
}

/// Gives a task of the grid to another who works there; answers the task and when
/// the call was sent, or nothing if there is none to give.
async fn change(
    above: &Caller,
    people: &[SignIn],
    grid: &str,
    rng: &mut ChaCha8Rng,
) -> Result<Option<(String, Instant)>, Error> {
    let tasks = live_tasks(above, grid).await?;
    let Some(task) = tasks.choose(rng) else { return Ok(None) };
    let others: Vec<&SignIn> = of_role(people, Role::Volunteer)
        .filter(|who| who.area == grid && Some(who.person) != task.assignee_id)
        .collect();
    let Some(to) = others.choose(rng) else { return Ok(None) };
    let began = Instant::now();
    let path = format!("/v1/tasks/{}/reassign", task.id);
    let answer = above.post(&path, &json!({ "person_id": to.person })).await?;
    if answer.status != 200 {
        return Err(answer.wrong("200 was expected"));
    }
    Ok(Some((task.id.to_string(), began)))
}

/// The times of `count` hints of the task; fewer if they do not come.
async fn heard(
    hints: &mut UnboundedReceiver<Hint>,
    task: &str,
    began: Instant,
    count: usize,
) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        match tokio::time::timeout(PATIENCE, hints.recv()).await {
            Ok(Some(hint)) if hint.id == task => {
                times.push(hint.at.saturating_duration_since(began));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    times
}

/// Reads server-sent events (WHATWG HTML, 9.2) as they come in pieces.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
}

impl Lines {
    /// Takes a piece in; answers the ids of the things that were told of in full.
    fn take(&mut self, piece: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(piece);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        let told = |line: &[u8]| {
            let told = serde_json::from_slice::<Told>(line.strip_prefix(b"data: ")?);
            told.ok().map(|told| told.id)
        };
        whole.split(|byte| *byte == b'\n').filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_that_comes_in_pieces_is_read_once_and_comments_are_not_hints() {
        let told = "retry: 3000\n\n:\n\nid: 17\ndata: {\"seq\":17,\"type\":\"task\",\"id\":\"a\"}\n\n\
                    id: 18\nevent: many\ndata: {}\n\ndata: {\"id\":\"b\"}\n\n";
        for size in 1..told.len() {
            let mut lines = Lines::default();
            let pieces = told.as_bytes().chunks(size);
            let ids: Vec<String> = pieces.flat_map(|piece| lines.take(piece)).collect();
            assert_eq!(ids, ["a", "b"], "in pieces of {size}");
        }
    }
}
