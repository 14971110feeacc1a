//! The register of people through the API: created, edited, found and invited from above, each
//! change on the log and on the phone that it concerns.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::factors::{ProvingPhone, REQUIRED, enrolment, with_app};
use crate::support::files::person_id;
use crate::support::phone::{Phone, task_for};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server, phones};

/// A new volunteer of the first grid, with the fields of `more` added or replaced.
fn new(more: &Value) -> Value {
    let mut body = json!({
        "name": "周新", "phone": "13900000001", "role": "volunteer", "area": GRID,
        "gender": "female", "birth_year": 1990, "home": { "lat": 29.2851, "lon": 106.2551 },
        "skills": ["driving"], "languages": ["mandarin", "chongqing"], "weekly_minutes": 180,
        "availability": "sat 0900-1200"
    });
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

fn person(n: u32) -> String {
    format!("/v1/people/{}", person_id(n))
}

/// Changes `path` as of the version `base`.
async fn edit(caller: &Caller, path: &str, base: &str, changes: &Value) -> Answer {
    let request = caller.request(Method::PATCH, path).header("If-Match", base);
    caller.send(request.json(changes)).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.problem()), (status, code), "{}", answer.body);
}

/// The pointers of a refusal.
fn pointers(answer: &Answer) -> Vec<&str> {
    let errors = answer.body["errors"].as_array().expect("errors");
    errors.iter().map(|error| error["pointer"].as_str().expect("a pointer")).collect()
}

