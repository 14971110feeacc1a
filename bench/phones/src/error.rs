//! The errors of a run.

use std::time::Duration;

use thiserror::Error;

use crate::checks::Violation;

/// Why a run ended early or failed.
#[derive(Debug, Error)]
pub enum Error {
    /// No complete response: the network or the server was unavailable.
    #[error("{call}: no response: {why}")]
    Away {
        /// The request.
        call: String,
        /// The cause.
        why: String,
    },
    /// The server answered that it was overloaded.
    #[error("{call}: the server is overloaded (HTTP {status})")]
    Busy {
        /// The request.
        call: String,
        /// 429 or 503.
        status: u16,
        /// The delay that it asked for.
        wait: Duration,
    },
    /// The simulated network lost a sign-in or a refresh, or its answer.
    #[error("{call}: lost")]
    Lost {
        /// The request.
        call: String,
    },
    /// The session has ended: the person must sign in.
    #[error("the session has ended ({code})")]
    SignedOut {
        /// The code of the problem.
        code: String,
    },
    /// The response violates the protocol.
    #[error("{call}: {what}\n  response: {answer}")]
    Answer {
        /// The request.
        call: String,
        /// What is wrong with the response.
        what: String,
        /// The status and the body, in full.
        answer: String,
    },
    /// The run cannot be set up or continued.
    #[error("{0}")]
    Setting(String),
    /// A guarantee is violated.
    #[error("violated guarantee: {0}")]
    Violation(#[from] Box<Violation>),
}

impl Error {
    /// Whether a phone retries after this error.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Away { .. } | Self::Busy { .. } | Self::Lost { .. })
    }
}
