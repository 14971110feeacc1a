//! A launch makes the tasks of a campaign, once, and its progress is read by area.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{approve, campaign, draft, launch, launched, launched_campaign, tasks};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_approved_by_another_person_and_launched_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({})).await;
    let shown = supervisor.get(&path).await.body;
    assert_eq!((&shown["state"], &shown["version"]), (&json!("draft"), &json!(1)));
    assert_eq!(shown["occasion_day"], "2027-02-06");
    assert_eq!(shown["occasion_key"], "spring_festival_2027");
    assert_eq!(shown["sentence_zh"], "江津区内的全部服务对象");
    assert_eq!(shown["instructions"], "送春联");
    let skipped = launch(&supervisor, &path, true).await;
    assert_eq!((skipped.status, skipped.problem()), (409, "campaign_state"));
    assert_eq!(skipped.body["current"]["state"], "draft");

    let own = approve(&supervisor, &path).await;
    assert_eq!((own.status, own.problem()), (403, "campaign_author"));
    let unread = admin.act(&format!("{path}/approve")).await;
    assert_eq!((unread.status, unread.problem()), (428, "version_required"));
    let approved = approve(&admin, &path).await;
    assert_eq!((approved.status, &approved.body["state"]), (200, &json!("approved")));
    let late = supervisor.request(Method::PUT, &path).json(&campaign(json!({ "year": 2028 })));
    let late = supervisor.send(late.header("If-Match", "\"v2\"")).await;
    assert_eq!((late.status, late.problem()), (409, "campaign_state"));

    let everybody = launch(&supervisor, &path, false).await;
    assert_eq!((everybody.status, everybody.problem()), (409, "confirmation_required"));
    let begun = launch(&supervisor, &path, true).await;
    assert_eq!((begun.status, &begun.body["state"]), (200, &json!("launching")));
    let campaign = launched(&supervisor, &path).await;
    assert_eq!((&campaign["created_tasks"], &campaign["existing_tasks"]), (&json!(6), &json!(0)));
    let again = launch(&supervisor, &path, true).await;
    assert_eq!((again.status, &again.body["created_tasks"]), (200, &json!(6)));
    assert_eq!(tasks(&supervisor).await.len(), 6);

    let task = &tasks(&supervisor).await[0];
    let id = task["id"].as_str().expect("an id");
    let task = supervisor.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(
        (&task["title"], &task["occasion"]),
        (&json!("春节慰问"), &json!("spring_festival_2027"))
    );
    assert_eq!(
        (&task["not_before"], &task["due_on"]),
        (&json!("2027-01-18"), &json!("2027-02-05"))
    );
    assert_eq!(task["instructions"], "送春联");

    let closed = supervisor.act(&format!("{path}/close")).await;
    assert_eq!((closed.status, &closed.body["state"]), (200, &json!("closed")));
    let ended = launch(&supervisor, &path, true).await;
    assert_eq!((ended.status, ended.problem()), (409, "campaign_state"));
    for (action, count) in
        [("create", 1), ("approve", 1), ("launch", 1), ("finish", 1), ("close", 1), ("change", 0)]
    {
        assert_eq!(supervisor.events(&format!("campaign.{action}")).await.len(), count, "{action}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_beneficiary_gets_one_task_for_an_occasion_whoever_launches(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let by_hand = home_visit(BENEFICIARY, json!({ "occasion": "spring_festival_2027" }));
    let by_hand = supervisor.make(&by_hand).await;
    let (_, _, first) = launched_campaign(&server, json!({ "area": "500116001" })).await;
    assert_eq!((&first["created_tasks"], &first["existing_tasks"]), (&json!(3), &json!(1)));
    let (_, _, second) = launched_campaign(&server, json!({})).await;
    assert_eq!((&second["created_tasks"], &second["existing_tasks"]), (&json!(2), &json!(4)));
    assert_eq!(tasks(&supervisor).await.len(), 6);

    // A cancelled task is no longer the one of its occasion.
    let cancel = supervisor.request(Method::POST, &format!("/v1/tasks/{by_hand}/cancel"));
    let cancel = cancel.header("If-Match", "\"v1\"").json(&json!({ "reason": "x" }));
    assert_eq!(supervisor.send(cancel).await.status, 200);
    let (_, _, third) = launched_campaign(&server, json!({})).await;
    assert_eq!((&third["created_tasks"], &third["existing_tasks"]), (&json!(1), &json!(5)));
    let army_day = json!({
        "occasion": "army_day", "first_day": "2027-07-20", "last_day": "2027-07-31"
    });
    let (_, _, another) = launched_campaign(&server, army_day).await;
    assert_eq!(another["created_tasks"], 6, "another occasion");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_goes_on_after_a_kill_and_repetitions_change_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({})).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let (first, second) =
        tokio::join!(launch(&supervisor, &path, true), launch(&admin, &path, true));
    assert_eq!((first.status, second.status), (200, 200), "{} {}", first.body, second.body);
    assert_eq!(first.body["id"], second.body["id"]);
    server.kill_and_restart();
    let supervisor = server.supervisor().await;
    let campaign = launched(&supervisor, &path).await;
    assert_eq!(campaign["created_tasks"], 6);
    assert_eq!(tasks(&supervisor).await.len(), 6);

    // As a server that stopped between two steps left it.
    let id = path.rsplit('/').next().expect("an id");
    server.database.execute(&format!(
        "UPDATE campaigns SET state = 'launching', reached = '{}', created_tasks = 3 \
         WHERE id = '{id}'",
        beneficiary_id(3)
    ));
    let output = gridward(&server.database, &["jobs", "run", "campaign_launches"]).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    let campaign = launched(&supervisor, &path).await;
    assert_eq!((&campaign["created_tasks"], &campaign["existing_tasks"]), (&json!(3), &json!(3)));
    assert_eq!(tasks(&supervisor).await.len(), 6);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_get_the_tasks_and_the_progress_is_by_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let mut phone = Phone::default();
    phone.sync(&manager, json!([])).await;
    assert!(phone.tasks().is_empty());
    let (supervisor, path, _) = launched_campaign(&server, json!({})).await;
    phone.sync(&manager, json!([])).await;
    assert_eq!(phone.tasks().len(), 3, "those of the grid");
    let id = phone.tasks()[0]["id"].as_str().expect("an id").to_owned();
    let cancel = supervisor.request(Method::POST, &format!("/v1/tasks/{id}/cancel"));
    let cancel = cancel.header("If-Match", "\"v1\"").json(&json!({ "reason": "x" }));
    assert_eq!(supervisor.send(cancel).await.status, 200);
    let progress = supervisor.get(&format!("{path}/progress")).await;
    assert_eq!(progress.status, 200, "{}", progress.body);
    assert_eq!(progress.body["total"], json!({ "tasks": 6, "done": 0, "open": 5, "failed": 1 }));
    let towns: Vec<&Value> = progress.body["areas"]
        .as_array()
        .expect("areas")
        .iter()
        .map(|area| &area["counts"])
        .collect();
    assert_eq!(
        towns,
        [
            &json!({ "tasks": 4, "done": 0, "open": 3, "failed": 1 }),
            &json!({ "tasks": 2, "done": 0, "open": 2, "failed": 0 }),
        ]
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launch_is_stopped_by_closing_the_campaign(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({})).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    server.database.execute("UPDATE campaigns SET state = 'launching'");
    let closed = supervisor.act(&format!("{path}/close")).await;
    assert_eq!((closed.status, &closed.body["state"]), (200, &json!("closed")));
    let run = gridward(&server.database, &["jobs", "run", "campaign_launches"]).output();
    assert!(run.expect("it runs").status.success());
    assert_eq!(tasks(&supervisor).await.len(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_town_reads_a_campaign_of_the_district_that_reaches_it_with_its_own_figures(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, admin) = (server.town_supervisor().await, server.admin().await);
    let supervisor = server.supervisor().await;
    let path = draft(&supervisor, json!({})).await;
    let listed = async |caller: &Caller| {
        let items = caller.get("/v1/campaigns").await.body["items"].clone();
        items.as_array().expect("campaigns").len()
    };
    assert_eq!((town.get(&path).await.status, listed(&town).await), (404, 0), "a draft");
    assert_eq!(approve(&admin, &path).await.status, 200);
    assert_eq!((town.get(&path).await.status, listed(&town).await), (200, 1));
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
    launched(&supervisor, &path).await;
    let progress = async |caller: &Caller| caller.get(&format!("{path}/progress")).await.body;
    let (own, all) = (progress(&town).await, progress(&supervisor).await);
    assert_eq!((&own["total"]["tasks"], &all["total"]["tasks"]), (&json!(4), &json!(6)));
    assert_eq!(own["areas"].as_array().map(Vec::len), Some(1), "its villages: {own}");
    assert_eq!(own["areas"][0]["area"], "500116001002");
    let report = town.get(&format!("{path}/report")).await.body;
    assert_eq!(report["tasks"]["tasks"], 4, "{report}");
    assert_eq!(report["areas"].as_array().map(Vec::len), Some(1));
    let exported = town.text("/v1/exports/campaigns?format=csv").await;
    assert_eq!(exported.lines().count(), 2, "{exported}");
    // Read only, and no campaign of another town.
    for command in ["close", "launch", "reminders", "dry-plans"] {
        let body = json!({});
        let refused = town.post(&format!("{path}/{command}"), &body).await;
        assert_eq!(refused.status, 404, "{command}: {}", refused.body);
    }
    assert_eq!(town.get(&format!("{path}/feasibility")).await.status, 404);
    assert_eq!(server.manager().await.get(&path).await.status, 403);
    let other = draft(&supervisor, json!({ "area": "500116002", "year": 2028 })).await;
    assert_eq!(approve(&admin, &other).await.status, 200);
    assert_eq!((town.get(&other).await.status, listed(&town).await), (404, 1));
}
