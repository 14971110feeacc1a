//! The session of a phone: what the phone stores of it, what it needs before a request, and what it
//! does after a refusal. Pure; [`device`] sends the requests.

pub mod device;
pub mod device_key;
pub mod session_log;

use serde::Deserialize;
use uuid::Uuid;

/// The tokens that the server issues for a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issued {
    /// Identifies the session.
    pub session_id: Uuid,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The key of the local storage; a refresh does not answer it.
    pub device_key: Option<String>,
}

/// What a phone stores of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// Only the person can continue, with the password.
    SignedOut,
    /// The phone renews its access token itself.
    SignedIn {
        /// Identifies the session.
        id: Uuid,
        /// The access token, until it expires.
        access: Option<String>,
        /// The refresh token: the last one that has arrived.
        refresh: String,
    },
}

/// What a phone needs before it can send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need<'a> {
    /// A sign-in of the person.
    SignIn,
    /// A refresh with this token.
    Refresh(&'a str),
    /// Nothing: this access token is usable.
    Nothing(&'a str),
}

/// What a phone does after a 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Signs a new proof with the nonce of the answer, and repeats the request.
    Prove,
    /// Refreshes, and repeats the request.
    Refresh,
    /// Keeps its data, and asks the person to sign in.
    SignIn,
}

impl Remedy {
    /// The remedy for a problem with this code; `None` for a code that is no 401 of a session.
    pub fn of(code: &str) -> Option<Self> {
        Some(match code {
            "use_dpop_nonce" | "invalid_dpop_proof" => Self::Prove,
            "token_expired" | "unauthenticated" => Self::Refresh,
            "session_ended" | "session_reused" => Self::SignIn,
            _ => return None,
        })
    }
}

impl Session {
    /// The session after `issued` has arrived.
    pub fn of(issued: Issued) -> Self {
        let Issued { session_id, access_token, refresh_token, .. } = issued;
        Self::SignedIn { id: session_id, access: Some(access_token), refresh: refresh_token }
    }

    /// What is needed before a request.
    pub fn need(&self) -> Need<'_> {
        match self {
            Self::SignedOut => Need::SignIn,
            Self::SignedIn { access: Some(access), .. } => Need::Nothing(access),
            Self::SignedIn { access: None, refresh, .. } => Need::Refresh(refresh),
        }
    }

    /// Whether `token` is the access token. A request that was sent with an earlier one says
    /// nothing about the session.
    pub fn is_current(&self, token: &str) -> bool {
        self.need() == Need::Nothing(token)
    }

    /// Drops the access token.
    pub fn expire(&mut self) {
        if let Self::SignedIn { access, .. } = self {
            *access = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issued(access: &str, refresh: &str) -> Issued {
        Issued {
            session_id: Uuid::from_u128(1),
            access_token: access.to_owned(),
            refresh_token: refresh.to_owned(),
            device_key: None,
        }
    }

    #[test]
    fn a_phone_refreshes_by_itself_and_signs_in_only_after_its_session() {
        let mut session = Session::of(issued("a1", "r1"));
        assert_eq!(session.need(), Need::Nothing("a1"));
        session.expire();
        assert_eq!(session.need(), Need::Refresh("r1"));
        session = Session::of(issued("a2", "r2"));
        assert!(session.is_current("a2") && !session.is_current("a1"));
        session = Session::SignedOut;
        session.expire();
        assert_eq!(session.need(), Need::SignIn);
    }

    #[test]
    fn each_refusal_has_its_remedy() {
        let remedies = [
            ("use_dpop_nonce", Some(Remedy::Prove)),
            ("invalid_dpop_proof", Some(Remedy::Prove)),
            ("token_expired", Some(Remedy::Refresh)),
            ("unauthenticated", Some(Remedy::Refresh)),
            ("session_ended", Some(Remedy::SignIn)),
            ("session_reused", Some(Remedy::SignIn)),
            ("wrong_credentials", None),
            ("account_inactive", None),
        ];
        for (code, remedy) in remedies {
            assert_eq!(Remedy::of(code), remedy, "{code}");
        }
    }
}
