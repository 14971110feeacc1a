//! Kinds of case: documents of the district that admins edit.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{go, listed, may_come, open, read, server, step};
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, Server, phones};

/// The kind of the tests.
fn kind(more: Value) -> Value {
    let mut kind = json!({
        "code": "question", "name": "咨询", "name_en": "Question", "active": true,
        "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "grid", "days": 3,
             "moves": [{"code": "answer", "name": "答复", "name_en": "Answer", "to": "answered"}]},
            {"code": "answered", "name": "已答复", "name_en": "Answered", "level": "grid",
             "result": "done"}
        ]
    });
    for (name, value) in more.as_object().expect("an object") {
        kind[name] = value.clone();
    }
    kind
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_is_edited_by_an_admin_and_open_cases_keep_their_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    let made = admin.post("/v1/case-kinds", &kind(json!({}))).await;
    assert_eq!((made.status, &made.body["version"]), (201, &json!(1)), "{}", made.body);
    assert_eq!(made.headers["Location"], "/v1/case-kinds/question");
    assert_eq!(manager.post("/v1/case-kinds", &kind(json!({}))).await.status, 403);
    let twice = admin.post("/v1/case-kinds", &kind(json!({ "code": "legal" }))).await;
    assert_eq!((twice.status, twice.problem()), (409, "case_kind_exists"));
    let new = json!({ "kind": "question", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    let before = open(&manager, new.clone()).await;

    let mut next = kind(json!({}));
    next.as_object_mut().expect("an object").remove("code");
    next["steps"][0]["moves"][0]["code"] = json!("reply");
    let path = "/v1/case-kinds/question";
    let without = admin.put(path, &next).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let change = |content: Value, base: &'static str| {
        let request = admin.request(Method::PUT, path).header("If-Match", base).json(&content);
        admin.send(request)
    };
    let changed = change(next.clone(), "\"v1\"").await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(manager.get(&format!("{path}?version=1")).await.body, made.body);
    let after = open(&manager, new.clone()).await;
    for (case, right, wrong) in [(&before, "answer", "reply"), (&after, "reply", "answer")] {
        assert_eq!(may_come(&read(&manager, case).await), [right]);
        assert_eq!(go(&manager, case, json!({ "move": wrong })).await.status, 409);
    }
    step(&manager, &before, json!({ "move": "answer" }), "answered").await;
    // A kind that becomes confidential hides its cases, and an archived one opens none.
    next["confidential_to"] = json!(["manager"]);
    next["active"] = json!(false);
    assert_eq!(change(next, "\"v2\"").await.status, 200);
    let archived = manager.post("/v1/cases", &new).await;
    assert_eq!((archived.status, &archived.body["errors"][0]["pointer"]), (422, &json!("/kind")));
    let town = server.town_supervisor().await;
    assert_eq!(listed(&town, "?ended=true").await, Vec::<Value>::new());
    assert_eq!(listed(&manager, "?ended=true").await, [before["id"].clone()]);
    // A default is changed like any other kind.
    let mut plaque = admin.get("/v1/case-kinds/plaque").await.body;
    for name in ["code", "version"] {
        plaque.as_object_mut().expect("an object").remove(name);
    }
    plaque["name"] = json!("光荣牌管理");
    let put = admin.request(Method::PUT, "/v1/case-kinds/plaque").header("If-Match", "\"v1\"");
    let put = admin.send(put.json(&plaque)).await;
    assert_eq!((put.status, &put.body["version"]), (200, &json!(2)), "{}", put.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_kind_is_refused_at_its_place(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    let faulty = async |change: &dyn Fn(&mut Value)| {
        let mut body = kind(json!({}));
        change(&mut body);
        let refused = admin.post("/v1/case-kinds", &body).await;
        assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
        refused.body["errors"][0]["pointer"].as_str().expect("a pointer").to_owned()
    };
    assert_eq!(faulty(&|kind| kind["steps"] = json!([])).await, "/steps");
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["moves"][0]["to"] = json!("nowhere")).await,
        "/steps/0/moves/0/to"
    );
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["moves"][0]["to"] = json!("asked")).await,
        "/steps/1"
    );
    assert_eq!(faulty(&|kind| kind["confidential_to"] = json!(["admin"])).await, "/steps/0/level");
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["task"] = json!("home_visit")).await,
        "/steps/0/task"
    );
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["form"] = json!({ "type": "array" })).await,
        "/steps/0/form/type"
    );
    let effect = json!({ "type": "object", "properties": { "plaque": {
        "title": "光荣牌", "x-title-en": "Plaque", "x-order": 1, "type": "string",
        "x-vocabulary": "plaque_states", "x-updates": "plaque"
    } } });
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["form"] = effect.clone()).await,
        "/steps/0/form/properties/plaque"
    );
    // A decision that a granted case could skip.
    let skipping = |kind: &mut Value| {
        kind["steps"][1]["result"] = json!("granted");
        let moves = json!([
            {"code": "approve", "name": "同意", "name_en": "Approve", "to": "answered",
             "effect": "approve"},
            {"code": "return", "name": "退回", "name_en": "Return", "to": "asked",
             "effect": "return"}
        ]);
        kind["steps"].as_array_mut().expect("steps").push(json!({
            "code": "town", "name": "审核", "name_en": "Review", "level": "town", "decides": true,
            "moves": moves
        }));
        let ask = json!({"code": "ask", "name": "上报", "name_en": "Ask", "to": "town"});
        kind["steps"][0]["moves"].as_array_mut().expect("moves").push(ask);
    };
    assert_eq!(faulty(&skipping).await, "/steps/2");
}
