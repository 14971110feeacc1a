//! A service is one document: stored as a whole or not at all, checked before, and sent again without effect.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{activate, begun, content_of, sent, server, try_to_activate};
use crate::regime::with;
use crate::support::files::person_id;
use crate::support::{Backend, GRID, Server};

const DOCUMENTS: [&str; 9] = [
    include_str!("../../docs/services/army_day.json"),
    include_str!("../../docs/services/employment.json"),
    include_str!("../../docs/services/event_visits.json"),
    include_str!("../../docs/services/honour_plaque.json"),
    include_str!("../../docs/services/information_collection.json"),
    include_str!("../../docs/services/memorials.json"),
    include_str!("../../docs/services/regular_contact.json"),
    include_str!("../../docs/services/retired_officers.json"),
    include_str!("../../docs/services/spring_festival.json"),
];

/// A word, an item, a case with a step that makes a task of the kind of the document, and a duty.
fn haircuts() -> Value {
    json!({
        "vocabularies": [{ "name": "needs", "words": [
            { "code": "haircut", "label_zh": "需要理发", "label_en": "Needs a haircut" }
        ] }],
        "goods": [{
            "code": "comb", "name": "梳子", "name_en": "Comb", "unit": "把", "has_serial": false,
            "once": true, "needs_receipt": false, "active": true
        }],
        "case_kinds": [{
            "code": "barber", "name": "联系理发师", "name_en": "Barber", "active": true, "steps": [
                { "code": "asked", "name": "受理", "name_en": "Asked", "level": "grid", "days": 3,
                  "moves": [{ "code": "go", "name": "上门", "name_en": "Go", "to": "cut" }] },
                { "code": "cut", "name": "理发", "name_en": "Haircut", "level": "grid",
                  "task": "haircut",
                  "moves": [{ "code": "done", "name": "办结", "name_en": "Done", "to": "done" }] },
                { "code": "done", "name": "已办结", "name_en": "Done", "level": "grid",
                  "result": "done" }
            ]
        }],
        "service_kinds": [{
            "code": "haircut", "name": "上门理发", "name_en": "Haircut at home", "minutes": 30,
            "priority": 3, "skills": [], "due_days": 14, "attempts": 2, "retry_days": 3,
            "overdue": "expire", "escalate_days": 7, "follow_ups": {}, "active": true,
            "opens": { "haircut": "barber" }
        }],
        "regimes": [{
            "area": GRID, "name": "每季度上门理发", "name_en": "Haircuts each quarter",
            "kind": "haircut", "lead_days": 7, "filter": { "mobility": ["limited", "homebound"] },
            "cadence": { "type": "every_days", "days": 90 }
        }]
    })
}

