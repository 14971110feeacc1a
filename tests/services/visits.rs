//! Home visits, holiday visits and the follow-up of hardships, from the due day to the closed need.

use chrono::NaiveDate;
use rstest::rstest;
use serde_json::{Value, json};

use super::{items, report, server, task_of};
use crate::campaign::launched_campaign;
use crate::case::{close_help, grant_help, hardship, listed, open, step};
use crate::regime::cadences::again;
use crate::regime::{create, every, night, weekly};
use crate::support::days::day;
use crate::support::files::BENEFICIARY;
use crate::support::follow_ups::follow_up_by_tasks;
use crate::support::{Backend, Caller, Server};

/// The regime of monthly visits.
const MONTHLY: &str = "每月走访";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_found_at_a_visit_is_followed_to_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let monthly = json!({ "name": MONTHLY, "cadence": every(30), "lead_days": 29 });
    create(&server, &weekly(&monthly)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    let visit = task_of(&supervisor, MONTHLY, BENEFICIARY).await;
    let due = supervisor.get(&format!("/v1/tasks/{visit}")).await.body["due_on"].clone();
    let due: NaiveDate = due.as_str().expect("a day").parse().expect("a day");
    assert!((day(0)..=day(29)).contains(&due), "{due}");
    let found = json!({ "outcome": "needs_follow_up", "needs": ["medical"] });
    report(&volunteer, &visit, found).await;

    // The hardship is a case: checked at home, decided, helped and followed up by another visit.
    let case = found_hardship(&supervisor).await;
    let follow_up = grant_help(&server, &case).await;
    // What is still needed goes back on the path of the case: it makes the next visit, and the report none.
    let unmet = json!({
        "outcome": "needs_follow_up", "needs": ["medical"], "answers": { "still_needed": true }
    });
    report(&volunteer, &follow_up, unmet).await;
    assert_eq!(open_tasks(&supervisor, "hardship_follow_up").await, Vec::<Value>::new());
    let back =
        json!({ "move": "again", "answers": { "help_arrived": false, "still_needed": true } });
    step(&server.manager().await, &case, back, "help").await;
    step(&server.town_supervisor().await, &case, json!({ "move": "helped" }), "follow_up").await;
    assert_eq!(listed(&supervisor, "?kind=three_hardships").await, [case["id"].clone()]);
    let waiting = open_tasks(&supervisor, "hardship_follow_up").await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let follow_up = waiting[0]["id"].as_str().expect("an id").to_owned();
    let shown = supervisor.get(&format!("/v1/tasks/{follow_up}")).await.body;
    assert_eq!(shown["kind"], "hardship_follow_up", "{shown}");
    let answers =
        json!({ "help_arrived": true, "still_needed": false, "measures": "已办理医疗救助" });
    report(&volunteer, &follow_up, json!({ "answers": answers })).await;
    assert_eq!(notices(&volunteer).await, Vec::<Value>::new(), "the need is not closed yet");
    close_help(&server, &case).await;
    assert_eq!(notices(&volunteer).await, [json!("case_closed")], "the finder learns of the end");
    assert_eq!(open_tasks(&supervisor, "hardship_follow_up").await, Vec::<Value>::new());
    assert!(again(&server).contains("succeeded, 0 processed"), "the visit was made");
    // A month later the next one falls due; those that are still to be made are not repeated.
    pass_a_cycle(&server);
    assert!(again(&server).contains("succeeded, 1 processed"));
    let next = open_tasks(&supervisor, "home_visit").await;
    let next = next.iter().find(|task| task["beneficiary_id"] == BENEFICIARY).expect("a visit");
    assert_eq!((&next["title"], &next["due_on"]), (&json!(MONTHLY), &json!(due)), "{next}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_of_a_case_is_followed_up_for_a_need_of_another_class(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    follow_up_by_tasks(&server).await;
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let case = open(&server.manager().await, hardship()).await;
    let visit = grant_help(&server, &case).await;
    let found = |needs: &[&str]| {
        let answers = json!({ "still_needed": true });
        json!({ "outcome": "needs_follow_up", "needs": needs, "answers": answers })
    };
    let id = report(&volunteer, &visit, found(&["housing"])).await;
    assert_eq!(open_tasks(&supervisor, "hardship_follow_up").await, Vec::<Value>::new());
    let path = format!("/v1/reports/{id}/amendments");
    let amended = volunteer.post(&path, &found(&["housing", "medical"])).await;
    assert_eq!(amended.status, 200, "{}", amended.body);
    let followed = open_tasks(&supervisor, "hardship_follow_up").await;
    assert_eq!(followed.len(), 1, "the case is of housing alone: {followed:?}");
}

/// The open tasks of the kind.
async fn open_tasks(caller: &Caller, kind: &str) -> Vec<Value> {
    let listed = caller.get(&format!("/v1/tasks?kind={kind}&state=open&limit=200")).await.body;
    listed["items"].as_array().expect("tasks").clone()
}

/// Lets a cycle of 30 days pass: all that the monthly regime, begun today, remembers is that much older, also for which
/// days its members have had their visits.
fn pass_a_cycle(server: &Server) {
    let ago = day(-30);
    server.database.execute(&format!(
        "UPDATE regimes SET starts_on = '{ago}'; UPDATE beneficiaries SET last_contact = '{ago}', \
         last_visit = '{ago}' WHERE last_visit IS NOT NULL;"
    ));
    let dated_back = (0..30).map(|later| {
        let (was, is) = (day(later), day(later - 30));
        format!(
            "UPDATE regime_members SET slot = '{is}' WHERE slot = '{was}'; UPDATE task_occasions \
             SET occasion = '{MONTHLY} {is}' WHERE occasion = '{MONTHLY} {was}';"
        )
    });
    server.database.execute(&dated_back.collect::<String>());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holiday_visit_is_made_for_its_occasion_and_finds_hardship(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let condolence = json!({ "name": "春节慰问", "kind": "condolence" });
    let (supervisor, path, campaign) = launched_campaign(&server, condolence).await;
    assert_eq!(campaign["created_tasks"], 6, "{campaign}");
    let visit = task_of(&supervisor, "春节慰问", BENEFICIARY).await;
    let found = json!({ "outcome": "needs_follow_up", "needs": ["housing"] });
    let volunteer = server.volunteer().await;
    report(&volunteer, &visit, found).await;
    let progress = supervisor.get(&format!("{path}/progress")).await.body;
    assert_eq!(progress["total"]["done"], 1, "{progress}");

    // The follow-up is made by another visitor, and ends with the answer that help has arrived.
    let case = found_hardship(&supervisor).await;
    let id = grant_help(&server, &case).await;
    let second = server.second_volunteer().await;
    assert_eq!(second.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    // What the form requires is missing, also without any answers.
    for unanswered in [json!({ "outcome": "done", "answers": {} }), json!({ "outcome": "done" })] {
        let early = second.post(&format!("/v1/tasks/{id}/report"), &unanswered).await;
        let pointer = &early.body["errors"][0]["pointer"];
        assert_eq!(
            (early.status, pointer),
            (422, &json!("/answers/still_needed")),
            "{}",
            early.body
        );
    }
    let arrived = json!({
        "outcome": "done", "answers": { "help_arrived": true, "still_needed": false,
        "measures": "屋顶已修缮" }
    });
    let done = second.post(&format!("/v1/tasks/{id}/report"), &arrived).await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")), "{}", done.body);
    assert_eq!(open_tasks(&supervisor, "hardship_follow_up").await, Vec::<Value>::new());
    close_help(&server, &case).await;
    assert_eq!(notices(&volunteer).await, [json!("case_closed")], "the finder learns of the end");
}

/// The case that a visit has opened for a hardship, the only one.
async fn found_hardship(caller: &Caller) -> Value {
    let cases = caller.get("/v1/cases?kind=three_hardships").await.body;
    let steps: Vec<_> = items(&cases, "items").map(|case| &case["step"]).collect();
    assert_eq!(steps, [&json!("found")], "{cases}");
    cases["items"][0].clone()
}

/// The kinds of the caller's notices.
async fn notices(caller: &Caller) -> Vec<Value> {
    let me = caller.get("/v1/me").await.body;
    items(&me, "notices").map(|notice| notice["kind"].clone()).collect()
}
