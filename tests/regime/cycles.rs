//! Each member gets one visit in a cycle.

use rstest::rstest;
use serde_json::{Value, json};

use super::{contact_all, create, every, night, rewrite, tasks, weekly, with};
use crate::support::days::day;
use crate::support::server::gridward;
use crate::support::{Backend, FAR_GRID, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_member_gets_one_visit_in_a_cycle_however_often_the_job_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let before = tasks(&supervisor).await.len();
    let regime = create(&server, &weekly(&json!({}))).await;
    assert_eq!(regime["sentence_zh"], "江津区内 1 岁及以上的服务对象", "{regime}");
    assert!(regime["responsible_name"].is_string() && regime["is_responsible_gone"] == false);
    assert!(night(&server).contains("succeeded, 6 processed"));
    let made = tasks(&supervisor).await;
    assert_eq!(made.len(), before + 6);
    let of_regime = made.iter().filter(|task| task["title"] == "每周走访");
    let mut due: Vec<String> = of_regime.map(|task| task["due_on"].to_string()).collect();
    due.sort_unstable();
    assert_eq!(due.len(), 6);
    let week: Vec<String> = (0..=6).map(|n| json!(day(n)).to_string()).collect();
    assert!(due.iter().all(|due| week.contains(due)), "{due:?}");
    // Two or more visits of seven days are on different ones.
    due.dedup();
    assert!(due.len() >= 4, "{due:?}");
    assert!(night(&server).contains("succeeded, 0 processed"), "prepared today");
    // As after a run that was killed before its end.
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    assert!(night(&server).contains("succeeded, 0 processed"), "each visit once");
    assert_eq!(tasks(&supervisor).await.len(), before + 6);
    let shown =
        supervisor.get(&format!("/v1/regimes/{}", regime["id"].as_str().expect("id"))).await;
    assert_eq!(shown.body["prepared_on"], json!(day(0)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_waits_for_the_last_one_and_a_contact_satisfies_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    create(&server, &weekly(&json!({}))).await;
    assert!(night(&server).contains("6 processed"));
    // A week later by the calendar of the members, with the visits still to be made.
    let later = || {
        let slots = format!("UPDATE regime_members SET slot = '{}'", day(-7));
        server.database.execute(&slots);
        server.database.execute("UPDATE regimes SET ran_on = NULL");
    };
    later();
    assert!(night(&server).contains("0 processed"), "the last visits are unfinished");
    server.database.execute("UPDATE tasks SET state = 'done'");
    contact_all(&server, &day(6).to_string());
    later();
    assert!(night(&server).contains("0 processed"), "all were contacted");
    server.database.execute("UPDATE beneficiaries SET last_contact = NULL, last_visit = NULL");
    server.database.execute("DELETE FROM task_occasions");
    later();
    assert!(night(&server).contains("6 processed"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outlook_counts_the_visits_of_a_year_by_week_and_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let content = weekly(&json!({ "active": false, "responsible_id": null }));
    let regime = create(&server, &content).await;
    let path = format!("/v1/regimes/{}/outlook", regime["id"].as_str().expect("an id"));
    let outlook = supervisor.get(&path).await.body;
    assert_eq!(outlook["members"], 6, "{outlook}");
    let weeks = outlook["weeks"].as_array().expect("weeks");
    assert_eq!(weeks.len(), 52);
    assert!(weeks.iter().all(|week| week["visits"] == 6), "{outlook}");
    assert_eq!(weeks[1]["first_day"], json!(day(7)));
    for (asked, found) in [(1, 1), (104, 104)] {
        let outlook = supervisor.get(&format!("{path}?weeks={asked}")).await.body;
        assert_eq!(outlook["weeks"].as_array().map(Vec::len), Some(found), "{asked}");
    }
    for beyond in ["0", "105", "1000000"] {
        let refused = supervisor.get(&format!("{path}?weeks={beyond}")).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (400, &json!("weeks")), "{beyond}: {}", refused.body);
    }
    assert_eq!(server.database.count("regime_members"), 0);
    assert!(night(&server).contains("0 processed"), "it is not active");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_and_go_with_the_audience(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let of_grid = weekly(&json!({ "filter": { "area": [GRID] } }));
    let regime = create(&server, &of_grid).await;
    night(&server);
    let few = server.database.count("regime_members");
    assert!((1..6).contains(&few), "{few}");
    rewrite(&server, &regime, &weekly(&json!({}))).await;
    night(&server);
    assert_eq!(server.database.count("regime_members"), 6);
    let ended = format!("UPDATE beneficiaries SET valid_to = '{}' WHERE grid = '{GRID}'", day(-1));
    server.database.execute(&ended);
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    night(&server);
    assert_eq!(server.database.count("regime_members"), 6 - few);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_another_contact_satisfies_is_withdrawn_unless_a_person_has_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    create(&server, &weekly(&json!({}))).await;
    assert!(night(&server).contains("6 processed"));
    let made = tasks(&supervisor).await;
    let made: Vec<&Value> = made.iter().filter(|task| task["title"] == "每周走访").collect();
    let own = made.iter().find(|task| task["grid"] == GRID).expect("a task of the grid");
    let claim = format!("/v1/tasks/{}/claim", own["id"].as_str().expect("an id"));
    assert_eq!(manager.act(&claim).await.status, 200);
    contact_all(&server, &day(6).to_string());
    server.database.execute("UPDATE regimes SET ran_on = NULL");
    assert!(night(&server).contains("succeeded"));
    for task in &made {
        let path = format!("/v1/tasks/{}", task["id"].as_str().expect("an id"));
        let state = supervisor.get(&path).await.body["state"].clone();
        let expected = if task["id"] == own["id"] { "accepted" } else { "cancelled" };
        assert_eq!(state, expected, "{task}");
    }
    let other = made.iter().find(|task| task["id"] != own["id"]).expect("another");
    let path = format!("/v1/tasks/{}/history", other["id"].as_str().expect("an id"));
    let history = supervisor.get(&path).await.body;
    let last = history["items"].as_array().expect("steps").last().cloned().expect("a step");
    assert_eq!(last["because"], "contacted", "{history}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_cadence_and_a_return_to_the_audience_make_no_second_open_visit(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let slow = json!({ "cadence": every(60), "lead_days": 59, "starts_on": day(-120) });
    let regime = create(&server, &weekly(&slow)).await;
    assert!(night(&server).contains("6 processed"));
    let quick = json!({ "cadence": every(7), "lead_days": 6, "starts_on": day(-120) });
    let regime = rewrite(&server, &regime, &weekly(&quick)).await;
    assert!(night(&server).contains("0 processed"), "all visits are still open");
    assert_eq!(tasks(&supervisor).await.len(), 6);
    // The visits of those who leave the audience are cancelled, unless a person has them.
    let own = tasks(&supervisor).await;
    let own = own.iter().find(|task| task["grid"] == GRID).expect("a task of the grid");
    let claim = format!("/v1/tasks/{}/claim", own["id"].as_str().expect("an id"));
    assert_eq!(server.manager().await.act(&claim).await.status, 200);
    let elsewhere = with(&weekly(&quick), &json!({ "filter": { "area": [FAR_GRID] } }));
    let regime = rewrite(&server, &regime, &elsewhere).await;
    night(&server);
    let unfinished = async || {
        let all = tasks(&supervisor).await;
        all.iter().filter(|task| task["state"] != "cancelled").count()
    };
    let far = server.database.count(&format!("beneficiaries WHERE grid = '{FAR_GRID}'"));
    assert_eq!(unfinished().await, usize::try_from(far).expect("few") + 1);
    rewrite(&server, &regime, &weekly(&quick)).await;
    night(&server);
    assert_eq!(unfinished().await, 6, "one for each member");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_that_was_not_made_is_prepared_again_after_some_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let monthly = json!({ "cadence": every(30), "lead_days": 29 });
    create(&server, &weekly(&monthly)).await;
    assert!(night(&server).contains("6 processed"));
    let again = |state: &str, ended: i64| {
        let ended = day(ended);
        server.database.execute(&format!(
            "UPDATE tasks SET state = '{state}', updated_at = '{ended} 12:00:00';
             UPDATE regimes SET ran_on = NULL"
        ));
        night(&server)
    };
    assert!(again("failed", -6).contains("0 processed"), "less than a quarter of the cycle ago");
    assert!(again("done", -7).contains("0 processed"));
    for (number, state) in [(12, "failed"), (18, "cancelled"), (24, "expired")] {
        assert!(again(state, -7).contains("6 processed"), "{state}");
        assert_eq!(tasks(&supervisor).await.len(), number);
    }
    assert!(again("open", -7).contains("0 processed"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_beside_each_other_prepare_each_visit_once_and_keep_its_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    create(&server, &weekly(&json!({}))).await;
    let runs: Vec<_> = (0..4)
        .map(|_| gridward(&server.database, &["jobs", "run", "regimes"]).spawn().expect("it runs"))
        .collect();
    for mut run in runs {
        assert!(run.wait().expect("it ends").success());
    }
    assert_eq!(tasks(&supervisor).await.len(), 6);
    assert_eq!(server.database.count("regime_members WHERE task IS NOT NULL"), 6);
    // A second regime of the same name and kind has the same visits.
    create(&server, &weekly(&json!({}))).await;
    night(&server);
    assert_eq!(tasks(&supervisor).await.len(), 6);
    assert_eq!(server.database.count("regime_members WHERE task IS NOT NULL"), 12);
}
