//! Why a run ended early, or was not passed.

use std::time::Duration;

use thiserror::Error;

use crate::verdict::Broken;

/// Why a run ended early, or was not passed.
#[derive(Debug, Error)]
pub enum Error {
    /// No whole answer came: the network or the server was not there.
    #[error("{call}: no answer: {why}")]
    Away {
        /// What was asked.
        call: String,
        /// What the network said.
        why: String,
    },
    /// The server was overloaded and said so.
    #[error("{call}: the server is busy (HTTP {status})")]
    Busy {
        /// What was asked.
        call: String,
        /// 429 or 503.
        status: u16,
        /// How long it asked to wait.
        wait: Duration,
    },
    /// The server answered what the wire does not allow.
    #[error("{call}: {what}\n  the answer: {answer}")]
    Answer {
        /// What was asked.
        call: String,
        /// What is wrong with the answer.
        what: String,
        /// The status and the body, in full.
        answer: String,
    },
    /// The run cannot be set up as asked.
    #[error("{0}")]
    Setting(String),
    /// A promise is broken.
    #[error("broken promise: {0}")]
    Broken(#[from] Box<Broken>),
}

impl Error {
    /// Whether this is what phones call bad weather: they try again later.
    pub const fn is_weather(&self) -> bool {
        matches!(self, Self::Away { .. } | Self::Busy { .. })
    }
}
