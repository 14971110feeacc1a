//! The schemes of access tokens: `Bearer` (RFC 6750), and `DPoP` (RFC 9449) for a session with a
//! key.

use std::fmt;
use std::str::FromStr;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

/// The header with a proof.
pub const DPOP: &str = "DPoP";

/// The scheme of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthScheme {
    /// A token that suffices alone.
    Bearer,
    /// A token that is bound to a key, which each request proves.
    Dpop,
}

/// No scheme of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownScheme;

impl AuthScheme {
    /// The scheme and the token in the Authorization header; `None` for any other form.
    pub fn and_token(headers: &HeaderMap) -> Option<(Self, &str)> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        Some((scheme.parse().ok()?, token.trim()))
    }

    /// The scheme of a client by its request: one that sends proofs has a key.
    pub fn of_client(headers: &HeaderMap) -> Self {
        match Self::and_token(headers) {
            Some((scheme, _)) => scheme,
            None if headers.contains_key(DPOP) => Self::Dpop,
            None => Self::Bearer,
        }
    }

    /// The challenge of a 401 (RFC 9110, 11.6.1) with the parameter `error`, if any.
    pub fn challenge(self, error: Option<&str>) -> String {
        let algorithms = (self == Self::Dpop).then_some("algs=\"ES256\"");
        let parameters: Vec<&str> = error.into_iter().chain(algorithms).collect();
        format!("{self} {}", parameters.join(", ")).trim_end().to_owned()
    }
}

impl FromStr for AuthScheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        let known = [Self::Bearer, Self::Dpop].into_iter();
        let mut same = known.filter(|scheme| scheme.to_string().eq_ignore_ascii_case(text));
        same.next().ok_or(UnknownScheme)
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer => "Bearer",
            Self::Dpop => DPOP,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_the_scheme_and_what_is_wrong() {
        assert_eq!(AuthScheme::Bearer.challenge(None), "Bearer");
        let error = Some("error=\"invalid_token\"");
        assert_eq!(AuthScheme::Bearer.challenge(error), "Bearer error=\"invalid_token\"");
        let with_key = "DPoP error=\"invalid_token\", algs=\"ES256\"";
        assert_eq!(AuthScheme::Dpop.challenge(error), with_key);
        assert_eq!(
            ("dpop".parse(), "Basic".parse()),
            (Ok(AuthScheme::Dpop), Err::<AuthScheme, _>(UnknownScheme))
        );
    }
}
