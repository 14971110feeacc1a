//! The needs that must be visited: a visit some days after a report has found one.

use rstest::rstest;
use serde_json::{Value, json};

use super::{install, report, server, task_of};
use crate::regime_cadences::{again, made};
use crate::regimes::{night, weekly};
use crate::support::Backend;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};

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
    assert!(night(&server).contains("succeeded, 0 processed"), "no report has found any");
    let second = beneficiary_id(2);
    let find = async |beneficiary: &str, need: &str| {
        let visit = supervisor.make_task(beneficiary).await;
        report(&volunteer, &visit, json!({ "needs": [need], "note": "已了解情况" })).await
    };
    find(BENEFICIARY, "bereavement").await;
    let illness = find(&second, "serious_illness").await;
    // A need that no rule and no regime is about is flagged.
    let unheard = find(&beneficiary_id(3), "psychological").await;
    let reports = supervisor.get("/v1/reports").await.body;
    let flags = |id: &str| {
        let report = super::items(&reports, "items").find(|report| report["id"] == id);
        report.unwrap_or_else(|| panic!("{reports}"))["flags"].clone()
    };
    assert_eq!((flags(&illness), flags(&unheard)), (json!([]), json!(["no_case"])));
    assert!(again(&server).contains("succeeded, 0 processed"), "from tomorrow on");
    let yesterday = day(-1);
    server.database.execute(&format!(
        "UPDATE reports SET received_on = '{yesterday}'; \
         UPDATE beneficiaries SET last_contact = '{yesterday}', last_visit = '{yesterday}'"
    ));
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

    // A need that is none of the district's words is refused.
    let cadence = json!({ "type": "after_need", "needs": ["wedding"], "days": 3 });
    let unknown = weekly(&json!({ "cadence": cadence }));
    let refused = supervisor.post("/v1/regimes", &json!({ "content": unknown })).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/content/cadence/needs")));
}
