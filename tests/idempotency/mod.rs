//! Stored answers and authority: a repeated call gets its stored answer only while its sender may
//! still make the call, and answers that open sealed data are never stored.

mod authority;
mod calls;
mod calls_about_beneficiaries;
mod calls_about_campaigns;
mod disclosures;

use reqwest::Method;
use serde_json::Value;

use crate::support::Caller;
use crate::support::server::Answer;

/// A call with an `Idempotency-Key`.
struct Keyed {
    operation: &'static str,
    caller: Caller,
    path: String,
    body: Value,
    version: Option<&'static str>,
}

impl Keyed {
    async fn send(&self, key: &str) -> Answer {
        let request = self.caller.request(Method::POST, &self.path).header("Idempotency-Key", key);
        let request = match self.version {
            Some(version) => request.header("If-Match", version),
            None => request,
        };
        let request = if self.body.is_null() { request } else { request.json(&self.body) };
        self.caller.send(request).await
    }
}
