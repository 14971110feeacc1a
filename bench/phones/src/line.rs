//! A person on the line to the server: signs in, calls, and counts what comes over
//! the wire. Tokens are used until the server refuses them; only so many sign in
//! at a time, for each costs the server a password's hash.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex, Semaphore};

use crate::Error;
use crate::answer::{Answer, away, busy, received};
use crate::district::SignIn;

/// How many sign in at a time.
const DOORS: usize = 4;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a sign-in is tried when the server is busy or away.
const TRIES: u32 = 30;

/// Where the server is, and the way there.
pub struct Line {
    base: RwLock<String>,
    http: Client,
    doors: Semaphore,
}

impl Line {
    /// The way to the server at `base`, as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When the network cannot be used at all.
    pub fn to(base: &str) -> Result<Arc<Self>, Error> {
        // What is compressed is inflated here, so that its size on the wire is known.
        let http = Client::builder().no_gzip().timeout(PATIENCE).tcp_nodelay(true).build();
        let http = http.map_err(|error| Error::Setting(error.to_string()))?;
        let base = RwLock::new(base.trim_end_matches('/').to_owned());
        Ok(Arc::new(Self { base, http, doors: Semaphore::new(DOORS) }))
    }

    /// The server is now at `base`.
    pub fn moved_to(&self, base: &str) {
        let base = base.trim_end_matches('/');
        base.clone_into(&mut self.base.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The address of a path with its query.
    ///
    /// # Errors
    /// When the base is no address.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Error> {
        let base = self.base.read().unwrap_or_else(PoisonError::into_inner).clone();
        let whole = format!("{base}{path}");
        let url = if query.is_empty() {
            Url::parse(&whole)
        } else {
            Url::parse_with_params(&whole, query)
        };
        url.map_err(|error| Error::Setting(format!("{whole}: {error}")))
    }
}

/// A person on the line.
pub struct Caller {
    /// Who.
    pub who: SignIn,
    line: Arc<Line>,
    token: Mutex<Option<String>>,
    received: AtomicU64,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl Caller {
    /// A person who has not signed in yet.
    pub fn new(line: &Arc<Line>, who: SignIn) -> Arc<Self> {
        let (line, token) = (Arc::clone(line), Mutex::new(None));
        Arc::new(Self { who, line, token, received: AtomicU64::new(0) })
    }

    /// Bytes of all answers so far, heads and bodies as they came over the wire.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// GET.
    ///
    /// # Errors
    /// [`Error::Away`] and [`Error::Busy`] when there is no answer to speak of.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Error> {
        let url = self.line.url(path, query)?;
        self.call(&format!("GET {url}"), || self.line.http.get(url.clone())).await
    }

    /// GET, unless what `etag` names is still current.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn get_unless(
        &self,
        path: &str,
        query: &[(&str, &str)],
        etag: &str,
    ) -> Result<Answer, Error> {
        let url = self.line.url(path, query)?;
        let request = || self.line.http.get(url.clone()).header(IF_NONE_MATCH, etag);
        self.call(&format!("GET {url} unless {etag}"), request).await
    }

    /// POST of a JSON body.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn post<T: Serialize + Sync>(&self, path: &str, body: &T) -> Result<Answer, Error> {
        let url = self.line.url(path, &[])?;
        let call = format!("POST {url} as {}", self.who.phone);
        self.call(&call, || self.line.http.post(url.clone()).json(body)).await
    }

    /// Opens an answer that has no end; nothing in it is compressed.
    ///
    /// # Errors
    /// As [`Caller::get`]; [`Error::Answer`] when it is not `200`.
    pub async fn open(&self, path: &str) -> Result<Response, Error> {
        let (url, token) = (self.line.url(path, &[])?, self.token().await?);
        let call = format!("GET {url}");
        // No time-out of the whole: it is to stay open.
        let request =
            self.line.http.get(url).bearer_auth(token).timeout(Duration::from_secs(86_400));
        let answer = request.send().await.map_err(|error| away(&call, &error))?;
        if answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        Err(received(&call, answer, Instant::now()).await?.wrong("200 was expected"))
    }

    async fn call(
        &self,
        call: &str,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, Error> {
        for _ in 0..2 {
            let token = self.token().await?;
            let request = request().bearer_auth(&token).header(ACCEPT_ENCODING, "gzip");
            let began = Instant::now();
            let answer = request.send().await.map_err(|error| away(call, &error))?;
            if let Some(busy) = busy(call, &answer) {
                return Err(busy);
            }
            let answer = received(call, answer, began).await?;
            self.received.fetch_add(answer.head_bytes + answer.body_bytes, Ordering::Relaxed);
            if answer.status != 401 {
                return Ok(answer);
            }
            self.forget(&token).await;
        }
        Err(Error::Answer {
            call: call.to_owned(),
            what: format!("a token just given to {} is refused", self.who.phone),
            answer: "HTTP 401".to_owned(),
        })
    }

    async fn forget(&self, token: &str) {
        let mut held = self.token.lock().await;
        if held.as_deref() == Some(token) {
            *held = None;
        }
    }

    /// The token, signing in for it if there is none.
    async fn token(&self) -> Result<String, Error> {
        let mut held = self.token.lock().await;
        if let Some(token) = &*held {
            return Ok(token.clone());
        }
        let token = self.enter().await?;
        Ok(held.insert(token).clone())
    }

    async fn enter(&self) -> Result<String, Error> {
        // The doors are never closed, so this only waits.
        let _door = self.line.doors.acquire().await;
        let url = self.line.url("/v1/auth/sign-in", &[])?;
        let call = format!("POST {url} as {}", self.who.phone);
        let body = json!({ "phone": self.who.phone, "password": self.who.password });
        let began = Instant::now();
        let answer = self.line.http.post(url).json(&body).send().await;
        let answer = answer.map_err(|error| away(&call, &error))?;
        if let Some(busy) = busy(&call, &answer) {
            return Err(busy);
        }
        let answer = received(&call, answer, began).await?;
        self.received.fetch_add(answer.head_bytes + answer.body_bytes, Ordering::Relaxed);
        answer.read::<Token>().map(|token| token.access_token)
    }

    /// Signs in, waiting for a busy or absent server for a while.
    ///
    /// # Errors
    /// When it stays so, or the server says no.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            match self.token().await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_weather() && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(wait(&error)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Signs all in, a few at a time.
///
/// # Errors
/// The first that cannot.
pub async fn sign_all_in(line: &Arc<Line>, people: &[SignIn]) -> Result<Vec<Arc<Caller>>, Error> {
    let callers: Vec<Arc<Caller>> =
        people.iter().map(|who| Caller::new(line, who.clone())).collect();
    let signed_in = stream::iter(callers.iter().cloned())
        .map(|caller| async move { caller.sign_in().await })
        .buffer_unordered(2 * DOORS);
    signed_in.try_collect::<Vec<()>>().await?;
    Ok(callers)
}

/// How long to wait before trying again.
pub fn wait(error: &Error) -> Duration {
    match error {
        Error::Busy { wait, .. } => *wait,
        _ => Duration::from_millis(200),
    }
}
