//! Audiences: filters of beneficiaries, counted, listed and saved, within the caller's area.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::campaign::draft;
use crate::case::{open, step};
use crate::regime;
use crate::support::bodies::home_visit;
use crate::support::documents::change;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, OTHER_GRID, Server};

/// The plain fields of a beneficiary of the district below.
struct Home {
    grid: &'static str,
    categories: &'static [&'static str],
    tags: &'static [&'static str],
    gender: &'static str,
    born: i64,
    lives_alone: bool,
    mobility: &'static str,
    contact: &'static str,
    plaque: &'static str,
    last_contact: Option<&'static str>,
    /// The last answer about the state of health.
    health: Option<&'static str>,
}

/// Beneficiaries that differ in every field.
const HOMES: [Home; 6] = [
    Home {
        grid: GRID,
        categories: &["martyr_family"],
        tags: &["key_recipient"],
        gender: "female",
        born: 1936,
        lives_alone: true,
        mobility: "limited",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2026-01-15"),
        health: Some("poor"),
    },
    Home {
        grid: GRID,
        categories: &["combat_veteran", "disabled_veteran"],
        tags: &[],
        gender: "male",
        born: 1948,
        lives_alone: false,
        mobility: "full",
        contact: "visit",
        plaque: "damaged",
        last_contact: None,
        health: None,
    },
    Home {
        grid: GRID,
        categories: &["veteran"],
        tags: &["away", "key_recipient"],
        gender: "male",
        born: 1960,
        lives_alone: true,
        mobility: "homebound",
        contact: "phone",
        plaque: "hung",
        last_contact: Some("2026-11-01"),
        health: Some("good"),
    },
    Home {
        grid: OTHER_GRID,
        categories: &["martyr_family", "merit_holder"],
        tags: &[],
        gender: "male",
        born: 1950,
        lives_alone: true,
        mobility: "full",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2025-03-01"),
        health: Some("fair"),
    },
    Home {
        grid: FAR_GRID,
        categories: &["martyr_family"],
        tags: &["volunteer"],
        gender: "female",
        born: 1940,
        lives_alone: false,
        mobility: "limited",
        contact: "phone",
        plaque: "missing",
        last_contact: None,
        health: Some("poor"),
    },
    Home {
        grid: FAR_GRID,
        categories: &["veteran"],
        tags: &[],
        gender: "female",
        born: 1948,
        lives_alone: true,
        mobility: "full",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2026-06-30"),
        health: Some("good"),
    },
];

/// The small district with those beneficiaries.
fn district(backend: Backend) -> Server {
    let server = Server::with(backend, &Files::small());
    for (n, home) in (1..).zip(&HOMES) {
        let categories: BTreeSet<&str> = home.categories.iter().copied().collect();
        let categories = categories.into_iter().collect::<Vec<_>>().join(";");
        let tags = home.tags.join(";");
        let last = home.last_contact.map_or("NULL".to_owned(), |day| format!("'{day}'"));
        let alone = match (server.database.is_postgres(), home.lives_alone) {
            (true, alone) => alone.to_string(),
            (false, alone) => u8::from(alone).to_string(),
        };
        server.database.execute(&format!(
            "UPDATE beneficiaries SET categories = '{categories}', gender = '{}', birth_year = {}, \
             lives_alone = {alone}, mobility = '{}', contact = '{}', plaque = '{}', \
             tags = '{tags}', last_contact = {last} WHERE id = '{}'",
            home.gender,
            home.born,
            home.mobility,
            home.contact,
            home.plaque,
            beneficiary_id(n),
        ));
    }
    server
}

fn year_and_days_ago(days: i64) -> (i64, String) {
    let today = (chrono::Utc::now() + chrono::TimeDelta::hours(8)).date_naive();
    let day = today - chrono::TimeDelta::days(days);
    let year = today.format("%Y").to_string().parse().expect("a year");
    (year, day.to_string())
}

