//! Figures: how soon and how small first syncs are, how a storm of syncs fares,
//! how many streams stand and how late a hint comes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Method};
use serde_json::json;

use crate::Error;
use crate::online::{Online, SignIn};

/// Times, in order, and what can be read off them.
pub struct Times(Vec<Duration>);

impl Times {
    /// Of these times.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time that so many of a thousand stay below.
    pub fn quantile(&self, of_thousand: usize) -> Duration {
        let at = (self.0.len() * of_thousand / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Signs people in, a few at a time.
///
/// # Errors
/// When the server says no.
pub async fn sign_in(base: &str, people: &[SignIn]) -> Result<Vec<Arc<Online>>, Error> {
    let client = Client::builder().timeout(Duration::from_secs(120)).build();
    let client = client.map_err(|error| Error::Away(error.to_string()))?;
    let online = |who: &SignIn| Arc::new(Online::new(base, &client, who.clone()));
    let all: Vec<Arc<Online>> = people.iter().map(online).collect();
    stream::iter(all.iter().map(|one| one.sign_in()))
        .buffer_unordered(8)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(all)
}

/// First syncs, `at_once` at a time: the time of each whole snapshot, the time of
/// all, rows and bytes of each as JSON.
///
/// # Errors
/// When the server answers what it must not.
pub async fn snapshots(
    people: &[Arc<Online>],
    at_once: usize,
    limit: u16,
) -> Result<(Times, Duration, Vec<usize>), Error> {
    let began = Instant::now();
    let one = |online: Arc<Online>| async move {
        let began = Instant::now();
        let (mut rows, mut cursor) = (0, String::new());
        loop {
            let path = format!("/v1/sync?limit={limit}{cursor}");
            let page = online.call(Method::GET, &path, None, None).await?;
            rows += page.body["changes"].as_array().map_or(0, Vec::len);
            if page.body["has_more"] != true {
                break;
            }
            cursor = format!("&cursor={}", page.body["cursor"].as_str().unwrap_or_default());
        }
        Ok::<_, Error>((began.elapsed(), rows))
    };
    let done: Vec<(Duration, usize)> = stream::iter(people.iter().cloned().map(one))
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    let all = began.elapsed();
    let (times, rows) = done.into_iter().unzip();
    Ok((Times::of(times), all, rows))
}

/// Everybody syncs every `every`, spread evenly, for `lasts`.
///
/// # Errors
/// When the server answers what it must not.
pub async fn storm(
    people: &[Arc<Online>],
    every: Duration,
    lasts: Duration,
) -> Result<Times, Error> {
    let count = u32::try_from(people.len().max(1)).unwrap_or(u32::MAX);
    let one = |(n, online): (u32, Arc<Online>)| async move {
        let (mut times, mut cursor) = (Vec::new(), None::<String>);
        let mut next = tokio::time::Instant::now() + every * n / count;
        let end = tokio::time::Instant::now() + lasts;
        while next < end {
            tokio::time::sleep_until(next).await;
            let mut body = json!({ "limit": 500 });
            if let Some(cursor) = &cursor {
                body["cursor"] = json!(cursor);
            }
            let answer = online.call(Method::POST, "/v1/sync", Some(&body), None).await?;
            // Since it was due, not since it could be sent.
            times.push(next.elapsed());
            cursor = answer.body["cursor"].as_str().map(ToOwned::to_owned);
            next += every;
        }
        Ok::<_, Error>(times)
    };
    let all: Vec<Vec<Duration>> = stream::iter((0..count).zip(people.iter().cloned()).map(one))
        .buffer_unordered(people.len().max(1))
        .try_collect()
        .await?;
    Ok(Times::of(all.into_iter().flatten().collect()))
}

/// Opens `count` streams of `listener`, has `maker` make a task there and tells how
/// late each stream's hint of it was; those without one are missing.
///
/// # Errors
/// When the server answers what it must not.
pub async fn streams(
    base: &str,
    listener: &Online,
    maker: &Online,
    count: usize,
) -> Result<Times, Error> {
    let client = Client::builder().build().map_err(|error| Error::Away(error.to_string()))?;
    let bearer = listener.bearer().await;
    let open = |_| {
        let request = client.get(format!("{base}/v1/events/stream"));
        let request = request.header("Authorization", &bearer);
        async move { request.send().await.map_err(|error| Error::Away(error.to_string())) }
    };
    let open: Vec<reqwest::Response> =
        stream::iter((0..count).map(open)).buffer_unordered(64).try_collect().await?;
    let (send, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    for mut answer in open {
        let send = send.clone();
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = answer.chunk().await {
                if chunk.windows(6).any(|part| part == b"\"task\"") {
                    let _ = send.send(Instant::now());
                    break;
                }
            }
            // The stream is held open until the end.
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(answer);
        });
    }
    drop(send);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let households = "/v1/beneficiaries?limit=1";
    let households = maker.call(Method::GET, households, None, None).await?;
    let body = json!({ "kind": "home_visit", "beneficiary_id": households.body["items"][0]["id"] });
    let made = maker.call(Method::POST, "/v1/tasks", Some(&body), None).await?;
    let began = Instant::now();
    if made.status != 201 {
        return Err(Error::Answer(made.body.to_string()));
    }
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(10), arrived.recv()).await;
        let Ok(Some(at)) = next else { break };
        times.push(at.saturating_duration_since(began));
    }
    Ok(Times::of(times))
}

/// Bytes that the person's answers had so far, as JSON.
pub fn bytes(online: &Online) -> u64 {
    online.bytes.load(Ordering::Relaxed)
}
