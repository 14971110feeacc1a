//! Kinds are edited, checked and taken over from a newer default.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::kind;
use crate::case::{go, listed, may_come, open, read, server, step};
use crate::support::documents::change;
use crate::support::files::BENEFICIARY;
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, Server, phones};

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
    next["confidential_to"] = json!(["admin", "manager"]);
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
    let without_admin = faulty(&|kind| kind["confidential_to"] = json!(["manager"])).await;
    assert_eq!(without_admin, "/confidential_to", "only admins could show it again");
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["moves"][0]["refers"] = json!(true)).await,
        "/steps/0/moves/0/refers",
        "to whom"
    );
    assert_eq!(
        faulty(&|kind| kind["steps"][0]["moves"][0]["without_task"] = json!(true)).await,
        "/steps/0/moves/0/without_task"
    );
    assert_eq!(faulty(&|kind| kind["beneficiary"] = json!("maybe")).await, "/beneficiary");
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
    for (step, category) in [(0_usize, "veteran"), (1, "hero")] {
        assert_eq!(
            faulty(&|kind| kind["steps"][step]["adds_category"] = json!(category)).await,
            format!("/steps/{step}/adds_category"),
            "the first step adds none, and no step one that the district does not have"
        );
    }
    for (field, unknown) in [
        ("adds_category_except", json!(["first_class"])),
        ("adds_category_unless", json!("posthumous")),
    ] {
        assert_eq!(
            faulty(&|kind| kind["steps"][1][field] = unknown.clone()).await,
            format!("/steps/1/{field}")
        );
    }
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_whose_answers_the_district_no_longer_has_is_changed_but_records_no_other_unknown_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let without_field = |kind: &mut Value| {
        let fields = kind.pointer_mut("/form/properties").and_then(Value::as_object_mut);
        fields.expect("fields").remove("employment");
    };
    let visit = change(&admin, "/v1/service-kinds/home_visit", without_field).await;
    assert_eq!(visit.status, 200, "{}", visit.body);
    let path = "/v1/case-kinds/employment";
    let renamed = change(&admin, path, |kind| kind["name_en"] = json!("Work")).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let other = |kind: &mut Value| kind["steps"][0]["records"]["word"] = json!("hired");
    let refused = change(&admin, path, other).await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/steps/0/records")), "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_with_an_earlier_default_learns_of_the_newer_one_and_takes_it_over_with_one_put(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    let path = "/v1/case-kinds/three_hardships";
    let newer = async || manager.get("/v1/case-kinds").await.body["newer_defaults"].clone();
    let shipped = admin.get(path).await.body;
    assert_eq!(newer().await, json!([]));
    // As an earlier server kept it: without documents that a step requires.
    let mut earlier = shipped.clone();
    for step in earlier["steps"].as_array_mut().expect("steps") {
        step.as_object_mut().expect("a step").remove("documents");
    }
    server.database.execute(&format!(
        "INSERT INTO case_kinds (district, code, version, content) \
         VALUES ('500116', 'three_hardships', 1, '{earlier}')"
    ));
    assert_eq!(admin.get(path).await.body, earlier);
    assert_eq!(newer().await, json!([{ "code": "three_hardships", "version": 6 }]));

    let default = admin.get(&format!("{path}?default=true")).await;
    assert_eq!(default.headers["etag"], "\"v1\"");
    let mut content = default.body;
    assert_eq!(content["steps"], shipped["steps"]);
    for field in ["code", "version"] {
        content.as_object_mut().expect("a kind").remove(field);
    }
    let put = admin.request(Method::PUT, path).header("If-Match", "\"v1\"").json(&content);
    let taken = admin.send(put).await;
    assert_eq!((taken.status, &taken.body["version"]), (200, &json!(2)), "{}", taken.body);
    assert_eq!(newer().await, json!([]));
    // What the district changes of it later is its own.
    content["name"] = json!("困难帮扶");
    let put = admin.request(Method::PUT, path).header("If-Match", "\"v2\"").json(&content);
    assert_eq!(admin.send(put).await.status, 200);
    assert_eq!(newer().await, json!([]));
    admin.post("/v1/case-kinds", &kind(json!({}))).await;
    assert_eq!(admin.get("/v1/case-kinds/question?default=true").await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_of_service_names_no_case_that_its_reader_does_not_see(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, manager) = (server.sign_in(phones::ADMIN).await, server.manager().await);
    let path = "/v1/service-kinds/home_visit";
    let of = async |caller: &Caller| caller.get(path).await.body["opens"].clone();
    assert_eq!(of(&admin).await["legal"], "legal");
    let shown = of(&manager).await;
    assert!(shown["legal"].is_null() && shown["employment"] == "employment", "{shown}");
    let list = manager.get("/v1/service-kinds").await.body;
    assert!(!list.to_string().contains("\"legal\":\"legal\""), "{list}");
    let mut phone = Phone::default();
    phone.sync(&server.volunteer().await, json!([])).await;
    let row = &phone.rows[&("service_kind".to_owned(), "home_visit".to_owned())];
    assert_eq!(row["opens"], shown);
}
