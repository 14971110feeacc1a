//! Changes of areas: a preview, one transaction, and phones that follow.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server, phones};

/// The new grid of a split.
const NEW_GRID: &str = "500116001002003";

/// Applies the changes, or shows their outcome.
async fn change(caller: &Caller, preview: bool, changes: Value) -> crate::support::server::Answer {
    caller.post("/v1/area-changes", &json!({ "preview": preview, "changes": changes })).await
}

/// Splits the first grid: its third beneficiary and second volunteer go to a new one.
fn split() -> Value {
    json!([{ "split": { "grid": GRID, "into": [
        { "code": GRID, "name": "第1网格", "beneficiaries": [beneficiary_id(1), beneficiary_id(2)],
          "people": [person_id(21)] },
        { "code": NEW_GRID, "name": "第3网格", "beneficiaries": [beneficiary_id(3)],
          "manager_id": person_id(22) },
    ] } }])
}

/// All rows of a new phone, by type and id.
async fn rows(caller: &Caller) -> Vec<(String, String)> {
    let page = caller.get("/v1/sync?limit=1000").await;
    let rows = page.body["changes"].as_array().expect("rows").iter();
    let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
    rows.map(|row| (text(row, "type"), text(row, "id"))).collect()
}

fn has(rows: &[(String, String)], id: &str) -> bool {
    rows.iter().any(|(_, known)| known == id)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_shows_the_outcome_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let events = server.database.count("events");
    let shown = change(&admin, true, split()).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.body["preview"], true);
    assert_eq!(shown.body["started"], json!([{ "code": NEW_GRID, "name": "第3网格" }]));
    let grid = &shown.body["grids"][0];
    assert_eq!((&grid["code"], &grid["manager_id"]), (&json!(NEW_GRID), &json!(person_id(22))));
    assert_eq!((&grid["beneficiaries"], &grid["people"]), (&json!(1), &json!(1)));
    assert_eq!(server.database.count("events"), events, "nothing was written");
    assert_eq!(admin.get(&format!("/v1/areas/{NEW_GRID}")).await.status, 404);

    let done = change(&admin, false, split()).await;
    assert_eq!(done.status, 200, "{}", done.body);
    for field in ["started", "ended", "renamed", "grids", "placed_by_default", "stocks"] {
        assert_eq!(done.body[field], shown.body[field], "as previewed: {field}");
    }
    let again = change(&admin, false, split()).await;
    assert_eq!((again.status, again.problem()), (422, "invalid"), "the code is taken");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_moves_people_beneficiaries_and_tasks_and_their_phones_follow(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let moving = supervisor.make_task(&beneficiary_id(3)).await;
    let staying = supervisor.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{moving}/claim")).await.status, 200);
    let cursor = manager.get("/v1/sync?limit=1000").await.body["cursor"].clone();
    assert_eq!(change(&admin, false, split()).await.status, 200);

    // The former manager's phone loses what has left the grid.
    let cursor = cursor.as_str().expect("a cursor");
    let page = manager.get(&format!("/v1/sync?cursor={cursor}")).await;
    let removed: Vec<&Value> =
        page.body["removed"].as_array().expect("rows").iter().map(|row| &row["id"]).collect();
    assert!(removed.contains(&&json!(moving)) && removed.contains(&&json!(beneficiary_id(3))));
    assert!(!removed.contains(&&json!(staying)));
    // The new manager's has it; the visit stays with the volunteer who claimed it.
    let new = server.sign_in(phones::SECOND_VOLUNTEER).await;
    let me = new.get("/v1/me").await;
    assert_eq!((&me.body["role"], &me.body["area"]), (&json!("manager"), &json!(NEW_GRID)));
    let theirs = rows(&new).await;
    assert!(has(&theirs, &moving) && has(&theirs, &beneficiary_id(3)) && !has(&theirs, &staying));
    assert!(has(&rows(&volunteer).await, &moving), "its visitor keeps it");
    let task = supervisor.get(&format!("/v1/tasks/{moving}")).await;
    assert_eq!(
        (&task.body["grid"], &task.body["state"], &task.body["assignee_id"]),
        (&json!(NEW_GRID), &json!("accepted"), &json!(person_id(21)))
    );
    for (action, count) in
        [("area.add", 1), ("beneficiary.move", 1), ("task.move", 1), ("person.appoint", 1)]
    {
        assert_eq!(supervisor.events(action).await.len(), count, "{action}");
    }
    let (valid, said) = crate::log::verify(&server.database, &[]);
    assert!(valid, "{said}");
}

