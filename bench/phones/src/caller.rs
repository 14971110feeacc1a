//! A person who sends requests, with the session of a device or with a token that the password
//! renews. A token is used until the server refuses it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use crate::Error;
use crate::answer::Answer;
use crate::district::SignIn;
use crate::http_client::{CONCURRENT_SIGN_INS, Connection, HttpClient};
use crate::session::device::{Authorization, Device};

/// Attempts to sign in while the server is overloaded or unreachable.
const TRIES: u32 = 30;
/// Attempts of a request: one may need a new token and then a new nonce.
const ATTEMPTS: u32 = 4;

/// A person who sends requests.
pub struct Caller {
    /// Who.
    pub who: SignIn,
    connection: Connection,
    credentials: Credentials,
}

/// The origin of a caller's access tokens.
enum Credentials {
    /// A sign-in without a device.
    Password(Mutex<Option<String>>),
    /// The session of a device.
    Device(Arc<Device>),
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl Caller {
    /// A person without a device, who has not signed in yet.
    pub fn new(client: &Arc<HttpClient>, who: SignIn) -> Arc<Self> {
        let credentials = Credentials::Password(Mutex::new(None));
        Arc::new(Self { who, connection: Connection::to(client), credentials })
    }

    /// The person of a device.
    pub fn with_device(client: &Arc<HttpClient>, device: &Arc<Device>) -> Arc<Self> {
        let (who, credentials) = (device.who.clone(), Credentials::Device(Arc::clone(device)));
        Arc::new(Self { who, connection: Connection::to(client), credentials })
    }

    /// Bytes of all responses so far, headers and bodies as transferred.
    pub fn received(&self) -> u64 {
        let of_device = match &self.credentials {
            Credentials::Password(_) => 0,
            Credentials::Device(device) => device.received(),
        };
        self.connection.received() + of_device
    }

    /// GET.
    ///
    /// # Errors
    /// [`Error::Away`] without a complete response; [`Error::Busy`] when the server is overloaded;
    /// [`Error::Lost`] and [`Error::SignedOut`] of a device.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Error> {
        let url = self.connection.url(path, query)?;
        self.call(Method::GET, url, |request| request).await
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
        let url = self.connection.url(path, query)?;
        self.call(Method::GET, url, |request| request.header(IF_NONE_MATCH, etag)).await
    }

