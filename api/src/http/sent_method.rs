//! The method as the client sent it: a handler of GET also answers HEAD and sees it as a GET, but
//! a proof names the method on the wire.

use actix_web::http::Method;
use actix_web::{HttpMessage as _, HttpRequest};

/// The method that the client sent, stored with a request whose method was replaced.
#[derive(Clone, Debug)]
pub struct SentMethod(pub Method);

impl SentMethod {
    /// The method that the client sent.
    pub fn of(request: &HttpRequest) -> Method {
        let replaced = request.extensions().get::<Self>().map(|sent| sent.0.clone());
        replaced.unwrap_or_else(|| request.method().clone())
    }
}