/// The outcome and the version of each part, by its pointer.
fn outcomes(answer: &Value) -> Vec<String> {
    let parts = answer["parts"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |part: &Value| {
        format!("{} {} v{}", text(&part["pointer"]), text(&part["outcome"]), part["version"])
    };
    parts.iter().map(line).collect()
}

/// What the tables have of services, and the events.
fn stored(server: &Server) -> Vec<i64> {
    let tables = [
        "vocabularies",
        "goods_items",
        "case_kinds",
        "service_kinds",
        "regimes",
        "events",
        "campaign_templates",
    ];
    tables.map(|table| server.database.count(table)).to_vec()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_stored_once_with_all_its_parts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    assert_eq!(sent(&supervisor, "", &haircuts()).await.status, 403);
    let before = stored(&server);
    let checked = sent(&admin, "?check=true", &haircuts()).await;
    assert_eq!(checked.status, 200, "{}", checked.body);
    let created = [
        "/vocabularies/0 changed v2",
        "/goods/0 created v1",
        "/case_kinds/0 created v1",
        "/service_kinds/0 created v1",
        "/regimes/0 created v1",
    ];
    assert_eq!(outcomes(&checked.body), created);
    assert_eq!(
        (&checked.body["is_check"], &checked.body["parts"][4]["id"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(stored(&server), before, "a check writes nothing");

    let installed = sent(&admin, "", &haircuts()).await;
    assert_eq!(installed.status, 200, "{}", installed.body);
    assert_eq!(outcomes(&installed.body), created);
    let id = installed.body["parts"][4]["id"].as_str().expect("an id").to_owned();
    let after = stored(&server);
    assert_eq!(after[5], before[5] + 5, "an event for each part");
    let regime = supervisor.get(&format!("/v1/regimes/{id}")).await.body;
    assert_eq!((&regime["active"], &regime["area"]), (&json!(false), &json!(GRID)));
    let words = admin.get("/v1/vocabularies/needs").await.body;
    let words = words["words"].as_array().expect("words").len();

    let again = sent(&admin, "", &haircuts()).await;
    let unchanged = outcomes(&again.body);
    assert!(unchanged.iter().all(|line| line.contains(" unchanged ")), "{unchanged:?}");
    assert_eq!(again.body["parts"][4]["id"], id.as_str());
    assert_eq!(stored(&server), after);
    assert_eq!(
        admin.get("/v1/vocabularies/needs").await.body["words"].as_array().map(Vec::len),
        Some(words),
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_document_changes_its_parts_and_pauses_the_regime_until_another_person_activates_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let document = begun(&haircuts().to_string(), &person_id(1));
    let installed = sent(&admin, "", &document).await;
    assert_eq!(installed.status, 200, "{}", installed.body);
    let id = installed.body["parts"][4]["id"].as_str().expect("an id").to_owned();
    activate(&supervisor, &id).await;
    // Without day and responsible person, those of the regime stay.
    let same = sent(&admin, "", &haircuts()).await;
    assert_eq!(outcomes(&same.body)[4], "/regimes/0 unchanged v2");
    let path = format!("/v1/regimes/{id}");
    assert_eq!(supervisor.get(&path).await.body["active"], json!(true));

    let mut other = haircuts();
    other["vocabularies"][0]["words"][0]["label_en"] = json!("Wants a haircut");
    other["service_kinds"][0]["minutes"] = json!(40);
    other["regimes"][0]["cadence"]["days"] = json!(60);
    let changed = sent(&admin, "", &other).await;
    assert_eq!(
        outcomes(&changed.body),
        [
            "/vocabularies/0 changed v3",
            "/goods/0 unchanged v1",
            "/case_kinds/0 unchanged v1",
            "/service_kinds/0 changed v2",
            "/regimes/0 changed v3",
        ]
    );
    let regime = supervisor.get(&path).await.body;
    assert_eq!((&regime["active"], &regime["cadence"]["days"]), (&json!(false), &json!(60)));
    let own = with(&content_of(&regime), &json!({ "active": true }));
    let request = admin.request(reqwest::Method::PUT, &path).header("If-Match", "\"v3\"");
    let refused = admin.send(request.json(&own)).await;
    assert_eq!((refused.status, refused.problem()), (403, "regime_author"));
    activate(&supervisor, &id).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_named_by_its_place_in_the_document_and_nothing_is_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let before = stored(&server);
    let faults: [(&str, Value, &str); 11] = [
        ("/vocabularies/0/words/0/label_zh", json!("医疗"), "/vocabularies/0/words/0/label_zh"),
        ("/vocabularies/0/words/0/code", json!("A b"), "/vocabularies/0/words/0/code"),
        ("/goods/0/unit", json!(""), "/goods/0/unit"),
        ("/case_kinds/0/steps/1/task", json!("shave"), "/case_kinds/0/steps/1/task"),
        ("/case_kinds/0/steps/0/moves/0/to", json!("x"), "/case_kinds/0/steps/0/moves/0/to"),
        ("/case_kinds/0/steps/2/color", json!("red"), "/case_kinds/0/steps/2/color"),
        ("/service_kinds/0/opens", json!({ "haircut": "none" }), "/service_kinds/0/opens/haircut"),
        ("/service_kinds/0/active", json!(false), "/case_kinds/0/steps/1/task"),
        ("/regimes/0/kind", json!("none"), "/regimes/0/kind"),
        ("/regimes/0/area", json!("500116999"), "/regimes/0/area"),
        ("/regimes/0/filter", json!({ "category": ["none"] }), "/regimes/0/filter"),
    ];
    for (place, value, pointer) in faults {
        let mut document = haircuts();
        let (parent, field) = place.rsplit_once('/').expect("a pointer");
        document.pointer_mut(parent).expect("a parent")[field] = value;
        for query in ["", "?check=true"] {
            let refused = sent(&admin, query, &document).await;
            assert_eq!(refused.status, 422, "{place}: {}", refused.body);
            let at = refused.body["errors"][0]["pointer"].as_str().expect("a pointer");
            assert!(at.starts_with(pointer), "{at}: {}", refused.body);
        }
    }
    // The faults of all parts are there, but of those that name another part with faults.
    let mut several = haircuts();
    several["case_kinds"][0]["steps"][0]["moves"][0]["to"] = json!("x");
    // The vocabulary `skills` names the member `skills` of the kinds of service, which are checked all the same.
    let repeated = json!({ "name": "skills", "words": [
        { "code": "riding", "label_zh": "驾驶", "label_en": "Riding" }
    ] });
    several["vocabularies"].as_array_mut().expect("a list").push(repeated);
    let unskilled = json!({ "code": "shave", "skills": ["barbering"], "opens": {} });
    let unknown = json!({
        "name": "每月探望", "kind": "home_visit", "filter": { "category": ["none"] }
    });
    for (list, more) in [("service_kinds", &unskilled), ("regimes", &unknown)] {
        let other = with(&several[list][0], more);
        several[list].as_array_mut().expect("a list").push(other);
    }
    let refused = sent(&admin, "", &several).await;
    let errors = refused.body["errors"].as_array().expect("errors").iter();
    let parts = errors.map(|error| {
        let pointer = error["pointer"].as_str().expect("a pointer");
        pointer.split('/').skip(1).take(2).collect::<Vec<_>>().join("/")
    });
    let expected =
        ["vocabularies/1", "case_kinds/0", "regimes/1", "service_kinds/1"].map(str::to_owned);
    assert_eq!(parts.collect::<BTreeSet<_>>(), BTreeSet::from(expected), "{}", refused.body);
    let mut twice = haircuts();
    let kind = twice["service_kinds"][0].clone();
    twice["service_kinds"].as_array_mut().expect("a list").push(kind);
    let refused = sent(&admin, "", &twice).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/service_kinds/1/code", "{}", refused.body);
    assert_eq!(sent(&admin, "", &json!({})).await.status, 422);
    assert_eq!(stored(&server), before, "nothing is stored");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_of_the_project_are_stored_twice_without_another_effect(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    for document in DOCUMENTS {
        let document: Value = serde_json::from_str(document).expect("a document");
        let installed = sent(&admin, "", &document).await;
        assert_eq!(installed.status, 200, "{}", installed.body);
        let after = stored(&server);
        let again = outcomes(&sent(&admin, "", &document).await.body);
        assert!(again.iter().all(|line| line.contains(" unchanged ")), "{again:?}");
        assert_eq!(stored(&server), after);
    }
    // A duty for a level of need that no visit has found yet waits for its members.
    let supervisor = server.supervisor().await;
    let regimes = supervisor.get("/v1/regimes?limit=100").await.body;
    let regimes = regimes["items"].as_array().expect("regimes");
    let waiting = regimes.iter().find(|regime| regime["name"] == "重点关爱对象每月走访");
    let id = waiting.expect("a regime")["id"].as_str().expect("an id");
    let refused = try_to_activate(&supervisor, id).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_read_to_the_letter_and_each_fault_has_its_place(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let admin = server.admin().await;
    let before = stored(&server);
    let refused = async |text: String| {
        let request = admin.request(Method::POST, "/v1/services");
        let request = request.header("Content-Type", "application/json").body(text);
        let answer = admin.send(request).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.body["errors"][0]["pointer"].as_str().expect("a pointer").to_owned()
    };
    assert_eq!(refused("[[], [], [], [], []]".to_owned()).await, "");
    for (place, pointer) in [
        ("/vocabularies/0", "/vocabularies/0"),
        ("/vocabularies/0/words/0", "/vocabularies/0/words/0"),
        ("/case_kinds/0/steps/0/moves/0", "/case_kinds/0/steps/0/moves/0"),
        ("/service_kinds/0", "/service_kinds/0"),
        ("/regimes/0/cadence", "/regimes/0/cadence"),
    ] {
        let mut document = haircuts();
        let object = document.pointer_mut(place).expect("an object");
        *object = object.as_object().expect("an object").values().cloned().collect();
        assert_eq!(refused(document.to_string()).await, pointer);
    }
    for (once, twice, pointer) in [
        ("\"minutes\":30", "\"minutes\":30,\"minutes\":40", "/service_kinds/0/minutes"),
        (
            "\"haircut\":\"barber\"",
            "\"haircut\":\"barber\",\"haircut\":\"legal\"",
            "/service_kinds/0/opens/haircut",
        ),
        ("\"days\":90", "\"days\":90,\"days\":60", "/regimes/0/cadence/days"),
    ] {
        let text = haircuts().to_string();
        assert!(text.contains(once), "{text}");
        assert_eq!(refused(text.replace(once, twice)).await, pointer);
    }
    for (cadence, pointer) in [
        (json!({ "type": "every_days", "days": 6 }), "/regimes/0/cadence/days"),
        (json!({ "type": "every_days" }), "/regimes/0/cadence/days"),
        (json!({ "type": "birthday", "days": 7 }), "/regimes/0/cadence/days"),
        (json!({ "type": "feast" }), "/regimes/0/cadence/feast"),
        (json!({ "days": 90 }), "/regimes/0/cadence/type"),
    ] {
        let mut document = haircuts();
        document["regimes"][0]["cadence"] = cadence;
        assert_eq!(refused(document.to_string()).await, pointer);
    }
    let mut document = haircuts();
    document["vocabularies"][0]["words"] = json!([]);
    assert_eq!(refused(document.to_string()).await, "/vocabularies/0/words");
    assert_eq!(stored(&server), before);
}
