//! The register of people through the API: created, edited, found and invited from above, each
//! change on the log and on the phone that it concerns.

mod creation;
mod edits;
mod lists;
mod workloads;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::files::person_id;
use crate::support::server::Answer;
use crate::support::{Caller, GRID};

/// A new volunteer of the first grid, with the fields of `more` added or replaced.
fn new(more: &Value) -> Value {
    let mut body = json!({
        "name": "周新", "phone": "13900000001", "role": "volunteer", "area": GRID,
        "gender": "female", "birth_year": 1990, "home": { "lat": 29.2851, "lon": 106.2551 },
        "skills": ["driving"], "languages": ["mandarin", "chongqing"], "weekly_minutes": 180,
        "availability": "sat 0900-1200"
    });
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

fn person(n: u32) -> String {
    format!("/v1/people/{}", person_id(n))
}

/// Changes `path` as of the version `base`.
async fn edit(caller: &Caller, path: &str, base: &str, changes: &Value) -> Answer {
    let request = caller.request(Method::PATCH, path).header("If-Match", base);
    caller.send(request.json(changes)).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.problem()), (status, code), "{}", answer.body);
}

/// The pointers of a refusal.
fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array().expect("errors");
    errors.iter().map(|error| error["pointer"].as_str().expect("a pointer")).collect()
}

fn names(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().expect("a list");
    items.iter().map(|person| person["name"].as_str().expect("a name")).collect()
}
