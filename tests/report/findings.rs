//! What visits find: the answers of a report change the beneficiary's entry by the rules of the
//! form, and the history of a beneficiary shows visits, changes, corrections and readings.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::goods::{put_item, receive, rice};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, person_id};
use crate::support::phone::{Phone, command};
use crate::support::{Backend, Caller, Server};

/// The path of the history.
fn history(more: &str) -> String {
    format!("/v1/beneficiaries/{BENEFICIARY}/history{more}")
}

async fn entries(caller: &Caller, more: &str) -> Vec<Value> {
    let answer = caller.get(&history(more)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["items"].as_array().expect("a list").clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_plaque_changes_the_entry_and_opens_a_case(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let (mut phone, mut of_manager) = (Phone::default(), Phone::default());
    of_manager.sync(&manager, json!([])).await;
    let check = home_visit(BENEFICIARY, json!({ "kind": "plaque_check" }));
    let task = manager.make(&check).await;
    phone.sync(&volunteer, json!([])).await;
    // Offline, in one push.
    let report = json!({ "outcome": "done", "answers": { "plaque": "damaged" } });
    let commands =
        json!([command("task.claim", &task, json!({})), command("task.report", &task, report)]);
    let results = phone.sync(&volunteer, commands).await;
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
    let entry = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!((&entry.body["plaque"], &entry.body["version"]), (&json!("damaged"), &json!(2)));
    let cases = async || manager.get("/v1/cases?kind=plaque").await.body["items"].clone();
    let opened = cases().await;
    assert_eq!(opened.as_array().map(Vec::len), Some(1), "{opened}");
    assert_eq!(
        [&opened[0]["beneficiary_id"], &opened[0]["class"], &opened[0]["source"]],
        [&json!(BENEFICIARY), &json!("replace"), &json!("report")]
    );
    let more = manager.get("/v1/tasks?state=open").await.body;
    assert_eq!(more["items"], json!([]), "no check after the check");
    of_manager.sync(&manager, json!([])).await;
    assert_eq!(of_manager.household(BENEFICIARY).expect("a home")["plaque"], "damaged");
    of_manager.is_as_fresh(&manager).await;
    let supervisor = server.supervisor().await;
    let changes = supervisor.events("beneficiary.change").await;
    let reported = supervisor.events("task.report").await;
    let expected = json!({ "fields": ["plaque"], "report": reported[0]["body"]["report"] });
    assert_eq!((changes.len(), &changes[0]["body"]), (1, &expected));
    assert_eq!(changes[0]["actor_id"], person_id(21));
    // The same state again changes nothing; an unknown one neither.
    for (plaque, status) in [("damaged", 200), ("damged", 422)] {
        let task = manager.make(&check).await;
        volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        let report = json!({ "outcome": "done", "answers": { "plaque": plaque } });
        let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
        assert_eq!(sent.status, status, "{}", sent.body);
    }
    assert_eq!(supervisor.events("beneficiary.change").await.len(), 1);
    assert_eq!(cases().await.as_array().map(Vec::len), Some(1), "one case");
    // Nobody was met: nothing was found.
    let task = manager.make(&home_visit(BENEFICIARY, json!({}))).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let report = json!({ "outcome": "not_home", "answers": { "plaque": "missing" } });
    let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert_eq!(supervisor.events("beneficiary.change").await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_of_a_form_are_checked_when_a_kind_is_saved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let kind = |more: Value| {
        let mut field = json!({ "title": "x", "x-title-en": "x", "x-order": 1 });
        let Value::Object(more) = more else { panic!("{more} is no object") };
        field.as_object_mut().expect("a field").extend(more);
        json!({
            "code": "x_check", "name": "核查", "name_en": "Check", "minutes": 10, "priority": 2,
            "skills": [], "due_days": 7, "attempts": 1, "retry_days": 1, "overdue": "expire",
            "escalate_days": 7, "follow_ups": {}, "active": true,
            "form": { "type": "object", "properties": { "a": field } }
        })
    };
    let plaque = |more: Value| {
        let mut field = json!({ "type": "string", "x-vocabulary": "plaque_states" });
        let Value::Object(more) = more else { panic!("{more} is no object") };
        field.as_object_mut().expect("a field").extend(more);
        kind(field)
    };
    for (body, pointer) in [
        (plaque(json!({ "x-updates": "birth_year" })), "x-updates"),
        (kind(json!({ "type": "boolean", "x-updates": "plaque" })), "x-updates"),
        (plaque(json!({ "x-follow-ups": { "damaged": "no_kind" } })), "x-follow-ups/damaged"),
        (plaque(json!({ "x-follow-ups": { "damged": "plaque_check" } })), "x-follow-ups/damged"),
        (plaque(json!({ "x-opens": { "damaged": { "kind": "no_kind" } } })), "x-opens/damaged"),
        (plaque(json!({ "x-opens": { "damged": { "kind": "plaque" } } })), "x-opens/damged"),
        (
            plaque(json!({ "x-opens": { "damaged": { "kind": "plaque", "class": "repair" } } })),
            "x-opens/damaged",
        ),
    ] {
        let refused = admin.post("/v1/service-kinds", &body).await;
        let at = &refused.body["errors"][0]["pointer"];
        let pointer = format!("/form/properties/a/{pointer}");
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{}", refused.body);
    }
    let rules = json!({ "x-updates": "plaque", "x-follow-ups": { "damaged": "phone_call" } });
    let made = admin.post("/v1/service-kinds", &plaque(rules)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    // A kind that answers create is not archived.
    let mut call = admin.get("/v1/service-kinds/phone_call").await.body;
    for name in ["code", "version"] {
        call.as_object_mut().expect("a kind").remove(name);
    }
    call["active"] = json!(false);
    let request = admin.request(Method::PUT, "/v1/service-kinds/phone_call");
    let archived = admin.send(request.header("If-Match", "\"v1\"").json(&call)).await;
    assert_eq!((archived.status, &archived.body["errors"][0]["pointer"]), (422, &json!("/active")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_shows_visits_changes_and_corrections_and_apart_the_readings(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let supervisor = server.supervisor().await;
    let visit = async |report: Value| {
        let task = manager.make_task(BENEFICIARY).await;
        volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
        let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        task
    };
    visit(json!({ "outcome": "not_home" })).await;
    visit(json!({ "outcome": "done", "answers": { "plaque": "indoor" } })).await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}");
    let note = json!({ "note": "门牌已换" });
    assert_eq!(manager.post(&format!("{path}/corrections"), &note).await.status, 201);
    let reveal = json!({ "purpose": "complaint" });
    assert_eq!(supervisor.post(&format!("{path}/reveal"), &reveal).await.status, 200);

    let in_china = chrono::Utc::now() + chrono::TimeDelta::hours(8);
    let today = in_china.date_naive();
    let all = entries(&manager, "").await;
    let words = |name: &str| {
        let words = all.iter().map(|entry| entry[name].as_str().unwrap_or("-").to_owned());
        words.collect::<Vec<_>>()
    };
    assert_eq!(words("type"), ["correction", "visit", "change", "visit"], "{all:?}");
    assert_eq!(words("outcome"), ["-", "done", "-", "not_home"]);
    assert_eq!(words("person_name"), ["张网格", "王志愿", "王志愿", "王志愿"]);
    assert_eq!((&all[0]["state"], &all[2]["fields"]), (&json!("pending"), &json!(["plaque"])));
    assert_eq!(all[2]["report_id"], all[1]["report_id"], "the change names its report");
    assert_eq!(all[1]["day"], json!(today), "{all:?}");
    // Page by page, each entry once.
    let (mut cursor, mut paged) = (String::new(), Vec::new());
    loop {
        let page = manager.get(&history(&format!("?limit=1{cursor}"))).await;
        paged.extend(page.body["items"].as_array().expect("a list").clone());
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);

    let readings = entries(&supervisor, "?readings=true").await;
    assert_eq!(readings.len(), 1, "{readings:?}");
    assert_eq!(
        (&readings[0]["action"], &readings[0]["purpose"], &readings[0]["person_name"]),
        (&json!("beneficiary.reveal"), &json!("complaint"), &json!("区长"))
    );
    let refused = manager.get(&history("?readings=true")).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    assert_eq!(volunteer.get(&history("")).await.status, 403);
    let far = format!("/v1/beneficiaries/{FAR_BENEFICIARY}/history");
    assert_eq!(manager.get(&far).await.status, 404);
    for wrong in ["?cursor=x", "?readings=maybe", "?kind=visit", "?limit=201"] {
        assert_eq!(manager.get(&history(wrong)).await.status, 400, "{wrong}");
    }

    // A contact reaches the phone of another visitor of the home, and is no change of the entry.
    let second = server.second_volunteer().await;
    let held = manager.make_task(BENEFICIARY).await;
    assert_eq!(second.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);
    visit(json!({ "outcome": "done" })).await;
    assert_eq!(supervisor.events("beneficiary.contact").await.len(), 1);
    let after = entries(&manager, "").await;
    assert_eq!(after.len(), all.len() + 1, "{after:?}");
    assert_eq!(after[0]["type"], "visit");

    // The next visitor sees the last three visits.
    visit(json!({ "outcome": "refused" })).await;
    let task = manager.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let visits = &phone.household(BENEFICIARY).expect("the home of the visit")["visits"];
    let outcomes: Vec<&Value> =
        visits.as_array().expect("visits").iter().map(|visit| &visit["outcome"]).collect();
    assert_eq!(outcomes, ["refused", "done", "done"], "{visits}");
    assert_eq!((&visits[0]["by"], &visits[0]["kind"]), (&json!("王志愿"), &json!("home_visit")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_shows_hand_outs_and_the_cases_that_the_reader_sees(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let manager = server.manager().await;
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", "500116001002", 5).await;
    let case = |kind: &str, class: &str| {
        json!({
            "kind": kind, "class": class, "beneficiary_id": BENEFICIARY, "source": "phone",
            "detail": "内容不外传"
        })
    };
    let open = async |caller: &Caller, body: Value| {
        let opened = caller.post("/v1/cases", &body).await;
        assert_eq!(opened.status, 201, "{}", opened.body);
        opened.body["id"].clone()
    };
    let hardship = open(&manager, case("three_hardships", "housing")).await;
    let legal = open(&supervisor, case("legal", "advice")).await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);

    let kinds = |list: &[Value]| {
        let kinds = list.iter().map(|entry| entry["type"].as_str().unwrap_or("-").to_owned());
        kinds.collect::<Vec<_>>()
    };
    let own = entries(&manager, "").await;
    assert_eq!(kinds(&own), ["handout", "case"], "a confidential kind is invisible: {own:?}");
    assert_eq!(
        (&own[0]["handout_id"], &own[0]["item"], &own[0]["handout_state"], &own[0]["occasion"]),
        (&handed.body["id"], &json!("rice"), &json!("handed_out"), &json!("spring_festival_2027"))
    );
    assert_eq!(
        (&own[1]["case_id"], &own[1]["case_kind"], &own[1]["step"], &own[1]["person_name"]),
        (&hardship, &json!("three_hardships"), &json!("found"), &json!("张网格"))
    );
    let all = entries(&supervisor, "").await;
    assert_eq!(kinds(&all), ["handout", "case", "case"]);
    assert_eq!((&all[1]["case_id"], &all[1]["case_kind"]), (&legal, &json!("legal")));
    assert!(!json!(all).to_string().contains("内容不外传"), "{all:?}");
    let (mut cursor, mut paged) = (String::new(), Vec::new());
    loop {
        let page = supervisor.get(&history(&format!("?limit=1{cursor}"))).await;
        paged.extend(page.body["items"].as_array().expect("a list").clone());
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all, "page by page, each entry once");
}
