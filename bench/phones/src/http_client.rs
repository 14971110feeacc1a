//! The HTTP client: the server's address, shared connections, and the count of received bytes. The
//! number of concurrent sign-ins is limited, because each costs the server a password hash.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response, Url};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Error;
use crate::answer::{Answer, away, busy, received};

/// Concurrent sign-ins.
pub const CONCURRENT_SIGN_INS: usize = 4;
/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(120);

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

    /// Waits until one of the concurrent sign-ins has ended.
    pub async fn turn_to_sign_in(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so acquiring a permit cannot fail.
        self.sign_ins.acquire().await.ok()
    }
}

/// One caller's use of the client.
pub struct Connection {
    client: Arc<HttpClient>,
    received: AtomicU64,
}

impl Connection {
    /// A use of `client`.
    pub fn to(client: &Arc<HttpClient>) -> Self {
        Self { client: Arc::clone(client), received: AtomicU64::new(0) }
    }

    /// The client.
    pub fn client(&self) -> &Arc<HttpClient> {
        &self.client
    }

    /// Bytes of all responses so far, headers and bodies as transferred.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The address of a path with its query.
    ///
    /// # Errors
    /// When the result is not a URL.
    pub fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Error> {
        let base = self.client.base.read().unwrap_or_else(PoisonError::into_inner).clone();
        let whole = format!("{base}{path}");
        let url = if query.is_empty() {
            Url::parse(&whole)
        } else {
            Url::parse_with_params(&whole, query)
        };
        url.map_err(|error| Error::Setting(format!("{whole}: {error}")))
    }

    /// A request.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.http.request(method, url)
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// [`Error::Away`] without a complete response; [`Error::Busy`] when the server is overloaded.
    pub async fn exchange(&self, call: &str, request: RequestBuilder) -> Result<Answer, Error> {
        let began = Instant::now();
        let answer = self.begin(call, request).await?;
        self.finish(call, answer, began).await
    }

    /// Sends a request; returns when the headers of the response have arrived.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub async fn begin(&self, call: &str, request: RequestBuilder) -> Result<Response, Error> {
        let answer = request.send().await.map_err(|error| away(call, &error))?;
        busy(call, &answer).map_or(Ok(answer), Err)
    }

    /// Reads the rest of a response.
    ///
    /// # Errors
    /// [`Error::Away`] if it ends early.
    pub async fn finish(
        &self,
        call: &str,
        answer: Response,
        began: Instant,
    ) -> Result<Answer, Error> {
        let answer = received(call, answer, began).await?;
        self.received.fetch_add(answer.head_bytes + answer.body_bytes, Ordering::Relaxed);
        Ok(answer)
    }
}
