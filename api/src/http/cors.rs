//! Browser origins that may call the API (CORS, Fetch standard).

use actix_cors::Cors;
use actix_web::http::Uri;
use actix_web::middleware::Condition;
use thiserror::Error;

/// How long a browser may reuse the answer to a preflight request, in seconds.
const PREFLIGHT_MAX_AGE: usize = 3600;
/// The methods that the API uses.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The foreign origins that may call the API; by default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsOrigins(Vec<String>);

/// The text is not an origin in the form that browsers send.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an origin, such as https://console.example.cn")]
pub struct NotAnOrigin(String);

impl CorsOrigins {
    /// Parses origins: scheme, host and, unless it is the default, port.
    ///
    /// # Errors
    /// [`NotAnOrigin`]; also for `*`, which would admit every website.
    pub fn parse(origins: &[String]) -> Result<Self, NotAnOrigin> {
        let invalid = origins.iter().find(|origin| !is_origin(origin));
        invalid.map_or_else(
            || Ok(Self(origins.to_vec())),
            |origin| Err(NotAnOrigin(origin.to_owned())),
        )
    }

    /// Middleware: permits the API to these origins; does nothing if there are none.
    pub fn middleware(&self) -> Condition<Cors> {
        // Headers carry no credentials of their own: a token must be given to the page.
        let cors = Cors::default()
            .allowed_methods(METHODS)
            .allow_any_header()
            .expose_any_header()
            .max_age(PREFLIGHT_MAX_AGE);
        let cors = self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin));
        Condition::new(!self.0.is_empty(), cors)
    }
}

/// Whether a browser would send this text in `Origin`.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.as_str().contains('@')
        && text == format!("{scheme}://{authority}").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_a_host_and_nothing_more() {
        for origin in ["https://console.example.cn", "http://127.0.0.1:8080", "http://[::1]:3000"] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "",
            "*",
            "null",
            "console.example.cn",
            "https://console.example.cn/",
            "https://console.example.cn/app",
            "HTTPS://console.example.cn",
            "https://anna:secret@console.example.cn",
            "ftp://console.example.cn",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
