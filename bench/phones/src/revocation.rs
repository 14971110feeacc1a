//! Revocations: a supervisor ends the sessions of a phone's person, and somebody who copied the
//! phone's key and tokens tries to stay in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use reqwest::Response;
use tokio::task::JoinSet;

use crate::Error;
use crate::caller::{self, Caller};
use crate::checks::sessions::WITHIN;
use crate::http_client::HttpClient;
use crate::session::device::Device;
use crate::wire::PersonId;

/// Random stream of the revocations, distinct from those of the run, the phones and the supervisor.
const STREAM: u64 = u64::MAX - 2;
/// The interval between two tries of the copy.
const INTERVAL: Duration = Duration::from_millis(50);
/// Time limit for the server to answer again after a kill.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A revocation of a person's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Whose.
    pub person: PersonId,
    /// When it was first requested.
    pub requested: Instant,
    /// When it was acknowledged.
    pub acknowledged: Instant,
}

/// How long after its acknowledged revocation a copied device was still admitted; zero if it was
/// refused at the first try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlasted {
    /// The access token.
    pub token: Duration,
    /// The refresh token.
    pub refresh: Duration,
    /// The open stream: until the server ended it. `None` without one, and if a kill broke it.
    pub stream: Option<Duration>,
}

/// A supervisor who revokes random phones.
pub struct Revoker {
    client: Arc<HttpClient>,
    supervisor: Arc<Caller>,
    devices: Vec<Arc<Device>>,
    rng: ChaCha8Rng,
    revocations: Vec<Revocation>,
    copies: JoinSet<Result<Outlasted, Error>>,
}

impl Revoker {
    /// A supervisor who revokes some of `devices`.
    pub fn new(
        client: &Arc<HttpClient>,
        supervisor: &Arc<Caller>,
        devices: Vec<Arc<Device>>,
        seed: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        Self {
            client: Arc::clone(client),
            supervisor: Arc::clone(supervisor),
            devices,
            rng,
            revocations: Vec::new(),
            copies: JoinSet::new(),
        }
    }

    /// Revokes a phone that is signed in, if there is one. The copy's tries continue in the
    /// background.
    ///
    /// # Errors
    /// A response that is not as the protocol requires.
    pub async fn act(&mut self) -> Result<(), Error> {
        let mut signed_in = Vec::new();
        for device in &self.devices {
            // With an access token, there is a stream to end too.
            if device.has_access_token().await {
                signed_in.push(device);
            }
        }
        let Some(device) = signed_in.choose(&mut self.rng) else { return Ok(()) };
        let person = device.who.person;
        let (token, refresh) = (device.copied().await, device.copied().await);
        let token = Caller::with_device(&self.client, &token);
        let stream = match token.open("/v1/events/stream").await {
            Ok(stream) => Some(stream),
            Err(error) if error.is_transient() => None,
            Err(Error::SignedOut { .. }) => None,
            Err(error) => return Err(error),
        };
        let requested = Instant::now();
        self.revoke(person).await?;
        let acknowledged = Instant::now();
        self.revocations.push(Revocation { person, requested, acknowledged });
        self.copies.spawn(outlasted(acknowledged, token, refresh, stream));
        Ok(())
    }

    /// Repeats the request until it is acknowledged.
    async fn revoke(&self, person: PersonId) -> Result<(), Error> {
        let path = format!("/v1/people/{person}/sessions");
        loop {
            match self.supervisor.delete(&path).await {
                Ok(answer) if answer.status == 204 => return Ok(()),
                Ok(answer) => return Err(answer.wrong("204 was expected")),
                Err(error) if error.is_transient() => {
                    tokio::time::sleep(caller::retry_delay(&error)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the copies; returns all revocations and how long each copy was admitted.
    ///
    /// # Errors
    /// A response that is not as the protocol requires.
    pub async fn finish(mut self) -> Result<(Vec<Revocation>, Vec<Outlasted>), Error> {
        let mut all = Vec::new();
        while let Some(ended) = self.copies.join_next().await {
            all.push(ended.map_err(|error| Error::Setting(error.to_string()))??);
        }
        Ok((self.revocations, all))
    }
}

/// What the copy uses.
enum Copied {
    /// The access token.
    Token(Arc<Caller>),
    /// The refresh token.
    Refresh(Arc<Device>),
}

impl Copied {
    async fn attempt(&self) -> Result<(), Error> {
        match self {
            Self::Token(caller) => caller.get("/v1/me", &[]).await.map(drop),
            Self::Refresh(device) => device.refresh().await,
        }
    }

    /// Tries until the server refuses the session; returns the time of the last admitted try.
    async fn admitted(self, acknowledged: Instant) -> Result<Duration, Error> {
        let mut last = Duration::ZERO;
        loop {
            let sent = acknowledged.elapsed();
            match self.attempt().await {
                Ok(()) => last = sent,
                Err(Error::SignedOut { .. }) => return Ok(last),
                // Killed and not yet restarted: nobody is admitted.
                Err(error) if error.is_transient() && sent < TIMEOUT => {}
                Err(error) => return Err(error),
            }
            if last > WITHIN {
                return Ok(last);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

async fn outlasted(
    acknowledged: Instant,
    token: Arc<Caller>,
    refresh: Arc<Device>,
    stream: Option<Response>,
) -> Result<Outlasted, Error> {
    let by_stream = async {
        let mut stream = stream?;
        let ends = async {
            while stream.chunk().await?.is_some() {}
            Ok::<_, reqwest::Error>(())
        };
        // A stream that does not end is recorded as one that ends too late.
        let ended = tokio::time::timeout(2 * WITHIN, ends).await;
        let broken = matches!(ended, Ok(Err(_)));
        (!broken).then(|| acknowledged.elapsed())
    };
    let (token, refresh, stream) = tokio::join!(
        Copied::Token(token).admitted(acknowledged),
        Copied::Refresh(refresh).admitted(acknowledged),
        by_stream,
    );
    Ok(Outlasted { token: token?, refresh: refresh?, stream })
}
