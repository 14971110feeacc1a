//! Visits that a plan moves, and visits that stay.

use rstest::rstest;
use serde_json::{Value, json};

use super::{DAY, draft, ids, of_kind, offers, one_skilled, reschedule, send, task, visit};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_visit_moves_what_is_not_accepted_and_an_undo_gives_it_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, first) = (server.manager().await, server.volunteer().await);
    let second = server.second_volunteer().await;
    one_skilled(&server);
    // One plan gives a visit to the first volunteer, another one to the second, who accepts it.
    let early = json!({ "window": { "start": 540, "end": 640 } });
    let given = visit(&manager, 1, early).await;
    let plan = draft(&manager, json!({})).await;
    send(&manager, &plan, "apply").await;
    offers(&server, 22, 600);
    let accepted = visit(&manager, 3, json!({})).await;
    let other = draft(&manager, json!({ "only": { "ids": [accepted] } })).await;
    send(&manager, &other, "apply").await;
    assert_eq!(second.act(&format!("/v1/tasks/{accepted}/accept")).await.status, 200);
    let before = [task(&manager, &given).await, task(&manager, &accepted).await];
    assert_eq!(before[0]["assignee_id"], person_id(21).as_str(), "{}", before[0]);
    assert_eq!(before[1]["assignee_id"], person_id(22).as_str(), "{}", before[1]);
    let mut phones = [Phone::default(), Phone::default()];
    let mut sync = async || {
        for (phone, caller) in phones.iter_mut().zip([&first, &second]) {
            phone.sync(caller, json!([])).await;
            phone.is_as_fresh(caller).await;
        }
        let has = |phone: &Phone| phone.tasks().iter().any(|row| row["id"] == given.as_str());
        [has(&phones[0]), has(&phones[1])]
    };
    assert_eq!(sync().await, [true, false]);

    // The first volunteer alone can make the urgent visit, and has no minutes for it.
    let late =
        json!({ "skills": ["medical"], "priority": 9, "window": { "start": 650, "end": 720 } });
    let urgent = visit(&manager, 2, late).await;
    let usual = draft(&manager, json!({})).await;
    assert_eq!(ids(&of_kind(&manager, &usual, "open").await), [&urgent]);
    assert_eq!(usual["assigned"], 0, "nothing moves unless the order says so: {usual}");

    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    let again = draft(&manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(moving["assigned"], 2, "{moving}");
    let moved = of_kind(&manager, &moving, "moved").await;
    assert_eq!(ids(&moved), [&given]);
    assert_eq!(moved[0]["person_id"], person_id(22).as_str());
    assert_eq!(moved[0]["change"]["present"]["person_id"], person_id(21).as_str());
    assert_eq!(ids(&of_kind(&manager, &moving, "new").await), [&urgent]);
    assert_eq!(ids(&of_kind(&manager, &moving, "kept").await), [&accepted]);
    assert_eq!(task(&manager, &given).await, before[0], "a draft changes nothing");
    let id = moving["id"].as_str().expect("an id");
    let loads = manager.get(&format!("/v1/plans/{id}/loads")).await.body;
    let grid = &loads["grids"][0];
    assert_eq!((&grid["assigned_before"], &grid["assigned_after"]), (&json!(2), &json!(3)));
    for load in loads["people"].as_array().expect("people") {
        assert_eq!(load["added"], 1, "one for another: {loads}");
        assert!(load["minutes_before"].as_u64() >= Some(30), "both had one: {loads}");
    }

    assert_eq!(send(&manager, &moving, "apply").await.body["left"], json!([]));
    let after = task(&manager, &given).await;
    assert_eq!(
        (&after["state"], &after["assignee_id"], &after["planned_for"]["plan_id"]),
        (&json!("assigned"), &json!(person_id(22)), &moving["id"])
    );
    assert_eq!(task(&manager, &urgent).await["assignee_id"], person_id(21).as_str());
    assert_eq!(task(&manager, &accepted).await, before[1]);
    assert_eq!(sync().await, [false, true], "the visit is on the phone of its new person");
    let history = manager.get(&format!("/v1/tasks/{given}/history")).await.body;
    let mut steps = history["items"].as_array().expect("steps").iter();
    assert!(steps.any(|step| step["because"] == "plan_moved"), "{history}");

    assert_eq!(send(&manager, &moving, "undo").await.body["left"], json!([]));
    assert_eq!(task(&manager, &given).await, before[0]);
    assert_eq!(task(&manager, &urgent).await["state"], "open");
    assert_eq!(sync().await, [true, false]);

    // The other draft applies to what is back, but not to what is accepted since.
    assert_eq!(first.act(&format!("/v1/tasks/{given}/accept")).await.status, 200);
    let applied = send(&manager, &again, "apply").await;
    let mut expected = [
        json!({ "task_id": given, "because": "changed", "state": "accepted" }),
        json!({ "task_id": urgent, "because": "no_minutes", "state": "open" }),
    ];
    expected.sort_by_key(|left| left["task_id"].to_string());
    assert_eq!(applied.body["left"], json!(expected), "{}", applied.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_pinned_or_rescheduled_is_not_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    one_skilled(&server);
    let given = visit(&manager, 1, json!({})).await;
    let pin = json!({ "task_id": given, "person_id": person_id(21), "day": day(DAY) });
    let pinned = draft(&manager, json!({ "changes": { "pins": [pin] } })).await;
    let free = draft(&manager, json!({})).await;
    let skilled = json!({ "skills": ["medical"] });
    send(&manager, &pinned, "apply").await;
    offers(&server, 22, 600);
    let urgent = visit(&manager, 2, skilled).await;
    let moves = async || {
        let plan = draft(&manager, json!({ "move_unaccepted": true })).await;
        ids(&of_kind(&manager, &plan, "moved").await).len()
    };
    assert_eq!(moves().await, 0, "pinned");
    send(&manager, &pinned, "undo").await;
    send(&manager, &free, "apply").await;
    assert_eq!(task(&manager, &given).await["assignee_id"], person_id(21).as_str());
    assert_eq!(moves().await, 1, "given by a plan");
    reschedule(&manager, &given, 660).await;
    assert_eq!(moves().await, 0, "rescheduled");
    assert_eq!(task(&manager, &urgent).await["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_no_plan_would_give_to_its_person_is_kept_while_no_other_can_make_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    server.database.execute("UPDATE people SET weekly_minutes = 0");
    offers(&server, 21, 50);
    // A plan gives the visit to a person who need not have the skill, by the remedy of an earlier draft.
    let given = visit(&manager, 1, json!({ "skills": ["medical"] })).await;
    let skill = json!({ "person_id": person_id(21), "skills": ["medical"] });
    let plan = draft(&manager, json!({ "changes": { "skills": [skill] } })).await;
    send(&manager, &plan, "apply").await;
    assert_eq!(task(&manager, &given).await["assignee_id"], person_id(21).as_str());

    let open = visit(&manager, 2, json!({ "skills": ["medical"] })).await;
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    let measures = &moving["measures"];
    let counts = (&moving["assigned"], &measures["served"], &measures["unserved"]);
    assert_eq!(counts, (&json!(0), &json!(1), &json!(1)), "{moving}");
    assert_eq!(ids(&of_kind(&manager, &moving, "kept").await), [&given]);
    assert_eq!(ids(&of_kind(&manager, &moving, "open").await), [&open]);
    let id = moving["id"].as_str().expect("an id");
    let loads = manager.get(&format!("/v1/plans/{id}/loads")).await.body;
    assert_eq!((&loads["changes"]["kept"], &loads["changes"]["left"]), (&json!(1), &json!(0)));
    let (person, grid) = (&loads["people"][0], &loads["grids"][0]);
    assert_eq!(person["minutes_after"], person["minutes_before"], "{loads}");
    assert_eq!((&grid["assigned_after"], &grid["unserved"]), (&json!(1), &json!(1)), "{loads}");

    // Once another person can make it, it moves.
    let skilled = format!("UPDATE people SET skills = 'medical' WHERE id = '{}'", person_id(22));
    server.database.execute(&skilled);
    offers(&server, 22, 600);
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(ids(&of_kind(&manager, &moving, "moved").await), [&given]);
    assert_eq!(ids(&of_kind(&manager, &moving, "new").await), [&open]);

    // While its person is away and no other can make it, it is left, with its reason and its remedy.
    offers(&server, 22, 0);
    let away = json!({ "first_day": day(DAY), "last_day": day(DAY), "reason": "leave" });
    let away = server.volunteer().await.post("/v1/me/absences", &away).await;
    assert_eq!(away.status, 201, "{}", away.body);
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    let left = of_kind(&manager, &moving, "left").await;
    assert_eq!(ids(&left), [&given], "{moving}");
    let codes = (&left[0]["reason"]["code"], &left[0]["remedy"]["code"]);
    assert_eq!(codes, (&json!("no_minutes"), &json!("more_minutes")), "{}", left[0]);
    assert_eq!(of_kind(&manager, &moving, "moved").await, [Value::Null; 0]);
    assert_eq!(ids(&of_kind(&manager, &moving, "open").await), [&open]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_could_only_move_visits_any_longer_is_outdated() {
    let server = Server::small(Backend::Sqlite);
    let manager = server.manager().await;
    one_skilled(&server);
    let given = visit(&manager, 1, json!({})).await;
    let plan = draft(&manager, json!({})).await;
    send(&manager, &plan, "apply").await;
    offers(&server, 22, 600);
    let urgent = visit(&manager, 2, json!({ "skills": ["medical"], "priority": 9 })).await;
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(ids(&of_kind(&manager, &moving, "moved").await), [&given]);
    let before = task(&manager, &given).await;
    // The visit for which it moves the other one is given meanwhile.
    let to = json!({ "person_id": person_id(21), "force": true });
    assert_eq!(manager.post(&format!("/v1/tasks/{urgent}/reassign"), &to).await.status, 200);
    let path = format!("/v1/plans/{}/apply", moving["id"].as_str().expect("an id"));
    let refused = manager.post(&path, &json!({})).await;
    assert_eq!((refused.status, refused.problem()), (409, "plan_outdated"), "{}", refused.body);
    assert_eq!(refused.body["current"][0]["task_id"], urgent.as_str(), "{}", refused.body);
    assert_eq!(task(&manager, &given).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_visit_moves_to_a_person_who_gave_it_back() {
    let server = Server::small(Backend::Sqlite);
    let (manager, second) = (server.manager().await, server.second_volunteer().await);
    one_skilled(&server);
    let given = visit(&manager, 1, json!({})).await;
    let to = json!({ "person_id": person_id(22), "force": true });
    let path = format!("/v1/tasks/{given}");
    assert_eq!(manager.post(&format!("{path}/reassign"), &to).await.status, 200);
    let reason = json!({ "reason": "住得太远" });
    assert_eq!(second.post(&format!("{path}/decline"), &reason).await.status, 200);
    let plan = draft(&manager, json!({})).await;
    send(&manager, &plan, "apply").await;
    assert_eq!(task(&manager, &given).await["assignee_id"], person_id(21).as_str());
    // The only other person with minutes is the one who gave it back.
    offers(&server, 22, 600);
    let urgent = visit(&manager, 2, json!({ "skills": ["medical"], "priority": 9 })).await;
    let moving = draft(&manager, json!({ "move_unaccepted": true })).await;
    assert_eq!(of_kind(&manager, &moving, "moved").await, [Value::Null; 0]);
    assert_eq!(ids(&of_kind(&manager, &moving, "open").await), [&urgent]);
}
