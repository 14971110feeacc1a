//! Campaigns: written, approved by another person, launched once, and closed.

pub mod dry_plans;
mod repeated_launches;
pub mod spring_festival;

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, GRID, Server};

/// A campaign for all beneficiaries of the caller's area, with the fields of `more` added or replaced.
pub fn campaign(more: Value) -> Value {
    let mut body = json!({
        "name": "春节慰问", "name_en": "Spring Festival visits", "occasion": "spring_festival",
        "year": 2027, "filter": { "all": [] }, "kind": "home_visit", "first_day": "2027-01-18",
        "last_day": "2027-02-05", "instructions": "送春联"
    });
    let Value::Object(more) = more else { panic!("{more} is no object") };
    for (name, value) in more {
        body[name] = value;
    }
    body
}

pub async fn draft(caller: &Caller, more: Value) -> String {
    let created = caller.post("/v1/campaigns", &campaign(more)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    format!("/v1/campaigns/{}", created.body["id"].as_str().expect("an id"))
}

/// Approves it also without a dry plan.
pub async fn approve(caller: &Caller, path: &str) -> Answer {
    approve_with(caller, path, "?confirm=true").await
}

/// Approves it with this query.
pub async fn approve_with(caller: &Caller, path: &str, query: &str) -> Answer {
    let version = caller.get(path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/approve{query}"));
    caller.send(request.header("If-Match", format!("\"v{version}\""))).await
}

pub async fn launch(caller: &Caller, path: &str, confirm: bool) -> Answer {
    caller.post(&format!("{path}/launch"), &json!({ "confirm": confirm })).await
}

/// The campaign, when all its tasks are created.
pub async fn launched(caller: &Caller, path: &str) -> Value {
    for _ in 0..300 {
        let campaign = caller.get(path).await.body;
        if campaign["state"] == "launched" {
            return campaign;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not launched within 30 s: {}", caller.get(path).await.body);
}

/// A campaign that was approved by the admin and launched by the supervisor.
pub async fn launched_campaign(server: &Server, more: Value) -> (Caller, String, Value) {
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, more).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let begun = launch(&supervisor, &path, true).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let campaign = launched(&supervisor, &path).await;
    (supervisor, path, campaign)
}

async fn tasks(caller: &Caller) -> Vec<Value> {
    let listed = caller.get("/v1/tasks?limit=200").await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body["items"].as_array().expect("items").clone()
}

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
async fn a_quota_spreads_the_visits_over_the_days_and_must_suffice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let short = json!({ "quota_per_day": 2, "first_day": "2027-02-04", "last_day": "2027-02-05" });
    let path = draft(&supervisor, short).await;
    let refused = approve(&admin, &path).await;
    let error = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, error), (422, &json!("/quota_per_day")));
    let enough = json!({ "quota_per_day": 2, "first_day": "2027-02-03", "last_day": "2027-02-05" });
    launched_campaign(&server, enough).await;
    let mut days: Vec<String> = Vec::new();
    for task in tasks(&supervisor).await {
        days.push(task["not_before"].as_str().expect("a day").to_owned());
    }
    days.sort();
    let expected = ["2027-02-03", "2027-02-04", "2027-02-05"].map(|day| [day, day]).concat();
    assert_eq!(days, expected);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_checked_and_rewritten_at_its_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (more, pointer) in [
        (json!({ "filter": { "category": ["red_army_veteran"] } }), "/filter"),
        (json!({ "filter": { "hardship": ["medical"] } }), "/filter/hardship"),
        (json!({ "filter": null }), ""),
        (json!({ "audience_id": beneficiary_id(1), "filter": null }), "/audience_id"),
        (json!({ "kind": "no_such_kind" }), "/kind"),
        (json!({ "last_day": "2027-01-17" }), "/last_day"),
        (json!({ "first_day": "2020-01-01", "last_day": "2020-01-02" }), "/last_day"),
        (json!({ "area": "500117" }), "/area"),
        (json!({ "occasion": "Spring Festival" }), "/occasion"),
        (json!({ "quota_per_day": 0 }), "/quota_per_day"),
    ] {
        let refused = supervisor.post("/v1/campaigns", &campaign(more.clone())).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{more}: {}", refused.body);
    }
    let audience = json!({ "name": "全部", "filter": { "lives_alone": true } });
    let audience = supervisor.post("/v1/audiences", &audience).await.body;
    let content = json!({ "audience_id": audience["id"], "filter": null, "goods": [] });
    let path = draft(&supervisor, content).await;
    let shown = supervisor.get(&path).await.body;
    assert_eq!((&shown["audience_id"], &shown["audience_version"]), (&audience["id"], &json!(1)));
    assert_eq!(shown["filter"], json!({ "lives_alone": true }));

    let next = campaign(json!({ "amount_fen": 50_000 }));
    let put = async |version: &str| {
        let request = admin.request(Method::PUT, &path).json(&next);
        admin.send(request.header("If-Match", version)).await
    };
    assert_eq!(put("\"v7\"").await.problem(), "version_conflict");
    let changed = put("\"v1\"").await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(put("\"v1\"").await.body, changed.body, "a lost answer is asked for again");
    for author in [&supervisor, &admin] {
        let own = approve(author, &path).await;
        assert_eq!((own.status, own.problem()), (403, "campaign_author"), "both wrote it");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_author_of_a_campaign_approves_it_however_many_there_were(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (town, supervisor) = (server.town_supervisor().await, server.supervisor().await);
    let admin = server.admin().await;
    let path = draft(&town, json!({})).await;
    for (author, quota, version) in [(&admin, 40, "\"v1\""), (&supervisor, 50, "\"v2\"")] {
        let next = campaign(json!({ "area": "500116001", "quota_per_day": quota }));
        let put = author.request(Method::PUT, &path).header("If-Match", version).json(&next);
        let changed = author.send(put).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    for author in [&town, &admin, &supervisor] {
        let own = approve(author, &path).await;
        assert_eq!((own.status, own.problem()), (403, "campaign_author"));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auditors_read_campaigns_without_words_and_a_town_sees_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let whole = draft(&supervisor, json!({})).await;
    let of_town = draft(&town, json!({})).await;
    let auditor = server.auditor().await;
    let read = auditor.get(&whole).await;
    assert_eq!((read.status, &read.body["instructions"]), (200, &Value::Null));
    assert_eq!(auditor.post("/v1/campaigns", &campaign(json!({}))).await.status, 403);
    assert_eq!(town.get(&whole).await.status, 404);
    let listed = town.get("/v1/campaigns").await.body["items"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(listed[0]["area"], "500116001");
    assert_eq!(supervisor.get(&of_town).await.status, 200);
    for caller in [server.manager().await, server.volunteer().await] {
        assert_eq!(caller.get("/v1/campaigns").await.status, 403);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_area_of_a_saved_audience_is_that_of_the_campaign(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let of_town = json!({ "name": "镇", "area": "500116001", "filter": { "all": [] } });
    let audience = supervisor.post("/v1/audiences", &of_town).await.body;
    let of_audience = |more: Value| {
        let mut body = json!({ "audience_id": audience["id"], "filter": null });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("fields").clone());
        body
    };
    let (_, _, whole) = launched_campaign(&server, of_audience(json!({}))).await;
    assert_eq!((&whole["area"], &whole["created_tasks"]), (&json!("500116001"), &json!(4)));
    // A part of the area may be chosen, but no area beyond it.
    let part = draft(&supervisor, of_audience(json!({ "area": GRID }))).await;
    assert_eq!(supervisor.get(&part).await.body["area"], GRID);
    let beyond = campaign(of_audience(json!({ "area": "500116" })));
    let refused = supervisor.post("/v1/campaigns", &beyond).await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/area")), "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_neither_approved_nor_launched_after_its_last_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({})).await;
    let days = |first: i64, last: i64| {
        let (first, last) = (day(first), day(last));
        server
            .database
            .execute(&format!("UPDATE campaigns SET first_day = '{first}', last_day = '{last}'"));
    };
    days(-9, -1);
    let late = approve(&admin, &path).await;
    let at = &late.body["errors"][0]["pointer"];
    assert_eq!((late.status, at), (422, &json!("/last_day")), "{}", late.body);
    days(-9, 0);
    assert_eq!(approve(&admin, &path).await.status, 200, "its last day is today");
    days(-9, -1);
    assert_eq!(launch(&supervisor, &path, true).await.status, 422);
    assert_eq!(tasks(&supervisor).await.len(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quota_counts_the_days_that_remain(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let begun = json!({ "first_day": day(-9), "last_day": day(1), "quota_per_day": 2 });
    let path = draft(&supervisor, begun).await;
    let refused = approve(&admin, &path).await;
    let at = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, at), (422, &json!("/quota_per_day")), "{}", refused.body);
    let begun = json!({ "first_day": day(-9), "last_day": day(1), "quota_per_day": 3 });
    launched_campaign(&server, begun).await;
    let made = tasks(&supervisor).await;
    let on = |wanted| made.iter().filter(|task| task["not_before"] == json!(wanted)).count();
    assert_eq!((on(day(0)), on(day(1))), (3, 3), "{made:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_beneficiaries_of_a_town_need_a_confirmation_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let path = draft(&supervisor, json!({ "area": "500116001" })).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let refused = launch(&supervisor, &path, false).await;
    assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_far_from_the_occasion_are_a_warning_and_no_refusal(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (more, day, warnings) in [
        (json!({}), json!("2027-02-06"), Value::Null),
        // The days of the next year's feast.
        (json!({ "year": 2028 }), json!("2028-01-26"), json!(["far_from_occasion"])),
        (json!({ "occasion": "summer" }), Value::Null, Value::Null),
    ] {
        let path = draft(&supervisor, more).await;
        let found = supervisor.get(&format!("{path}/feasibility")).await.body;
        assert_eq!((&found["occasion_day"], &found["warnings"]), (&day, &warnings), "{found}");
        assert_eq!(approve(&admin, &path).await.status, 200);
    }
}