    /// POST of a JSON body.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn post<T: Serialize + Sync>(&self, path: &str, body: &T) -> Result<Answer, Error> {
        let url = self.connection.url(path, &[])?;
        self.call(Method::POST, url, |request| request.json(body)).await
    }

    /// A change of a row, based on its version.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn change<T: Serialize + Sync>(
        &self,
        method: Method,
        path: &str,
        base_version: i64,
        body: &T,
    ) -> Result<Answer, Error> {
        let (url, etag) = (self.connection.url(path, &[])?, format!("\"v{base_version}\""));
        self.call(method, url, |request| request.header(IF_MATCH, &etag).json(body)).await
    }

    /// DELETE.
    ///
    /// # Errors
    /// As [`Caller::get`].
    pub async fn delete(&self, path: &str) -> Result<Answer, Error> {
        let url = self.connection.url(path, &[])?;
        self.call(Method::DELETE, url, |request| request).await
    }

    /// Opens a response that does not end, uncompressed.
    ///
    /// # Errors
    /// As [`Caller::get`]; [`Error::Answer`] when it is neither `200` nor a 401 of a session.
    pub async fn open(&self, path: &str) -> Result<Response, Error> {
        let url = self.connection.url(path, &[])?;
        let call = format!("GET {url}");
        for _ in 0..ATTEMPTS {
            let Authorization { token, headers } = self.authorize(&Method::GET, &url).await?;
            // A stream stays open, so the usual time limit does not apply.
            let request = self.connection.request(Method::GET, url.clone()).headers(headers);
            let (began, request) = (Instant::now(), request.timeout(Duration::from_secs(86_400)));
            let answer = self.connection.begin(&call, request).await?;
            if answer.status() == StatusCode::OK {
                return Ok(answer);
            }
            let answer = self.connection.finish(&call, answer, began).await?;
            if answer.status != 401 {
                return Err(answer.wrong("200 was expected"));
            }
            self.refused(&token, &answer).await?;
        }
        Err(self.refused_for_good(&call))
    }

    async fn call(
        &self,
        method: Method,
        url: Url,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Error> {
        let call = format!("{method} {url} as {}", self.who.phone);
        for _ in 0..ATTEMPTS {
            let Authorization { token, headers } = self.authorize(&method, &url).await?;
            let request = with(self.connection.request(method.clone(), url.clone()));
            let request = request.headers(headers).header(ACCEPT_ENCODING, "gzip");
            let answer = self.connection.exchange(&call, request).await?;
            if answer.status != 401 {
                return Ok(answer);
            }
            self.refused(&token, &answer).await?;
        }
        Err(self.refused_for_good(&call))
    }

    fn refused_for_good(&self, call: &str) -> Error {
        Error::Answer {
            call: call.to_owned(),
            what: format!("a new token of {} is rejected", self.who.phone),
            answer: "HTTP 401".to_owned(),
        }
    }

    async fn authorize(&self, method: &Method, url: &Url) -> Result<Authorization, Error> {
        match &self.credentials {
            Credentials::Device(device) => device.authorize(method, url).await,
            Credentials::Password(current) => {
                let token = self.token(current).await?;
                let value = HeaderValue::from_str(&format!("Bearer {token}"));
                let value = value.map_err(|error| Error::Setting(error.to_string()))?;
                Ok(Authorization { token, headers: HeaderMap::from_iter([(AUTHORIZATION, value)]) })
            }
        }
    }

    async fn refused(&self, token: &str, answer: &Answer) -> Result<(), Error> {
        match &self.credentials {
            Credentials::Device(device) => device.refused(token, answer).await,
            Credentials::Password(current) => {
                let mut current = current.lock().await;
                if current.as_deref() == Some(token) {
                    *current = None;
                }
                Ok(())
            }
        }
    }

    /// The token; signs in if there is none.
    async fn token(&self, current: &Mutex<Option<String>>) -> Result<String, Error> {
        let mut current = current.lock().await;
        if let Some(token) = &*current {
            return Ok(token.clone());
        }
        let token = self.request_token().await?;
        Ok(current.insert(token).clone())
    }

    async fn request_token(&self) -> Result<String, Error> {
        let _turn = self.connection.client().turn_to_sign_in().await;
        let url = self.connection.url("/v1/auth/sign-in", &[])?;
        let call = format!("POST {url} as {}", self.who.phone);
        let body = json!({ "phone": self.who.phone, "password": self.who.password });
        let request = self.connection.request(Method::POST, url).json(&body);
        let answer = self.connection.exchange(&call, request).await?;
        answer.read::<Token>().map(|token| token.access_token)
    }

    /// Signs in; retries while the server is overloaded or unreachable.
    ///
    /// # Errors
    /// When the retries are exhausted, or the server rejects the credentials.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let signed_in = match &self.credentials {
                Credentials::Password(current) => self.token(current).await.map(drop),
                Credentials::Device(device) => device.sign_in().await,
            };
            match signed_in {
                Err(error) if error.is_transient() && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(retry_delay(&error)).await;
                }
                other => return other,
            }
        }
    }
}

/// Signs people without devices in, a few at a time.
///
/// # Errors
/// The first failure.
pub async fn sign_all_in(
    client: &Arc<HttpClient>,
    people: &[SignIn],
) -> Result<Vec<Arc<Caller>>, Error> {
    let callers: Vec<Arc<Caller>> =
        people.iter().map(|who| Caller::new(client, who.clone())).collect();
    sign_in_each(&callers).await?;
    Ok(callers)
}

/// Signs the callers in, a few at a time.
///
/// # Errors
/// The first failure.
pub async fn sign_in_each(callers: &[Arc<Caller>]) -> Result<(), Error> {
    let signed_in = stream::iter(callers.iter().cloned())
        .map(|caller| async move { caller.sign_in().await })
        .buffer_unordered(2 * CONCURRENT_SIGN_INS);
    signed_in.try_collect::<Vec<()>>().await.map(drop)
}

/// The delay before a retry.
pub fn retry_delay(error: &Error) -> Duration {
    match error {
        Error::Busy { wait, .. } => *wait,
        _ => Duration::from_millis(200),
    }
}
