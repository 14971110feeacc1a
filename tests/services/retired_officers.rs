//! Retired officers: several cadences by one named member of staff, a contact card, a promise that is
//! followed as a case, and a green channel to a hospital.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{install_for, report, server, task_of};
use crate::case::{VILLAGE, open, read, step};
use crate::goods::receive;
use crate::regime::cadences::{again, change};
use crate::regime::night;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::phone::Phone;
use crate::support::{Backend, phones};

const CONFIGURATION: &str = include_str!("../../docs/services/retired_officers.json");

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retired_officer_is_served_by_one_named_member_of_staff(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let officer = json!({ "categories": ["retired_officer"] });
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &officer).await;
    // A grid manager of another grid serves all retired officers of the district.
    let named = server.sign_in(phones::OTHER_MANAGER).await;
    install_for(&server, CONFIGURATION, &person_id(12)).await;
    let regimes = supervisor.get("/v1/regimes").await.body;
    let regimes = regimes["items"].as_array().expect("regimes").clone();
    assert_eq!(regimes.len(), 5);
    assert!(regimes.iter().all(|regime| regime["responsible_name"] == "李网格"), "{regimes:?}");
    let outlook = async |name: &str| {
        let regime = regimes.iter().find(|regime| regime["name"] == name).expect("a regime");
        let path = format!("/v1/regimes/{}/outlook", regime["id"].as_str().expect("an id"));
        let outlook = supervisor.get(&path).await.body;
        let weeks = outlook["weeks"].as_array().expect("weeks").iter();
        let visits = weeks.map(|week| week["visits"].as_i64().expect("a number")).sum::<i64>();
        (outlook["members"].clone(), visits)
    };
    assert!(matches!(outlook("军休人员每月联系").await, (one, 12..=13) if one == 1));
    assert_eq!(outlook("军休人员生日祝福").await, (json!(1), 0), "not the birthday of one person");
    assert_eq!(outlook("军休人员出院探望").await, (json!(1), 0), "no stay in hospital");
    assert!(night(&server).contains("succeeded"));
    let visit = task_of(&supervisor, "军休人员健康档案每年核对", BENEFICIARY).await;
    // The visits are on the list and on the phone of the named member of staff, who reports one.
    let own = named.get("/v1/tasks?responsible=me").await.body;
    let own = own["items"].as_array().expect("tasks").clone();
    assert_eq!(own.len(), 3, "{own:?}");
    assert!(own.iter().all(|task| task["assignee_id"] == person_id(12)), "{own:?}");
    let mut phone = Phone::default();
    phone.sync(&named, json!([])).await;
    assert!(phone.tasks().iter().any(|task| task["id"] == visit.as_str()));
    // The record is checked by a form, whose answers only the named member of staff and the superiors read.
    let path = format!("/v1/tasks/{visit}");
    assert_eq!(named.act(&format!("{path}/claim")).await.status, 200);
    let without =
        named.post(&format!("{path}/report"), &json!({ "outcome": "done", "answers": {} })).await;
    assert_eq!((without.status, without.problem()), (422, "invalid"), "{}", without.body);
    let record = json!({ "record": "missing", "checked_up": true, "card": false });
    report(&named, &visit, json!({ "answers": record, "note": "尚未建档，没有联系卡" })).await;
    let made = supervisor.get(&format!("{path}/reports")).await.body;
    assert_eq!(made["items"][0]["answers"], record, "{made}");
    assert_eq!(server.volunteer().await.get(&format!("{path}/reports")).await.status, 404);
    again(&server);
    let waiting = async |state: &str| {
        let path = format!("/v1/tasks?state={state}&responsible={}", person_id(12));
        supervisor.get(&path).await.body["items"].as_array().expect("tasks").len()
    };
    let counts = (waiting("open").await, waiting("assigned").await, waiting("done").await);
    assert_eq!(counts, (0, 0, 1), "one visit for all");

    // What he lacks is one promise, which ends once he has it.
    let village = server.sign_in(VILLAGE).await;
    let promises = village.get("/v1/cases?kind=officer_promise").await.body;
    let promised = promises["items"].as_array().expect("cases").as_slice();
    let [lacking] = promised else { panic!("{promises}") };
    let of = (&lacking["source"], &lacking["beneficiary_id"]);
    assert_eq!(of, (&json!("report"), &json!(BENEFICIARY)));
    assert_eq!(read(&village, lacking).await["detail"], "尚未建档，没有联系卡");
    // The contact card, once, from the named member of staff, who works in another grid.
    receive(&supervisor, "contact_card", "500116001002", 3).await;
    let card = json!({ "beneficiary_id": BENEFICIARY, "item": "contact_card" });
    let handed = named.post("/v1/handouts", &card).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    let twice = manager.post("/v1/handouts", &card).await;
    assert_eq!((twice.status, twice.problem()), (409, "handout_done"));
    assert_eq!(twice.body["current"]["by"], json!(person_id(12)), "{}", twice.body);
    step(&village, lacking, json!({ "move": "kept" }), "confirm").await;
    let content = json!({ "move": "close", "answers": { "satisfied": true } });
    step(&village, lacking, content, "closed").await;

    // A promise that the named member of staff enters has a clock and is closed by the officer's word.
    let promise = json!({
        "kind": "officer_promise", "beneficiary_id": BENEFICIARY, "source": "phone",
        "detail": "安装扶手"
    });
    let case = open(&named, promise).await;
    assert!(case["due_on"].is_string(), "{case}");
    step(&village, &case, json!({ "move": "kept" }), "confirm").await;
    let not_yet = json!({ "move": "again", "answers": { "satisfied": false } });
    step(&village, &case, not_yet, "promised").await;
    step(&village, &case, json!({ "move": "kept" }), "confirm").await;
    let content = json!({ "move": "close", "answers": { "satisfied": true } });
    step(&village, &case, content, "closed").await;
    assert_eq!(read(&village, &case).await["result"], "done");

    // The named member of staff asks for the green channel, which is hidden from auditors.
    let channel = json!({
        "kind": "green_channel", "beneficiary_id": BENEFICIARY, "source": "phone", "urgent": true
    });
    let case = open(&named, channel).await;
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    assert_eq!(server.auditor().await.get(&path).await.status, 404);
    step(&village, &case, json!({ "move": "arrange" }), "arranging").await;
    let hospital = json!({ "to": "hospital", "name": "区中心医院" });
    let arranged = json!({ "move": "arranged", "referral": hospital });
    step(&supervisor, &case, arranged, "after").await;
    step(&village, &case, json!({ "move": "close" }), "closed").await;
}
