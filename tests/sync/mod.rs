//! Sync: the copy on a phone, the commands of its outbox, and the live stream.

mod copies;
mod health;
pub mod network_faults;
mod outbox_format;
mod outbox_words;
pub mod outboxes;
mod selections;
mod streaming;
