//! People move to another area and keep their tasks there.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{OTHER_HOME, act, held, outcomes, state};
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, FAR_GRID, GRID, OTHER_GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_moves_keeps_the_tasks_of_the_new_area_and_started_visits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let accepted = held(&supervisor, &volunteer, BENEFICIARY, false).await;
    let started = held(&supervisor, &volunteer, &beneficiary_id(2), true).await;
    let there = supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let body = json!({ "person_id": person_id(21) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{there}/reassign"), &body).await.status, 200);
    let (mut old, mut new) = (Phone::default(), Phone::default());
    let (old_manager, new_manager) = (server.manager().await, server.other_manager().await);
    old.sync(&old_manager, json!([])).await;
    new.sync(&new_manager, json!([])).await;

    let to = json!({ "preview": false, "area": OTHER_GRID, "note": "搬家" });
    let moved = act(&supervisor, 21, "move", &to).await;
    let mut expected = [
        (accepted.clone(), "opened".to_owned(), Value::Null),
        (started.clone(), "kept".to_owned(), Value::Null),
    ];
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(outcomes(&moved), expected, "{}", moved.body);
    assert_eq!(
        (&moved.body["area"], &moved.body["role"]),
        (&json!(OTHER_GRID), &json!("volunteer"))
    );
    assert_eq!(state(&supervisor, &there).await, (json!("assigned"), json!(person_id(21))));
    assert_eq!(state(&supervisor, &started).await, (json!("in_progress"), json!(person_id(21))));
    let report = json!({ "outcome": "done" });
    let reported = volunteer.post(&format!("/v1/tasks/{started}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let row = ("availability".to_owned(), person_id(21));
    assert!(old.rows.contains_key(&row) && !new.rows.contains_key(&row));
    old.sync(&old_manager, json!([])).await;
    new.sync(&new_manager, json!([])).await;
    assert!(!old.rows.contains_key(&row) && new.rows.contains_key(&row));
    old.is_as_fresh(&old_manager).await;
    let events = supervisor.events("person.move").await;
    assert_eq!((events.len(), &events[0]["area_before"]), (1, &json!(GRID)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_person_who_moves_are_spread_or_planned_as_at_a_departure(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, mover) = (server.supervisor().await, server.volunteer().await);
    let spread = held(&supervisor, &mover, BENEFICIARY, false).await;
    let named = held(&supervisor, &mover, &beneficiary_id(2), false).await;
    let kept = supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let body = json!({ "person_id": person_id(21) });
    assert_eq!(supervisor.post(&format!("/v1/tasks/{kept}/reassign"), &body).await.status, 200);
    let to = |preview: bool| {
        json!({
            "preview": preview, "area": OTHER_GRID, "spread": true, "plan": true,
            "tasks": [{ "task_id": named }]
        })
    };
    let mut both = to(true);
    both["give_to"] = json!(person_id(22));
    let refused = act(&supervisor, 21, "move", &both).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/spread")));

    let preview = act(&supervisor, 21, "move", &to(true)).await;
    let expected = outcomes(&preview);
    let of = |id: &str| expected.iter().find(|(task, ..)| task == id).expect("a task");
    let (_, outcome, heir) = of(&spread);
    assert_eq!((outcome.as_str(), of(&named).1.as_str()), ("given", "opened"));
    assert!(heir.is_string() && *heir != json!(person_id(21)), "{}", preview.body);
    assert_eq!(preview.body["loads"][0]["person_id"], *heir, "{}", preview.body);
    assert_eq!(state(&supervisor, &spread).await.1, json!(person_id(21)), "nothing is changed");

    let moved = act(&supervisor, 21, "move", &to(false)).await;
    assert_eq!(outcomes(&moved), expected);
    assert_eq!(moved.body["loads"], preview.body["loads"]);
    assert_eq!(state(&supervisor, &spread).await, (json!("assigned"), heir.clone()));
    assert_eq!(state(&supervisor, &kept).await, (json!("assigned"), json!(person_id(21))));
    let path = format!("/v1/plans/{}", moved.body["plan_id"].as_str().expect("a plan"));
    assert_eq!(supervisor.computed(&path).await["origin"], "released");
    let visits = supervisor.get(&format!("{path}/visits")).await.body;
    let planned = visits["items"].as_array().expect("visits").iter();
    let planned: Vec<&str> = planned.filter_map(|visit| visit["task_id"].as_str()).collect();
    assert_eq!(planned, [named.as_str()]);
    let mut again = to(false);
    again.as_object_mut().expect("a body").remove("tasks");
    let again = act(&supervisor, 21, "move", &again).await;
    assert_eq!((again.status, &again.body["plan_id"]), (200, &Value::Null), "{}", again.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_move_leaves_a_grid_without_its_manager(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let manager_of = async |grid: &str| {
        let managers = supervisor.get(&format!("/v1/people?area={grid}&role=manager")).await;
        let managers = managers.body["items"].as_array().expect("people").clone();
        assert_eq!(managers.len(), 1, "{grid}");
        managers[0]["id"].as_str().expect("an id").to_owned()
    };
    let to = |area: &str, role: &str, successor: Option<u32>| {
        json!({
            "preview": false, "area": area, "role": role,
            "successor_id": successor.map(person_id),
        })
    };
    for (area, role) in [(OTHER_GRID, "manager"), (GRID, "volunteer"), (FAR_GRID, "volunteer")] {
        let refused = act(&supervisor, 11, "move", &to(area, role, None)).await;
        assert_eq!((refused.status, refused.problem()), (409, "manager_required"), "{area}");
        assert_eq!(refused.body["current"]["candidates"][0]["id"], person_id(21));
    }
    // The manager follows the present one of the next grid, who becomes a volunteer there.
    let moved = act(&supervisor, 11, "move", &to(OTHER_GRID, "manager", Some(21))).await;
    assert_eq!((moved.status, &moved.body["role"]), (200, &json!("manager")), "{}", moved.body);
    assert_eq!(
        (manager_of(GRID).await, manager_of(OTHER_GRID).await),
        (person_id(21), person_id(11))
    );
    let former = supervisor.get(&format!("/v1/people/{}", person_id(12))).await;
    assert_eq!(former.body["role"], "volunteer");
    // A volunteer becomes the manager of the own grid.
    let moved = act(&supervisor, 12, "move", &to(OTHER_GRID, "manager", None)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(manager_of(OTHER_GRID).await, person_id(12));
    // To where the person is already: nothing changes.
    let again = act(&supervisor, 12, "move", &to(OTHER_GRID, "manager", None)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &moved.body["version"]));

    let town = server.town_supervisor().await;
    for (n, body, status, pointer) in [
        (22, to(FAR_GRID, "volunteer", None), 422, "/area"),
        (22, to("500116001", "volunteer", None), 422, "/area"),
        (22, to(GRID, "admin", None), 422, "/role"),
    ] {
        let refused = act(&town, n, "move", &body).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["pointer"]),
            (status, &json!(pointer))
        );
    }
    let manager = server.volunteer().await;
    let promoted = act(&manager, 22, "move", &to(GRID, "manager", None)).await;
    assert_eq!(promoted.status, 403, "nobody appoints an equal");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_from_another_grid_keeps_only_started_visits_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let make = async || supervisor.make_task(&beneficiary_id(OTHER_HOME)).await;
    let held = async |started: bool| {
        let (task, caller) = (make().await, server.other_volunteer().await);
        let verbs: &[&str] = if started { &["claim", "start"] } else { &["claim"] };
        for verb in verbs {
            assert_eq!(caller.act(&format!("/v1/tasks/{task}/{verb}")).await.status, 200);
        }
        task
    };
    let (accepted, started) = (held(false).await, held(true).await);
    let given = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(server.manager().await.act(&format!("/v1/tasks/{given}/claim")).await.status, 200);
    let minutes = supervisor.get(&format!("/v1/tasks/{given}")).await.body["minutes"].clone();
    let next = json!(person_id(23));
    let mut body =
        json!({ "preview": true, "reason": "ill", "successor_id": next, "give_to": next });
    let preview = act(&supervisor, 11, "departure", &body).await;
    body["preview"] = json!(false);
    let left = act(&supervisor, 11, "departure", &body).await;
    assert_eq!(left.status, 200, "{}", left.body);
    // The started and the given visit, no longer the accepted one.
    let load = &left.body["loads"][0];
    let two = minutes.as_u64().map(|minutes| 2 * minutes);
    assert_eq!([load["before"].as_u64(), load["after"].as_u64()], [two; 2], "{load}");
    assert_eq!(preview.body["loads"], left.body["loads"], "as the preview has said");
    assert_eq!(state(&supervisor, &accepted).await, (json!("open"), Value::Null));
    assert_eq!(state(&supervisor, &started).await, (json!("in_progress"), json!(person_id(23))));
    let history = supervisor.get(&format!("/v1/tasks/{accepted}/history")).await;
    let last = history.body["items"].as_array().expect("steps").last().cloned();
    assert_eq!(last.expect("a step")["because"], "assignee_moved");

    // The same by an appointment.
    let path = format!("/v1/areas/{OTHER_GRID}/manager");
    let near = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(server.volunteer().await.act(&format!("/v1/tasks/{near}/claim")).await.status, 200);
    let request = supervisor.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    let appointed = supervisor.send(request.json(&json!({ "person_id": person_id(21) }))).await;
    assert_eq!(appointed.status, 200, "{}", appointed.body);
    assert_eq!(state(&supervisor, &near).await, (json!("open"), Value::Null));
}
