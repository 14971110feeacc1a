//! The needs that must be visited: a visit some days after a report has found one.

use rstest::rstest;
use serde_json::{Value, json};

use super::{activate, content_of, install, items, report, server, task_of};
use crate::regime::cadences::{again, made};
use crate::regime::{night, rewrite, weekly, with};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, FAR_GRID};

const CONFIGURATION: &str = include_str!("../../docs/services/event_visits.json");
const DEATH: &str = "有事必访（急）";
const ILLNESS: &str = "有事必访（一周内）";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_follows_each_need_that_must_be_visited(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    install(&server, CONFIGURATION).await;
    let regimes = supervisor.get("/v1/regimes").await.body;
    let death = items(&regimes, "items").find(|regime| regime["name"] == DEATH).expect("a regime");
    assert_eq!(death["sentence_zh"], "江津区内报告发现“家有丧事”或“受灾或意外”的服务对象");
    assert!(night(&server).contains("succeeded, 0 processed"), "no report has found any");
    let second = beneficiary_id(2);
    let find = async |beneficiary: &str, need: &str| {
        let visit = supervisor.make_task(beneficiary).await;
        report(&volunteer, &visit, json!({ "needs": [need], "note": "已了解情况" })).await
    };
    find(BENEFICIARY, "bereavement").await;
    let illness = find(&second, "serious_illness").await;
    // Those of everyday life are for the station's desk.
    let third = beneficiary_id(3);
    let company = find(&third, "psychological").await;
    let desk = supervisor.get("/v1/cases?kind=station_desk").await.body;
    let of: Vec<_> =
        items(&desk, "items").map(|case| (&case["beneficiary_id"], &case["class"])).collect();
    assert_eq!(of, [(&json!(third), &json!("help"))]);
    let reports = supervisor.get("/v1/reports").await.body;
    let flags = |id: &str| {
        let report = super::items(&reports, "items").find(|report| report["id"] == id);
        report.unwrap_or_else(|| panic!("{reports}"))["flags"].clone()
    };
    assert_eq!((flags(&illness), flags(&company)), (json!([]), json!([])));
    assert!(again(&server).contains("succeeded, 0 processed"), "from tomorrow on");
    server.database.execute(&format!("UPDATE reports SET received_on = '{}'", day(-1)));
    assert!(again(&server).contains("succeeded, 2 processed"));
    assert!(again(&server).contains("succeeded, 0 processed"), "each need once");
    for (title, beneficiary, due_on) in
        [(DEATH, BENEFICIARY, day(1)), (ILLNESS, second.as_str(), day(6))]
    {
        let visits = made(&supervisor, title).await;
        let of: Vec<(&Value, &Value)> =
            visits.iter().map(|visit| (&visit["beneficiary_id"], &visit["due_on"])).collect();
        assert_eq!(of, [(&json!(beneficiary), &json!(due_on))], "{title}");
    }
    // The needs are encrypted, and no outlook tells their days.
    assert_eq!(server.database.count("regime_members WHERE phase <> -1"), 0);

    // The visit is made, and follows no second time; one whose report is amended has no reason.
    report(&volunteer, &task_of(&supervisor, DEATH, BENEFICIARY).await, json!({})).await;
    let amendment = json!({ "outcome": "done", "note": "是邻居住院" });
    let amended = volunteer.post(&format!("/v1/reports/{illness}/amendments"), &amendment).await;
    assert_eq!(amended.status, 200, "{}", amended.body);
    assert!(again(&server).contains("succeeded, 0 processed"));
    let state =
        |visits: &[Value]| visits.iter().map(|visit| visit["state"].clone()).collect::<Vec<_>>();
    assert_eq!(state(&made(&supervisor, DEATH).await), ["done"]);
    assert_eq!(state(&made(&supervisor, ILLNESS).await), ["cancelled"]);

    // Regimes of another audience or town visit for no need that is found here: without a rule it is flagged.
    let is_flagged = async || {
        let found = find(&second, "serious_illness").await;
        let reports = supervisor.get("/v1/reports").await.body;
        let found = items(&reports, "items").find(|report| report["id"] == found.as_str());
        let flags = found.expect("the report")["flags"].as_array().expect("flags");
        assert!(flags.contains(&json!("no_case")), "{reports}");
    };
    let regime = items(&regimes, "items").find(|regime| regime["name"] == ILLNESS);
    let regime = regime.expect("a regime");
    let content = content_of(regime);
    let others = json!({ "filter": { "area": [FAR_GRID] } });
    rewrite(&server, regime, &with(&content, &others)).await;
    is_flagged().await;
    let draft = with(&content, &json!({ "name": "二镇有事必访", "active": false }));
    let of_town = json!({ "area": "500116002", "content": draft });
    let of_town = supervisor.post("/v1/regimes", &of_town).await;
    assert_eq!(of_town.status, 201, "{}", of_town.body);
    activate(&server.admin().await, of_town.body["id"].as_str().expect("an id")).await;
    is_flagged().await;

    // A need that is none of the district's words is refused.
    let cadence = json!({ "type": "after_need", "needs": ["wedding"], "days": 3 });
    let unknown = weekly(&json!({ "cadence": cadence }));
    let refused = supervisor.post("/v1/regimes", &json!({ "content": unknown })).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/content/cadence/needs")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_visit_made_after_a_need_was_found_answers_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    install(&server, CONFIGURATION).await;
    let second = beneficiary_id(2);
    let visit = async |beneficiary: &str, more: Value| {
        let task = supervisor.make_task(beneficiary).await;
        report(&volunteer, &task, more).await
    };
    let set = |report: &str, column: &str, value: String| {
        let set = format!("UPDATE reports SET {column} = '{value}' WHERE id = '{report}'");
        server.database.execute(&set);
    };
    // The report of an earlier visit arrives after that of the visit which has found the need.
    let found = visit(BENEFICIARY, json!({ "needs": ["bereavement"] })).await;
    set(&found, "received_on", day(-1).to_string());
    let before = format!("{}T09:30:00+08:00", day(-2));
    visit(BENEFICIARY, json!({ "ended_at": before })).await;
    // An amendment adds a need after a later visit.
    let amended = visit(&second, json!({})).await;
    set(&amended, "received_on", day(-5).to_string());
    let later = visit(&second, json!({})).await;
    set(&later, "received_on", day(-3).to_string());
    let amendment = json!({ "outcome": "done", "needs": ["bereavement"] });
    let answer = volunteer.post(&format!("/v1/reports/{amended}/amendments"), &amendment).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    set(&amended, "amended_at", format!("{} 04:00:00", day(-1)));

    assert!(night(&server).contains("succeeded, 2 processed"));
    let visits = made(&supervisor, DEATH).await;
    assert!(visits.iter().all(|visit| visit["due_on"] == json!(day(1))), "{visits:?}");
    // A visit of today answers both.
    for beneficiary in [BENEFICIARY, second.as_str()] {
        visit(beneficiary, json!({})).await;
    }
    assert!(again(&server).contains("succeeded, 0 processed"));
    let states = made(&supervisor, DEATH).await;
    assert!(states.iter().all(|visit| visit["state"] == "cancelled"), "{states:?}");
}
