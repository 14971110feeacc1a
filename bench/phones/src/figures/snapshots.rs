//! First syncs, all at once: how long until the last has all, and how much it is.

use std::fmt::Write as _;
use std::time::Instant;

use super::at_once;
use crate::Error;
use crate::district::{Role, SignIn, of_role};
use crate::line::{self, Line};
use crate::phone::fresh_copy;
use crate::times::Times;

/// What to measure.
#[derive(clap::Args)]
pub struct Asked {
    /// How many first syncs at once; if there are fewer people, some have several phones
    #[arg(long, default_value_t = 100)]
    count: usize,
    /// Rows of a page
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Whose
    #[arg(long, value_enum, default_value_t = Role::Manager)]
    role: Role,
}

/// Measures it.
///
/// # Errors
/// When the server does not answer as it must.
pub async fn measure(url: &str, people: &[SignIn], asked: &Asked) -> Result<String, Error> {
    let line = Line::to(url)?;
    let those: Vec<SignIn> = of_role(people, asked.role).take(asked.count).cloned().collect();
    let callers = line::sign_all_in(&line, &those).await?;
    let phones: Vec<_> = callers.iter().cycle().take(asked.count).cloned().collect();
    let limit = asked.limit;
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
    let mut told = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(told, "{} first syncs at once, {} people", all.len(), callers.len());
    let _ = writeln!(told, "all done after {total:.1?}; each: {times}");
    for percent in [50, 90, 95, 99, 100] {
        if let Some((_, bytes, rows)) =
            all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)))
        {
            let _ = writeln!(told, "{percent} %: {rows} rows, {bytes} bytes compressed (bodies)");
        }
    }
    Ok(told)
}