/// Whether the filter selects the beneficiary, as its documentation says.
fn selects(filter: &Value, home: &Home) -> bool {
    let (member, value) = filter.as_object().expect("an object").iter().next().expect("a member");
    let among = |one: &str| value.as_array().expect("codes").iter().any(|code| code == one);
    let parts = || value.as_array().expect("parts").iter();
    match member.as_str() {
        "all" => parts().all(|part| selects(part, home)),
        "any" => parts().any(|part| selects(part, home)),
        "not" => !selects(value, home),
        "area" => parts().any(|area| home.grid.starts_with(area.as_str().expect("a code"))),
        "age" => {
            let age = year_and_days_ago(0).0 - home.born;
            value["from"].as_i64().is_none_or(|from| age >= from)
                && value["to"].as_i64().is_none_or(|to| age <= to)
        }
        "gender" => value == home.gender,
        "lives_alone" => value == home.lives_alone,
        "mobility" => among(home.mobility),
        "contact" => value == home.contact,
        "plaque" => among(home.plaque),
        "not_contacted_since" => {
            let day = value["day"].as_str().map(ToOwned::to_owned);
            let day = day
                .unwrap_or_else(|| year_and_days_ago(value["days_ago"].as_i64().expect("days")).1);
            home.last_contact.is_none_or(|last| last < day.as_str())
        }
        "category" => home.categories.iter().any(|one| among(one)),
        "tag" => home.tags.iter().any(|one| among(one)),
        "answer" => {
            let words = value["any"].as_array().expect("words");
            home.health.is_some_and(|one| words.iter().any(|word| word == one))
        }
        other => panic!("{other}"),
    }
}

