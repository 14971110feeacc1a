//! Drafts compared with others, and questions about other conditions.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{order, visit};
use crate::support::days::day;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, FAR_GRID, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_shows_names_loads_and_obstacles_and_is_compared_with_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = visit(&manager, 1).await;
    let surgery = json!({
        "not_before": day(1), "due_on": day(7), "skills": ["medical"],
        "beneficiary_id": beneficiary_id(2), "kind": "home_visit"
    });
    let impossible = manager.make(&surgery).await;
    let tomb = json!({ "lat": 29.286, "lon": 106.256 });
    let at_tomb = json!({
        "kind": "home_visit", "grid": GRID, "place": tomb, "title": "擦拭烈士墓",
        "not_before": day(1), "due_on": day(7), "skills": ["medical"]
    });
    let at_tomb = manager.make(&at_tomb).await;
    let first = manager.order_plan(&order(json!({}))).await;
    let id = first.body["id"].as_str().expect("an id").to_owned();

    let row = manager.get(&format!("/v1/plans/{id}/visits?task={task}")).await.body;
    let row = &row["items"][0];
    for member in ["person_name", "grid_name", "beneficiary_name", "kind", "due_on", "minutes"] {
        assert!(!row[member].is_null(), "{member}: {row}");
    }
    // Of a home its cell, of a task at a place the place; of each what it is for.
    assert!(row["cell"].is_object() && row.get("place").is_none(), "{row}");
    let listed = manager.get(&format!("/v1/plans/{id}/visits?task={at_tomb}")).await.body;
    let of_tomb = &listed["items"][0];
    assert_eq!((&of_tomb["title"], &of_tomb["place"]), (&json!("擦拭烈士墓"), &tomb), "{listed}");

    let loads = manager.get(&format!("/v1/plans/{id}/loads")).await.body;
    let of_person = &loads["people"][0];
    assert_eq!((&of_person["added"], &of_person["minutes_before"]), (&json!(1), &json!(0)));
    assert_eq!(of_person["person_id"], row["person_id"]);
    assert!(of_person["minutes_after"].as_u64() > Some(0) && of_person["name"].is_string());
    let of_grid = &loads["grids"][0];
    assert_eq!((&of_grid["grid"], &of_grid["assigned_before"]), (&json!(GRID), &json!(0)));
    assert_eq!((&of_grid["assigned_after"], &of_grid["unserved"]), (&json!(1), &json!(2)));

    let obstacles = manager.get(&format!("/v1/plans/{id}/obstacles")).await.body;
    let remedies = json!([{ "remedy": "skill", "tasks": 2 }]);
    let expected = json!([{ "reason": "no_skill", "tasks": 2, "remedies": remedies }]);
    assert_eq!(obstacles["items"], expected, "{obstacles}");
    let unassigned = manager.get(&format!("/v1/plans/{id}/visits?unassigned=true")).await.body;
    let unassigned: Vec<_> = unassigned["items"].as_array().expect("visits").iter().collect();
    assert_eq!(unassigned.len(), 2);
    assert!(unassigned.iter().any(|visit| visit["task_id"] == impossible.as_str()));

    let forbidden = json!({ "forbidden": [{ "task_id": task, "person_id": row["person_id"] }] });
    let second = manager.order_plan(&order(json!({ "changes": forbidden }))).await;
    let other = second.body["id"].as_str().expect("an id");
    let compared = manager.get(&format!("/v1/plans/{id}/compare/{other}")).await.body;
    assert_eq!((&compared["plan"]["id"], &compared["same"]), (&json!(id), &json!(2)));
    let different = &compared["different"][0];
    assert_eq!(different["task_id"], task.as_str());
    assert_eq!(different["visit"]["person_id"], row["person_id"]);
    assert_ne!(different["other"], different["visit"]);
    for member in ["grid_name", "beneficiary_name", "kind"] {
        assert_eq!(different[member], row[member], "{different}");
    }
    assert_eq!(different["visit"]["person_name"], row["person_name"], "{different}");
    assert!(different["other"]["person_name"].is_string(), "{different}");
    let audited = server.auditor().await.get(&format!("/v1/plans/{id}/compare/{other}")).await;
    let audited = &audited.body["different"][0];
    assert!(audited["grid_name"].is_string() && audited.get("beneficiary_name").is_none());
    assert!(audited["visit"].get("person_name").is_none(), "{audited}");
    let itself = manager.get(&format!("/v1/plans/{id}/compare/{id}")).await.body;
    assert_eq!((&itself["same"], &itself["different"]), (&json!(3), &json!([])));

    for part in ["loads", "obstacles", "visits", &format!("compare/{other}")] {
        let path = format!("/v1/plans/{id}/{part}");
        assert_eq!(volunteer.get(&path).await.problem(), "forbidden", "{part}");
        let unknown = path.replace(&id, "01936b6e-7d1a-7c3e-9a51-3f6f2f9d1c22");
        assert_eq!(manager.get(&unknown).await.status, 404, "{part}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_imagines_more_volunteers_and_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    visit(&manager, 1).await;
    // Nobody of the grid has time.
    let admin = server.admin().await;
    let settings =
        json!({ "lead_minutes": 30, "manager_dispatch_percent": 0, "fairness_weeks": 4 });
    let request = admin.request(Method::PUT, "/v1/planning-settings").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(request.json(&settings)).await.status, 200);
    server.database.execute("UPDATE people SET weekly_minutes = 0 WHERE role = 'volunteer'");

    let ask = async |more: Value| {
        let body = json!({ "order": order(json!({})), "more_volunteers": more });
        manager.post("/v1/plans/estimates", &body).await
    };
    let without = ask(json!([])).await;
    assert_eq!(without.status, 200, "{}", without.body);
    assert_eq!(without.body["measures"]["served"], 0);
    assert_eq!(without.body["obstacles"][0]["reason"], "no_minutes", "{}", without.body);
    let with = ask(json!([{ "area": GRID, "count": 2, "weekly_minutes": 120 }])).await;
    assert_eq!(with.body["measures"]["served"], 1, "{}", with.body);
    assert_eq!(with.body["obstacles"], json!([]));
    let village = &GRID[..12];
    let order = json!({ "area": village, "first_day": day(1), "last_day": day(7) });
    let more = json!([{ "area": village, "count": 2, "weekly_minutes": 120 }]);
    let body = json!({ "order": order, "more_volunteers": more });
    let spread = server.supervisor().await.post("/v1/plans/estimates", &body).await;
    assert_eq!(spread.body["measures"]["served"], 1, "{}", spread.body);
    assert_eq!(manager.get("/v1/plans").await.body["items"], json!([]));
    for (more, pointer) in [
        (json!({ "area": FAR_GRID, "count": 1, "weekly_minutes": 60 }), "area"),
        (json!({ "area": GRID, "count": 51, "weekly_minutes": 60 }), "count"),
    ] {
        let refused = ask(json!([more])).await;
        let pointer = format!("/more_volunteers/0/{pointer}");
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
}
