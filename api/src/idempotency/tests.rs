//! Tests of commands that panic, which no external request can cause.

use diesel::connection::SimpleConnection as _;
use gridward_domain::authority::{Principal, Role};
use serde_json::json;
use tempfile::TempDir;

use super::{Channel, Request, TRIES, once};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Address, migrate};
use crate::event::verify::verify;
use crate::http::problem::{Problem, ProblemCode};
use crate::log::store::{Filter, list};
use crate::log::{Event, Subject};
use crate::tx::{Db, Tx};

const DISTRICT: &str = "500116";
const GRID: &str = "500116001002001";
const PERSON: &str = "018cc7af-0000-7000-8000-000000000021";

fn district_code() -> gridward_domain::area::AreaCode {
    DISTRICT.parse().expect("a code")
}

/// A database with a district without events.
fn district(folder: &TempDir) -> Db {
    let address = Address::Sqlite(folder.path().join("gridward.db"));
    let mut conn = address.connect().expect("a connection");
    migrate::migrate(&mut conn).expect("tables");
    let head = format!(
        "INSERT INTO district_heads (district, seq, hash, archived_hash)
             VALUES ('{DISTRICT}', 0, zeroblob(32), zeroblob(32))"
    );
    conn.batch_execute(&head).expect("a head");
    Db::open(address, 1, clock::system)
}

fn volunteer() -> Principal {
    Principal {
        person: PERSON.parse().expect("a person"),
        role: Role::Volunteer,
        area: GRID.parse().expect("a grid"),
    }
}

/// A push of three commands, each of which records an event; the second one then panics.
fn push(tx: &mut Tx<'_>) -> Result<Vec<Result<String, Option<ProblemCode>>>, Problem> {
    let (principal, key) = (volunteer(), SealingKey::new(&[7; 32]));
    let mut results = Vec::new();
    for (name, panics) in [("one", false), ("two", true), ("three", false)] {
        let id = name.parse().expect("an id");
        let asked = Request {
            principal: &principal,
            id: Some(&id),
            action: "test",
            request: &json!({}),
            task: None,
            channel: Channel::Outbox,
        };
        let answer = once(
            tx,
            &key,
            &asked,
            |_| Ok(()),
            |tx| {
                tx.record(Event::new("test", Subject::Reading, name, principal.area, 1));
                assert!(!panics, "a defect");
                Ok(name.to_owned())
            },
        );
        results.push(answer?.result.map_err(|problem| problem.kind()));
    }
    Ok(results)
}

/// The actions and subjects of the log, in order.
fn logged(db: &Db) -> Vec<(String, String)> {
    let mut conn = db.address().connect().expect("a connection");
    verify(&mut conn, district_code(), None).expect("a chain that holds");
    let events =
        list(&mut conn, &district_code().range(), &Filter::default(), 0, 100).expect("events");
    events.into_iter().map(|event| (event.action, event.subject_id)).collect()
}

#[tokio::test]
async fn a_panic_undoes_its_command_alone_and_counts_as_a_failure() {
    let folder = TempDir::new().expect("a folder");
    let db = district(&folder);
    for n in 1..=TRIES + 1 {
        let results = db.write(district_code(), push).await.expect("a commit");
        let failed = (n >= TRIES).then_some(ProblemCode::CommandDeadLettered);
        assert_eq!(results, [Ok("one".to_owned()), Err(failed), Ok("three".to_owned())], "{n}");
    }
    let expected = [("test", "one"), ("test", "three"), ("command.dead_letter", "two")];
    assert_eq!(logged(&db), expected.map(|(action, id)| (action.to_owned(), id.to_owned())));
}
