//! Refresh tokens: which session and which number, and a MAC under the district's key.
//!
//! A token can be computed again, so the same successor answers a repeated request, and
//! nothing that could be used as a token is stored. The clear parts find the row by its key.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::SessionId;
use gridward_domain::session::Generation;
use uuid::Uuid;

use crate::crypto::SealingKey;

/// Bytes of the district's code.
const DISTRICT: usize = 6;
/// Bytes of the session's id.
const SESSION: usize = 16;
/// Bytes of the token's number.
const NUMBER: usize = 8;

/// A refresh token that may be genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The district.
    pub district: AreaCode,
    /// The session.
    pub session: SessionId,
    /// The number of the token within the session.
    pub number: Generation,
    mac: Vec<u8>,
}

impl RefreshToken {
    /// The text of token `number` of a session.
    pub fn issue(
        key: &SealingKey,
        district: AreaCode,
        session: SessionId,
        number: Generation,
    ) -> String {
        let mac = key.secret(&purpose(district, session, number));
        let code = district.as_str().as_bytes();
        let bytes = [code, session.0.as_bytes(), &number.to_be_bytes(), mac.as_ref()].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a text; `None` if it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (district, rest) = bytes.split_at_checked(DISTRICT)?;
        let (session, rest) = rest.split_at_checked(SESSION)?;
        let (number, mac) = rest.split_at_checked(NUMBER)?;
        let district: AreaCode = std::str::from_utf8(district).ok()?.parse().ok()?;
        (district.level() == Level::District).then_some(Self {
            district,
            session: SessionId(Uuid::from_slice(session).ok()?),
            number: Generation::from_be_bytes(number.try_into().ok()?),
            mac: mac.to_vec(),
        })
    }

    /// Whether it was issued under `key`, compared in constant time.
    pub fn is_genuine(&self, key: &SealingKey) -> bool {
        key.is_secret(&purpose(self.district, self.session, self.number), &self.mac)
    }
}

fn purpose(district: AreaCode, session: SessionId, number: Generation) -> String {
    format!("refresh token|{district}|{session}|{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn district() -> AreaCode {
        "500116".parse().expect("a code")
    }

    #[test]
    fn a_token_names_its_session_and_is_genuine_under_its_key_only() {
        let (key, session) = (SealingKey::new(&[7; 32]), SessionId(Uuid::now_v7()));
        let text = RefreshToken::issue(&key, district(), session, 3);
        assert_eq!(text, RefreshToken::issue(&key, district(), session, 3), "the same again");
        let token = RefreshToken::parse(&text).expect("a token");
        assert_eq!((token.district, token.session, token.number), (district(), session, 3));
        assert!(token.is_genuine(&key));
        assert!(!token.is_genuine(&SealingKey::new(&[8; 32])));
        assert_ne!(text, RefreshToken::issue(&key, district(), session, 4));
    }

    #[test]
    fn a_token_with_any_changed_byte_is_not_genuine() {
        let (key, session) = (SealingKey::new(&[7; 32]), SessionId(Uuid::now_v7()));
        let text = RefreshToken::issue(&key, district(), session, 1);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = RefreshToken::parse(&BASE64_URL_SAFE_NO_PAD.encode(changed));
            assert!(changed.is_none_or(|token| !token.is_genuine(&key)), "byte {at}");
        }
        for cut in 0..bytes.len() {
            let cut = RefreshToken::parse(&BASE64_URL_SAFE_NO_PAD.encode(&bytes[..cut]));
            assert!(cut.is_none_or(|token| !token.is_genuine(&key)));
        }
    }
}
