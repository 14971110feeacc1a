//! Periodic load: all managers sync at a fixed interval, spread evenly. Durations begin when a sync is
//! due, not when it is sent, so they include the delay of a server that falls behind (no coordinated
//! omission).

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{at_once, managers};
use crate::Error;
use crate::caller::Caller;
use crate::district::SignIn;
use crate::http_client::HttpClient;
use crate::times::{Times, per_second};
use crate::wire::Page;

/// The options of the benchmark.
#[derive(clap::Args)]
pub struct Args {
    /// Interval in seconds between two syncs of a phone
    #[arg(long, default_value_t = 30)]
    every: u64,
    /// Duration in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Number of managers; default: all
    #[arg(long)]
    managers: Option<usize>,
}

/// Runs the benchmark and returns its report.
///
/// # Errors
/// A response that is not as the protocol requires.
pub async fn measure(url: &str, people: &[SignIn], args: &Args) -> Result<String, Error> {
    let client = HttpClient::to(url)?;
    let callers = managers(&client, people, args.managers).await?;
    let (every, lasts) = (Duration::from_secs(args.every), Duration::from_secs(args.seconds));
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
    let rate = per_second(firsts.count() + laters.count(), took);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{count} managers every {every:?}: {rate:.0} syncs per second, {bytes} bytes"
    );
    let _ = writeln!(text, "{} first syncs: {firsts}", firsts.count());
    let _ = writeln!(text, "{} later syncs: {laters}", laters.count());
    Ok(text)
}

/// Durations of one phone's syncs, from when each was due.
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
