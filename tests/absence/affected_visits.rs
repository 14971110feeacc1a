//! An absence names the visits that it affects.

use rstest::rstest;
use serde_json::{Value, json};

use super::visit;
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absence_names_the_visits_that_it_affects(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    let [started, inside, later] = [
        visit(&manager, 1, 0, 1).await,
        visit(&manager, 2, 0, 2).await,
        visit(&manager, 3, 0, 9).await,
    ];
    for task in [&started, &inside, &later] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    }
    assert_eq!(volunteer.act(&format!("/v1/tasks/{started}/start")).await.status, 200);

    let new = |first: i64, last: i64, release: bool| {
        json!({
            "first_day": day(first), "last_day": day(last), "reason": "sick", "note": "高血压",
            "release": release
        })
    };
    let effects = |added: &Answer| {
        assert_eq!(added.status, 201, "{}", added.body);
        let tasks = added.body["tasks"].as_array().expect("tasks").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut effects: Vec<_> =
            tasks.map(|task| (text(&task["task_id"]), text(&task["effect"]))).collect();
        effects.sort();
        effects
    };
    let sorted = |mut effects: Vec<(String, String)>| {
        effects.sort();
        effects
    };
    let added = volunteer.post("/v1/me/absences", &new(0, 3, false)).await;
    let started_stays = (started.clone(), "started".to_owned());
    let expected = vec![started_stays.clone(), (inside.clone(), "kept".to_owned())];
    assert_eq!(effects(&added), sorted(expected));
    let path = |absence: &Answer| {
        format!("/v1/me/absences/{}", absence.body["absence"]["id"].as_str().expect("an id"))
    };

    // Overlapping, past, reversed: refused by field, and nothing is written.
    let overlap = volunteer.post("/v1/me/absences", &new(3, 5, false)).await;
    assert_eq!((overlap.status, overlap.problem()), (409, "absence_overlaps"));
    assert_eq!(overlap.body["current"]["id"], added.body["absence"]["id"]);
    let past = json!({ "first_day": "2026-01-01", "last_day": "2026-01-02", "reason": "leave" });
    for body in [past, new(3, 2, false), new(10, 400, false)] {
        let refused = volunteer.post("/v1/me/absences", &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (422, &json!("/last_day"))
        );
    }

    // A superior learns the days of the other absence, and not the reason, which a reading in the log would name.
    let path_of_person = format!("/v1/people/{}/absences", person_id(21));
    let check = manager.post(&format!("{path_of_person}?check=true"), &new(0, 90, false)).await;
    assert_eq!((check.status, check.problem()), (409, "absence_overlaps"));
    let id = &added.body["absence"]["id"];
    let days = json!({ "id": id, "first_day": day(0), "last_day": day(3) });
    assert_eq!(check.body["current"], days);

    // The manager's phone has the days, without reason and note.
    phone.sync(&manager, json!([])).await;
    let row = &phone.rows[&("availability".to_owned(), person_id(21))];
    assert_eq!(row["absences"][0]["last_day"], json!(day(3)));
    assert!(row["absences"][0].get("reason").is_none(), "{row}");
    let events = server.supervisor().await.events("person.absence").await;
    let text = events[0].to_string();
    assert!(!text.contains("sick") && !text.contains("高血压"), "{text}");

    assert_eq!(volunteer.delete(&path(&added)).await.status, 204);
    assert_eq!(volunteer.delete(&path(&added)).await.status, 204, "the same again");
    let again = manager.post(&path_of_person, &new(0, 3, true)).await;
    let expected = vec![started_stays, (inside.clone(), "released".to_owned())];
    assert_eq!(effects(&again), sorted(expected));
    let task = manager.get(&format!("/v1/tasks/{inside}")).await;
    assert_eq!(task.body["state"], "open");
    let history = manager.get(&format!("/v1/tasks/{inside}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_absent");
    phone.sync(&manager, json!([])).await;
    phone.is_as_fresh(&manager).await;

    // Reasons and notes are for the person and superiors; their readings are recorded.
    let own = volunteer.get("/v1/me/absences").await;
    assert_eq!(
        (&own.body["items"][0]["note"], &own.body["items"][0]["reason"]),
        (&json!("高血压"), &json!("sick"))
    );
    let seen = manager.get(&path_of_person).await;
    assert_eq!(seen.body["items"], own.body["items"]);
    let readings = server.supervisor().await.events("person.absence_read").await;
    assert_eq!((readings.len(), &readings[0]["actor_id"]), (1, &json!(person_id(11))));
    let stranger = server.far_manager().await;
    assert_eq!(stranger.get(&path_of_person).await.status, 404);
    assert_eq!(server.second_volunteer().await.get(&path_of_person).await.status, 403);
}
