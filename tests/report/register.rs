//! The register of reports: what visits found, by area, day, outcome, kind, need, visitor and
//! beneficiary.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};
use crate::task::refuses_by_name;

/// A visit of the beneficiary that the visitor makes and reports; returns the id of the report.
pub async fn visited(by: &Caller, of: &Caller, task: Value, report: Value) -> String {
    let task = of.make(&task).await;
    assert_eq!(by.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let sent = by.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let reports = by.get(&format!("/v1/tasks/{task}/reports")).await;
    reports.body["items"][0]["id"].as_str().expect("a report").to_owned()
}

/// The reports of three days: done, not at home, and with needs in the far grid.
async fn three_days(server: &Server) -> [String; 3] {
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let far = server.far_manager().await;
    let done = json!({ "outcome": "done", "note": "一切安好" });
    let first = visited(&volunteer, &supervisor, home_visit(BENEFICIARY, json!({})), done).await;
    let not_home = json!({ "outcome": "not_home" });
    let second = home_visit(&beneficiary_id(2), json!({}));
    let second = visited(&volunteer, &supervisor, second, not_home).await;
    let found = json!({
        "outcome": "needs_follow_up", "needs": ["housing", "medical"], "answers": { "plaque": "hung" }
    });
    let third = home_visit(FAR_BENEFICIARY, json!({ "kind": "plaque_check" }));
    let third = visited(&far, &far, third, found).await;
    for (n, id) in [&first, &second, &third].into_iter().enumerate() {
        let day = n + 1;
        // One hour before midnight in the district.
        server.database.execute(&format!(
            "UPDATE reports SET created_at = '2026-08-0{day} 15:00:00', \
             received_on = '2026-08-0{day}' WHERE id = '{id}'"
        ));
    }
    [first, second, third]
}

/// The ids of the listed reports, in order.
async fn ids(caller: &Caller, query: &str) -> Vec<String> {
    let listed = caller.get(&format!("/v1/reports?{query}")).await;
    assert_eq!(listed.status, 200, "{query}: {}", listed.body);
    let items = listed.body["items"].as_array().expect("a list");
    items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_lists_the_reports_of_an_area_by_what_they_found(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let [first, second, third] = three_days(&server).await;
    let supervisor = server.supervisor().await;
    let (first, second, third) = (first.as_str(), second.as_str(), third.as_str());
    for (query, expected) in [
        ("", vec![third, second, first]),
        ("sort=earliest", vec![first, second, third]),
        (&format!("area={GRID}"), vec![second, first]),
        ("area=500116002", vec![third]),
        ("outcome=done,not_home", vec![second, first]),
        ("kind=plaque_check", vec![third]),
        ("kind=plaque_check,home_visit&sort=earliest", vec![first, second, third]),
        ("from=2026-08-02", vec![third, second]),
        ("to=2026-08-02", vec![second, first]),
        ("from=2026-08-02&to=2026-08-02", vec![second]),
        (&format!("person_id={}", person_id(13)), vec![third]),
        (&format!("beneficiary_id={}", beneficiary_id(2)), vec![second]),
        ("need=housing", vec![third]),
        ("need=legal,medical", vec![third]),
        ("need=legal", vec![]),
        ("recorded=true", vec![]),
    ] {
        assert_eq!(ids(&supervisor, query).await, expected, "{query}");
    }
    let counted = supervisor.get("/v1/reports?count=true&limit=1&person_id=").await;
    assert_eq!(counted.status, 400, "an empty id");
    for (query, count) in [("", 3), ("&outcome=refused", 0), ("&need=medical", 1)] {
        let counted = supervisor.get(&format!("/v1/reports?count=true&limit=1{query}")).await;
        assert_eq!(counted.body["count"], count, "{}", counted.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_report_has_names_beside_its_ids_and_no_texts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let [first, _, third] = three_days(&server).await;
    let supervisor = server.supervisor().await;
    let listed = supervisor.get("/v1/reports?sort=earliest").await;
    let mut one = listed.body["items"][0].clone();
    let task = one["task_id"].take();
    assert!(task.is_string() && one["visited_on"].is_string(), "{one}");
    one["visited_on"] = Value::Null;
    assert_eq!(
        one,
        json!({
            "id": first, "task_id": null, "kind": "home_visit", "grid": GRID,
            "grid_name": "第1网格", "beneficiary_id": BENEFICIARY, "beneficiary_name": "周**1",
            "person_id": person_id(21), "person_name": "王志愿",
            "received_at": "2026-08-01T23:00:00+08:00", "visited_on": null, "outcome": "done",
            "needs": [], "version": 1, "attempt": 1, "recorded": false, "flags": []
        })
    );
    let last = &listed.body["items"][2];
    assert_eq!((&last["id"], &last["needs"]), (&json!(third), &json!(["housing", "medical"])));
    assert!(!listed.body.to_string().contains("一切安好"));
    // The list discloses nothing that the log must record; the content of a report does.
    let read = async || supervisor.events("report.read").await.len();
    let before = read().await;
    assert_eq!(supervisor.get("/v1/reports").await.status, 200);
    assert_eq!(read().await, before);
    let path = format!("/v1/tasks/{}/reports", task.as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["items"][0]["note"], "一切安好");
    assert_eq!(read().await, before + 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_lists_the_reports_of_the_own_area_and_a_volunteer_the_own_ones(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let [first, second, third] = three_days(&server).await;
    let (manager, far) = (server.manager().await, server.far_manager().await);
    assert_eq!(ids(&manager, "").await, [second.as_str(), &first]);
    assert_eq!(ids(&far, "").await, [third.as_str()]);
    let town = server.town_supervisor().await;
    assert_eq!(ids(&town, "").await, [second.as_str(), &first]);
    let volunteer = server.volunteer().await;
    assert_eq!(ids(&volunteer, "").await, [second.as_str(), &first]);
    assert_eq!(ids(&volunteer, &format!("person_id={}", person_id(13))).await, [""; 0]);
    let own = volunteer.get("/v1/reports").await;
    assert_eq!(own.body["items"][0]["beneficiary_name"], Value::Null, "{}", own.body);
    assert_eq!(ids(&server.second_volunteer().await, "").await, [""; 0]);
    for caller in [&manager, &town, &volunteer] {
        let outside = caller.get(&format!("/v1/reports?area={FAR_GRID}")).await;
        assert_eq!(outside.status, 404, "{}", outside.body);
    }
    let unknown = server.supervisor().await.get("/v1/reports?area=500116009").await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["pointer"]), (404, &json!("area")));
    assert_eq!(server.auditor().await.get("/v1/reports").await.status, 403);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_shows_each_report_once_over_all_its_pages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let all = three_days(&server).await;
    let supervisor = server.supervisor().await;
    // Two at the same time.
    server
        .database
        .execute("UPDATE reports SET created_at = '2026-08-02 15:00:00' WHERE outcome <> 'done'");
    for query in ["sort=latest", "sort=earliest", "need=housing,medical", "outcome=done,not_home"] {
        let whole = ids(&supervisor, query).await;
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let more = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
            let page = supervisor.get(&format!("/v1/reports?{query}&limit=1{more}")).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.body["items"].as_array().expect("a list").clone();
            paged.extend(items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        assert_eq!(paged, whole, "{query}");
        assert!(whole.len() < 3 || whole.iter().all(|id| all.contains(id)));
    }
    let first = supervisor.get("/v1/reports?limit=1").await;
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let mixed = supervisor.get(&format!("/v1/reports?sort=earliest&cursor={cursor}")).await;
    assert_eq!((mixed.status, &mixed.body["errors"][0]["pointer"]), (400, &json!("cursor")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_count_the_matching_reports_by_outcome_and_by_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    three_days(&server).await;
    let supervisor = server.supervisor().await;
    let days = "from=2026-07-01&to=2026-08-31&totals=true&limit=1";
    let listed = supervisor.get(&format!("/v1/reports?{days}")).await;
    let counts = |done: u8, found: u8, not_home: u8| {
        json!({
            "reports": done + found + not_home, "done": done, "needs_follow_up": found,
            "not_home": not_home, "refused": 0, "unreadable": 0
        })
    };
    let day = |day: &str, mut counts: Value| {
        counts["day"] = json!(day);
        counts
    };
    assert_eq!(
        listed.body["totals"],
        json!({
            "from": "2026-07-01", "to": "2026-08-31", "total": counts(1, 1, 1),
            "days": [
                day("2026-08-01", counts(1, 0, 0)),
                day("2026-08-02", counts(0, 0, 1)),
                day("2026-08-03", counts(0, 1, 0)),
            ]
        })
    );
    let totals = async |query: &str| {
        let listed = supervisor.get(&format!("/v1/reports?{days}&{query}")).await;
        listed.body["totals"]["total"].clone()
    };
    assert_eq!(totals("area=500116001").await, counts(1, 0, 1));
    assert_eq!(totals("need=housing").await, counts(0, 1, 0));
    assert_eq!(totals(&format!("person_id={}", person_id(21))).await, counts(1, 0, 1));
    assert_eq!(supervisor.get("/v1/reports").await.body.get("totals"), None);
    for period in ["from=2020-01-01&to=2026-08-01", "from=2026-08-02&to=2026-08-01"] {
        let refused = supervisor.get(&format!("/v1/reports?{period}&totals=true")).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("to")));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_filter_or_order_of_reports_is_refused_by_its_name(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let queries = [
        ("colour=red", "colour"),
        ("sort=name", "sort"),
        ("outcome=done,perhaps", "outcome"),
        ("kind=Home", "kind"),
        ("need=x,,y", "need"),
        ("from=yesterday", "from"),
        ("person_id=21", "person_id"),
        ("totals=perhaps", "totals"),
    ];
    refuses_by_name(&supervisor, "/v1/reports", &queries).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_follow_their_task_to_another_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let [_, second, _] = three_days(&server).await;
    let supervisor = server.supervisor().await;
    let home = json!({
        "grid": FAR_GRID, "address": "北门村9号", "place": { "lat": 29.284, "lon": 106.272 },
    });
    let path = format!("/v1/beneficiaries/{}/move", beneficiary_id(2));
    let request = supervisor.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let moved = supervisor.send(request.json(&home)).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(ids(&supervisor, &format!("area={FAR_GRID}&outcome=not_home")).await, [second]);
}
