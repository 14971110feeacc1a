//! Questions at the desk of a station.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{a_day_off, due_after};
use crate::case::{VILLAGE, go, listed, may_come, open, read, server, step};
use crate::support::Backend;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY};
use crate::support::server::{gridward, said};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_at_a_station_is_answered_or_referred(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let ask = |class: &str, source: &str| {
        json!({
            "kind": "station_desk", "class": class, "beneficiary_id": BENEFICIARY,
            "source": source, "detail": "优待证如何办理"
        })
    };
    let off = a_day_off(&server.admin().await).await;
    let answered = open(&village, ask("policy", "walk_in")).await;
    assert_eq!(answered["due_on"], due_after(3, off), "answered within three working days");
    step(&village, &answered, json!({ "move": "answer", "note": "已告知材料" }), "answered").await;
    let referred = open(&village, ask("rights", "phone")).await;
    step(&village, &referred, json!({ "move": "pass_up" }), "town").await;
    let nameless = go(&town, &referred, json!({ "move": "refer" })).await;
    let pointer = &nameless.body["errors"][0]["pointer"];
    assert_eq!((nameless.status, pointer), (422, &json!("/referral")), "{}", nameless.body);
    let refer = json!({ "move": "refer", "referral": { "to": "lawyer", "name": "江律师" } });
    step(&town, &referred, refer, "referred").await;
    assert_eq!(listed(&village, "?step=referred").await, [referred["id"].clone()]);
    step(&village, &referred, json!({ "move": "answer" }), "answered").await;
    // A question that waits longer rises to the town, which answers it.
    let late = open(&village, ask("help", "phone")).await;
    let early = go(&town, &late, json!({ "move": "answer" })).await;
    assert_eq!((early.status, early.problem()), (403, "case_other_level"), "{}", early.body);
    server.database.execute(&format!(
        "UPDATE cases SET due_on = '{}', escalates_on = '{}' WHERE id = '{}'",
        day(-1),
        day(0),
        late["id"].as_str().expect("an id")
    ));
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    assert!(said(&run.expect("the job runs")).contains("1 processed"));
    let risen = read(&town, &late).await;
    assert_eq!((&risen["waits_for"], &risen["overdue"]), (&json!("town"), &json!(true)));
    assert_eq!(listed(&town, "?waits_for=town&overdue=true").await, [late["id"].clone()]);
    step(&town, &late, json!({ "move": "answer" }), "answered").await;
    // A person who is in no register asks at the desk of the village.
    let mut stranger = ask("jobs", "walk_in");
    stranger["beneficiary_id"] = Value::Null;
    stranger["area"] = json!("500116001002");
    let case = open(&village, stranger).await;
    step(&village, &case, json!({ "move": "withdraw" }), "withdrawn").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_of_a_town_answers_on_the_spot(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let ask = json!({
        "kind": "station_desk", "class": "policy", "beneficiary_id": BENEFICIARY,
        "source": "walk_in", "station": "S1", "detail": "优待证如何办理"
    });
    let case = open(&town, ask.clone()).await;
    assert_eq!((&case["step"], &case["waits_for"]), (&json!("desk"), &json!("town")));
    assert_eq!(listed(&town, "?waits_for=town&station=S1").await, [case["id"].clone()]);
    step(&town, &case, json!({ "move": "answer", "note": "已告知材料" }), "answered").await;
    // The village may answer what came to the counter of its town, and another level may not.
    let case = open(&town, ask).await;
    let grid = go(&server.manager().await, &case, json!({ "move": "answer" })).await;
    assert_eq!((grid.status, grid.problem()), (403, "case_other_level"), "{}", grid.body);
    // It is with the town already.
    let passed = go(&town, &case, json!({ "move": "pass_up" })).await;
    assert_eq!((passed.status, passed.problem()), (409, "case_move_not_permitted"));
    for offered in [&passed.body["current"], &read(&town, &case).await] {
        assert_eq!(may_come(offered), ["answer", "refer", "withdraw"]);
    }
    step(&village, &case, json!({ "move": "answer" }), "answered").await;
    // What the town examines as well it gets there, and what it returns comes back to the counter.
    let applied = json!({
        "kind": "plaque", "class": "hang", "beneficiary_id": BENEFICIARY, "source": "walk_in",
        "station": "S1"
    });
    let case = open(&town, applied).await;
    let reason = json!({ "move": "check", "answers": { "reason": "新发" } });
    step(&town, &case, reason, "review").await;
    let back = json!({ "move": "return", "note": "缺少身份证复印件" });
    step(&town, &case, back, "proposed").await;
    assert_eq!(listed(&town, "?waits_for=town&station=S1").await, [case["id"].clone()]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_a_desk_names_its_station_in_lists_the_export_and_the_log(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, supervisor) = (server.sign_in(VILLAGE).await, server.supervisor().await);
    let far = server.far_manager().await;
    let at = |station: &str, source: &str, home: &str| {
        json!({
            "kind": "station_desk", "class": "policy", "beneficiary_id": home, "source": source,
            "station": station
        })
    };
    let case = open(&village, at("S1", "walk_in", BENEFICIARY)).await;
    assert_eq!(case["station"], "S1");
    let mut elsewhere = at("S1", "phone", BENEFICIARY);
    elsewhere["station"] = Value::Null;
    open(&village, elsewhere).await;
    assert_eq!(listed(&village, "?station=S1").await, [case["id"].clone()]);
    assert_eq!(listed(&village, "?station=S2").await, Vec::<Value>::new());
    let opened = supervisor.events("case.open").await;
    assert_eq!(opened[0]["body"]["station"], "S1", "{opened:?}");
    let exported = supervisor.text("/v1/exports/cases?format=csv&station=S1").await;
    let lines: Vec<&str> = exported.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains(",Station,") && lines[1].contains(",S1,"));
    // One of another town, one that is unknown or closed, and a matter that came to no desk.
    let home = FAR_BENEFICIARY;
    for (caller, station, source, home) in [
        (&far, "S1", "walk_in", home),
        (&village, "S2", "walk_in", BENEFICIARY),
        (&village, "S1", "report", BENEFICIARY),
    ] {
        let mut new = at(station, source, home);
        if source == "report" {
            new["report_id"] = json!(BENEFICIARY);
        }
        let refused = caller.post("/v1/cases", &new).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/station")), "{}", refused.body);
    }
    let admin = server.admin().await;
    let end = admin.request(Method::DELETE, "/v1/stations/S1").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(end).await.status, 204);
    let closed = village.post("/v1/cases", &at("S1", "walk_in", BENEFICIARY)).await;
    assert_eq!(closed.status, 422, "{}", closed.body);
    let kept = village.get(&format!("/v1/cases/{}", case["id"].as_str().expect("an id"))).await;
    assert_eq!(kept.body["station"], "S1");
}
