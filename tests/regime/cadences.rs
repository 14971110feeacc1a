//! Visits at birthdays and after stays in hospital, and contacts that satisfy several regimes.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{create, every, night, rewrite, tasks, weekly};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id, with_check_digit};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, OTHER_GRID, Server};

/// Changes the entry of the beneficiary, or its stay.
pub async fn change(caller: &Caller, method: Method, id: &str, part: &str, body: &Value) {
    let path = format!("/v1/beneficiaries/{id}");
    let version = caller.get(&path).await.body["version"].clone();
    let request = caller.request(method, &format!("{path}{part}"));
    let request = if body.is_null() { request } else { request.json(body) };
    let changed = caller.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

/// Gives the beneficiary with this number an ID number with this birthday.
pub async fn born_on(caller: &Caller, n: u32, birthday: NaiveDate) {
    let (month, day) = (birthday.month(), birthday.day());
    // A leap year, and a man.
    let number = with_check_digit(&format!("9999991944{month:02}{day:02}{n:02}1"));
    let body = json!({ "id_number": number });
    change(caller, Method::PATCH, &beneficiary_id(n), "", &body).await;
}

/// The tasks of the regime with this name.
pub async fn made(caller: &Caller, name: &str) -> Vec<Value> {
    tasks(caller).await.into_iter().filter(|task| task["title"] == name).collect()
}

/// Lets the job run again today.
pub fn again(server: &Server) -> String {
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    night(server)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_birthday_is_greeted_once_a_year_and_stays_encrypted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    // Today, in five days, in 40 days, and long ago or far ahead.
    for (n, later) in [(1, 0), (2, 5), (3, 40), (4, -60), (5, 100), (6, 150)] {
        born_on(&supervisor, n, day(later)).await;
    }
    let cadence = json!({ "cadence": { "type": "birthday" }, "name": "生日问候", "lead_days": 10 });
    let regime = create(&server, &weekly(&cadence)).await;
    assert_eq!(regime["cadence"], json!({ "type": "birthday" }), "{regime}");
    assert!(night(&server).contains("succeeded, 2 processed"));
    let mut greetings = made(&supervisor, "生日问候").await;
    greetings.sort_by_key(|task| task["due_on"].to_string());
    let days: Vec<&Value> = greetings.iter().map(|task| &task["due_on"]).collect();
    assert_eq!(days, [&json!(day(0)), &json!(day(5))]);
    assert!(again(&server).contains("succeeded, 0 processed"), "each once");

    let path = format!("/v1/regimes/{}/outlook", regime["id"].as_str().expect("an id"));
    let outlook = supervisor.get(&path).await.body;
    // The weeks would tell when a member was born.
    assert_eq!(outlook, json!({ "members": 6, "weeks": [] }));
    // No column of the members tells a birthday.
    assert_eq!(server.database.count("regime_members WHERE phase <> -1"), 0);
    let slots = server.database.count("regime_members WHERE slot IS NOT NULL");
    assert_eq!((server.database.count("regime_members"), slots), (6, 2));
    // With a cycle instead, the members are spread over it.
    let spread = weekly(&json!({ "name": "生日问候", "cadence": every(30) }));
    rewrite(&server, &regime, &spread).await;
    night(&server);
    let days = server.database.texts("SELECT CAST(phase AS TEXT) AS text FROM regime_members");
    let days: BTreeSet<String> = days.into_iter().collect();
    assert!(days.len() >= 4 && !days.contains("-1"), "{days:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_follows_a_stay_in_hospital(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let stay = |kind: &str| {
        json!({
            "grid": OTHER_GRID, "address": "区医院住院部3楼",
            "place": { "lat": 29.284, "lon": 106.263 }, "kind": kind,
            "first_day": day(-5), "last_day": day(3)
        })
    };
    change(&supervisor, Method::PUT, BENEFICIARY, "/stay", &stay("hospital")).await;
    change(&supervisor, Method::PUT, &beneficiary_id(2), "/stay", &stay("relatives")).await;
    let shown = supervisor.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.body;
    assert_eq!(shown["stay"].get("kind"), None, "about health: in clear only");
    let reveal = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let clear = supervisor.post(&reveal, &json!({ "purpose": "correction" })).await.body;
    assert_eq!(clear["stay"]["kind"], "hospital", "{clear}");
    // One who extends the stay and names no kind leaves the person in hospital.
    let mut longer = stay("hospital");
    longer.as_object_mut().expect("a stay").remove("kind");
    longer["last_day"] = json!(day(4));
    change(&supervisor, Method::PUT, BENEFICIARY, "/stay", &longer).await;
    let clear = supervisor.post(&reveal, &json!({ "purpose": "correction" })).await.body;
    assert_eq!(clear["stay"]["kind"], "hospital", "{clear}");
    let after = json!({
        "cadence": { "type": "after_hospital", "days": 7 }, "name": "出院回访", "lead_days": 30,
        "starts_on": day(-30)
    });
    create(&server, &weekly(&after)).await;
    assert!(night(&server).contains("succeeded, 0 processed"), "still in hospital");

    // The days pass.
    server.database.execute(&format!(
        "UPDATE beneficiaries SET stay_to = '{}' WHERE stay_to IS NOT NULL",
        day(-2)
    ));
    let job = gridward(&server.database, &["jobs", "run", "casework"]).output().expect("it runs");
    assert!(job.status.success(), "{}", said(&job));
    assert!(again(&server).contains("succeeded, 1 processed"));
    assert!(again(&server).contains("succeeded, 0 processed"), "once");
    let visits = made(&supervisor, "出院回访").await;
    let visit = &visits[0];
    assert_eq!(
        (visits.len(), &visit["beneficiary_id"], &visit["due_on"]),
        (1, &json!(BENEFICIARY), &json!(day(5)))
    );
    let path = format!("/v1/tasks/{}", visit["id"].as_str().expect("an id"));
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let done = volunteer.post(&format!("{path}/report"), &json!({ "outcome": "done" })).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(again(&server).contains("succeeded, 0 processed"));
    // A stay that is ended by a call counts until today.
    change(&supervisor, Method::PUT, BENEFICIARY, "/stay", &stay("hospital")).await;
    change(&supervisor, Method::DELETE, BENEFICIARY, "/stay", &Value::Null).await;
    assert!(again(&server).contains("succeeded, 0 processed"), "from tomorrow on");
}

/// Makes the visit or the call of the regime with this name to the first beneficiary.
pub async fn make(server: &Server, name: &str) {
    let all = made(&server.supervisor().await, name).await;
    let own = all.iter().find(|task| task["beneficiary_id"] == BENEFICIARY).expect("a task");
    carry_out(server, own["id"].as_str().expect("an id")).await;
}

/// Makes the visit or the call of the task.
async fn carry_out(server: &Server, id: &str) {
    let (volunteer, path) = (server.volunteer().await, format!("/v1/tasks/{id}"));
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let report = json!({ "outcome": "done", "answers": { "plaque": "hung" } });
    let done = volunteer.post(&format!("{path}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

/// The states of the tasks of these regimes for the first beneficiary.
pub async fn states(server: &Server, names: &[&str]) -> Vec<String> {
    let supervisor = server.supervisor().await;
    let mut states = Vec::new();
    for name in names {
        let all = made(&supervisor, name).await;
        let own = all.iter().filter(|task| task["beneficiary_id"] == BENEFICIARY);
        states.extend(own.map(|task| task["state"].as_str().expect("a state").to_owned()));
    }
    states
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_satisfies_no_visit_and_a_visit_satisfies_all_regimes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let names = ["每周走访", "每周慰问", "每周电话"];
    for (name, kind) in names.into_iter().zip(["home_visit", "condolence", "phone_call"]) {
        let more = json!({ "name": name, "kind": kind, "cadence": every(7) });
        create(&server, &weekly(&more)).await;
    }
    assert!(night(&server).contains("succeeded, 18 processed"));
    make(&server, "每周电话").await;
    again(&server);
    assert_eq!(states(&server, &names).await, ["open", "open", "done"]);
    make(&server, "每周走访").await;
    assert!(night(&server).contains("succeeded, 0 processed"), "a later run of the day");
    assert_eq!(states(&server, &names).await, ["done", "cancelled", "done"]);
    // The open tasks of the others stay.
    let open = tasks(&server.supervisor().await).await;
    assert_eq!(open.iter().filter(|task| task["state"] == "open").count(), 15);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_only_its_own_kind_satisfies_stays_after_other_visits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let of_kind = |name: &str, kind: &str| {
        let more = json!({ "name": name, "kind": kind, "satisfied_by": "kind" });
        weekly(&more)
    };
    create(&server, &weekly(&json!({}))).await;
    let checked = create(&server, &of_kind("每周核对", "plaque_check")).await;
    assert_eq!(checked["satisfied_by"], "kind", "{checked}");
    let names = ["每周走访", "每周核对"];
    assert!(night(&server).contains("succeeded, 12 processed"));
    make(&server, "每周走访").await;
    again(&server);
    assert_eq!(states(&server, &names).await, ["done", "open"]);
    let check = json!({
        "beneficiary_id": BENEFICIARY, "kind": "plaque_check", "due_on": day(1)
    });
    carry_out(&server, &server.supervisor().await.make(&check).await).await;
    again(&server);
    assert_eq!(states(&server, &names).await, ["done", "cancelled"]);
}
