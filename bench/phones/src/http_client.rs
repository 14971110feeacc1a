//! The HTTP client of one signed-in person: it signs in, sends requests and counts the bytes
//! received. It uses a token until the server rejects it. The number of concurrent sign-ins is
//! limited, because each costs the server a password hash.

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

/// Concurrent sign-ins.
const CONCURRENT_SIGN_INS: usize = 4;
/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Attempts to sign in while the server is overloaded or unreachable.
const TRIES: u32 = 30;

/// The server's address and the connections to it, shared by all callers.
pub struct HttpClient {
    base: RwLock<String>,
    http: Client,
    sign_ins: Semaphore,
}

impl HttpClient {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn to(base: &str) -> Result<Arc<Self>, Error> {
        // Responses are decompressed in this crate, so that their transferred size is known.
        let http = Client::builder().no_gzip().timeout(TIMEOUT).tcp_nodelay(true).build();
        let http = http.map_err(|error| Error::Setting(error.to_string()))?;
        let base = RwLock::new(base.trim_end_matches('/').to_owned());
        Ok(Arc::new(Self { base, http, sign_ins: Semaphore::new(CONCURRENT_SIGN_INS) }))
    }

    /// Uses `base` from now on.
    pub fn moved_to(&self, base: &str) {
        let base = base.trim_end_matches('/');
        base.clone_into(&mut self.base.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The address of a path with its query.
    ///
    /// # Errors
    /// When the result is not a URL.
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

/// A person who sends requests.
pub struct Caller {
    /// Who.
    pub who: SignIn,
    client: Arc<HttpClient>,
    token: Mutex<Option<String>>,
    received: AtomicU64,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl Caller {
    /// A person who has not signed in yet.
    pub fn new(client: &Arc<HttpClient>, who: SignIn) -> Arc<Self> {
        let (client, token) = (Arc::clone(client), Mutex::new(None));
        Arc::new(Self { who, client, token, received: AtomicU64::new(0) })
    }

    /// Bytes of all responses so far, headers and bodies as transferred.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// GET.
    ///
    /// # Errors
    /// [`Error::Away`] without a complete response; [`Error::Busy`] when the server is overloaded.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Error> {
        let url = self.client.url(path, query)?;
        self.call(&format!("GET {url}"), || self.client.http.get(url.clone())).await
    }

    /// GET with `If-None-Match`.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn get_unless(
        &self,
        path: &str,
        query: &[(&str, &str)],
        etag: &str,
    ) -> Result<Answer, Error> {
        let url = self.client.url(path, query)?;
        let request = || self.client.http.get(url.clone()).header(IF_NONE_MATCH, etag);
        self.call(&format!("GET {url} unless {etag}"), request).await
    }

    /// POST of a JSON body.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn post<T: Serialize + Sync>(&self, path: &str, body: &T) -> Result<Answer, Error> {
        let url = self.client.url(path, &[])?;
        let call = format!("POST {url} as {}", self.who.phone);
        self.call(&call, || self.client.http.post(url.clone()).json(body)).await
    }

    /// Opens a response that does not end, uncompressed.
    ///
    /// # Errors
    /// As [`Caller::get`]; [`Error::Answer`] when it is not `200`.
    pub async fn open(&self, path: &str) -> Result<Response, Error> {
        let (url, token) = (self.client.url(path, &[])?, self.token().await?);
        let call = format!("GET {url}");
        // A stream stays open, so the usual time limit does not apply.
        let request =
            self.client.http.get(url).bearer_auth(token).timeout(Duration::from_secs(86_400));
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
            what: format!("a new token of {} is rejected", self.who.phone),
            answer: "HTTP 401".to_owned(),
        })
    }

    async fn forget(&self, token: &str) {
        let mut current = self.token.lock().await;
        if current.as_deref() == Some(token) {
            *current = None;
        }
    }

    /// The token; signs in if there is none.
    async fn token(&self) -> Result<String, Error> {
        let mut current = self.token.lock().await;
        if let Some(token) = &*current {
            return Ok(token.clone());
        }
        let token = self.request_token().await?;
        Ok(current.insert(token).clone())
    }

    async fn request_token(&self) -> Result<String, Error> {
        // The semaphore is never closed, so acquiring a permit cannot fail.
        let _permit = self.client.sign_ins.acquire().await;
        let url = self.client.url("/v1/auth/sign-in", &[])?;
        let call = format!("POST {url} as {}", self.who.phone);
        let body = json!({ "phone": self.who.phone, "password": self.who.password });
        let began = Instant::now();
        let answer = self.client.http.post(url).json(&body).send().await;
        let answer = answer.map_err(|error| away(&call, &error))?;
        if let Some(busy) = busy(&call, &answer) {
            return Err(busy);
        }
        let answer = received(&call, answer, began).await?;
        self.received.fetch_add(answer.head_bytes + answer.body_bytes, Ordering::Relaxed);
        answer.read::<Token>().map(|token| token.access_token)
    }

    /// Signs in; retries while the server is overloaded or unreachable.
    ///
    /// # Errors
    /// When the retries are exhausted, or the server rejects the credentials.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            match self.token().await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(retry_delay(&error)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Signs all of them in, a few at a time.
///
/// # Errors
/// The first failure.
pub async fn sign_all_in(
    client: &Arc<HttpClient>,
    people: &[SignIn],
) -> Result<Vec<Arc<Caller>>, Error> {
    let callers: Vec<Arc<Caller>> =
        people.iter().map(|who| Caller::new(client, who.clone())).collect();
    let signed_in = stream::iter(callers.iter().cloned())
        .map(|caller| async move { caller.sign_in().await })
        .buffer_unordered(2 * CONCURRENT_SIGN_INS);
    signed_in.try_collect::<Vec<()>>().await?;
    Ok(callers)
}

/// The delay before a retry.
pub fn retry_delay(error: &Error) -> Duration {
    match error {
        Error::Busy { wait, .. } => *wait,
        _ => Duration::from_millis(200),
    }
}
