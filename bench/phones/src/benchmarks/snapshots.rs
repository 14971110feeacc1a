//! Concurrent first syncs: time until the last completes, and their size.

use std::fmt::Write as _;
use std::time::Instant;

use super::at_once;
use crate::Error;
use crate::caller;
use crate::district::{Role, SignIn, of_role};
use crate::http_client::HttpClient;
use crate::phone::fresh_copy;
use crate::times::Times;

/// The options of the benchmark.
#[derive(clap::Args)]
pub struct Args {
    /// Number of concurrent first syncs; with fewer people, some have several phones
    #[arg(long, default_value_t = 100)]
    count: usize,
    /// Page size
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Role of the people
    #[arg(long, value_enum, default_value_t = Role::Manager)]
    role: Role,
}

/// Runs the benchmark and returns its report.
///
/// # Errors
/// A response that is not as the protocol requires.
pub async fn measure(url: &str, people: &[SignIn], args: &Args) -> Result<String, Error> {
    let client = HttpClient::to(url)?;
    let those: Vec<SignIn> = of_role(people, args.role).take(args.count).cloned().collect();
    let callers = caller::sign_all_in(&client, &those).await?;
    let phones: Vec<_> = callers.iter().cycle().take(args.count).cloned().collect();
    let limit = args.limit;
    let began = Instant::now();
    let all = at_once(phones.into_iter().map(|caller| async move {
        let began = Instant::now();
        let (_, first) = fresh_copy(&caller, limit).await?;
        Ok((began.elapsed(), first.bytes, first.rows))
    }));
    let mut all = all.await?;
    let total = began.elapsed();
    let times = Times::of(all.iter().map(|(took, ..)| *took).collect());
    all.sort_unstable_by_key(|(_, bytes, rows)| (*bytes, *rows));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} concurrent first syncs, {} people", all.len(), callers.len());
    let _ = writeln!(text, "all done after {total:.1?}; each: {times}");
    for percent in [50, 90, 95, 99, 100] {
        if let Some((_, bytes, rows)) =
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)))
        {
            let _ = writeln!(text, "{percent} %: {rows} rows, {bytes} bytes compressed (bodies)");
        }
    }
    Ok(text)
}