/// A filter of at most this depth, chosen by the bits of `seed`.
fn random(seed: &mut u64, depth: u32) -> Value {
    let mut draw = |sides: u64| {
        // A linear congruential generator (Knuth, MMIX); its high bits are even.
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % sides
    };
    let combination = draw(if depth > 1 { 5 } else { 1 });
    let choice = draw(11);
    let other = draw(4);
    let any_of =
        |codes: &[&'static str]| codes[usize::try_from(other).expect("a choice") % codes.len()];
    match combination {
        1 | 2 => {
            let parts: Vec<Value> = (0..=draw(2)).map(|_| random(seed, depth - 1)).collect();
            if combination == 1 { json!({ "all": parts }) } else { json!({ "any": parts }) }
        }
        3 => json!({ "not": random(seed, depth - 1) }),
        _ => match choice {
            0 => json!({ "area": [any_of(&["500116001", "500116", FAR_GRID, "500116001002"])] }),
            1 => json!({ "age": { "from": 70 + 5 * other, "to": 75 + 5 * other } }),
            2 => json!({ "gender": any_of(&["male", "female"]) }),
            3 => json!({ "lives_alone": other % 2 == 0 }),
            4 => json!({ "mobility": [any_of(&["homebound", "limited"]), "full"] }),
            5 => json!({ "contact": any_of(&["visit", "phone"]) }),
            6 => json!({ "plaque": [any_of(&["hung", "damaged", "missing"])] }),
            7 if other < 2 => json!({ "not_contacted_since": { "days_ago": 100 + 200 * other } }),
            7 => json!({ "not_contacted_since": { "day": "2026-01-15" } }),
            8 => json!({ "tag": [any_of(&["key_recipient", "away", "volunteer", "role_model"])] }),
            9 => health(&[any_of(&["good", "fair", "poor"])]),
            _ => {
                let code =
                    any_of(&["martyr_family", "veteran", "disabled_veteran", "merit_holder"]);
                json!({ "category": [code, "red_army_veteran"] })
            }
        },
    }
}

/// A condition on the answer about the state of health.
fn health(any: &[&str]) -> Value {
    json!({ "answer": { "kind": "care_check", "field": "health", "any": any } })
}

/// A kind of service that marks some answers as filterable.
fn care_check() -> Value {
    let option =
        |code: &str, zh: &str, en: &str| json!({ "const": code, "title": zh, "x-title-en": en });
    json!({
        "code": "care_check", "name": "关爱走访", "name_en": "Care check", "minutes": 20,
        "priority": 3, "skills": [], "due_days": 7, "attempts": 1, "retry_days": 1,
        "overdue": "expire", "escalate_days": 7, "follow_ups": {}, "active": true,
        "form": { "type": "object", "properties": {
            "health": {
                "title": "健康状况", "x-title-en": "Health", "x-order": 1, "x-filterable": true,
                "oneOf": [
                    option("good", "好", "Good"), option("fair", "一般", "Fair"),
                    option("poor", "差", "Poor")
                ]
            },
            "meals": {
                "title": "需要送餐", "x-title-en": "Needs meals", "x-order": 2,
                "type": "boolean", "x-filterable": true
            },
            "remark": {
                "title": "备注", "x-title-en": "Remark", "x-order": 3, "type": "string",
                "maxLength": 200
            },
            "sleep": {
                "title": "睡眠", "x-title-en": "Sleep", "x-order": 4,
                "oneOf": [option("good", "好", "Good")]
            }
        } }
    })
}

/// The kind in the catalogue.
async fn with_care_check(server: &Server) {
    let made = server.admin().await.post("/v1/service-kinds", &care_check()).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

async fn preview(caller: &Caller, filter: &Value) -> Answer {
    caller.post("/v1/audiences/preview", &json!({ "filter": filter })).await
}

async fn save(caller: &Caller, body: &Value) -> Value {
    let saved = caller.post("/v1/audiences", body).await;
    assert_eq!(saved.status, 201, "{body}: {}", saved.body);
    saved.body
}

/// The numbers of the members, in order, over pages of `limit`.
async fn members(caller: &Caller, id: &str, limit: usize) -> Vec<u32> {
    let (mut numbers, mut more) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/v1/audiences/{id}/members?limit={limit}{more}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for one in page.body["items"].as_array().expect("items") {
            let id = one["id"].as_str().expect("an id");
            numbers.push((1..=6).find(|n| beneficiary_id(*n) == id).expect("a beneficiary"));
            assert!(one["name"].as_str().expect("a name").contains('*'), "masked: {one}");
        }
        match page.body["next_cursor"].as_str() {
            Some(cursor) => more = format!("&cursor={cursor}"),
            None => return numbers,
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_is_counted_by_area_and_said_in_both_languages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let filter = json!({ "all": [
        { "category": ["martyr_family"] }, { "age": { "from": 76 } },
        { "any": [{ "lives_alone": true }, { "mobility": ["limited", "homebound"] }] }
    ] });
    let counted = preview(&supervisor, &filter).await;
    assert_eq!(counted.status, 200, "{}", counted.body);
    insta::allow_duplicates! {
        insta::assert_json_snapshot!(counted.body, @r#"
        {
          "area": "500116",
          "areas": [
            {
              "area": "500116001",
              "count": 2,
              "name": "一镇"
            },
            {
              "area": "500116002",
              "count": 1,
              "name": "二镇"
            }
          ],
          "count": 3,
          "of": 6,
          "sentence_en": "Beneficiaries in 江津区 who are registered as “Family of a martyr”, are aged 76 or over and (live alone or move about with difficulty or cannot leave the home)",
          "sentence_zh": "江津区内 76 岁及以上、（独居或行动不便或不能出门）的烈士遗属"
        }
        "#);
    }
    let inside = preview(&town, &filter).await;
    assert_eq!((&inside.body["count"], &inside.body["of"]), (&json!(2), &json!(4)));
    let none = preview(&supervisor, &json!({ "category": ["red_army_veteran"] })).await;
    assert_eq!((none.status, &none.body["count"]), (200, &json!(0)));
    let all = preview(&supervisor, &json!({ "all": [] })).await;
    assert_eq!((&all.body["count"], &all.body["of"]), (&json!(6), &json!(6)));
    assert_eq!(all.body["sentence_zh"], "江津区内的全部服务对象");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_is_given_shown_filtered_and_counted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let home = format!("/v1/beneficiaries/{}", beneficiary_id(1));
    let change = async |version: u32, tags: Value| {
        let request = supervisor.request(Method::PATCH, &home);
        let request = request.header("If-Match", format!("\"v{version}\""));
        supervisor.send(request.json(&json!({ "tags": tags }))).await
    };
    let key = json!({ "tag": ["key_recipient"] });
    let untagged = supervisor.get(&home).await.body;
    assert_eq!(untagged.get("tags"), None);
    let version = untagged["version"].as_u64().expect("a version");
    let version = u32::try_from(version).expect("a version");
    let given = change(version, json!(["key_recipient", "away"])).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(given.body["tags"], json!(["away", "key_recipient"]));
    let unknown = change(version + 1, json!(["key"])).await;
    assert_eq!((unknown.status, unknown.problem()), (422, "invalid"));
    assert_eq!(unknown.body["errors"][0]["pointer"], "/tags");

    let listed = supervisor.get("/v1/beneficiaries?tag=away&count=true").await;
    assert_eq!(listed.body["count"], 1, "{}", listed.body);
    assert_eq!(listed.body["items"][0]["id"], beneficiary_id(1));
    let counted = preview(&supervisor, &key).await;
    assert_eq!(counted.body["count"], 1, "{}", counted.body);
    assert_eq!(counted.body["sentence_zh"], "江津区内带有标签“重点服务对象”的服务对象");
    let wrong = preview(&supervisor, &json!({ "tag": ["key"] })).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/filter/tag")));

    // The grid's phones show it, and it goes as it came.
    let manager = server.sign_in(crate::support::phones::MANAGER).await;
    let pulled = manager.get("/v1/sync?limit=1000").await.body.to_string();
    assert!(pulled.contains(r#""tags":["away","key_recipient"]"#), "{pulled}");
    assert_eq!(change(version + 1, json!([])).await.body.get("tags"), None);
    assert_eq!(preview(&supervisor, &key).await.body["count"], 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_selects_what_the_filter_means(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    with_care_check(&server).await;
    for (n, home) in (1..).zip(&HOMES) {
        let Some(health) = home.health else { continue };
        let home = beneficiary_id(n);
        server.database.execute(&format!(
            "INSERT INTO beneficiary_answers (district, beneficiary, kind, field, word)
             VALUES ('500116', '{home}', 'care_check', 'health', '{health}')"
        ));
    }
    let supervisor = server.supervisor().await;
    let mut sizes = BTreeSet::new();
    for start in 0..80_u64 {
        let mut seed = start;
        let filter = random(&mut seed, 4);
        let expected: Vec<u32> =
            (1..).zip(&HOMES).filter(|(_, home)| selects(&filter, home)).map(|(n, _)| n).collect();
        let counted = preview(&supervisor, &filter).await;
        assert_eq!(counted.status, 200, "{filter}: {}", counted.body);
        assert_eq!(counted.body["count"], expected.len(), "{filter}");
        let saved = save(&supervisor, &json!({ "name": "x", "filter": filter })).await;
        let id = saved["id"].as_str().expect("an id");
        assert_eq!(members(&supervisor, id, 2).await, expected, "{filter}");
        sizes.insert(expected.len());
    }
    assert!(sizes.len() > 5, "audiences of all sizes: {sizes:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_who_counted_or_listed_people_by_their_answers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    with_care_check(&server).await;
    let home = beneficiary_id(1);
    server.database.execute(&format!(
        "INSERT INTO beneficiary_answers (district, beneficiary, kind, field, word)
         VALUES ('500116', '{home}', 'care_check', 'health', 'poor')"
    ));
    let supervisor = server.supervisor().await;
    let poor = json!({ "all": [{ "lives_alone": true }, { "not": health(&["good"]) }] });
    assert_eq!(preview(&supervisor, &json!({ "lives_alone": true })).await.status, 200);
    assert_eq!(supervisor.events("audience.read").await, Vec::<Value>::new(), "plain fields");
    let counted = preview(&supervisor, &poor).await.body["count"].clone();
    let saved = save(&supervisor, &json!({ "name": "x", "filter": poor })).await;
    let id = saved["id"].as_str().expect("an id");
    let shown = members(&supervisor, id, 50).await.len();
    let created = supervisor.events("audience.create").await;
    let hash = created[0]["body"]["filter"].as_str().expect("a hash");
    let read = |more: Value| {
        let mut body = json!({
            "answers": [{ "kind": "care_check", "field": "health" }], "filter": hash
        });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("more").clone());
        body
    };
    let events = server.auditor().await.events("audience.read").await;
    let bodies: Vec<&Value> = events.iter().map(|event| &event["body"]).collect();
    let listed = read(json!({ "shown": shown, "audience": id }));
    assert_eq!(bodies, [&read(json!({ "shown": counted })), &listed]);
    assert_eq!(
        (&events[0]["area"], &events[0]["actor_id"]),
        (&json!("500116"), &json!(person_id(1)))
    );
    // Another filter under the same name has another hash.
    let other = json!({ "name": "x", "filter": health(&["poor"]) });
    let request = supervisor.request(Method::PUT, &format!("/v1/audiences/{id}"));
    let changed = supervisor.send(request.header("If-Match", "\"v1\"").json(&other)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_ne!(supervisor.events("audience.change").await[0]["body"]["filter"], hash);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_their_kind_marks_are_conditions_and_no_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let mut free = care_check();
    free["form"]["properties"]["remark"]["x-filterable"] = json!(true);
    let refused = admin.post("/v1/service-kinds", &free).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    let expected = json!("/form/properties/remark/x-filterable");
    assert_eq!((refused.status, pointer), (422, &expected), "{}", refused.body);
    with_care_check(&server).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let report = async |answers: Value| {
        let visit = home_visit(&beneficiary_id(1), json!({ "kind": "care_check" }));
        let task = manager.make(&visit).await;
        volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        let report = json!({ "outcome": "done", "answers": answers });
        let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
    };
    let count = async |filter: &Value| preview(&supervisor, filter).await.body["count"].clone();
    assert_eq!(count(&health(&["poor", "fair"])).await, 0);
    report(json!({ "health": "poor", "meals": true, "remark": "独自在家", "sleep": "good" })).await;
    let meals = json!({ "answer": { "kind": "care_check", "field": "meals", "any": ["yes"] } });
    assert_eq!([count(&health(&["poor"])).await, count(&meals).await], [json!(1), json!(1)]);
    let counted = preview(&supervisor, &health(&["poor", "fair"])).await;
    assert_eq!(counted.body["sentence_zh"], "江津区内关爱走访中“健康状况”为一般或差的服务对象");
    assert_eq!(
        counted.body["sentence_en"],
        "Beneficiaries in 江津区 who have “Fair” or “Poor” for “Health” (Care check)"
    );
    // The next answer takes the place of the last one; a field without an answer keeps it.
    report(json!({ "health": "good" })).await;
    let after = [count(&health(&["poor"])).await, count(&health(&["good"])).await];
    assert_eq!(after, [json!(0), json!(1)]);
    assert_eq!(count(&meals).await, 1);
    let stored =
        server.database.texts("SELECT word AS text FROM beneficiary_answers ORDER BY field");
    assert_eq!(stored, ["good", "yes"], "nothing else of the answers is plain");
    let answer = |kind: &str, field: &str, word: &str| json!({ "not": { "answer": { "kind": kind, "field": field, "any": [word] } } });
    for filter in [
        answer("care_check", "remark", "good"),
        answer("care_check", "sleep", "good"),
        answer("care_check", "health", "bad"),
        answer("care_check", "none", "good"),
        answer("no_kind", "health", "good"),
    ] {
        let refused = preview(&supervisor, &filter).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/filter/not/answer")), "{filter}");
    }
    // A report by an earlier form brings no answers back that the district has deleted.
    let visit = home_visit(&beneficiary_id(1), json!({ "kind": "care_check" }));
    let tasks = [manager.make(&visit).await, manager.make(&visit).await];
    let mut unmarked = care_check();
    unmarked.as_object_mut().expect("a kind").remove("code");
    let mut narrowed = unmarked.clone();
    unmarked["form"]["properties"]["health"]["x-filterable"] = json!(false);
    let words = narrowed.pointer_mut("/form/properties/health/oneOf");
    words.and_then(Value::as_array_mut).expect("words").pop();
    for (task, (version, content)) in tasks.iter().zip([("\"v1\"", unmarked), ("\"v2\"", narrowed)])
    {
        volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        let change = admin.request(reqwest::Method::PUT, "/v1/service-kinds/care_check");
        let changed = admin.send(change.header("If-Match", version).json(&content)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let late = json!({ "outcome": "done", "answers": { "health": "poor", "meals": true } });
        let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &late).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let stored = server.database.texts("SELECT word AS text FROM beneficiary_answers");
        assert_eq!(stored, ["yes"]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_keeps_the_words_that_other_documents_need(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    with_care_check(&server).await;
    save(&supervisor, &json!({ "name": "体弱人员", "filter": health(&["poor"]) })).await;
    let unwell = json!({ "filter": { "not": health(&["good"]) } });
    regime::create(&server, &regime::weekly(&unwell)).await;
    // A regime that is off selects no one.
    let filter = json!({ "not": health(&["fair"]) });
    let off = json!({ "name": "已停走访", "filter": filter, "active": false });
    regime::create(&server, &regime::weekly(&off)).await;
    draft(&supervisor, json!({ "filter": { "not": health(&["good"]) } })).await;
    let template = json!({
        "code": "greetings", "name": "重阳问候", "name_en": "Greetings", "occasion": "double_ninth",
        "filter": health(&["poor"]), "starts_before": 10, "ends_before": 1, "kind": "phone_call"
    });
    let stored = admin.post("/v1/services", &json!({ "campaigns": [template] })).await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let meals = json!({
        "code": "meals", "name": "送餐", "name_en": "Meals", "active": true, "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "grid",
             "records": {"kind": "care_check", "field": "meals", "word": "yes"},
             "moves": [{"code": "bring", "name": "送餐", "name_en": "Bring", "to": "brought"}]},
            {"code": "brought", "name": "已送餐", "name_en": "Brought", "level": "grid",
             "result": "done"}
        ]
    });
    let made = admin.post("/v1/case-kinds", &meals).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = "/v1/service-kinds/care_check";
    let refused = change(&admin, path, |kind| {
        let fields = kind.pointer_mut("/form/properties").expect("fields");
        fields.as_object_mut().expect("fields").remove("meals");
        let words = fields.pointer_mut("/health/oneOf").and_then(Value::as_array_mut);
        words.expect("words").retain(|word| word["const"] == "fair");
    });
    let refused = refused.await;
    let (meals, health) = ("/form/properties/meals", "/form/properties/health");
    let error = |at: &str, detail: &str| json!({ "pointer": at, "detail": detail });
    let expected = json!([
        error(meals, "must keep the word that cases of the kind meals record"),
        error(health, "must keep the words by which the audience 体弱人员 selects"),
        error(health, "must keep the words by which the regime 每周走访 selects"),
        error(health, "must keep the words by which the campaign 春节慰问 selects"),
        error(health, "must keep the words by which the template of campaigns 重阳问候 selects"),
    ]);
    assert_eq!((refused.status, &refused.body["errors"]), (422, &expected), "{}", refused.body);
    let unneeded = |kind: &mut Value| {
        let words = kind.pointer_mut("/form/properties/health/oneOf");
        words.and_then(Value::as_array_mut).expect("words").retain(|word| word["const"] != "fair");
    };
    assert_eq!(change(&admin, path, unneeded).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_brings_the_answers_along_and_its_undo_takes_them_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    with_care_check(&server).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let supervisor = server.supervisor().await;
    let (kept, duplicate) = (beneficiary_id(1), beneficiary_id(2));
    let report = async |home: &str, answers: Value| {
        let task = manager.make(&home_visit(home, json!({ "kind": "care_check" }))).await;
        volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        let report = json!({ "outcome": "done", "answers": answers });
        let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
    };
    let answer = |field: &str, word: &str| json!({ "answer": { "kind": "care_check", "field": field, "any": [word] } });
    let count = async |field: &str, word: &str| {
        preview(&supervisor, &answer(field, word)).await.body["count"].clone()
    };
    report(&kept, json!({ "health": "good" })).await;
    report(&duplicate, json!({ "health": "poor", "meals": true })).await;
    let earlier =
        format!("UPDATE beneficiaries SET last_contact = '2026-01-15' WHERE id = '{kept}'");
    server.database.execute(&earlier);
    server.database.execute(&format!(
        "UPDATE beneficiaries SET tags = 'away;key_recipient' WHERE id = '{duplicate}'"
    ));
    let tagged =
        async || supervisor.get(&format!("/v1/beneficiaries/{kept}")).await.body["tags"].clone();
    let command = async |verb: &str| {
        let path = format!("/v1/beneficiaries/{kept}");
        let version = supervisor.get(&path).await.body["version"].as_i64().expect("a version");
        let other = json!({ "other_id": duplicate });
        let request = supervisor.request(Method::POST, &format!("{path}/{verb}")).json(&other);
        let done = supervisor.send(request.header("If-Match", format!("\"v{version}\""))).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.body);
    };
    command("merge").await;
    // The later answer to each field, once.
    let merged =
        [count("health", "good").await, count("health", "poor").await, count("meals", "yes").await];
    assert_eq!(merged, [json!(0), json!(1), json!(1)]);
    assert_eq!(tagged().await, json!(["away", "key_recipient"]));
    // What a report has said since stays; the rest goes back.
    report(&kept, json!({ "meals": false })).await;
    command("merge/undo").await;
    let apart = [
        count("health", "good").await,
        count("health", "poor").await,
        count("meals", "yes").await,
        count("meals", "no").await,
    ];
    assert_eq!(apart, [json!(1), json!(1), json!(1), json!(1)]);
    assert_eq!(tagged().await, Value::Null);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_a_condition_unless_its_kind_is_or_was_confidential(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let step_of = |code: &str, more: Value| {
        let mut step = json!({ "code": code, "name": code, "name_en": code, "level": "town" });
        step.as_object_mut().expect("a step").extend(more.as_object().expect("more").clone());
        step
    };
    let to = |to: &str, effect: &str| json!({ "code": to, "name": to, "name_en": to, "to": to, "effect": effect });
    let kind = json!({ "code": "aid", "name": "帮扶", "name_en": "Aid", "active": true, "steps": [
        step_of("asked", json!({ "level": "grid", "moves": [to("decide", "advance")] })),
        step_of("decide", json!({
            "decides": true, "moves": [to("granted", "approve"), to("refused", "refuse")]
        })),
        step_of("granted", json!({ "result": "granted" })),
        step_of("refused", json!({ "result": "refused" }))
    ] });
    let created = admin.post("/v1/case-kinds", &kind).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let of = |kind: &str, state: &str| json!({ "case": { "kind": kind, "state": state } });
    let counts = async || {
        let mut counts = Vec::new();
        let open = of("aid", "open");
        for filter in [open.clone(), json!({ "not": open }), of("aid", "granted")] {
            let counted = preview(&supervisor, &filter).await;
            assert_eq!(counted.status, 200, "{}", counted.body);
            counts.push(counted.body["count"].as_u64().expect("a number"));
        }
        counts
    };
    let body = json!({ "kind": "aid", "beneficiary_id": beneficiary_id(1), "source": "walk_in" });
    let case = open(&manager, body).await;
    assert_eq!(counts().await, [1, 5, 0]);
    step(&manager, &case, json!({ "move": "decide" }), "decide").await;
    step(&town, &case, json!({ "move": "granted" }), "granted").await;
    assert_eq!(counts().await, [0, 6, 1]);
    let events = supervisor.events("audience.read").await;
    assert_eq!((events.len(), &events[0]["body"]["cases"]), (6, &json!(["aid"])), "{events:?}");
    let granted = of("aid", "granted");
    let saved = save(&supervisor, &json!({ "name": "x", "filter": granted })).await;
    assert_eq!(saved["sentence_en"], "Beneficiaries in 江津区 who have a granted case “Aid”");
    let id = saved["id"].as_str().expect("an id");
    assert_eq!(members(&supervisor, id, 50).await, [1]);
    let refused = async |filter: Value| {
        let refused = preview(&supervisor, &filter).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!("/filter/case")), "{}", refused.body);
    };
    refused(of("legal", "open")).await;
    refused(of("barber", "open")).await;

    // Once the kind is confidential, and again for all, no audience says who has such a case.
    for (version, roles) in
        [("\"v1\"", json!(["manager", "supervisor", "admin"])), ("\"v2\"", json!([]))]
    {
        let mut content = kind.clone();
        content.as_object_mut().expect("a kind").remove("code");
        content["confidential_to"] = roles;
        let put = admin.request(Method::PUT, "/v1/case-kinds/aid").header("If-Match", version);
        let put = admin.send(put.json(&content)).await;
        assert_eq!(put.status, 200, "{}", put.body);
        refused(granted.clone()).await;
        assert_eq!(members(&supervisor, id, 50).await, Vec::<u32>::new());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_fields_free_text_and_unknown_words_are_refused_where_they_are(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let town = server.town_supervisor().await;
    let deep = (0..6).fold(json!({ "lives_alone": true }), |inner, _| json!({ "not": inner }));
    for (filter, pointer, detail) in [
        (json!({ "all": [{ "hardship": ["medical"] }] }), "/filter/all/0/hardship", "`category`"),
        (json!({ "name": "王" }), "/filter/name", "`age`"),
        (json!({}), "/filter", "exactly one member"),
        (json!({ "any": [{ "gender": "male", "contact": "visit" }] }), "/filter/any/0", "exactly"),
        (json!({ "gender": "other" }), "/filter/gender", "female"),
        (json!({ "not": { "category": ["vetran"] } }), "/filter/not/category", "veteran"),
        (json!({ "plaque": ["gone"] }), "/filter/plaque", ""),
        (json!({ "area": ["500116002"] }), "/filter/area", "in your area"),
        (json!({ "area": ["500116001999"] }), "/filter/area", "in your area"),
        (json!({ "age": { "from": 80, "to": 70 } }), "/filter/age", "`from`"),
        (json!({ "age": { "from": -1 } }), "/filter/age/from", "from 0 to 150"),
        (json!({ "not_contacted_since": {} }), "/filter/not_contacted_since", "`days_ago`"),
        (json!({ "any": [] }), "/filter", "from 1 to"),
        (deep, "/filter/not/not/not/not/not/not", "6 deep"),
        (json!({ "all": vec![json!({ "lives_alone": true }); 65] }), "/filter", "64 conditions"),
    ] {
        for path in ["/v1/audiences/preview", "/v1/audiences"] {
            let mut body = json!({ "filter": filter });
            if path == "/v1/audiences" {
                body["name"] = json!("x");
            }
            let refused = town.post(path, &body).await;
            let error = &refused.body["errors"][0];
            assert_eq!((refused.status, &error["pointer"]), (422, &json!(pointer)), "{filter}");
            let said = error["detail"].as_str().expect("a detail");
            assert!(said.contains(detail.trim_matches('`')), "{filter}: {said}");
        }
    }
    let outside = json!({ "filter": { "all": [] }, "area": "500116002" });
    let refused = town.post("/v1/audiences/preview", &outside).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/area")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_is_saved_changed_and_deleted_at_its_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let old = json!({ "age": { "from": 80 } });
    let saved = save(&town, &json!({ "name": "高龄", "filter": old })).await;
    assert_eq!((&saved["area"], &saved["version"]), (&json!("500116001"), &json!(1)));
    assert_eq!(saved["created_by"], person_id(2));
    assert_eq!(saved["sentence_zh"], "一镇内 80 岁及以上的服务对象");
    let path = format!("/v1/audiences/{}", saved["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body, saved);
    assert_eq!(members(&supervisor, &path[14..], 50).await, [1], "of its area alone");

    let content = json!({ "name": "独居", "filter": { "lives_alone": true } });
    let put = async |version: &str| {
        let request = supervisor.request(Method::PUT, &path).json(&content);
        let request =
            if version.is_empty() { request } else { request.header("If-Match", version) };
        supervisor.send(request).await
    };
    assert_eq!(put("").await.problem(), "version_required");
    assert_eq!(put("\"v9\"").await.problem(), "version_conflict");
    let changed = put("\"v1\"").await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(put("\"v1\"").await.body, changed.body, "a lost answer is asked for again");
    assert_eq!(members(&town, &path[14..], 50).await, [1, 3, 4]);
    assert_eq!(town.get("/v1/audiences").await.body["items"], json!([changed.body]));

    let delete = async |version: &str| {
        let request = town.request(Method::DELETE, &path).header("If-Match", version);
        town.send(request).await.status
    };
    assert_eq!(delete("\"v1\"").await, 412);
    assert_eq!(delete("\"v2\"").await, 204);
    assert_eq!(town.get(&path).await.status, 404);
    for action in ["audience.create", "audience.change", "audience.delete"] {
        assert_eq!(supervisor.events(action).await.len(), 1, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn supervisors_and_admins_use_audiences_of_their_area_and_auditors_read_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let body = json!({ "name": "全区", "filter": { "all": [] } });
    let whole = save(&supervisor, &body).await;
    let path = format!("/v1/audiences/{}", whole["id"].as_str().expect("an id"));
    assert_eq!(town.get(&path).await.status, 404, "an audience above the caller's area");
    assert_eq!(town.get("/v1/audiences").await.body["items"], json!([]));
    let auditor = server.auditor().await;
    assert_eq!(auditor.get(&path).await.body, whole);
    assert_eq!(auditor.get(&format!("{path}/members")).await.status, 403, "it sees nobody");
    assert_eq!(auditor.post("/v1/audiences", &body).await.status, 403);
    assert_eq!(preview(&auditor, &json!({ "all": [] })).await.status, 403);
    for caller in [server.manager().await, server.volunteer().await] {
        assert_eq!(caller.get("/v1/audiences").await.status, 403);
        assert_eq!(preview(&caller, &json!({ "all": [] })).await.status, 403);
    }
}
