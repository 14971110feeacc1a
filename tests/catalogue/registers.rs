//! Stations, memorial sites and holidays: read by everybody, edited by admins, on every phone.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

/// A row of a register, and a change of it.
struct Entry {
    path: &'static str,
    row_type: &'static str,
    id: &'static str,
    content: fn() -> Value,
    field: &'static str,
    to: &'static str,
}

const STATION: Entry = Entry {
    path: "/v1/stations/S9",
    row_type: "station",
    id: "S9",
    content: || {
        json!({
            "area": "500116001002", "name": "南门社区退役军人服务站", "grid": GRID,
            "place": { "lat": 29.285, "lon": 106.255 }, "phone": "023-4752 0001",
            "hours": "mon-fri 0900-1730",
        })
    },
    field: "hours",
    to: "mon-sat 0900-1730",
};

const MEMORIAL: Entry = Entry {
    path: "/v1/memorials/M9",
    row_type: "memorial",
    id: "M9",
    content: || {
        json!({
            "name": "南门烈士纪念碑（合成）", "kind": "monument", "grid": GRID,
            "place": { "lat": 29.285, "lon": 106.255 },
        })
    },
    field: "name",
    to: "南门烈士陵园（合成）",
};

const HOLIDAY: Entry = Entry {
    path: "/v1/holidays/2027-02-06.lunar_new_year",
    row_type: "holiday",
    id: "2027-02-06.lunar_new_year",
    content: || json!({ "name": "春节", "calendar": "lunar", "lunar_date": "正月初一" }),
    field: "name",
    to: "农历新年",
};

async fn put(caller: &Caller, path: &str, content: &Value, version: Option<u64>) -> Answer {
    let request = caller.request(Method::PUT, path).json(content);
    let request = match version {
        Some(version) => request.header("If-Match", format!("\"v{version}\"")),
        None => request,
    };
    caller.send(request).await
}