#[rstest]
#[case::recoded(json!([{ "recode": { "area": OTHER_GRID, "to": NEW_GRID } }]), NEW_GRID)]
#[case::merged(json!([{ "merge": { "grids": [OTHER_GRID, GRID], "into": GRID } }]), GRID)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_stay_follows_its_grid_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] changes: Value,
    #[case] to: &str,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    let task = town.make_task(BENEFICIARY).await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}");
    let china = chrono::FixedOffset::east_opt(8 * 3600).expect("an offset");
    let today = chrono::Utc::now().with_timezone(&china).date_naive();
    let stay = json!({
        "grid": OTHER_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.263 },
        "first_day": today, "last_day": today + chrono::TimeDelta::days(9),
    });
    let request = town.request(reqwest::Method::PUT, &format!("{path}/stay"));
    let put = town.send(request.header("If-Match", "\"v1\"").json(&stay)).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let done = change(&admin, false, changes).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let shown = town.get(&path).await.body;
    assert_eq!((&shown["grid"], &shown["stay"]["grid"]), (&json!(GRID), &json!(to)), "{shown}");
    assert_eq!(town.get(&format!("/v1/tasks/{task}")).await.body["grid"], to);
    let events = server.supervisor().await.events("beneficiary.stay").await;
    let last = events.iter().max_by_key(|event| event["seq"].as_i64()).expect("an event");
    assert_eq!((&last["body"]["grid"], &last["actor_id"]), (&json!(to), &json!(person_id(8))));
    let (valid, said) = crate::log::verify(&server.database, &[]);
    assert!(valid, "{said}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_split_that_leaves_a_beneficiary_in_no_grid_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let mut list = split();
    list[0]["split"]["into"][1]["beneficiaries"] = json!([]);
    let renamed = json!({ "rename": { "area": "500116001", "name": "新名" } });
    list.as_array_mut().expect("a list").insert(0, renamed);
    let refused = change(&admin, false, list).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    let error = &refused.body["errors"][0];
    assert_eq!(error["pointer"], "/changes/1/split/into");
    assert!(error["detail"].as_str().expect("a text").contains(&beneficiary_id(3)), "{error}");
    assert_eq!(admin.get("/v1/areas/500116001").await.body["name"], "一镇", "the rename neither");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_leaves_one_grid_one_manager_and_a_successor(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, other) = (server.admin().await, server.other_manager().await);
    let list = json!([{ "merge": { "grids": [GRID, OTHER_GRID], "into": GRID } }]);
    let done = change(&admin, false, list).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.body["ended"], json!([{ "code": OTHER_GRID, "successors": [GRID] }]));
    let former = admin.get(&format!("/v1/areas/{OTHER_GRID}")).await;
    assert_eq!(former.body["successors"], json!([GRID]));
    assert!(former.body["valid_to"].is_string());
    let merged = admin.get(&format!("/v1/areas/{GRID}")).await;
    let counts = &merged.body["counts"];
    assert_eq!((&counts["managers"], &counts["volunteers"]), (&json!(1), &json!(4)));
    assert_eq!(counts["beneficiaries"], 4);
    let me = other.get("/v1/me").await;
    assert_eq!((&me.body["role"], &me.body["area"]), (&json!("volunteer"), &json!(GRID)));
    let outlines = admin.get("/v1/areas/500116/outlines?level=grid").await;
    assert_eq!(outlines.body["features"].as_array().expect("features").len(), 2);
    let found = admin.get("/v1/areas/locate?lat=29.285&lon=106.265").await;
    assert_eq!(found.body["code"], GRID, "the map is new at once");
    let reused = json!([{ "recode": { "area": FAR_GRID, "to": OTHER_GRID } }]);
    assert_eq!(change(&admin, true, reused).await.status, 422, "a code is never used again");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_edition_adds_a_village_and_recodes_another_without_an_import(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, far) = (server.admin().await, server.far_manager().await);
    let task = admin.make_task(&beneficiary_id(5)).await;
    let list = json!([
        { "add": { "area": "500116001009", "name": "新设村",
          "place": { "lat": 29.285, "lon": 106.265 } } },
        { "recode": { "area": OTHER_GRID, "to": "500116001009001" } },
        { "recode": { "area": "500116002001", "to": "500116001010" } },
        { "rename": { "area": "500116001010", "name": "划入村" } },
        { "end": { "area": "500116002", "successors": ["500116001"] } },
    ]);
    let done = change(&admin, false, list).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let villages = admin.get("/v1/areas?level=village").await;
    let names: Vec<&Value> = villages.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|area| &area["name"])
        .collect();
    assert_eq!(names, ["南门社区", "新设村", "划入村"]);
    let me = far.get("/v1/me").await;
    assert_eq!(me.body["area"], "500116001010001");
    let moved = far.get(&format!("/v1/tasks/{task}")).await;
    assert_eq!((moved.status, &moved.body["grid"]), (200, &json!("500116001010001")));
    let former = admin.get("/v1/areas/500116002").await;
    assert_eq!(former.body["successors"], json!(["500116001"]));
    let counts = &admin.get("/v1/areas/500116").await.body["counts"];
    assert_eq!(
        (&counts["towns"], &counts["villages"], &counts["grids"]),
        (&json!(1), &json!(3), &json!(3))
    );
    assert_eq!(counts["beneficiaries"], 6);
    assert_eq!(server.town_supervisor().await.get("/v1/areas/500116001010").await.status, 200);
    for caller in [server.supervisor().await, far] {
        let refused = change(&caller, true, split()).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audiences_campaigns_duties_and_cases_follow_their_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let filter = json!({ "not": { "area": [GRID, FAR_GRID] } });
    let make = async |path: &str, body: Value| {
        let made = supervisor.post(path, &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        format!("{path}/{}", made.body["id"].as_str().expect("an id"))
    };
    let audience = json!({ "name": "x", "area": "500116001", "filter": filter });
    let campaign = json!({
        "name": "x", "name_en": "x", "occasion": "army_day", "year": 2027, "area": "500116001",
        "filter": filter, "kind": "home_visit", "first_day": "2027-07-20", "last_day": "2027-07-31"
    });
    let duty = json!({ "area": "500116001", "content": {
        "name": "x", "name_en": "x", "filter": filter, "kind": "home_visit",
        "cadence": { "type": "every_days", "days": 30 }, "lead_days": 7,
        "starts_on": "2026-12-01", "active": false
    } });
    let case = json!({
        "kind": "station_desk", "class": "policy", "area": "500116001002", "source": "walk_in"
    });
    let rows = [
        make("/v1/audiences", audience).await,
        make("/v1/campaigns", campaign).await,
        make("/v1/regimes", duty).await,
    ];
    let case = make("/v1/cases", case).await;
    let recode = json!([{ "recode": { "area": "500116001", "to": "500116007" } }]);
    server.database.execute("UPDATE campaigns SET state = 'launching'");
    let launching = change(&admin, false, recode.clone()).await;
    assert_eq!((launching.status, launching.problem()), (409, "campaign_state"));
    server.database.execute("UPDATE campaigns SET state = 'draft'");
    let changed = change(&admin, false, recode).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let new_grid = GRID.replace("500116001", "500116007");
    for path in &rows {
        let row = supervisor.get(path).await.body;
        assert_eq!((&row["area"], &row["version"]), (&json!("500116007"), &json!(2)), "{row}");
        let mut areas = [FAR_GRID, &new_grid];
        areas.sort_unstable();
        assert_eq!(row["filter"], json!({ "not": { "area": areas } }), "{row}");
    }
    let town = server.town_supervisor().await;
    let shown = town.get(&case).await;
    assert_eq!((shown.status, &shown.body["area"]), (200, &json!("500116007002")));
    for action in ["audience.change", "campaign.change", "regime.change", "case.relocate"] {
        assert_eq!(supervisor.events(action).await.len(), 1, "{action}");
    }
}
