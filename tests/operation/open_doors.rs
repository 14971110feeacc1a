//! What an installation shows to everybody, and what everybody may tell it: its identity, its
//! contract, and feedback.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::contract::document;
use crate::support::{Backend, Caller, Database, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_describes_itself_to_everybody() {
    let plain = Server::small(Backend::Sqlite).stranger().get("/v1/about").await;
    assert_eq!((plain.status, &plain.body["name"]), (200, &json!("Gridward")));
    assert!(plain.body.get("host_unit").is_none(), "{}", plain.body);
    assert_eq!(plain.body["phone_pin"], "asked");
    let settings = &[
        ("GRIDWARD_SERVICE_NAME", "江津区退役军人走访"),
        ("GRIDWARD_HOST_UNIT", "江津区退役军人事务局"),
        ("GRIDWARD_FILING_NUMBER", "渝ICP备00000000号-1"),
        ("GRIDWARD_COMPLAINT_CONTACT", "12345"),
        ("GRIDWARD_PHONE_PIN", "off"),
    ];
    let server = Server::small_with(Database::sqlite(), settings);
    let about = server.stranger().get("/v1/about").await.body;
    assert_eq!(about["host_unit"], "江津区退役军人事务局");
    assert_eq!(
        (&about["name"], &about["complaint_contact"]),
        (&json!(settings[0].1), &json!("12345"))
    );
    assert_eq!(about["phone_pin"], "off");
    assert_eq!(about["locales"], json!(["zh-CN", "en"]));
    for path in [&about["contract"], &about["documentation"]] {
        let path = path.as_str().expect("a path");
        let answer = server.stranger().request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_served_as_a_file_and_as_a_page_without_scripts_or_other_servers() {
    let server = Server::small(Backend::Sqlite);
    let get = async |path: &str| {
        let answer = server.stranger().request(Method::GET, path).send().await.expect("an answer");
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        (policy, answer.text().await.expect("a text"))
    };
    let (_, yaml) = get("/openapi.yaml").await;
    let parsed: Value = serde_yaml_ng::from_str(&yaml).expect("YAML");
    let document = document();
    assert_eq!(parsed, document);
    let (policy, page) = get("/docs").await;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(page.contains(&format!("<details id=\"{id}\">")), "{id}");
        }
    }
    for forbidden in ["<script", " src=", "<link", "@import", "href=\"http", "url("] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // Each link leads to a place of the page.
    for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!("id=\"{link}\"")), "#{link}");
    }
}

async fn send(caller: &Caller, body: Value) -> Value {
    let sent = caller.post("/v1/feedback", &body).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body
}

async fn answer(admin: &Caller, id: &Value, version: &str, text: &str) -> (u16, Value) {
    let path = format!("/v1/feedback/{}/answer", id.as_str().expect("an id"));
    let request = admin.request(Method::PUT, &path).header("If-Match", version);
    let answered = admin.send(request.json(&json!({ "answer": text }))).await;
    (answered.status, answered.body)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_is_answered_to_its_sender_and_anonymous_feedback_names_nobody(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.admin().await, server.volunteer().await);
    let named = send(&volunteer, json!({ "text": "走访路线太远" })).await;
    let hidden = send(&volunteer, json!({ "text": "有人代填记录", "anonymous": true })).await;
    let open = send(&server.stranger(), json!({ "text": "感谢", "contact": "王先生" })).await;
    let answerable = [&named, &hidden, &open].map(|sent| sent["is_answerable"] == true);
    assert_eq!(answerable, [true, false, false]);

    let listed = admin.get("/v1/feedback?answered=false").await.body;
    let items = listed["items"].as_array().expect("a list");
    let texts: Vec<&Value> = items.iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["感谢", "有人代填记录", "走访路线太远"], "newest first");
    let senders = items.iter().filter(|one| one.get("person_id").is_some());
    assert_eq!(senders.count(), 1, "{listed}");
    let events = server.supervisor().await.events("district.feedback").await;
    assert_eq!(events.iter().filter(|event| event.get("actor_id").is_some()).count(), 1);
    assert!(!json!(events).to_string().contains("代填"), "{events:?}");
    assert_eq!(server.auditor().await.events("district.feedback_read").await.len(), 1);

    let (status, body) = answer(&admin, &named["id"], "\"v1\"", "已为您调整网格").await;
    assert_eq!((status, &body["version"]), (200, &json!(2)), "{body}");
    assert_eq!(answer(&admin, &named["id"], "\"v1\"", "已为您调整网格").await.0, 200, "again");
    assert_eq!(answer(&admin, &named["id"], "\"v1\"", "另一答复").await.0, 412);
    assert_eq!(answer(&admin, &hidden["id"], "\"v1\"", "正在核实").await.0, 200);
    let mine = volunteer.get("/v1/me/feedback").await.body;
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1), "{mine}");
    assert_eq!(mine["items"][0]["answer"], "已为您调整网格");
    let me = volunteer.get("/v1/me").await.body;
    let notices = me["notices"].as_array().expect("notices");
    assert_eq!((notices.len(), &notices[0]["kind"]), (1, &json!("feedback_answered")), "{me}");
    assert!(notices[0].get("device").is_none());
    let left = admin.get("/v1/feedback?answered=false").await.body;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
    for caller in [&volunteer, &server.supervisor().await, &server.auditor().await] {
        assert_eq!(caller.get("/v1/feedback").await.status, 403);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_is_limited_by_sender_and_an_expired_token_is_not_taken_for_a_stranger(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    for number in 0..10 {
        send(&stranger, json!({ "text": format!("{number}") })).await;
    }
    let refused = stranger.post("/v1/feedback", &json!({ "text": "x" })).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    send(&server.volunteer().await, json!({ "text": "x" })).await;
    let invalid = server.bearer("not a token").post("/v1/feedback", &json!({ "text": "x" })).await;
    assert_eq!(invalid.status, 401, "{}", invalid.body);
    for (body, pointer) in [
        (json!({ "text": " " }), "/text"),
        (json!({ "text": "x", "mood": "bad" }), "/mood"),
        (json!({ "text": "x", "district": "999999" }), "/district"),
    ] {
        let refused = stranger.post("/v1/feedback", &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_feedback_is_stored_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.admin().await, server.volunteer().await);
    let sends = async |caller: &Caller, key: &str, text: &str| {
        let request = caller.request(Method::POST, "/v1/feedback").header("Idempotency-Key", key);
        caller.send(request.json(&json!({ "text": text }))).await
    };
    for caller in [&volunteer, &server.stranger()] {
        let key = uuid::Uuid::now_v7().to_string();
        let first = sends(caller, &key, "走访路线太远").await;
        let again = sends(caller, &key, "走访路线太远").await;
        assert_eq!((first.status, again.status), (201, 201), "{}", again.body);
        assert_eq!(first.body, again.body);
        let other = sends(caller, &key, "另一条意见").await;
        assert_eq!((other.status, other.problem()), (422, "command_id_reused"), "{}", other.body);
        assert_eq!(sends(&admin, &key, "走访路线太远").await.status, 422, "another sender");
    }
    let listed = admin.get("/v1/feedback").await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
}
