//! Dry plans of campaigns: whether the visits fit, by the planner, without a task.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::spring_festival::{FAR_VILLAGE, VILLAGE};
use super::{approve, approve_with, campaign, draft, launch, launched};
use crate::regime::with;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, Server};

/// The feasibility of the campaign, when its dry plan is computed.
pub async fn planned(caller: &Caller, path: &str) -> Value {
    for _ in 0..300 {
        let feasibility = caller.get(&format!("{path}/feasibility")).await.body;
        if feasibility["dry_plan"]["result"].is_object() {
            return feasibility;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not planned within 30 s: {}", caller.get(&format!("{path}/feasibility")).await.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_plan_says_which_visits_find_no_room_and_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE area >= '{VILLAGE}' AND area < '500116001003'"
    ));
    let days = json!({ "first_day": "2027-02-01", "last_day": "2027-02-07", "quota_per_day": 2 });
    let path = draft(&supervisor, days).await;
    let before = supervisor.get(&format!("{path}/feasibility")).await.body;
    assert!(before["dry_plan"].is_null() && before["visits"] == 6, "the sum alone: {before}");

    let ordered = supervisor.act(&format!("{path}/dry-plans")).await;
    assert_eq!(ordered.status, 202, "{}", ordered.body);
    let plan = format!("/v1/plans/{}", ordered.body["id"].as_str().expect("an id"));
    let feasibility = planned(&supervisor, &path).await;
    let dry = &feasibility["dry_plan"];
    assert_eq!((&dry["state"], &dry["is_current"]), (&json!("draft"), &json!(true)), "{dry}");
    let found = &dry["result"];
    assert_eq!((&found["fits"], &found["visits"]), (&json!(false), &json!(6)), "{found}");
    assert_eq!(found["without_room"], 4);
    let (short, far) = (&found["areas"][0], &found["areas"][1]);
    assert_eq!((&short["area"], &short["without_room"]), (&json!(VILLAGE), &json!(4)));
    assert_eq!(short["lacking_minutes"], found["lacking_minutes"]);
    assert!(short["lacking_minutes"].as_i64().expect("minutes") >= 120, "{short}");
    assert_eq!(short["lend"][0]["from"], FAR_VILLAGE, "{short}");
    assert!(short["earlier_days"].is_null(), "no visitor offers an hour on any day");
    assert_eq!((&far["without_room"], &far["lacking_minutes"]), (&json!(0), &json!(0)));
    assert_eq!(found["obstacles"][0]["tasks"], 4);
    assert_eq!(server.database.count("tasks"), 0, "nothing is created");
    assert_eq!(server.database.count("plan_visits"), 0);

    // It is no draft that assigns anything.
    let shown = supervisor.get(&plan).await.body;
    assert!(path.ends_with(shown["campaign_id"].as_str().expect("the campaign")), "{shown}");
    assert!(shown["expires_at"].is_null());
    assert_eq!(supervisor.get("/v1/plans").await.body["items"], json!([]));
    let applied = supervisor.post(&format!("{plan}/apply"), &json!({})).await;
    assert_eq!((applied.status, applied.problem()), (409, "plan_state"));

    // Other content has another plan, also once it is approved.
    let shorter = campaign(json!({ "first_day": "2027-02-01", "last_day": "2027-02-03" }));
    let change = supervisor.request(Method::PUT, &path).json(&shorter);
    let changed = supervisor.send(change.header("If-Match", "\"v1\"")).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let stale = supervisor.get(&format!("{path}/feasibility")).await.body;
    assert_eq!(stale["dry_plan"]["is_current"], false);
    assert_eq!(approve(&admin, &path).await.status, 200);
    assert_eq!(admin.act(&format!("{path}/dry-plans")).await.status, 202);
    let fresh = planned(&supervisor, &path).await;
    let days = (&fresh["dry_plan"]["is_current"], &fresh["dry_plan"]["last_day"]);
    assert_eq!(days, (&json!(true), &json!("2027-02-03")), "{fresh}");
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
    let late = supervisor.act(&format!("{path}/dry-plans")).await;
    assert_eq!((late.status, late.problem()), (409, "campaign_state"));
    assert_eq!(server.manager().await.act(&format!("{path}/dry-plans")).await.status, 403);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_names_the_dry_plan_in_which_all_visits_have_room_or_is_confirmed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE area >= '{VILLAGE}' AND area < '500116001003'"
    ));
    let of =
        |area: &str| json!({ "area": area, "first_day": "2027-02-01", "last_day": "2027-02-07" });
    let unconfirmed = async |path: &str| {
        let refused = approve_with(&admin, path, "").await;
        assert_eq!((refused.status, refused.problem()), (409, "confirmation_required"));
        assert_eq!(refused.body["errors"][0]["pointer"], "confirm", "{}", refused.body);
    };
    // Without a plan, with one without room, and with one of other content.
    let short = draft(&supervisor, of("500116")).await;
    unconfirmed(&short).await;
    assert_eq!(supervisor.act(&format!("{short}/dry-plans")).await.status, 202);
    assert_eq!(planned(&supervisor, &short).await["dry_plan"]["result"]["fits"], false);
    unconfirmed(&short).await;
    let state = |state: &str| {
        let state =
            format!("UPDATE plans SET state = '{state}', lease_until = '2999-01-01 00:00:00'");
        server.database.execute(&state);
    };
    state("computing");
    let early = approve_with(&admin, &short, "").await.body["errors"][0]["detail"].clone();
    assert!(early.as_str().is_some_and(|detail| detail.contains("being computed")), "{early}");
    state("draft");
    let confirmed = approve(&admin, &short).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    assert!(confirmed.body["approved_plan_id"].is_null(), "{}", confirmed.body);

    let far = draft(&supervisor, of("500116002")).await;
    assert_eq!(supervisor.act(&format!("{far}/dry-plans")).await.status, 202);
    assert_eq!(planned(&supervisor, &far).await["dry_plan"]["result"]["fits"], true);
    let mut later = of("500116002");
    later["last_day"] = json!("2027-02-08");
    let change = supervisor.request(Method::PUT, &far).json(&campaign(later));
    assert_eq!(supervisor.send(change.header("If-Match", "\"v1\"")).await.status, 200);
    unconfirmed(&far).await;
    assert_eq!(supervisor.act(&format!("{far}/dry-plans")).await.status, 202);
    assert_eq!(planned(&supervisor, &far).await["dry_plan"]["is_current"], true);
    // The tasks of another campaign are not in it.
    assert_eq!(launch(&supervisor, &short, true).await.status, 200);
    unconfirmed(&far).await;
    let ordered = supervisor.act(&format!("{far}/dry-plans")).await;
    assert_eq!(planned(&supervisor, &far).await["dry_plan"]["is_current"], true);
    let approved = approve_with(&admin, &far, "").await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    assert_eq!(approved.body["approved_plan_id"], ordered.body["id"], "{}", approved.body);

    let events = supervisor.events("campaign.approve").await;
    let of = |path: &str| {
        let id = path.rsplit('/').next();
        let event = events.iter().find(|event| event["subject_id"].as_str() == id);
        event.unwrap_or_else(|| panic!("{events:?}"))["body"].clone()
    };
    assert_eq!(of(&short), json!({ "confirmed": true }));
    assert_eq!(of(&far), json!({ "plan_id": ordered.body["id"] }));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_campaign_is_planned_for_its_first_days_beside_the_tasks_that_exist(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let occasion = json!({
        "beneficiary_id": FAR_BENEFICIARY, "kind": "home_visit",
        "occasion": "spring_festival_2027", "due_on": "2027-01-20"
    });
    assert_eq!(supervisor.post("/v1/tasks", &occasion).await.status, 201);
    let path = draft(&supervisor, json!({ "first_day": "2027-01-01", "last_day": "2027-03-03" }));
    let path = path.await;
    assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
    let dry = planned(&supervisor, &path).await["dry_plan"].clone();
    assert_eq!(dry["last_day"], "2027-01-31", "{dry}");
    // Of five who have no task for the occasion, half: 31 of 62 days.
    let found = &dry["result"];
    assert_eq!((&found["visits"], &found["fits"]), (&json!(2), &json!(true)), "{dry}");
    assert_eq!(found["other_tasks_without_room"], 0);

    let empty = draft(&supervisor, json!({ "area": "500116001" })).await;
    server
        .database
        .execute("UPDATE beneficiaries SET valid_to = '2026-11-01' WHERE grid < '500116002'");
    let refused = supervisor.act(&format!("{empty}/dry-plans")).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_plan_of_an_earlier_area_is_not_shown(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let path = draft(&supervisor, json!({})).await;
    assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
    assert_eq!(planned(&supervisor, &path).await["dry_plan"]["result"]["visits"], 6);
    let narrow = campaign(json!({ "area": "500116001" }));
    let change = supervisor.request(Method::PUT, &path).json(&narrow);
    let changed = supervisor.send(change.header("If-Match", "\"v1\"")).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let seen = town.get(&format!("{path}/feasibility")).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    assert!(seen.body["dry_plan"].is_null(), "the district's figures: {}", seen.body);
    // A plan of the earlier area that is still being computed is discarded.
    server
        .database
        .execute("UPDATE plans SET state = 'computing', lease_until = '2999-01-01 00:00:00'");
    assert_eq!(town.act(&format!("{path}/dry-plans")).await.status, 202);
    let own = planned(&town, &path).await;
    assert!(own["dry_plan"]["result"]["visits"].as_i64().expect("visits") < 6, "{own}");
    let states = server.database.texts("SELECT state AS text FROM plans ORDER BY id");
    assert_eq!(states, ["discarded", "draft"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_beyond_its_quota_fits_no_more_than_its_approval_allows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let days = json!({ "first_day": "2027-02-01", "last_day": "2027-02-04", "quota_per_day": 1 });
    let path = draft(&supervisor, days).await;
    assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
    let sum = planned(&supervisor, &path).await;
    assert_eq!((&sum["fits"], &sum["beyond_quota"]), (&json!(false), &json!(2)), "{sum}");
    assert_eq!(sum["dry_plan"]["result"]["fits"], false, "{sum}");
    let refused = approve(&admin, &path).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
    assert_eq!(refused.body["errors"][0]["pointer"], "/quota_per_day");
    let enough = json!({ "first_day": "2027-02-01", "last_day": "2027-02-06", "quota_per_day": 1 });
    let path = draft(&supervisor, enough).await;
    let sum = supervisor.get(&format!("{path}/feasibility")).await.body;
    assert_eq!((&sum["fits"], &sum["beyond_quota"]), (&json!(true), &json!(0)), "{sum}");
    assert_eq!(approve(&admin, &path).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_plan_visits_who_stays_elsewhere_at_the_stay(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let stay = |first: i64, last: i64| {
        json!({
            "grid": FAR_GRID, "address": "北门2号", "place": { "lat": 29.284, "lon": 106.272 },
            "first_day": day(first), "last_day": day(last), "kind": "hospital"
        })
    };
    let path = format!("/v1/beneficiaries/{BENEFICIARY}");
    let put = async |body: Value| {
        let version = supervisor.get(&path).await.body["version"].as_i64().expect("a version");
        let request = supervisor.request(Method::PUT, &format!("{path}/stay")).json(&body);
        let put = supervisor.send(request.header("If-Match", format!("\"v{version}\""))).await;
        assert_eq!(put.status, 200, "{}", put.body);
    };
    let visits = async |days: (i64, i64), area: &str| {
        let span = json!({ "first_day": day(days.0), "last_day": day(days.1), "area": area });
        let path = draft(&supervisor, span).await;
        assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
        let result = planned(&supervisor, &path).await["dry_plan"]["result"].clone();
        let areas = result["areas"].as_array().expect("villages").clone();
        let of = |village: &str| {
            let found = areas.iter().find(|one| one["area"] == village);
            found.map_or(0, |one| one["visits"].as_i64().expect("a number"))
        };
        (of(VILLAGE), of(FAR_VILLAGE))
    };
    put(stay(1, 9)).await;
    let (during, after) = ((2, 4), (12, 14));
    let home = visits(after, "500116").await;
    assert_eq!(home.0 + home.1, 6);
    assert_eq!(visits(during, "500116").await, (home.0 - 1, home.1 + 1), "at the hospital");
    // The people of the own town do not go there.
    assert_eq!(visits(during, "500116001").await, (home.0 - 1, 0));
    assert_eq!(visits(after, "500116001").await, (home.0, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_campaigns_that_fit_alone_do_not_fit_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    // One volunteer of the town has the time of four visits and a way.
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0; \
         UPDATE people SET weekly_minutes = 240 WHERE id = '{}'",
        person_id(21)
    ));
    let of = |kind: &str, last_day: &str| {
        json!({
            "area": "500116001", "kind": kind, "first_day": "2027-02-01", "last_day": last_day
        })
    };
    let fits = async |path: &str| {
        assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
        let found = planned(&supervisor, path).await;
        (found["fits"].clone(), found["dry_plan"]["result"]["fits"].clone())
    };
    let first = draft(&supervisor, of("home_visit", "2027-02-07")).await;
    let second = draft(&supervisor, of("hardship_follow_up", "2027-02-07")).await;
    let yes = (json!(true), json!(true));
    assert_eq!((fits(&first).await, fits(&second).await), (yes.clone(), yes));

    assert_eq!(approve(&admin, &first).await.status, 200);
    assert_eq!(launch(&supervisor, &first, true).await.status, 200);
    launched(&supervisor, &first).await;
    let beside = fits(&second).await;
    assert_eq!(beside, (json!(false), json!(false)), "the tasks of the first are there");
    let available = async |path: &str| {
        let found = supervisor.get(&format!("{path}/feasibility")).await.body;
        found["available_minutes"].as_i64().expect("minutes")
    };
    assert_eq!(available(&second).await, 240 - 4 * 30);
    // Four of the seven days have their share of the time and of these tasks, rounded up by grid.
    let shorter = draft(&supervisor, of("hardship_follow_up", "2027-02-04")).await;
    assert_eq!(available(&shorter).await, 137 - 70);
    // What the volunteer holds elsewhere takes time at home.
    let far = json!({
        "beneficiary_id": FAR_BENEFICIARY, "kind": "home_visit", "not_before": "2027-02-01",
        "due_on": "2027-02-07"
    });
    let path = format!("/v1/tasks/{}/reassign", supervisor.make(&far).await);
    let to = json!({ "person_id": person_id(21), "force": true });
    let assigned = supervisor.post(&path, &to).await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    assert_eq!(available(&second).await, 240 - 5 * 30);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_fits_beside_a_task_that_has_no_room_anyway_but_not_in_place_of_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    // One volunteer of the town has the time of its four calls, and no more than nine minutes besides.
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0; \
         UPDATE people SET weekly_minutes = 49 WHERE id = '{}'",
        person_id(21)
    ));
    let days = |more: Value| {
        let days = json!({ "first_day": "2027-02-01", "last_day": "2027-02-07" });
        with(&days, &more)
    };
    let task = |more: Value| {
        let of = json!({
            "beneficiary_id": BENEFICIARY, "not_before": "2027-02-01", "due_on": "2027-02-07"
        });
        with(&of, &more)
    };
    supervisor.make(&task(json!({ "kind": "home_visit", "minutes": 60 }))).await;
    let calls = days(json!({ "area": "500116001", "kind": "phone_call" }));
    let path = draft(&supervisor, calls).await;
    let found = async || {
        assert_eq!(supervisor.act(&format!("{path}/dry-plans")).await.status, 202);
        let found = planned(&supervisor, &path).await["dry_plan"]["result"].clone();
        assert_eq!((&found["visits"], &found["without_room"]), (&json!(4), &json!(0)), "{found}");
        (found["fits"].clone(), found["other_tasks_without_room"].clone())
    };
    assert_eq!(found().await, (json!(true), json!(0)), "the long visit has no room anyway");
    let approved = approve_with(&admin, &path, "").await;
    assert_eq!(approved.status, 200, "{}", approved.body);

    // In the grid that has its calls from others, once its own are made.
    let of_neighbour = json!({
        "beneficiary_id": beneficiary_id(4), "kind": "phone_call", "priority": 1
    });
    supervisor.make(&task(of_neighbour)).await;
    assert_eq!(found().await, (json!(false), json!(1)), "the call had room");
}
