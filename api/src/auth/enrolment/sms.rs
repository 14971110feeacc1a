//! Messages to phones: the one way out of the service that a district pays for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use chrono::Utc;
use futures_util::future::BoxFuture;
use gridward_domain::phone::Phone;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use thiserror::Error;

/// How long a provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The headers of a signed message.
const TIMESTAMP: &str = "X-Gridward-Timestamp";
const SIGNATURE: &str = "X-Gridward-Signature";

/// Why a message was not sent. Texts name neither phone nor code.
#[derive(Debug, Error)]
pub enum SmsError {
    /// The provider is unreachable.
    #[error("the SMS provider is unreachable: {0}")]
    Unreachable(String),
    /// The provider refused.
    #[error("the SMS provider answered {0}")]
    Refused(u16),
    /// The message or the client could not be built.
    #[error("the message could not be built: {0}")]
    Unusable(String),
}

/// A one-time code for a phone.
#[derive(Clone, Debug)]
pub struct Message {
    /// The phone.
    pub phone: Phone,
    /// The code.
    pub code: SecretString,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// Sends messages.
pub trait SmsSender: fmt::Debug + Send + Sync {
    /// Sends a message.
    fn send(&self, message: Message) -> BoxFuture<'_, Result<(), SmsError>>;
}

/// A sender that is shared by all threads.
pub type Sender = Arc<dyn SmsSender>;

/// Writes codes to the log, for development.
#[derive(Clone, Copy, Debug)]
pub struct LogSender;

impl SmsSender for LogSender {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<(), SmsError>> {
        let Message { phone, code, .. } = message;
        tracing::warn!(phone = phone.as_str(), code = code.expose_secret(), "one-time code");
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Posts messages to a provider, signed with a shared key.
#[derive(Clone)]
pub struct HttpSender {
    client: reqwest::Client,
    url: String,
    key: hmac::Key,
}

/// The body of a message. The text of the message is a template at the provider.
#[derive(Serialize)]
struct Body<'a> {
    phone: &'a str,
    code: &'a str,
    expires_in: i64,
}

impl HttpSender {
    /// A sender to `url`, signing with `key`.
    ///
    /// # Errors
    /// [`SmsError::Unusable`] if the system has no TLS.
    pub fn new(url: String, key: &SecretString) -> Result<Self, SmsError> {
        // A redirect would carry the code to another place.
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = client.map_err(|error| SmsError::Unusable(error.to_string()))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Ok(Self { client, url, key })
    }

    async fn post(&self, message: Message) -> Result<(), SmsError> {
        let Message { phone, code, expires_in } = message;
        let body = Body { phone: phone.as_str(), code: code.expose_secret(), expires_in };
        let body = serde_json::to_string(&body);
        let body = body.map_err(|error| SmsError::Unusable(error.to_string()))?;
        let timestamp = Utc::now().timestamp().to_string();
        let signature = signature(&self.key, &timestamp, &body);
        let sent = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature)
            .body(body)
            .send()
            .await;
        let answer =
            sent.map_err(|error| SmsError::Unreachable(error.without_url().to_string()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(SmsError::Refused(status.as_u16())) }
    }
}

/// The HMAC-SHA-256 of timestamp and body, joined by a dot, in hexadecimal.
fn signature(key: &hmac::Key, timestamp: &str, body: &str) -> String {
    hex::encode(hmac::sign(key, format!("{timestamp}.{body}").as_bytes()))
}

impl fmt::Debug for HttpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSender").field("url", &self.url).finish_non_exhaustive()
    }
}

impl SmsSender for HttpSender {
    fn send(&self, message: Message) -> BoxFuture<'_, Result<(), SmsError>> {
        Box::pin(self.post(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_timestamp_and_body() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let message = format!("{}.{}", "1", "{}");
        assert_eq!(message, "1.{}");
        assert_eq!(signature(&key, "1", "{}"), hex::encode(hmac::sign(&key, b"1.{}")));
        assert_ne!(signature(&key, "2", "{}"), signature(&key, "1", "{}"));
    }
}
