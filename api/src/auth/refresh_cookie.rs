//! The cookie that holds a console's refresh token, out of reach of scripts.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use secrecy::{ExposeSecret, SecretString};

use crate::http::problem::Problem;

const NAME: &str = "gridward_refresh";
/// The maximum length of a refresh token in a body.
const LONGEST: usize = 512;
/// Only sign-in, refresh and sign-out receive it.
const PATH: &str = "/v1/auth";

/// The value of `Set-Cookie` that stores `token` for `lifetime`. Browsers send it to this
/// origin only (`SameSite=Strict`), and over TLS only, unless a browser on this machine asks in
/// plain HTTP: other machines are never served without TLS or a proxy that encrypts.
pub fn store(request: &HttpRequest, token: &str, lifetime: Duration) -> String {
    let is_here = request.peer_addr().is_none_or(|peer| peer.ip().to_canonical().is_loopback());
    let is_plain = is_here && request.connection_info().scheme() == "http";
    let secure = if is_plain { "" } else { "; Secure" };
    let seconds = lifetime.as_secs();
    format!("{NAME}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// The value of `Set-Cookie` that deletes it.
pub fn delete(request: &HttpRequest) -> String {
    store(request, "", Duration::ZERO)
}

/// The refresh token in the cookies of a request.
pub fn read(request: &HttpRequest) -> Option<&str> {
    let headers = request.headers().get_all(COOKIE);
    let mut cookies =
        headers.filter_map(|header| header.to_str().ok()).flat_map(|all| all.split(';'));
    cookies.find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == NAME && !value.is_empty()).then_some(value)
    })
}

/// The refresh token `own` in the body of a request, or else that in its cookies.
///
/// # Errors
/// 422 for a text that is too long for a token.
pub fn or_own<'a>(
    request: &'a HttpRequest,
    own: Option<&'a SecretString>,
) -> Result<Option<&'a str>, Problem> {
    let own = own.map(ExposeSecret::expose_secret);
    if own.is_some_and(|own| own.chars().count() > LONGEST) {
        let limit = format!("must have at most {LONGEST} characters");
        return Err(Problem::invalid("/refresh_token", limit));
    }
    Ok(own.or_else(|| read(request)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_secure_over_tls() {
        let sent = "a=b; gridward_refresh=token; c=d";
        let request = TestRequest::default().insert_header((COOKIE, sent)).to_http_request();
        assert_eq!(read(&request), Some("token"));
        assert_eq!(
            store(&request, "token", Duration::from_secs(60)),
            "gridward_refresh=token; Path=/v1/auth; Max-Age=60; HttpOnly; SameSite=Strict"
        );
        let elsewhere = TestRequest::default().peer_addr(([192, 0, 2, 1], 80).into());
        assert!(store(&elsewhere.to_http_request(), "token", Duration::ZERO).ends_with("; Secure"));
        let proxied = TestRequest::default().insert_header(("X-Forwarded-Proto", "https"));
        assert!(store(&proxied.to_http_request(), "token", Duration::ZERO).ends_with("; Secure"));
        assert_eq!(read(&TestRequest::default().to_http_request()), None);
    }
}
