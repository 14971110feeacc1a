//! Sync of a part of the scope: one of the areas of a supervisor, and some types of rows.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::{Phone, command};
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

const TOWN: &str = "500116001";
const OTHER_TOWN: &str = "500116002";

fn mirror(selection: Value) -> Phone {
    Phone { selection, ..Phone::default() }
}

/// The types in the copy.
fn types(phone: &Phone) -> BTreeSet<&str> {
    phone.rows.keys().map(|(kind, _)| kind.as_str()).collect()
}

/// The grids of the tasks and beneficiaries in the copy.
fn grids(phone: &Phone) -> BTreeSet<&str> {
    phone.rows.values().filter_map(|row| row["grid"].as_str()).collect()
}

/// One task in each grid.
async fn tasks(server: &Server) -> [String; 3] {
    let supervisor = server.supervisor().await;
    [
        supervisor.make_task(&beneficiary_id(1)).await,
        supervisor.make_task(&beneficiary_id(4)).await,
        supervisor.make_task(&beneficiary_id(5)).await,
    ]
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selection_holds_the_rows_of_its_area_and_types_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    tasks(&server).await;
    let mut whole = Phone::default();
    whole.sync(&supervisor, json!([])).await;
    assert_eq!(grids(&whole), BTreeSet::from([GRID, OTHER_GRID, FAR_GRID]));
    // After the whole district is in the caches of the server.
    for (area, shown) in [(TOWN, vec![GRID, OTHER_GRID]), (OTHER_TOWN, vec![FAR_GRID])] {
        let mut part = mirror(json!({ "area": area }));
        part.sync(&supervisor, json!([])).await;
        assert_eq!(grids(&part), shown.iter().copied().collect());
        assert!(part.rows.iter().all(|(key, row)| whole.rows.get(key) == Some(row)));
        let mut tasks = mirror(json!({ "area": area, "types": ["task"] }));
        tasks.sync(&supervisor, json!([])).await;
        assert_eq!((types(&tasks), tasks.rows.len()), (BTreeSet::from(["task"]), shown.len()));
    }
    let mut homes = mirror(json!({ "area": GRID, "types": ["beneficiary", "notice"] }));
    homes.sync(&supervisor, json!([])).await;
    assert_eq!((types(&homes), homes.rows.len()), (BTreeSet::from(["beneficiary"]), 3));
    let mut kinds = mirror(json!({ "types": ["service_kind"] }));
    kinds.sync(&supervisor, json!([])).await;
    assert_eq!(types(&kinds), BTreeSet::from(["service_kind"]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_leaves_the_selected_area_is_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let [task, ..] = tasks(&server).await;
    let (mut left, mut right) =
        (mirror(json!({ "area": GRID })), mirror(json!({ "area": OTHER_GRID })));
    let mut elsewhere = mirror(json!({ "area": OTHER_TOWN, "types": ["task", "beneficiary"] }));
    for phone in [&mut left, &mut right, &mut elsewhere] {
        phone.sync(&supervisor, json!([])).await;
    }
    assert_eq!((left.tasks().len(), right.tasks().len()), (1, 1));
    let home = beneficiary_id(1);
    let path = format!("/v1/beneficiaries/{home}/move");
    let to = json!({
        "grid": OTHER_GRID, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": 106.263 },
    });
    let request = supervisor.request(Method::POST, &path).json(&to);
    let moved = supervisor.send(request.header("If-Match", "\"v1\"")).await;
    assert_eq!(moved.status, 200, "{}", moved.body);

    left.sync(&supervisor, json!([])).await;
    assert!(left.tasks().is_empty() && left.household(&home).is_none(), "{task}");
    let before = elsewhere.rows.len();
    for phone in [&mut right, &mut elsewhere] {
        phone.sync(&supervisor, json!([])).await;
    }
    assert_eq!((right.tasks().len(), right.household(&home).is_some()), (2, true));
    assert_eq!(elsewhere.rows.len(), before);
    for phone in [&left, &right, &elsewhere] {
        phone.is_as_fresh(&supervisor).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_another_selection_starts_a_snapshot(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    tasks(&server).await;
    let selections = [
        String::new(),
        format!("area={TOWN}"),
        format!("area={GRID}"),
        format!("area={TOWN}&types=task"),
        format!("area={TOWN}&types=task,beneficiary"),
    ];
    let pull = async |query: &str, cursor: &str| {
        let page = supervisor.get(&format!("/v1/sync?{query}&cursor={cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let reset = page.body["reset"] == true;
        let reason = page.body.get("reset_reason").and_then(Value::as_str);
        let expected = if cursor.is_empty() { "no_cursor" } else { "scope" };
        assert_eq!(reason, reset.then_some(expected), "{query}");
        (reset, page.body["cursor"].as_str().expect("a cursor").to_owned())
    };
    for own in &selections {
        let (_, cursor) = pull(own, "").await;
        for other in &selections {
            let (reset, _) = pull(other, &cursor).await;
            assert_eq!(reset, own != other, "{own} then {other}");
        }
    }
    let (_, cursor) = pull("", "").await;
    assert!(!pull("area=500116", &cursor).await.0, "the whole area is the default");
    let (_, cursor) = pull("types=beneficiary,task", "").await;
    assert!(!pull("types=task,beneficiary", &cursor).await.0, "in any order");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_page_says_how_many_rows_the_snapshot_has(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let callers = [server.supervisor().await, server.manager().await, server.volunteer().await];
    tasks(&server).await;
    for (caller, query) in callers.iter().flat_map(|caller| {
        ["", "&types=task", "&types=beneficiary", "&types=notice,holiday"].map(|one| (caller, one))
    }) {
        let (mut cursor, mut total, mut rows) = (String::new(), None, 0);
        loop {
            let page = caller.get(&format!("/v1/sync?limit=1{query}&cursor={cursor}")).await.body;
            rows += page["changes"].as_array().map_or(0, Vec::len);
            if cursor.is_empty() {
                total = page["total"].as_u64();
            } else {
                assert!(page.get("total").is_none(), "{page}");
            }
            page["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
            if page["has_more"] != true {
                break;
            }
        }
        assert_eq!(total, Some(rows as u64), "{query}");
        let quiet = caller.get(&format!("/v1/sync?cursor={cursor}{query}")).await.body;
        assert!(quiet.get("total").is_none() && quiet["reset"] == false, "{quiet}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_outside_the_scope_does_not_exist_and_an_unknown_type_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, volunteer) = (server.town_supervisor().await, server.volunteer().await);
    let refused = async |caller: &Caller, area: &str| {
        let pulled = caller.get(&format!("/v1/sync?area={area}")).await;
        let pushed = caller.post("/v1/sync", &json!({ "area": area })).await;
        let streamed = caller.get(&format!("/v1/events/stream?area={area}")).await;
        assert_eq!((pulled.status, pushed.status, streamed.status), (404, 404, 404), "{area}");
    };
    for area in [OTHER_TOWN, FAR_GRID, "500116", "500117", "500116001099"] {
        refused(&town, area).await;
    }
    refused(&volunteer, OTHER_GRID).await;
    assert_eq!(volunteer.get(&format!("/v1/sync?area={GRID}")).await.status, 200);
    // A command is not executed before the refusal.
    let task = server.manager().await.make_task(&beneficiary_id(1)).await;
    let claim = command("task.claim", &task, json!({}));
    let push = json!({ "area": OTHER_GRID, "commands": [claim] });
    assert_eq!(volunteer.post("/v1/sync", &push).await.status, 404);
    assert_eq!(volunteer.get(&format!("/v1/tasks/{task}")).await.body["state"], "open");

    let wrong = town.get("/v1/sync?types=task,ghost").await;
    assert_eq!((wrong.status, wrong.problem()), (400, "bad_request"));
    let error = &wrong.body["errors"][0];
    assert_eq!(error["pointer"], "types");
    let detail = error["detail"].as_str().expect("a text");
    assert!(detail.contains("ghost") && detail.contains("service_kind"), "{detail}");
    let wrong = town.post("/v1/sync", &json!({ "types": ["task", "ghost"] })).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/types/1")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_who_follows_notices_only_is_shown_no_home(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let mut notices = mirror(json!({ "types": ["notice"] }));
    notices.sync(&volunteer, json!([])).await;
    let task = manager.make_task(&beneficiary_id(1)).await;
    let to = json!({ "person_id": person_id(21) });
    assert_eq!(manager.post(&format!("/v1/tasks/{task}/reassign"), &to).await.status, 200);
    notices.sync(&volunteer, json!([])).await;
    assert!(notices.rows.is_empty());
    assert_eq!(server.supervisor().await.events("beneficiary.sync").await.len(), 0);
    let mut whole = Phone::default();
    whole.sync(&volunteer, json!([])).await;
    assert_eq!(whole.tasks().len(), 1);
    assert_eq!(server.supervisor().await.events("beneficiary.sync").await.len(), 1);
}
