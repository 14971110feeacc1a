//! Services as documents: the words, goods, kinds of case, kinds of service, regimes and templates of campaigns of a
//! service are one document, which is stored in one transaction or not at all.
//!
//! Each part is written by the use case of its register, which checks it as for a call of its own, and records
//! its event. A part is identified by its code, a regime by its area and its name, so the same document again
//! changes nothing. A regime with new content is not active until another person activates it.

pub mod install;
pub mod model;
mod parts;
pub mod routes;