fn names(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().expect("a list");
    items.iter().map(|person| person["name"].as_str().expect("a name")).collect()
}

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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_name_and_number_within_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let search = async |caller: &Caller, body: Value| caller.post("/v1/people/search", &body).await;
    let found = search(&supervisor, json!({ "text": "网格" })).await;
    assert_eq!(names(&found), ["张网格", "李网格", "赵网格"], "ordered by area");
    let found = search(&supervisor, json!({ "text": "网格", "area": "500116001" })).await;
    assert_eq!(names(&found), ["张网格", "李网格"]);
    for text in ["100-0000-0013", "0013", "１００００００００１３"] {
        let found = search(&supervisor, json!({ "text": text })).await;
        assert_eq!(names(&found), ["赵网格"], "{text}");
        assert!(names(&search(&manager, json!({ "text": text })).await).is_empty(), "{text}");
    }
    assert!(names(&search(&supervisor, json!({ "text": "0000" })).await).is_empty());
    // The log has each search with a text, and no text.
    let refused_text = search(&supervisor, json!({ "text": "013" })).await;
    refused(&refused_text, 422, "invalid");
    assert_eq!(pointers(&refused_text), ["/text"]);
    let events = supervisor.events("person.search").await;
    assert_eq!(events.len(), 2 + 2 * 3 + 1);
    let last = &events[events.len() - 1];
    assert_eq!(last["body"], json!({ "by": "number", "shown": 0 }), "{last}");
    let bodies: Vec<&Value> = events.iter().map(|event| &event["body"]).collect();
    assert!(!format!("{bodies:?}").contains("网格"), "{bodies:?}");
    let ids = json!({ "ids": [person_id(11), person_id(13)] });
    assert_eq!(names(&search(&manager, ids.clone()).await), ["张网格"]);
    let first = search(&supervisor, json!({ "text": "志愿", "limit": 2 })).await;
    assert_eq!(names(&first), ["王志愿", "陈志愿"]);
    let next = json!({ "text": "志愿", "limit": 2, "cursor": first.body["next_cursor"] });
    let next = search(&supervisor, next).await;
    assert_eq!(names(&next), ["刘志愿"]);
    assert_eq!(next.body.get("next_cursor"), None);
    // Each search is recorded, without its text.
    let recorded = supervisor.events("person.search").await;
    let found = |by: &str, shown: u32| json!({ "by": by, "shown": shown });
    let numbers = [found("number", 1), found("number", 0)];
    let mut expected = vec![found("name", 3), found("name", 2)];
    expected.extend((0..3).flat_map(|_| numbers.clone()));
    expected.extend([found("number", 0), found("name", 2), found("name", 1)]);
    let bodies: Vec<&Value> = recorded.iter().map(|event| &event["body"]).collect();
    assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    assert_eq!(recorded[0]["subject"], "reading");
    let outside = search(&manager, json!({ "area": FAR_GRID })).await;
    refused(&outside, 422, "invalid");
    refused(&search(&server.volunteer().await, json!({})).await, 403, "forbidden");
    // The filters of the list that name nobody.
    let suspend = json!({ "state": "suspended", "reason": "x" });
    manager.patch(&format!("{}/state", person(22)), &suspend).await;
    let speaks = json!({ "languages": ["miao"], "skills": ["first_aid"] });
    assert_eq!(edit(&manager, &person(21), "\"v1\"", &speaks).await.status, 200);
    let ids = format!("{},{}", person_id(11), person_id(13));
    for (filter, expected) in [
        ("state=suspended", vec!["陈志愿"]),
        ("language=miao", vec!["王志愿"]),
        ("skill=first_aid&role=volunteer", vec!["王志愿"]),
        (&format!("ids={ids}"), vec!["张网格", "赵网格"]),
    ] {
        let listed = supervisor.get(&format!("/v1/people?{filter}")).await;
        assert_eq!(names(&listed), expected, "{filter}");
    }
    refused(&supervisor.get("/v1/people?ids=x").await, 400, "bad_request");
    refused(&supervisor.get("/v1/people?name=x").await, 400, "bad_request");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_people_without_a_device_are_invited_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[REQUIRED]);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let invite = async |body: Value| supervisor.post("/v1/people/invitations", &body).await;
    let first = invite(json!({ "area": "500116001", "limit": 4 })).await;
    // Not the supervisor herself, nor the admin and the auditor beside her.
    assert_eq!(names(&first), ["镇长", "张网格", "王志愿", "陈志愿"]);
    let rest = json!({ "area": "500116001", "limit": 4, "cursor": first.body["next_cursor"] });
    let rest = invite(rest).await;
    assert_eq!(names(&rest), ["李网格", "刘志愿"]);
    assert_eq!(rest.body.get("next_cursor"), None);
    let volunteer = &first.body["items"][2];
    let code = volunteer["code"].as_str().expect("a code");
    assert!(volunteer["url"].as_str().expect("a url").ends_with(&format!("/m/enrol#{code}")));
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post("/v1/auth/enrol", &enrolment(phones::VOLUNTEER, code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    // The next invitation leaves the enrolled person out, and voids the codes of the others.
    let again = invite(json!({ "role": "volunteer" })).await;
    assert_eq!(names(&again), ["陈志愿", "刘志愿"]);
    let voided = first.body["items"][3]["code"].as_str().expect("a code");
    let phone = ProvingPhone::new(&server).await;
    let body = enrolment(phones::SECOND_VOLUNTEER, voided, "phone");
    refused(&phone.post("/v1/auth/enrol", &body).await, 401, "wrong_code");
    // One event for each code, beside that of the command line for the supervisor.
    assert_eq!(supervisor.events("person.invite").await.len(), 1 + 8);
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    let others = invite(json!({ "ids": [person_id(8), person_id(11)] })).await;
    refused(&others, 422, "invalid");
    assert_eq!(pointers(&others), ["/ids/0"]);
    // On paper: a page for each, in one document.
    let order = json!({ "role": "manager" });
    let request = supervisor.request(Method::POST, "/v1/people/invitations/sheets").json(&order);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.expect("a document");
    assert_eq!((page.matches("<section>").count(), page.matches("<svg").count()), (3, 3));
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</body></html>\n"));
    for name in ["张网格", "李网格", "赵网格"] {
        assert!(page.contains(&format!("{name}，请登记")), "{name}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workloads_show_room_and_rank_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let task = task_for(&server, 1).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let due = volunteer.get(&format!("/v1/tasks/{task}")).await.body;
    let (due, minutes) =
        (due["due_on"].as_str().expect("a day").to_owned(), due["minutes"].clone());
    let days = format!("from={due}&to={due}");
    let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
    assert_eq!(mine.status, 200, "{}", mine.body);
    let day = json!({ "day": due, "offered": 180, "planned": 0, "held": minutes });
    assert_eq!(mine.body["days"], json!([day]));
    assert_eq!(mine.body["weekly_minutes"], 600);
    let week = &mine.body["weeks"][0];
    assert_eq!((&week["offered"], &week["held"]), (&json!(600), &minutes));
    assert_eq!(week["share_percent"].as_u64(), minutes.as_u64().map(|held| held * 100 / 600));
    let all = supervisor.get(&format!("/v1/people/workload?area={GRID}&{days}")).await;
    assert_eq!(names(&all), ["张网格", "王志愿", "陈志愿"], "by area and id");
    assert_eq!(all.body["items"][1], mine.body);
    let manager = &all.body["items"][0];
    let percent = manager["weekly_minutes"].as_u64().map(|minutes| minutes * 40 / 100);
    assert_eq!(manager["weeks"][0]["offered"].as_u64(), percent, "the part for plans: {manager}");
    // Absences and other hours count, and nobody off duty offers anything.
    let offered = async || {
        let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
        mine.body["days"][0]["offered"].clone()
    };
    let window = json!({ "start": 600, "end": 660 });
    let away = json!({ "first_day": due, "last_day": due, "window": window, "reason": "leave" });
    let added = volunteer.post("/v1/me/absences", &away).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(offered().await, 120);
    let duty = volunteer.put("/v1/me/duty", &json!({ "duty": "off" })).await;
    assert_eq!((duty.status, offered().await), (200, json!(0)), "{}", duty.body);
    // What a person has carried counts in minutes, of the week in which it was done.
    server.database.execute(&format!(
        "UPDATE tasks SET state = 'done', planned_on = '{due}', planned_minutes = 50 \
         WHERE id = '{task}'"
    ));
    let mine = volunteer.get(&format!("/v1/me/workload?{days}")).await;
    let week = &mine.body["weeks"][0];
    assert_eq!((&week["carried"], &week["held"]), (&json!(50), &json!(0)), "{week}");
    let text = all.body.to_string();
    assert!(!text.contains("done") && !text.contains("rank"), "{text}");
    let first = supervisor.get(&format!("/v1/people/workload?limit=1&{days}")).await;
    assert!(first.headers["link"].to_str().expect("a link").contains("/v1/people/workload?"));
    for (query, pointer) in
        [("from=2026-02-01&to=2026-01-31", "to"), ("from=2026-01-01&to=2026-03-26", "to")]
    {
        let answer = supervisor.get(&format!("/v1/people/workload?{query}")).await;
        refused(&answer, 422, "invalid");
        assert_eq!(pointers(&answer), [pointer]);
    }
    refused(&volunteer.get(&format!("/v1/people/workload?{days}")).await, 403, "forbidden");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_workload_of_a_person_covers_twelve_weeks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let path = format!("/v1/people/{}/workload", person_id(21));
    let twelve_weeks = manager.get(&format!("{path}?from=2026-01-05&to=2026-03-29")).await;
    assert_eq!(twelve_weeks.status, 200, "{}", twelve_weeks.body);
    assert_eq!(twelve_weeks.body["person_id"], person_id(21));
    assert_eq!(twelve_weeks.body["days"].as_array().map(Vec::len), Some(84));
    assert_eq!(twelve_weeks.body["weeks"].as_array().map(Vec::len), Some(12));
    let longer = manager.get(&format!("{path}?from=2026-01-05&to=2026-03-30")).await;
    refused(&longer, 422, "invalid");
    let far = server.far_manager().await;
    let days = "from=2026-01-05&to=2026-01-05";
    refused(&far.get(&format!("{path}?{days}")).await, 404, "not_found");
    refused(&server.volunteer().await.get(&format!("{path}?{days}")).await, 403, "forbidden");
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
