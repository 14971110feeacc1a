//! Every operation, called in every role, for a resource inside the caller's area, outside it and in
//! another district: the answer is the one that `x-roles` and `x-scope` of the contract declare.

mod bodies;
mod own;
mod requests;
mod resources;
mod roles;

use reqwest::Method;
use serde_json::Value;

use crate::support::Caller;

/// The code of the other district.
const OTHER_DISTRICT: &str = "500117";

/// Where a resource is, seen from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    OtherDistrict,
}

/// A signed-in person.
struct Person {
    role: &'static str,
    caller: Caller,
    /// Whether the area is the whole district, so that nothing of it is outside.
    of_district: bool,
}

/// The resources in one place.
struct Resources {
    grid: String,
    person: String,
    beneficiary: String,
    /// A task that stays open.
    open_task: String,
    /// A task that commands change.
    task: String,
    plan: String,
    import: String,
    notice: String,
    station: String,
    memorial: String,
    holiday: String,
    /// Withdrawn, so that withdrawing it again changes nothing.
    absence: String,
    correction: String,
    proposal: String,
    audience: String,
    campaign: String,
    case: String,
    regime: String,
    secondment: String,
    handout: String,
    feedback: String,
    own: Own,
    /// A point of the grid.
    lon: f64,
}

/// The task of the volunteer, the volunteer's uploads to it, session and account notice.
struct Own {
    /// The volunteer.
    person: String,
    notice: String,
    session: String,
    absence: String,
    task: String,
    report: String,
    incomplete: String,
    given_up: String,
    complete: String,
}

/// The first bytes of a photo.
const PHOTO: &[u8] = b"\xFF\xD8\xFF\xE0";

/// A request that sends the first bytes of an upload.
fn bytes(caller: &Caller, path: &str, bytes: &'static [u8]) -> reqwest::RequestBuilder {
    let request = caller.request(Method::PATCH, path).header("Upload-Offset", 0);
    request.header("Content-Type", "application/offset+octet-stream").body(bytes)
}

/// How an operation names its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// It names none.
    Not,
    /// In the path or the query.
    ByAddress,
    /// In the body, whose fields are validated: 422 outside.
    ByBody,
}

/// The request of an operation.
struct Call<'a> {
    path: String,
    body: Value,
    at: &'a Resources,
}
