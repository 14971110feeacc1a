//! Beneficiaries are found by name, number, hardship and columns, within the caller's area, and
//! every search is recorded without its text.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, Server};

/// The small district, whose beneficiaries differ.
fn district() -> Files {
    let file = "beneficiaries.csv";
    Files::small()
        .with(file, "周老兵1,M,1948", "王小明,M,1936")
        .with(file, "周老兵2,M,1948", "欧阳小红,F,1946")
        .with(file, "南门社区2号,10010000002", "南门社区2号,10087654321")
}

/// The numbers of the found beneficiaries, in order.
fn numbers(body: &Value) -> Vec<u32> {
    let items = body["items"].as_array().unwrap_or_else(|| panic!("a list: {body}"));
    let number = |one: &Value| {
        let id = one["id"].as_str().expect("an id");
        (1..=6).find(|n| beneficiary_id(*n) == id).expect("a beneficiary")
    };
    items.iter().map(number).collect()
}

async fn search(caller: &Caller, body: Value) -> Vec<u32> {
    let found = caller.post("/v1/beneficiaries/search", &body).await;
    assert_eq!(found.status, 200, "{body}: {}", found.body);
    numbers(&found.body)
}

async fn list(caller: &Caller, query: &str) -> Vec<u32> {
    let listed = caller.get(&format!("/v1/beneficiaries?{query}")).await;
    assert_eq!(listed.status, 200, "{query}: {}", listed.body);
    numbers(&listed.body)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_is_found_by_name_phone_or_id_number_within_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::with(backend, &district());
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    for (text, found) in [
        ("小", vec![1, 2]),
        ("王小明", vec![1]),
        (" 欧阳 小红\u{200b}", vec![2]),
        ("周老兵", vec![3, 4, 5, 6]),
        ("明小", vec![]),
        ("10087654321", vec![2]),
        ("１００-8765-4321", vec![2]),
        ("4321", vec![2]),
        ("4321", vec![2]),
        ("54321", vec![]),
        // Neither the beginning nor the middle of a number, nor a long end of it.
        ("100876", vec![]),
        ("7654321", vec![]),
    ] {
        assert_eq!(search(&supervisor, json!({ "text": text })).await, found, "{text}");
    }
    let path = format!("/v1/beneficiaries/{}/reveal", beneficiary_id(5));
    let revealed = supervisor.post(&path, &json!({ "purpose": "correction" })).await;
    let number = revealed.body["id_number"].as_str().expect("a number");
    for text in [number, &number[14..], &number.to_lowercase()] {
        assert_eq!(search(&supervisor, json!({ "text": text })).await, [5], "{text}");
    }
    // A manager finds the own grid only.
    assert_eq!(search(&manager, json!({ "text": "周老兵" })).await, [3]);
    let elsewhere = json!({ "text": "周", "filter": { "area": FAR_GRID } });
    assert_eq!(search(&supervisor, elsewhere.clone()).await, [5, 6]);
    let outside = manager.post("/v1/beneficiaries/search", &elsewhere).await;
    assert_eq!((outside.status, outside.problem()), (422, "invalid"));
    let found = supervisor.post("/v1/beneficiaries/search", &json!({ "text": "4321" })).await;
    let text = found.body.to_string();
    assert!(
        text.contains("欧**红") && !text.contains("欧阳") && !text.contains("876543"),
        "{text}"
    );
    for (wrong, pointer) in [
        (json!({}), "/text"),
        (json!({ "text": " " }), "/text"),
        (json!({ "text": "123" }), "/text"),
        (json!({ "text": "" }), "/text"),
        (json!({ "text": "x".repeat(65) }), "/text"),
        (json!({ "name": "x" }), "/name"),
        (json!({ "text": "x", "filter": { "hight": 3 } }), "/filter/hight"),
        (json!({ "text": "x", "limit": 0 }), "/limit"),
        (json!({ "text": "x", "cursor": "x" }), "/cursor"),
    ] {
        let refused = supervisor.post("/v1/beneficiaries/search", &wrong).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{wrong}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_is_recorded_without_its_text(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::with(backend, &district());
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    search(&manager, json!({ "text": "王小明" })).await;
    search(&manager, json!({ "text": "4321" })).await;
    search(&manager, json!({ "hardship": "medical" })).await;
    let events = supervisor.events("beneficiary.search").await;
    let bodies: Vec<&Value> = events.iter().map(|event| &event["body"]).collect();
    let expected = [
        json!({ "by": "name", "shown": 1 }),
        json!({ "by": "number", "shown": 1 }),
        json!({ "by": "hardship", "shown": 3 }),
    ];
    assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    assert_eq!((&events[0]["subject"], &events[0]["area"]), (&json!("reading"), &json!(GRID)));
    assert_eq!(events[0]["actor_id"], person_id(11));
    // The hash of an event may contain the digits by chance, so only the bodies, which are compared above, matter.
    assert!(!json!(events).to_string().contains("王"), "{events:?}");
    for role in [server.volunteer().await, server.auditor().await] {
        let refused = role.post("/v1/beneficiaries/search", &json!({ "text": "王" })).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_follows_every_change_on_every_server(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::with(backend, &district());
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let beside = server.another();
    let other = beside.bearer(supervisor.token.as_deref().expect("a token"));
    let found = async |text: &str| {
        let here = search(&supervisor, json!({ "text": text })).await;
        assert_eq!(search(&other, json!({ "text": text })).await, here, "{text}");
        here
    };
    assert_eq!(found("王小明").await, [1]);
    let path = format!("/v1/beneficiaries/{}/corrections", beneficiary_id(1));
    let changes = json!({ "changes": { "name": "王大明", "phone": "10055555555" } });
    let proposed = manager.post(&path, &changes).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    assert!(found("王大明").await.is_empty(), "not before it is approved");
    let approve =
        format!("/v1/corrections/{}/approve", proposed.body["id"].as_str().expect("an id"));
    let request = supervisor.request(Method::POST, &approve).header("If-Match", "\"v1\"");
    assert_eq!(supervisor.send(request).await.status, 200);
    assert_eq!((found("王大明").await, found("10055555555").await), (vec![1], vec![1]));
    assert!(found("王小明").await.is_empty());
    // An import of files, beside the servers.
    let files = district().without_line("beneficiaries.csv", "周老兵3");
    let files = files.with("beneficiaries.csv", "周老兵4", "周小虎");
    let imported = crate::support::server::import(&server.database, &files, &["--whole"]);
    assert!(imported.status.success(), "{}", crate::support::server::said(&imported));
    assert_eq!((found("周老兵").await, found("周小虎").await), (vec![5, 6], vec![4]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_filters_orders_counts_and_pages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let files = Files::small().with("beneficiaries.csv", "周老兵1,M,1948", "周老兵1,M,1930").with(
        "beneficiaries.csv",
        "周老兵2,M,1948",
        "周老兵2,M,1960",
    );
    let server = Server::with(backend, &files);
    server.database.execute(&format!(
        "UPDATE beneficiaries SET last_contact = NULL WHERE id = '{}';
         UPDATE beneficiaries SET last_contact = '2026-03-01', lives_alone = {} WHERE id = '{}';
         UPDATE beneficiaries SET mobility = 'homebound', contact = 'phone' WHERE id = '{}';
         UPDATE beneficiaries SET plaque = 'damaged' WHERE id = '{}';
         UPDATE beneficiaries SET household = '02-A7' WHERE id IN ('{}', '{}');",
        beneficiary_id(6),
        if server.database.is_postgres() { "false" } else { "0" },
        beneficiary_id(2),
        beneficiary_id(4),
        beneficiary_id(5),
        beneficiary_id(2),
        beneficiary_id(5),
    ));
    let supervisor = server.supervisor().await;
    for (query, found) in [
        ("", vec![1, 2, 3, 4, 5, 6]),
        ("not_contacted_since=2026-02-01", vec![1, 3, 4, 5, 6]),
        ("not_contacted_since=2026-01-15", vec![6]),
        ("lives_alone=false", vec![2]),
        ("mobility=homebound", vec![4]),
        ("contact=phone", vec![4]),
        ("plaque=damaged", vec![5]),
        ("plaque=damaged&contact=phone", vec![]),
        ("household=02-A7", vec![2, 5]),
        ("household=02-A", vec![]),
        ("category=veteran", vec![1, 2, 3, 4, 5, 6]),
        ("min_age=90", vec![1]),
        ("max_age=70", vec![2]),
        ("min_age=70&max_age=90", vec![3, 4, 5, 6]),
        ("sort=last_contact", vec![6, 1, 3, 4, 5, 2]),
        ("sort=birth_year", vec![1, 3, 4, 5, 6, 2]),
        ("sort=birth_year&lives_alone=true&area=500116001", vec![1, 3, 4]),
    ] {
        assert_eq!(list(&supervisor, query).await, found, "{query}");
        let counted =
            supervisor.get(&format!("/v1/beneficiaries?count=true&limit=2&{query}")).await;
        assert_eq!(counted.body["count"], json!(found.len()), "{query}");
        // Page by page in the same order, as a list and as a search.
        let filter: Value = query.split('&').filter(|pair| !pair.is_empty()).map(filter).collect();
        let (mut cursor, mut listed, mut searched) = (String::new(), Vec::new(), Vec::new());
        loop {
            let page = supervisor.get(&format!("/v1/beneficiaries?limit=2{cursor}&{query}")).await;
            listed.extend(numbers(&page.body));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            assert!(page.headers["link"].to_str().expect("a link").contains(next));
            cursor = format!("&cursor={next}");
        }
        let mut body = json!({ "text": "周", "limit": 2, "filter": filter });
        loop {
            body["filter"]["count"] = json!(true);
            let page = supervisor.post("/v1/beneficiaries/search", &body).await;
            assert_eq!((page.status, &page.body["count"]), (200, &json!(found.len())), "{body}");
            searched.extend(numbers(&page.body));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            body["cursor"] = json!(next);
        }
        assert_eq!((&listed, &searched), (&found, &found), "{query}");
    }
    assert_eq!(list(&server.manager().await, "household=02-A7").await, [2], "of the own grid");
    let first = supervisor.get("/v1/beneficiaries?limit=2").await;
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    for wrong in [
        &format!("sort=birth_year&cursor={cursor}"),
        "sort=height",
        "min_age=200",
        "household=02-a7",
        "lives_alone=maybe",
        "not_contacted_since=soon",
        "count=2",
    ] {
        let refused = supervisor.get(&format!("/v1/beneficiaries?{wrong}")).await;
        assert_eq!((refused.status, refused.problem()), (400, "bad_request"), "{wrong}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_beneficiary_is_found_only_on_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::with(backend, &district());
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    // The index is built before the end, and follows it.
    assert_eq!(search(&supervisor, json!({ "text": "王小明" })).await, [1]);
    let path = format!("/v1/beneficiaries/{}/deceased", beneficiary_id(1));
    let death = manager.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let death = manager.send(death.json(&json!({ "day": "2026-01-20" }))).await;
    assert_eq!(death.status, 200, "{}", death.body);
    for (state, found) in
        [("active", vec![2, 3, 4, 5, 6]), ("ended", vec![1]), ("all", vec![1, 2, 3, 4, 5, 6])]
    {
        assert_eq!(list(&supervisor, &format!("state={state}")).await, found, "{state}");
        let counted = supervisor.get(&format!("/v1/beneficiaries?count=true&state={state}")).await;
        assert_eq!(counted.body["count"], json!(found.len()), "{state}");
        let filter = json!({ "text": "王小明", "filter": { "state": state, "count": true } });
        let one: Vec<u32> = found.into_iter().filter(|number| *number == 1).collect();
        assert_eq!(search(&supervisor, filter).await, one, "{state}");
    }
    assert_eq!(list(&supervisor, "").await, [2, 3, 4, 5, 6]);
    assert!(search(&supervisor, json!({ "text": "王小明" })).await.is_empty());
    let sorted = list(&supervisor, "state=all&sort=birth_year").await;
    assert_eq!((sorted[0], sorted.len()), (1, 6));
    let shown = supervisor.get("/v1/beneficiaries?state=ended").await;
    let one = &shown.body["items"][0];
    assert_eq!(
        (&one["ended_because"], &one["valid_to"]),
        (&json!("deceased"), &json!("2026-01-20"))
    );
    let wrong = supervisor.get("/v1/beneficiaries?state=dead").await;
    assert_eq!((wrong.status, wrong.problem()), (400, "bad_request"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_a_limited_number_of_searches_in_a_minute(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_SEARCHES_PER_MINUTE", "2")]);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let body = json!({ "text": "王" });
    search(&supervisor, body.clone()).await;
    assert_eq!(supervisor.post("/v1/people/search", &body).await.status, 200);
    for path in ["/v1/beneficiaries/search", "/v1/people/search"] {
        let refused = supervisor.post(path, &body).await;
        assert_eq!((refused.status, refused.problem()), (429, "too_many_requests"), "{path}");
        let header = |name: &str| refused.headers[name].to_str().expect("a text").to_owned();
        assert_eq!(header("ratelimit-policy"), "\"searches\";q=2;w=60");
        let seconds: u64 = header("retry-after").parse().expect("seconds");
        assert!((1..=30).contains(&seconds), "{seconds}");
        assert_eq!(header("ratelimit"), format!("\"searches\";r=0;t={seconds}"));
    }
    // Lists and other accounts go on.
    list(&supervisor, "").await;
    search(&manager, body).await;
    assert_eq!(supervisor.events("beneficiary.search").await.len(), 2, "none of a refused one");
}

/// A filter of a query as a field of a body.
fn filter(pair: &str) -> (String, Value) {
    let (name, value) = pair.split_once('=').expect("a pair");
    let typed = if name == "area" { None } else { serde_json::from_str(value).ok() };
    (name.to_owned(), typed.unwrap_or_else(|| json!(value)))
}
