//! Simulates many phones that are offline for hours, against a real server.
//!
//! Each phone holds a session, a copy and an outbox, proves its key with each request, and refreshes
//! and syncs over a faulty network: periods offline, lost requests and responses, duplicate, delayed
//! and reordered requests, a wrong clock, interrupted pulls, a server that is killed, and supervisors
//! who reassign tasks and revoke devices and clerks who edit the registers meanwhile. At the end the faults stop, and [`checks`] verifies
//! that nothing was lost, that the network signed nobody out, and that revoked devices were out in time.
//!
//! | what | where |
//! | --- | --- |
//! | the protocol, typed | [`wire`], [`http_client`], [`caller`], [`answer`] |
//! | the model of a phone, pure | [`copy`], [`outbox`], [`session`], [`expectations`], [`user`], [`network_faults`] |
//! | a running phone, the supervisors and the clerk | [`phone`], [`session::device`], [`local_log`], [`supervisor`], [`revocation`], [`clerk`] |
//! | a whole run and its checks | [`run`], [`system`], [`event_log`], [`checks`], [`findings`], [`session_findings`] |
//! | a month of sessions in seconds | [`month`] |
//! | throughput, latency and size | [`benchmarks`] |
//!
//! One seed determines all random choices; only the network, the scheduler and the time of day
//! differ from run to run.

pub mod answer;
pub mod benchmarks;
pub mod caller;
pub mod checks;
pub mod clerk;
pub mod copy;
pub mod district;
pub mod error;
pub mod event_log;
pub mod expectations;
pub mod findings;
pub mod http_client;
pub mod local_log;
pub mod month;
pub mod network_faults;
pub mod outbox;
pub mod phone;
pub mod revocation;
pub mod run;
pub mod session;
pub mod session_findings;
pub mod supervisor;
pub mod system;
pub mod times;
pub mod user;
pub mod wire;

pub use district::SignIn;
pub use error::Error;
pub use findings::Findings;
pub use month::{Calendar, Month};
pub use run::{Options, Restart, simulate};
