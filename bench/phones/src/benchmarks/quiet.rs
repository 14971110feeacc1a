//! Throughput and response size of syncs without changes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{at_once, cursor_at_the_end, managers};
use crate::Error;
use crate::answer::Answer;
use crate::caller::Caller;
use crate::district::SignIn;
use crate::http_client::HttpClient;
use crate::times::{Times, per_second};
use crate::wire::Page;

/// The options of the benchmark.
#[derive(clap::Args)]
pub struct Args {
    /// Number of connections, each of another manager
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Duration in seconds of each kind of request
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// How a phone asks for changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    /// With the cursor: 200 and an empty page.
    Cursor,
    /// With the cursor as `ETag` too: 304 and no body.
    Unless,
}

/// Measures both kinds of request.
///
/// # Errors
/// A response that is not as the protocol requires, or that contains changes.
pub async fn measure(url: &str, people: &[SignIn], args: &Args) -> Result<String, Error> {
    let client = HttpClient::to(url)?;
    let callers = managers(&client, people, Some(args.connections)).await?;
    let lasts = Duration::from_secs(args.seconds);
    let mut text = String::new();
    for (name, request) in
        [("cursor", Request::Cursor), ("cursor and If-None-Match", Request::Unless)]
    {
        let began = Instant::now();
        let all = callers.iter().cloned().map(|caller| async move {
            let cursor = cursor_at_the_end(&caller).await?;
            ask(&caller, &cursor, request, lasts).await
        });
        let all = at_once(all).await?;
        let took = began.elapsed();
        let (times, bytes): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let times = Times::of(times.into_iter().flatten().collect());
        let (head, body) = bytes.into_iter().max().unwrap_or_default();
        let rate = per_second(times.count(), took);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name}: {rate:.0} per second over {} connections; {times}",
            callers.len()
        );
        let _ = writeln!(text, "  the largest response: {head} bytes of headers, {body} of body");
    }
    Ok(text)
}

type Asks = (Vec<Duration>, (u64, u64));

async fn ask(
    caller: &Arc<Caller>,
    cursor: &str,
    request: Request,
    lasts: Duration,
) -> Result<Asks, Error> {
    let (query, etag) = ([("cursor", cursor)], format!("\"{cursor}\""));
    let (mut times, mut largest) = (Vec::new(), (0, 0));
    let began = Instant::now();
    while began.elapsed() < lasts {
        let answer = match request {
            Request::Cursor => caller.get("/v1/sync", &query).await?,
            Request::Unless => caller.get_unless("/v1/sync", &query, &etag).await?,
        };
        check(&answer, request)?;
        times.push(answer.took);
        largest = largest.max((answer.head_bytes, answer.body_bytes));
    }
    Ok((times, largest))
}

fn check(answer: &Answer, request: Request) -> Result<(), Error> {
    if request == Request::Unless {
        return if answer.status == 304 { Ok(()) } else { Err(answer.wrong("304 was expected")) };
    }
    let page: Page = answer.read()?;
    if page.changes.is_empty() && page.removed.is_empty() && !page.reset {
        Ok(())
    } else {
        Err(answer.wrong("an empty page was expected"))
    }
}
