//! A person on the network: signed in, calling the server, counting bytes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::Error;

/// Who signs in with what.
#[derive(Clone, Debug, Deserialize)]
pub struct SignIn {
    /// Names the person.
    pub person_id: String,
    /// What the person does.
    pub role: String,
    /// For which area.
    pub area: String,
    /// The phone's number.
    pub phone: String,
    /// The password.
    pub password: String,
}

impl SignIn {
    /// Reads the file that `gridward demo --sign-ins` writes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(file: &std::path::Path) -> Result<Vec<Self>, Error> {
        let away = |error: csv::Error| Error::Away(format!("{}: {error}", file.display()));
        let mut reader = csv::Reader::from_path(file).map_err(away)?;
        reader.deserialize().collect::<Result<_, _>>().map_err(away)
    }
}

/// A person with a token.
pub struct Online {
    /// Who.
    pub who: SignIn,
    base: String,
    client: Client,
    token: RwLock<String>,
    /// Bytes of answers so far, as JSON.
    pub bytes: AtomicU64,
}

/// What the server answered.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body; null if it is empty or not JSON.
    pub body: Value,
    /// How long it took.
    pub took: Duration,
}

impl Online {
    /// A person who has not signed in yet.
    pub fn new(base: &str, client: &Client, who: SignIn) -> Self {
        let (base, client) = (base.to_owned(), client.clone());
        Self { who, base, client, token: RwLock::default(), bytes: AtomicU64::new(0) }
    }

    /// Signs in, again if need be.
    ///
    /// # Errors
    /// When the server is away or says no.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let body = json!({ "phone": self.who.phone, "password": self.who.password });
        let answer = self.client.post(format!("{}/v1/auth/sign-in", self.base)).json(&body).send();
        let answer = answer.await.map_err(|error| Error::Away(error.to_string()))?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| Error::Away(error.to_string()))?;
        let token = body["access_token"].as_str();
        let token = token.ok_or_else(|| Error::Answer(format!("signing in: {status} {body}")))?;
        token.clone_into(&mut *self.token.write().await);
        Ok(())
    }

    /// The header that says who calls.
    pub async fn bearer(&self) -> String {
        format!("Bearer {}", self.token.read().await)
    }

    /// Calls the server, signing in again when the token has run out.
    ///
    /// # Errors
    /// [`Error::Away`] when there is no whole answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Answer, Error> {
        for _ in 0..2 {
            let began = Instant::now();
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
            request = request.header("Authorization", self.bearer().await);
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(key) = key {
                request = request.header("Idempotency-Key", key);
            }
            let away = |error: reqwest::Error| Error::Away(error.to_string());
            let answer = request.send().await.map_err(away)?;
            let status = answer.status();
            let bytes = answer.bytes().await.map_err(away)?;
            self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if status == StatusCode::UNAUTHORIZED {
                self.sign_in().await?;
                continue;
            }
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            return Ok(Answer { status, body, took: began.elapsed() });
        }
        Err(Error::Answer(format!("{} is not let in", self.who.person_id)))
    }
}
