//! The query of a request: named parameters; a problem names those that are
//! unknown or invalid.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::deserialize;
use crate::http::problem::Problem;

/// The deserialized query of a request.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(deserialize::query(request.query_string()).map(Self))
    }
}
