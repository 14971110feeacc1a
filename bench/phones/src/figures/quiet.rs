//! Quiet syncs: how many a second, and how small an answer is that brings nothing.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{at_once, cursor_at_the_end, managers};
use crate::Error;
use crate::answer::Answer;
use crate::district::SignIn;
use crate::line::{Caller, Line};
use crate::times::{Times, a_second};
use crate::wire::Page;

/// What to measure.
#[derive(clap::Args)]
pub struct Asked {
    /// Connections, each a manager's
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// For so many seconds, each way of asking
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// How a phone asks whether there is something new.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With the cursor: 200 and an empty page.
    Cursor,
    /// With the cursor as `ETag` too: 304 and no body.
    Unless,
}

/// Measures it, both ways of asking.
///
/// # Errors
/// When the server does not answer as it must, or an answer was not quiet.
pub async fn measure(url: &str, people: &[SignIn], asked: &Asked) -> Result<String, Error> {
    let line = Line::to(url)?;
    let callers = managers(&line, people, Some(asked.connections)).await?;
    let lasts = Duration::from_secs(asked.seconds);
    let mut told = String::new();
    for (name, way) in [("cursor", Way::Cursor), ("cursor and If-None-Match", Way::Unless)] {
        let began = Instant::now();
        let all = callers.iter().cloned().map(|caller| async move {
            let cursor = cursor_at_the_end(&caller).await?;
            ask(&caller, &cursor, way, lasts).await
        });
        let all = at_once(all).await?;
        let took = began.elapsed();
        let (times, bytes): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let times = Times::of(times.into_iter().flatten().collect());
        let (head, body) = bytes.into_iter().max().unwrap_or_default();
        let rate = a_second(times.count(), took);
        // Writing to a text cannot fail.
        let _ =
            writeln!(told, "{name}: {rate:.0} a second by {} connections; {times}", callers.len());
        let _ = writeln!(told, "  the largest answer: {head} bytes of head, {body} of body");
    }
    Ok(told)
}

type Asks = (Vec<Duration>, (u64, u64));

async fn ask(caller: &Arc<Caller>, cursor: &str, way: Way, lasts: Duration) -> Result<Asks, Error> {
    let (query, etag) = ([("cursor", cursor)], format!("\"{cursor}\""));
    let (mut times, mut largest) = (Vec::new(), (0, 0));
    let began = Instant::now();
    while began.elapsed() < lasts {
        let answer = match way {
            Way::Cursor => caller.get("/v1/sync", &query).await?,
            Way::Unless => caller.get_unless("/v1/sync", &query, &etag).await?,
        };
        check(&answer, way)?;
        times.push(answer.took);
        largest = largest.max((answer.head_bytes, answer.body_bytes));
    }
    Ok((times, largest))
}

fn check(answer: &Answer, way: Way) -> Result<(), Error> {
    if way == Way::Unless {
        return if answer.status == 304 { Ok(()) } else { Err(answer.wrong("304 was expected")) };
    }
    let page: Page = answer.read()?;
    if page.changes.is_empty() && page.removed.is_empty() && !page.reset {
        Ok(())
    } else {
        Err(answer.wrong("nothing was changed, so nothing was to come"))
    }
}
