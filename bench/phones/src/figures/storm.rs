//! A storm: all managers sync every so many seconds, spread evenly. What is timed
//! begins when a sync is due and not when it could be sent, so a server that falls
//! behind cannot hide it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{at_once, managers};
use crate::Error;
use crate::district::SignIn;
use crate::line::{Caller, Line};
use crate::times::{Times, a_second};
use crate::wire::Page;

/// What to measure.
#[derive(clap::Args)]
pub struct Asked {
    /// Seconds between two syncs of a phone
    #[arg(long, default_value_t = 30)]
    every: u64,
    /// For so many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many managers; all unless told
    #[arg(long)]
    managers: Option<usize>,
}

/// Measures it.
///
/// # Errors
/// When the server does not answer as it must.
pub async fn measure(url: &str, people: &[SignIn], asked: &Asked) -> Result<String, Error> {
    let line = Line::to(url)?;
    let callers = managers(&line, people, asked.managers).await?;
    let (every, lasts) = (Duration::from_secs(asked.every), Duration::from_secs(asked.seconds));
    let count = u32::try_from(callers.len()).unwrap_or(u32::MAX);
    let began = Instant::now();
    let phones = (0..count).zip(callers).map(|(n, caller)| {
        let first = began + every * n / count;
        sync_every(caller, first, every, began + lasts)
    });
    let all: Vec<Synced> = at_once(phones).await?;
    let took = began.elapsed();
    let bytes: u64 = all.iter().map(|synced| synced.bytes).sum();
    let firsts = Times::of(all.iter().filter_map(|synced| synced.first).collect());
    let laters = Times::of(all.into_iter().flat_map(|synced| synced.later).collect());
    let rate = a_second(firsts.count() + laters.count(), took);
    let mut told = String::new();
    // Writing to a text cannot fail.
    let _ =
        writeln!(told, "{count} managers every {every:?}: {rate:.0} syncs a second, {bytes} bytes");
    let _ = writeln!(told, "{} first syncs: {firsts}", firsts.count());
    let _ = writeln!(told, "{} later syncs: {laters}", laters.count());
    Ok(told)
}

/// The syncs of one phone, each timed from when it was due.
#[derive(Default)]
struct Synced {
    first: Option<Duration>,
    later: Vec<Duration>,
    bytes: u64,
}

async fn sync_every(
    caller: Arc<Caller>,
    first: Instant,
    every: Duration,
    end: Instant,
) -> Result<Synced, Error> {
    let (mut synced, mut cursor) = (Synced::default(), None::<String>);
    let mut due = first;
    while due < end {
        tokio::time::sleep_until(due).await;
        let begins = cursor.is_none();
        loop {
            let query: Vec<_> = cursor
                .iter()
                .map(|cursor| ("cursor", cursor.as_str()))
                .chain([("limit", "200")])
                .collect();
            let answer = caller.get("/v1/sync", &query).await?;
            let page: Page = answer.read()?;
            synced.bytes += answer.head_bytes + answer.body_bytes;
            cursor = Some(page.cursor);
            if !page.has_more {
                break;
            }
        }
        if begins {
            synced.first = Some(due.elapsed());
        } else {
            synced.later.push(due.elapsed());
        }
        due += every;
    }
    Ok(synced)
}
