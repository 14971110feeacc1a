//! Standing duties: who is visited how often, evenly spread, once in each cycle.

pub mod cadences;
mod responsible;
mod shared_visits;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

/// A weekly duty to visit all, of which each member has one day in the coming week.
pub fn weekly(more: &Value) -> Value {
    let content = json!({
        "name": "每周走访", "name_en": "Weekly visits", "filter": { "age": { "from": 1 } },
        "kind": "home_visit", "cadence": every(7), "lead_days": 6, "starts_on": day(0),
        "responsible_id": person_id(1), "active": true
    });
    with(&content, more)
}

/// The cadence of a cycle of this length.
pub fn every(days: i64) -> Value {
    json!({ "type": "every_days", "days": days })
}

/// The content with other fields.
pub fn with(content: &Value, more: &Value) -> Value {
    let mut content = content.clone();
    for (field, value) in more.as_object().expect("fields") {
        content[field] = value.clone();
    }
    content
}

/// A regime that a supervisor has written; the admin has activated it, if it is to be active.
pub async fn create(server: &Server, content: &Value) -> Value {
    let draft = with(content, &json!({ "active": false }));
    let body = json!({ "content": draft });
    let created = server.supervisor().await.post("/v1/regimes", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    if content["active"] == true {
        activate(server, &created.body, content).await
    } else {
        created.body
    }
}

/// The regime that the admin has activated.
async fn activate(server: &Server, regime: &Value, content: &Value) -> Value {
    let activated = change(&server.admin().await, regime, content).await;
    assert_eq!(activated.status, 200, "{}", activated.body);
    activated.body
}

/// The regime with other content, written by a supervisor and activated by the admin.
pub async fn rewrite(server: &Server, regime: &Value, content: &Value) -> Value {
    let supervisor = server.supervisor().await;
    let path = format!("/v1/regimes/{}", regime["id"].as_str().expect("an id"));
    let current = supervisor.get(&path).await.body;
    let draft = with(content, &json!({ "active": false }));
    let changed = change(&supervisor, &current, &draft).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    activate(server, &changed.body, content).await
}

async fn change(caller: &Caller, regime: &Value, content: &Value) -> Answer {
    let path = format!("/v1/regimes/{}?confirm=true", regime["id"].as_str().expect("an id"));
    let request = caller.request(Method::PUT, &path);
    let request = request.header("If-Match", format!("\"v{}\"", regime["version"]));
    caller.send(request.json(content)).await
}

/// Runs the nightly job; returns what it says.
pub fn night(server: &Server) -> String {
    said(&gridward(&server.database, &["jobs", "run", "regimes"]).output().expect("it runs"))
}

/// Sets the last contact and visit of all beneficiaries.
pub fn contact_all(server: &Server, day: &str) {
    let contact = format!("UPDATE beneficiaries SET last_contact = '{day}', last_visit = '{day}'");
    server.database.execute(&contact);
}

pub async fn tasks(caller: &Caller) -> Vec<Value> {
    let (mut tasks, mut query) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("/v1/tasks?limit=200{query}")).await.body;
        tasks.extend(page["items"].as_array().expect("tasks").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return tasks };
        query = format!("&cursor={cursor}");
    }
}

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
async fn an_active_regime_needs_a_responsible_person_and_valid_content(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let stranger = "018cc7af-0000-7000-8000-00000000ffff";
    for (pointer, more) in [
        ("/content/responsible_id", json!({ "responsible_id": null })),
        ("/content/responsible_id", json!({ "responsible_id": stranger })),
        ("/content/kind", json!({ "kind": "unknown_kind" })),
        ("/content/cadence/days", json!({ "cadence": every(6) })),
        ("/content/cadence/days", json!({ "cadence": { "type": "birthday", "days": 7 } })),
        ("/content/cadence/feast", json!({ "cadence": { "type": "feast" } })),
        ("/content/cadence/type", json!({ "cadence": { "type": "full_moon" } })),
        ("/content/lead_days", json!({ "lead_days": 61 })),
        ("/content/filter/category", json!({ "filter": { "category": ["nobles"] } })),
    ] {
        let body = json!({ "content": weekly(&more) });
        let refused = supervisor.post("/v1/regimes", &body).await;
        let at = refused.body["errors"][0]["pointer"].clone();
        assert_eq!((refused.status, &at), (422, &json!(pointer)), "{}", refused.body);
    }
    // The manager of a grid in one town is not responsible for a regime of another.
    let far = json!({ "responsible_id": person_id(13) });
    let elsewhere = json!({ "area": "500116001", "content": weekly(&far) });
    let refused = supervisor.post("/v1/regimes", &elsewhere).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/content/responsible_id")), "{}", refused.body);
    let nobody = json!({ "active": false, "filter": { "age": { "from": 120 } } });
    let refused = supervisor.post("/v1/regimes", &json!({ "content": weekly(&nobody) })).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/content/filter")), "{}", refused.body);
    // A client of an earlier version sends the length of a cycle.
    let mut earlier = weekly(&json!({ "active": false, "cadence_days": 30, "name": "旧版" }));
    let both = supervisor.post("/v1/regimes", &json!({ "content": earlier })).await;
    let at = &both.body["errors"][0]["pointer"];
    assert_eq!((both.status, at), (422, &json!("/content/cadence_days")), "{}", both.body);
    earlier.as_object_mut().expect("content").remove("cadence");
    let made = supervisor.post("/v1/regimes", &json!({ "content": earlier })).await;
    assert_eq!((made.status, &made.body["cadence"]), (201, &every(30)), "{}", made.body);

    let regime = create(&server, &weekly(&json!({}))).await;
    let unnamed = weekly(&json!({ "responsible_id": null }));
    let refused = change(&supervisor, &regime, &unnamed).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/responsible_id", "{}", refused.body);
    let paused = weekly(&json!({ "active": false, "responsible_id": null }));
    let changed = change(&supervisor, &regime, &paused).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(3)), "{}", changed.body);
    assert_eq!(change(&supervisor, &regime, &paused).await.status, 200, "again");
    let other = weekly(&json!({ "active": false, "cadence": every(30) }));
    assert_eq!(change(&supervisor, &regime, &other).await.status, 412, "an old version");
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
async fn another_person_than_the_author_activates_a_regime(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let active = weekly(&json!({}));
    let at_once = supervisor.post("/v1/regimes", &json!({ "content": active })).await;
    assert_eq!((at_once.status, at_once.problem()), (403, "regime_author"));
    let draft = create(&server, &weekly(&json!({ "active": false }))).await;
    let own = change(&supervisor, &draft, &active).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let edited = change(&admin, &draft, &weekly(&json!({ "cadence": every(14) }))).await;
    assert_eq!((edited.status, edited.problem()), (403, "regime_author"), "own content");
    let path = format!("/v1/regimes/{}", draft["id"].as_str().expect("an id"));
    let request = admin.request(Method::PUT, &path).header("If-Match", "\"v1\"");
    let wide = admin.send(request.json(&active)).await;
    assert_eq!((wide.status, wide.problem()), (409, "confirmation_required"), "{}", wide.body);
    let regime = activate(&server, &draft, &active).await;
    assert_eq!((&regime["active"], &regime["version"]), (&json!(true), &json!(2)));
    assert_ne!(regime["activated_by"], regime["edited_by"], "{regime}");
    // The author of the change, who had activated it before, may not activate it again.
    let other = weekly(&json!({ "cadence": every(14), "active": false }));
    let changed = change(&admin, &regime, &other).await.body;
    let own = change(&admin, &changed, &with(&other, &json!({ "active": true }))).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let again = change(&supervisor, &changed, &with(&other, &json!({ "active": true }))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    // What was active was judged, also once it is paused: of new content only the new author counts.
    let paused = change(&supervisor, &again.body, &other).await.body;
    let third = weekly(&json!({ "cadence": every(21), "active": false }));
    let edited = change(&supervisor, &paused, &third).await.body;
    let own = change(&supervisor, &edited, &with(&third, &json!({ "active": true }))).await;
    assert_eq!((own.status, own.problem()), (403, "regime_author"));
    let again = change(&admin, &edited, &with(&third, &json!({ "active": true }))).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let other = third;
    // A regime without members or with an archived kind may still be paused.
    server.database.execute("UPDATE beneficiaries SET valid_to = '2026-01-01'");
    assert_eq!(change(&supervisor, &again.body, &other).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_author_of_a_regime_activates_it_after_a_change_by_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let draft = create(&server, &weekly(&json!({ "active": false }))).await;
    let other = weekly(&json!({ "cadence": every(14), "active": false }));
    let changed = change(&admin, &draft, &other).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for author in [&supervisor, &admin] {
        let own = change(author, &changed.body, &with(&other, &json!({ "active": true }))).await;
        assert_eq!((own.status, own.problem()), (403, "regime_author"), "both wrote it");
    }
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_responsible_person_is_named_to_those_who_read_people_of_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let town = server.town_supervisor().await;
    let content = weekly(&json!({ "active": false }));
    let created = town.post("/v1/regimes", &json!({ "content": content })).await;
    let path = format!("/v1/regimes/{}", created.body["id"].as_str().expect("an id"));
    let named = server.supervisor().await.get(&path).await.body;
    assert!(named["responsible_name"].is_string(), "{named}");
    let unnamed = server.auditor().await.get(&path).await;
    assert_eq!((unnamed.status, unnamed.body.get("responsible_name")), (200, None));
    let list = server.auditor().await.get("/v1/regimes").await.body;
    assert_eq!(list["items"][0].get("responsible_name"), None, "{list}");
}
