//! Conditions on the answers of reports.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{care_check, health, members, preview, save, with_care_check};
use crate::campaign::draft;
use crate::regime;
use crate::support::bodies::home_visit;
use crate::support::documents::change;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Backend, Server};

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
