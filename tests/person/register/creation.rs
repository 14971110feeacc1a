//! People are created, one by one and in lists.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{edit, new, person, pointers, refused};
use crate::support::files::person_id;
use crate::support::{Backend, GRID, OTHER_GRID, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_created_once_and_shown_masked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let create = |body: Value| {
        let manager = &manager;
        async move {
            let request = manager.request(Method::POST, "/v1/people").json(&body);
            manager.send(request.header("Idempotency-Key", "new-1")).await
        }
    };
    let body = new(&json!({ "name": " 周新\u{3000}", "phone": "１３９ 0000-0001" }));
    let created = create(body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.headers["etag"], "\"v1\"");
    let shown = &created.body;
    let fields = ["name", "phone", "state", "version", "languages", "cell"];
    let shown_fields: Vec<&Value> = fields.iter().map(|field| &shown[field]).collect();
    let expected = json!([
        "周新", "139****0001", "active", 1, ["chongqing", "mandarin"],
        { "lat": 29.2875, "lon": 106.2575 }
    ]);
    assert_eq!(json!(shown_fields), expected);
    let path = format!("/v1/people/{}", shown["id"].as_str().expect("an id"));
    assert_eq!(created.headers["location"], path.as_str());
    let again = create(body).await;
    assert_eq!((again.status, &again.body), (201, &created.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let read = manager.get(&path).await;
    assert_eq!(read.body, created.body);
    let held = manager.request(Method::GET, &path).header("If-None-Match", "\"v1\"");
    assert_eq!(manager.send(held).await.status, 304);
    // With an id of the caller's own, no key is needed.
    let own = new(&json!({ "id": person_id(77), "phone": "13900000077" }));
    for _ in 0..2 {
        let created = manager.post("/v1/people", &own).await;
        assert_eq!((created.status, &created.body["version"]), (201, &json!(1)));
    }
    let other = new(&json!({ "id": person_id(77), "phone": "13900000078" }));
    let exists = manager.post("/v1/people", &other).await;
    refused(&exists, 409, "person_exists");
    assert_eq!(exists.body["current"]["id"], json!(person_id(77)));
    let events = server.auditor().await.events("person.add").await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(!json!(events).to_string().contains("13900000"), "{events:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_created_and_edited_from_above_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let mut n = 0;
    let mut attempt = |role: &str, area: &str| {
        n += 1;
        new(&json!({ "role": role, "area": area, "phone": format!("1390000{n:04}") }))
    };
    let (village, far_town) = ("500116001002", "500116002");
    for (caller, role, area, status) in [
        (&town, "supervisor", village, 201),
        (&town, "volunteer", OTHER_GRID, 201),
        (&town, "supervisor", "500116001", 403),
        (&town, "supervisor", far_town, 422),
        (&town, "admin", village, 403),
        (&town, "admin", "500116", 422),
        (&manager, "volunteer", GRID, 201),
        (&manager, "manager", GRID, 403),
        (&manager, "volunteer", OTHER_GRID, 422),
        (&supervisor, "supervisor", "500116", 403),
        (&supervisor, "auditor", "500116", 403),
        (&supervisor, "supervisor", far_town, 201),
        (&admin, "auditor", "500116", 201),
        (&admin, "admin", "500116", 201),
        (&admin, "manager", village, 422),
        (&admin, "volunteer", "500116001002009", 422),
    ] {
        let created = caller.post("/v1/people", &attempt(role, area)).await;
        assert_eq!(created.status, status, "{role} {area}: {}", created.body);
    }
    let changes = json!({ "weekly_minutes": 60 });
    for (caller, of, status) in [
        (&town, 11, 200),
        (&town, 2, 403),
        (&town, 1, 404),
        (&town, 13, 404),
        (&manager, 11, 403),
        (&manager, 22, 200),
        (&manager, 23, 404),
        (&supervisor, 9, 403),
        (&admin, 9, 200),
        (&server.volunteer().await, 21, 403),
        (&server.auditor().await, 21, 403),
    ] {
        let edited = edit(caller, &person(of), "\"v1\"", &changes).await;
        assert_eq!(edited.status, status, "{of}: {}", edited.body);
    }
    for (field, value) in
        [("role", json!("admin")), ("area", json!("500116")), ("version", json!(9))]
    {
        let forged = edit(&town, &person(12), "\"v1\"", &json!({ field: value.clone() })).await;
        refused(&forged, 422, "invalid");
        assert_eq!(pointers(&forged), [format!("/{field}")]);
        let forged = edit(&town, "/v1/me", "\"v1\"", &json!({ field: value })).await;
        refused(&forged, 422, "invalid");
    }
    let forged = manager.post("/v1/people", &new(&json!({ "state": "active" }))).await;
    refused(&forged, 422, "invalid");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_has_one_manager_and_a_phone_number_one_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    let second = town.post("/v1/people", &new(&json!({ "role": "manager" }))).await;
    refused(&second, 409, "grid_has_manager");
    assert_eq!(second.body["current"]["id"], json!(person_id(11)));
    // The person is named within the caller's area only.
    let body = new(&json!({ "phone": phones::SECOND_VOLUNTEER }));
    let taken = manager.post("/v1/people", &body).await;
    refused(&taken, 409, "phone_in_use");
    assert_eq!(pointers(&taken), ["/phone"]);
    assert_eq!(taken.body["current"]["id"], json!(person_id(22)));
    let body = json!({ "phone": phones::FAR_MANAGER });
    let taken = edit(&manager, &person(21), "\"v1\"", &body).await;
    refused(&taken, 409, "phone_in_use");
    assert_eq!(taken.body.get("current"), None);
    // The number of a person who left is free.
    let left = json!({ "state": "left", "reason": "搬走了" });
    assert_eq!(manager.patch(&format!("{}/state", person(22)), &left).await.status, 200);
    let body = json!({ "phone": phones::SECOND_VOLUNTEER });
    assert_eq!(edit(&manager, &person(21), "\"v1\"", &body).await.status, 200);
    assert_eq!(edit(&manager, &person(22), "\"v2\"", &json!({})).await.status, 404);
    let signed_in = server.sign_in(phones::SECOND_VOLUNTEER).await;
    assert_eq!(signed_in.get("/v1/me").await.body["id"], json!(person_id(21)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_a_person_is_named_by_its_pointer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for (faulty, expected) in [
        (json!({ "name": "周\u{200b}新" }), vec!["/name"]),
        (json!({ "name": " \u{3000}" }), vec!["/name"]),
        (json!({ "phone": "12a45" }), vec!["/phone"]),
        (json!({ "gender": "x" }), vec!["/gender"]),
        (json!({ "home": { "lat": 106.0, "lon": 29.0 } }), vec!["/home"]),
        (json!({ "availability": "sat 1200-0900" }), vec!["/availability"]),
        (
            json!({
                "birth_year": 1899, "skills": ["drivng"], "languages": ["mandarn"],
                "weekly_minutes": 181
            }),
            vec!["/birth_year", "/skills", "/languages", "/weekly_minutes"],
        ),
    ] {
        let answer = manager.post("/v1/people", &new(&faulty)).await;
        refused(&answer, 422, "invalid");
        assert_eq!(pointers(&answer), expected, "{}", answer.body);
        assert!(!answer.body.to_string().contains("13900000"), "{}", answer.body);
    }
    let answer = manager.post("/v1/people", &new(&json!({ "languages": ["mandarn"] }))).await;
    let detail = "mandarn is not one of the district's languages; the closest is mandarin";
    assert_eq!(answer.body["errors"][0]["detail"], detail);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_entry_of_a_list_has_its_own_result(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let change = |n: u32, base: u32, changes: Value| json!({ "edit": { "id": person_id(n), "base_version": base, "changes": changes } });
    let entries = json!({ "entries": [
        { "create": new(&json!({})) },
        { "create": new(&json!({ "name": "重号" })) },
        { "create": new(&json!({ "phone": "1", "skills": ["drivng"] })) },
        change(21, 1, json!({ "phone": "13900000021" })),
        change(22, 7, json!({ "phone": "13900000022" })),
        change(13, 1, json!({ "phone": "13900000013" })),
        { "create": new(&json!({ "role": "manager", "phone": "13900000033" })) },
        {},
        "x",
    ] });
    let send = async || {
        let request = town.request(Method::POST, "/v1/people/bulk").json(&entries);
        town.send(request.header("Idempotency-Key", "many-1")).await
    };
    let first = send().await;
    assert_eq!(first.status, 200, "{}", first.body);
    let results = first.body["results"].as_array().expect("results");
    let outcome = |result: &Value| {
        if result["outcome"] == "applied" {
            return format!("v{}", result["version"]);
        }
        let problem = &result["problem"];
        assert_eq!(problem.get("current"), None, "{problem}");
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        format!("{} {pointer}", problem["code"].as_str().expect("a code"))
    };
    let outcomes: Vec<String> = results.iter().map(outcome).collect();
    assert_eq!(
        outcomes,
        [
            "v1",
            "phone_in_use /create/phone",
            "invalid /create/phone",
            "v2",
            "version_conflict ",
            "not_found ",
            "grid_has_manager /create/role",
            "invalid ",
            "invalid ",
        ]
    );
    let again = send().await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(server.database.count("people"), 11);
    let events = server.auditor().await;
    assert_eq!(events.events("person.add").await.len(), 1);
    assert_eq!(events.events("person.change").await.len(), 1);
    let entry = json!({ "create": new(&json!({})) });
    let many = json!({ "entries": vec![entry; 301] });
    refused(&town.post("/v1/people/bulk", &many).await, 422, "invalid");
    refused(&town.post("/v1/people/bulk", &json!({ "entries": [] })).await, 422, "invalid");
}
