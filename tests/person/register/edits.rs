//! People are edited, by themselves and from above, and appointed.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{edit, person, pointers, refused};
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_names_its_base_and_reaches_the_persons_phone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let changes = json!({ "availability": "sun 1400-1600", "weekly_minutes": 120, "skills": [] });
    let path = person(21);
    refused(&manager.patch(&path, &changes).await, 428, "version_required");
    let edited = edit(&manager, &path, "\"v1\"", &changes).await;
    assert_eq!((edited.status, &edited.body["version"]), (200, &json!(2)), "{}", edited.body);
    assert_eq!(edited.headers["etag"], "\"v2\"");
    // The same again changes nothing, whatever version it names.
    let again = edit(&manager, &path, "\"v1\"", &changes).await;
    assert_eq!((again.status, &again.body), (200, &edited.body));
    let stale = edit(&manager, &path, "\"v1\"", &json!({ "name": "王新" })).await;
    refused(&stale, 412, "version_conflict");
    assert_eq!(stale.body["current"], edited.body);
    phone.sync(&volunteer, json!([])).await;
    let shifts = phone.rows.iter().filter(|((kind, _), _)| kind == "shift").map(|(_, row)| row);
    let shift = json!({ "weekday": "sun", "start": 840, "end": 960 });
    assert_eq!(shifts.collect::<Vec<_>>(), [&shift]);
    phone.is_as_fresh(&volunteer).await;
    let events = server.auditor().await.events("person.change").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        events[0]["body"],
        json!({ "fields": ["skills", "weekly_minutes", "availability"] })
    );
    assert_eq!(events[0]["actor_id"], json!(person_id(11)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_edits_the_own_entry_and_raises_no_rights(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let before = volunteer.get("/v1/me").await;
    assert_eq!(before.headers["etag"], "\"v1\"");
    let changes = json!({
        "home": { "lat": 29.286, "lon": 106.253 }, "languages": ["mandarin"],
        "availability": "sat 0900-1700", "weekly_minutes": 240, "skills": []
    });
    refused(&volunteer.patch("/v1/me", &changes).await, 428, "version_required");
    let edited = edit(&volunteer, "/v1/me", "\"v1\"", &changes).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(edited.body, volunteer.get("/v1/me").await.body);
    for field in ["home", "languages", "availability", "weekly_minutes", "skills"] {
        assert_eq!(edited.body[field], changes[field], "{field}");
    }
    assert_eq!(edited.body["version"], 2);
    // The superior sees the cell of the home only.
    let seen = server.manager().await.get(&person(21)).await;
    assert_eq!(seen.body["cell"], json!({ "lat": 29.2875, "lon": 106.2525 }));
    assert_eq!(seen.body.get("home"), None);
    let stale = edit(&volunteer, "/v1/me", "\"v1\"", &json!({ "languages": [] })).await;
    refused(&stale, 412, "version_conflict");
    for (field, value) in [
        ("skills", json!(["medical"])),
        ("phone", json!("13900000009")),
        ("name", json!("王大")),
        ("weekly_minutes", json!(481)),
    ] {
        let answer = edit(&volunteer, "/v1/me", "\"v2\"", &json!({ field: value })).await;
        refused(&answer, 422, "invalid");
        assert_eq!(pointers(&answer), [format!("/{field}")]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appointment_is_based_on_the_present_manager(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let path = format!("/v1/areas/{GRID}/manager");
    let appoint = async |base: &str, n: u32| {
        let request = supervisor.request(Method::PUT, &path).header("If-Match", base);
        supervisor.send(request.json(&json!({ "person_id": person_id(n) }))).await
    };
    let present = supervisor.get(&path).await;
    assert_eq!((present.status, &present.body["id"]), (200, &json!(person_id(11))));
    assert_eq!(present.headers["etag"], "\"v1\"");
    let body = json!({ "person_id": person_id(21) });
    refused(&supervisor.put(&path, &body).await, 428, "version_required");
    let first = appoint("\"v1\"", 21).await;
    assert_eq!(first.status, 200, "{}", first.body);
    // Two supervisors who saw the same manager do not overrule each other.
    let second = appoint("\"v1\"", 22).await;
    refused(&second, 412, "version_conflict");
    assert_eq!(second.body["current"]["id"], json!(person_id(21)));
    let tag = |answer: &Answer| answer.headers["etag"].to_str().expect("a tag").to_owned();
    let base = tag(&first);
    let third = appoint(&base, 22).await;
    assert_eq!(third.status, 200, "{}", third.body);
    assert_ne!(tag(&third), base, "a tag names one manager of the grid");
    assert_eq!(tag(&supervisor.get(&path).await), tag(&third));
}
