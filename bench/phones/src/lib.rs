//! Simulates many phones that are offline for hours, against a real server.
//!
//! Each phone holds a copy and an outbox and syncs over a faulty network: periods offline, lost
//! responses, duplicate and reordered requests, a wrong clock, interrupted pulls, a server that is
//! killed, and supervisors who reassign tasks meanwhile. At the end the faults stop, and [`checks`]
//! verifies that nothing was lost.
//!
//! | what | where |
//! | --- | --- |
//! | the protocol, typed | [`wire`], [`http_client`], [`answer`] |
//! | the model of a phone, pure | [`copy`], [`outbox`], [`expectations`], [`user`], [`network_faults`] |
//! | a running phone, and the supervisor | [`phone`], [`local_log`], [`supervisor`] |
//! | a whole run and its checks | [`run`], [`system`], [`event_log`], [`checks`], [`findings`] |
//! | throughput, latency and size | [`benchmarks`] |
//!
//! One seed determines all random choices; only the network, the scheduler and the time of day
//! differ from run to run.

pub mod answer;
pub mod benchmarks;
pub mod checks;
pub mod copy;
pub mod district;
pub mod error;
pub mod event_log;
pub mod expectations;
pub mod findings;
pub mod http_client;
pub mod local_log;
pub mod network_faults;
pub mod outbox;
pub mod phone;
pub mod run;
pub mod supervisor;
pub mod system;
pub mod times;
pub mod user;
pub mod wire;

pub use district::SignIn;
pub use error::Error;
pub use findings::Findings;
pub use run::{Options, Restart, simulate};
