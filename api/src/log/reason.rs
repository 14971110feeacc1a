//! The reasons of events: encrypted, since people write names in them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::CommandReason;

use crate::crypto::{SealingKey, Unopened, aad};

/// The reason as an event about the subject `id` stores it.
///
/// # Errors
/// [`Unopened`], if it cannot be encrypted.
pub fn sealed(
    key: &SealingKey,
    district: AreaCode,
    id: impl std::fmt::Display,
    reason: &CommandReason,
) -> Result<String, Unopened> {
    let sealed = key.seal(&aad(district, "events", id), reason.as_str().as_bytes())?;
    Ok(BASE64_STANDARD.encode(sealed))
}

/// Decrypts the reason of an event about the subject `id`; none if it is damaged.
pub fn opened(
    key: &SealingKey,
    district: AreaCode,
    id: impl std::fmt::Display,
    sealed: &str,
) -> Option<String> {
    let sealed = BASE64_STANDARD.decode(sealed).ok()?;
    String::from_utf8(key.open(&aad(district, "events", id), &sealed).ok()?).ok()
}
