//! A run: rounds of steps in bad weather, then clear skies and the verdict.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::{Client, Method};
use serde_json::json;
use uuid::Uuid;

use crate::online::{Online, SignIn};
use crate::phone::{Phone, Weather};
use crate::{Error, Host, verdict};

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// All chance comes from it.
    pub seed: u64,
    /// How many managers have a phone.
    pub managers: usize,
    /// How many volunteers have one.
    pub volunteers: usize,
    /// How many steps each makes.
    pub steps: u32,
    /// How many phones act at a time.
    pub at_once: usize,
    /// How often the server is killed.
    pub kills: u32,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Phones that took part.
    pub phones: usize,
    /// Commands that reached a final outcome, and how many of them were refused.
    pub commands: (usize, usize),
    /// Reports that are kept, and how many of them moved nothing.
    pub reports: (usize, usize),
    /// Events on the log.
    pub events: usize,
    /// What befell the phones, together.
    pub weather: Weather,
}

/// Runs phones against the server and holds what they then have against what the
/// server says.
///
/// # Errors
/// The first broken promise.
pub async fn simulate(host: &Host, people: &[SignIn], options: Options) -> Result<Findings, Error> {
    let client = Client::builder().timeout(Duration::from_secs(30)).build();
    let client = client.map_err(|error| Error::Away(error.to_string()))?;
    let mut phones = phones(host, &client, people, options).await?;
    let supervisor = people.iter().find(|who| who.role == "supervisor" && who.area.len() == 6);
    let supervisor = supervisor.ok_or_else(|| Error::Answer("no supervisor".to_owned()))?;
    let supervisor = Online::new(&host.base(), &client, supervisor.clone());
    supervisor.sign_in().await?;
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed ^ 0x5f5f);
    for step in 0..options.steps {
        let kill = options.kills > 0 && step % (options.steps / options.kills).max(1) == 1;
        let delay = Duration::from_millis(rng.random_range(1..60));
        let round = stream::iter(phones.iter_mut().map(Phone::step))
            .buffer_unordered(options.at_once)
            .try_collect::<Vec<()>>();
        let moves = moves(&supervisor, people, &mut rng);
        let killer = async {
            if kill {
                tokio::time::sleep(delay).await;
                tokio::task::block_in_place(|| host.kill_and_restart())?;
            }
            Ok::<_, Error>(())
        };
        let (round, moves, restarted) = tokio::join!(round, moves, killer);
        round?;
        moves?;
        restarted?;
    }
    clear_skies(&mut phones, options.at_once).await?;
    verdict::judge(&phones, &supervisor, options.at_once).await
}

async fn phones(
    host: &Host,
    client: &Client,
    people: &[SignIn],
    options: Options,
) -> Result<Vec<Phone>, Error> {
    let of =
        |role: &'static str, most| people.iter().filter(move |who| who.role == role).take(most);
    let chosen = of("manager", options.managers).chain(of("volunteer", options.volunteers));
    let phone = |(n, who): (usize, &SignIn)| {
        let colleagues = people
            .iter()
            .filter(|other| who.role == "manager" && other.area == who.area)
            .map(|other| other.person_id.clone())
            .collect();
        let online = Arc::new(Online::new(&host.base(), client, who.clone()));
        Phone::new(online, options.seed, n as u64, colleagues)
    };
    let phones: Vec<Phone> = chosen.enumerate().map(phone).collect();
    // Verifying a password is made to be slow, so not all at once.
    stream::iter(phones.iter().map(|phone| phone.online.sign_in()))
        .buffer_unordered(8)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(phones)
}

/// The supervisor moves some tasks meanwhile, to anybody, of another grid too.
async fn moves(supervisor: &Online, people: &[SignIn], rng: &mut ChaCha8Rng) -> Result<(), Error> {
    let visitors: Vec<_> =
        people.iter().filter(|who| matches!(who.role.as_str(), "manager" | "volunteer")).collect();
    let state = ["open", "assigned", "accepted"][rng.random_range(0..3)];
    let list = format!("/v1/tasks?state={state}&limit=20");
    let Ok(tasks) = supervisor.call(Method::GET, &list, None, None).await else { return Ok(()) };
    for task in tasks.body["items"].as_array().into_iter().flatten() {
        if rng.random_ratio(1, 4) {
            let to = visitors[rng.random_range(0..visitors.len())];
            let path = format!("/v1/tasks/{}/reassign", task["id"].as_str().unwrap_or_default());
            let (body, key) = (json!({ "person_id": to.person_id }), Uuid::now_v7().to_string());
            // The server may be away just now; then this task is not moved.
            let _ = supervisor.call(Method::POST, &path, Some(&body), Some(&key)).await;
        }
    }
    Ok(())
}

/// Everybody has a network and syncs until nothing is left to send or to fetch.
async fn clear_skies(phones: &mut [Phone], at_once: usize) -> Result<(), Error> {
    for _ in 0..20 {
        let round = stream::iter(phones.iter_mut().map(|phone| async move {
            let done = phone.sync().await?;
            Ok::<_, Error>(done && phone.outbox.is_empty())
        }));
        let done: Vec<bool> = round.buffer_unordered(at_once).try_collect().await?;
        if done.into_iter().all(|done| done) {
            // Once more, for what the last ones sent.
            let last = stream::iter(phones.iter_mut().map(Phone::sync)).buffer_unordered(at_once);
            return last.try_collect::<Vec<bool>>().await.map(drop);
        }
    }
    Err(Error::Broken("an outbox is not empty though the skies are clear".to_owned()))
}
