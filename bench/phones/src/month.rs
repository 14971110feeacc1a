//! A month of sessions in seconds: phones that are opened some times a day or lie unused for days,
//! on a network that loses every third refresh or its answer. The server runs with lifetimes that are
//! as short as the simulated days ([`Calendar::settings`]).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use crate::Error;
use crate::caller::Caller;
use crate::checks::sessions::{self, Lifetimes};
use crate::district::{self, SignIn};
use crate::http_client::HttpClient;
use crate::network_faults;
use crate::session::device::Device;
use crate::session_findings::SessionFindings;

/// Days after which an unused session ends, by default.
const IDLE_DAYS: u32 = 14;
/// Days of a phone's session, by default.
const WHOLE_DAYS: u32 = 90;

/// How long a simulated day lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// A day.
    pub day: Duration,
}

impl Calendar {
    /// The lifetimes of sessions, in whole seconds as settings are.
    pub fn lifetimes(self) -> Lifetimes {
        let days = |days: u32| Duration::from_secs((self.day * days).as_secs().max(1));
        Lifetimes { idle: days(IDLE_DAYS), whole: days(WHOLE_DAYS) }
    }

    /// The settings of the server. Access tokens live for the shortest time, and spent refresh tokens
    /// are forgiven as briefly, so that the grace alone keeps nobody signed in.
    pub fn settings(self) -> [(&'static str, String); 4] {
        let Lifetimes { idle, whole } = self.lifetimes();
        [
            ("GRIDWARD_SESSION_IDLE_S", idle.as_secs().to_string()),
            ("GRIDWARD_SESSION_PHONE_S", whole.as_secs().to_string()),
            ("GRIDWARD_SESSION_GRACE_S", "1".to_owned()),
            ("GRIDWARD_ACCESS_TOKEN_S", "1".to_owned()),
        ]
    }
}

/// The options of a month.
pub struct Month {
    /// The address of the server.
    pub base_url: String,
    /// The people who can sign in.
    pub sign_ins: Vec<SignIn>,
    /// Determines all random choices.
    pub seed: u64,
    /// Volunteers with phones.
    pub phones: usize,
    /// Simulated days.
    pub days: u32,
    /// How long each lasts.
    pub calendar: Calendar,
}

/// The summary of a month in which every guarantee held.
#[derive(Clone, Debug)]
pub struct MonthFindings {
    /// Number of phones.
    pub phones: usize,
    /// Simulated days.
    pub days: u32,
    /// The sessions.
    pub sessions: SessionFindings,
}

impl fmt::Display for MonthFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<26} {}", "phones", self.phones)?;
        writeln!(f, "{:<26} {}", "simulated days", self.days)?;
        self.sessions.fmt(f)
    }
}

/// Draws the days until a phone is opened again: hours for most, a week for some, and for a few
/// longer than a session lives without use.
fn days_unused(rng: &mut ChaCha8Rng) -> f64 {
    match rng.random_range(0..100) {
        0..=79 => rng.random_range(0.05..1.5),
        80..=91 => rng.random_range(1.5..7.0),
        92..=96 => rng.random_range(7.0..13.0),
        _ => rng.random_range(15.0..18.0),
    }
}

/// Draws the days until a phone repeats a request without an answer.
fn days_to_retry(rng: &mut ChaCha8Rng) -> f64 {
    rng.random_range(0.01..0.2)
}

/// Simulates a month and checks the sessions.
///
/// # Errors
/// The first violated guarantee; a violation of the protocol; a run that cannot be set up.
pub async fn simulate(month: Month) -> Result<MonthFindings, Error> {
    let client = HttpClient::to(&month.base_url)?;
    let people = district::with_phones(&month.sign_ins, 0, month.phones)?;
    let phones = (0..).zip(people).map(|(n, who)| use_phone(&client, who, &month, n));
    let devices: Vec<Arc<Device>> =
        stream::iter(phones).buffer_unordered(month.phones.max(1)).try_collect().await?;
    let mut logs = Vec::new();
    for device in devices {
        let (person, log) = (device.who.person, device.log().await);
        let lifetimes = month.calendar.lifetimes();
        sessions::nobody_is_signed_out(person, &log, &[], lifetimes).map_err(Box::new)?;
        sessions::local_storage_opens(person, &log).map_err(Box::new)?;
        logs.push(log);
    }
    let sessions = SessionFindings::of(&logs, &[]);
    Ok(MonthFindings { phones: month.phones, days: month.days, sessions })
}

/// Uses a phone for the month: opens it from time to time, which refreshes and then calls.
async fn use_phone(
    client: &Arc<HttpClient>,
    who: SignIn,
    month: &Month,
    n: u64,
) -> Result<Arc<Device>, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(month.seed);
    rng.set_stream(n);
    let clock_ahead: TimeDelta = network_faults::clock_offset(&mut rng);
    let device = Device::new(client, who, format!("month-{}-{n}", month.seed), clock_ahead)?;
    let caller = Caller::with_device(client, &device);
    caller.sign_in().await?;
    device.under_faults(Some(ChaCha8Rng::seed_from_u64(rng.random()))).await;
    let day = month.calendar.day;
    let end = Instant::now() + day * month.days;
    while Instant::now() < end {
        tokio::time::sleep(day.mul_f64(days_unused(&mut rng))).await;
        while let Err(error) = open(&device, &caller).await {
            if !error.is_transient() {
                return Err(error);
            }
            tokio::time::sleep(day.mul_f64(days_to_retry(&mut rng))).await;
        }
    }
    Ok(device)
}

/// What an app does when it is opened; after a sign-out its person signs in.
async fn open(device: &Device, caller: &Caller) -> Result<(), Error> {
    if !device.is_signed_in().await {
        return device.sign_in().await;
    }
    let answered = match device.refresh().await {
        Ok(()) => caller.get("/v1/me", &[]).await.and_then(|answer| match answer.status {
            200 => Ok(()),
            _ => Err(answer.wrong("200 was expected")),
        }),
        refused => refused,
    };
    match answered {
        Err(Error::SignedOut { .. }) => device.sign_in().await,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_as_short_as_the_days() {
        let calendar = Calendar { day: Duration::from_millis(500) };
        let Lifetimes { idle, whole } = calendar.lifetimes();
        assert_eq!((idle.as_secs(), whole.as_secs()), (7, 45));
        assert_eq!(calendar.settings()[0], ("GRIDWARD_SESSION_IDLE_S", "7".to_owned()));
    }

    #[test]
    fn most_phones_are_opened_daily_and_some_are_forgotten() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let days: Vec<f64> = (0..1_000).map(|_| days_unused(&mut rng)).collect();
        let count =
            |range: std::ops::Range<f64>| days.iter().filter(|days| range.contains(*days)).count();
        assert!(count(0.0..1.5) > 750);
        assert!(count(7.0..13.0) > 20, "almost too long");
        assert!(count(14.0..30.0) > 10, "too long");
    }
}
