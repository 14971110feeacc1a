//! Logs: one line per request, with its id, as text or JSON. Bodies, queries and callers
//! are never logged.

use std::io::IsTerminal;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use serde::{Deserialize, Serialize};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// The format of log lines.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text for people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Initializes logging with `filter`.
///
/// # Errors
/// If `filter` is invalid, or logging is already initialized.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("invalid setting `log`: {error}"))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for a terminal only, not for a file or a collector.
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Human => lines.with_target(false).finish().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
    };
    started.map_err(|error| error.to_string())
}

/// The span of a request.
pub struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        use actix_web::HttpMessage;
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!(
            "request",
            id = id.as_deref().unwrap_or_default(),
            method = %request.method(),
            route = tracing::field::Empty,
            status = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        match outcome {
            Ok(answer) => {
                let route = answer.request().match_pattern();
                span.record("route", route.as_deref().unwrap_or("none"));
                span.record("status", answer.status().as_u16());
                span.in_scope(|| tracing::info!("answered"));
            }
            Err(error) => span.in_scope(|| tracing::error!(%error, "request failed")),
        }
    }
}