async fn delete(caller: &Caller, path: &str, version: u64) -> Answer {
    let request = caller.request(Method::DELETE, path);
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

/// The rows of the type that a pull after `cursor` changes and removes, and the next cursor.
async fn pull(caller: &Caller, cursor: &str, row_type: &str) -> (Vec<Value>, Vec<Value>, String) {
    let page = caller.get(&format!("/v1/sync?cursor={cursor}")).await;
    assert_eq!((page.status, &page.body["has_more"]), (200, &json!(false)), "{}", page.body);
    let rows = |list: &str| {
        let rows = page.body[list].as_array().expect("rows").iter();
        rows.filter(|row| row["type"] == row_type).cloned().collect::<Vec<_>>()
    };
    let next = page.body["cursor"].as_str().expect("a cursor").to_owned();
    (rows("changes"), rows("removed"), next)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_adds_changes_and_ends_a_row_and_every_phone_follows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(STATION, MEMORIAL, HOLIDAY)] entry: Entry,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.admin().await, server.volunteer().await);
    let Entry { path, row_type, id, content, field, to } = entry;
    let content = content();
    let (before, _, cursor) = pull(&volunteer, "", row_type).await;
    assert_eq!(before.len(), 1, "the row of the import: {before:?}");

    let added = put(&admin, path, &content, None).await;
    assert_eq!((added.status, &added.body["version"]), (201, &json!(1)), "{}", added.body);
    let (changes, _, cursor) = pull(&volunteer, &cursor, row_type).await;
    assert_eq!((changes.len(), &changes[0]["id"]), (1, &json!(id)));
    assert_eq!(changes[0]["data"], added.body, "the same content on phones");

    let mut changed = content.clone();
    changed[field] = json!(to);
    let refused = put(&admin, path, &changed, None).await;
    assert_eq!((refused.status, refused.problem()), (428, "version_required"));
    let stale = put(&admin, path, &changed, Some(7)).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"], added.body);
    let done = put(&admin, path, &changed, Some(1)).await;
    assert_eq!(
        (done.status, &done.body[field], &done.body["version"]),
        (200, &json!(to), &json!(2))
    );
    let again = put(&admin, path, &changed, Some(1)).await;
    assert_eq!((again.status, &again.body), (200, &done.body), "a lost answer is asked for again");
    let read = volunteer.get(path).await;
    assert_eq!(
        (&read.body, &read.headers["etag"]),
        (&done.body, &"\"v2\"".parse().expect("a tag"))
    );

    assert_eq!(delete(&admin, path, 1).await.status, 412);
    assert_eq!(delete(&admin, path, 2).await.status, 204);
    assert_eq!(delete(&admin, path, 2).await.status, 404);
    assert_eq!(volunteer.get(path).await.status, 404);
    let (_, removed, cursor) = pull(&volunteer, &cursor, row_type).await;
    assert_eq!((removed.len(), &removed[0]["id"]), (1, &json!(id)));

    let back = put(&admin, path, &content, None).await;
    assert_eq!((back.status, &back.body["version"]), (201, &json!(4)), "the version goes on");
    let (changes, _, _) = pull(&volunteer, &cursor, row_type).await;
    assert_eq!(changes[0]["version"], 4);
    for (action, count) in [("add", 2), ("change", 1), ("end", 1)] {
        let action = format!("{row_type}.{action}");
        assert_eq!(admin.events(&action).await.len(), count, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_admin_edits_a_register(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    for caller in [server.supervisor().await, server.manager().await, server.volunteer().await] {
        for Entry { path, content, .. } in [STATION, MEMORIAL, HOLIDAY] {
            let refused = put(&caller, path, &content(), None).await;
            assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_is_listed_where_it_serves_and_a_memorial_site_where_it_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let far = server.far_manager().await;
    let count = async |caller: &Caller, path: &str| {
        caller.get(path).await.body["items"].as_array().expect("a list").len()
    };
    // The imported station serves the first town; the imported site is in the first grid.
    for path in ["/v1/stations", "/v1/memorials"] {
        let counts = [
            count(&supervisor, path).await,
            count(&volunteer, path).await,
            count(&far, path).await,
        ];
        assert_eq!(counts, [1, 1, 0], "{path}");
    }
    assert_eq!(count(&supervisor, &format!("/v1/stations?area={FAR_GRID}")).await, 0);
    assert_eq!(far.get("/v1/stations/S1").await.status, 404);
    assert_eq!(far.get(&format!("/v1/stations?area={GRID}")).await.status, 404);
    assert_eq!(count(&volunteer, "/v1/holidays?from=2026-08-01&to=2026-08-01").await, 1);
    assert_eq!(count(&volunteer, "/v1/holidays?from=2026-08-02").await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_that_moves_leaves_the_phones_of_its_former_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.admin().await, server.volunteer().await);
    let far = server.far_manager().await;
    let (_, _, cursor) = pull(&volunteer, "", "station").await;
    let (_, _, far_cursor) = pull(&far, "", "station").await;
    let moved = json!({
        "area": "500116002", "name": "二镇退役军人服务站", "grid": FAR_GRID,
        "place": { "lat": 29.285, "lon": 106.275 }, "phone": "10090000001",
        "hours": "mon-fri 0900-1730",
    });
    assert_eq!(put(&admin, "/v1/stations/S1", &moved, Some(1)).await.status, 200);
    let (changes, removed, _) = pull(&volunteer, &cursor, "station").await;
    assert_eq!((changes.len(), removed.len()), (0, 1), "{removed:?}");
    let (changes, _, _) = pull(&far, &far_cursor, "station").await;
    assert_eq!(changes.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_field_of_a_station_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let wrong = json!({
        "area": "500117001", "name": "x", "grid": "500116001", "phone": "many",
        "place": { "lat": 29.285, "lon": 106.255 }, "hours": "x",
    });
    let refused = put(&admin, "/v1/stations/S9", &wrong, None).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    let errors = refused.body["errors"].as_array().expect("errors").iter();
    let pointers: Vec<&Value> = errors.map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/area", "/grid", "/phone"]);
    let wrong = admin.get("/v1/holidays/tomorrow").await;
    assert_eq!((wrong.status, wrong.problem()), (404, "not_found"));
    let content = json!({ "name": "x", "calendar": "solar" });
    let wrong = put(&admin, "/v1/holidays/2027-02-30.x", &content, None).await;
    assert_eq!((wrong.status, wrong.problem()), (422, "invalid"));
}
