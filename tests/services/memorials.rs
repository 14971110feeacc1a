//! Memorial sites: rounds by the people of the grid and of the next one, also before Qingming and 30 September, and faults that
//! are followed as cases.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{coming, install, report, server};
use crate::case::{VILLAGE, read, step};
use crate::regime::cadences::again;
use crate::regime::{night, tasks, weekly, with};
use crate::support::days::day;
use crate::support::files::person_id;
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, FAR_GRID, GRID, phones};

const CONFIGURATION: &str = include_str!("../../docs/services/memorials.json");
/// The regime of monthly rounds.
const MONTHLY: &str = "每月巡护";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memorial_is_tended_in_rounds_and_its_fault_is_repaired(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let supervisor = server.supervisor().await;
    let second = json!({
        "name": "北门烈士纪念碑（合成）", "kind": "monument", "grid": FAR_GRID,
        "place": { "lat": 29.285, "lon": 106.275 }
    });
    let path = "/v1/memorials/M02";
    let admin = server.admin().await;
    let added = admin.send(admin.request(Method::PUT, path).json(&second)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    install(&server, CONFIGURATION).await;
    night(&server);
    let rounds = async || {
        let all = tasks(&supervisor).await;
        let monthly = all.into_iter().filter(|task| {
            task["title"].as_str().is_some_and(|title| title.starts_with("每月巡护"))
        });
        monthly.collect::<Vec<Value>>()
    };
    assert_eq!(rounds().await.len(), 2, "each site once");
    assert!(again(&server).contains("succeeded, 0 processed"));

    // The rounds before Qingming and 30 September are once a year.
    let regimes = supervisor.get("/v1/regimes").await.body;
    let regimes = regimes["items"].as_array().expect("regimes").clone();
    for (name, month) in [("清明祭扫准备", ["-03-", "-04-"]), ("烈士纪念日准备", ["-09-", "-10-"])]
    {
        let regime = regimes.iter().find(|regime| regime["name"] == name).expect("a regime");
        assert_eq!(regime["sentence_zh"], "江津区内的烈士纪念设施", "{regime}");
        let path = format!("/v1/regimes/{}/outlook", regime["id"].as_str().expect("an id"));
        let outlook = supervisor.get(&path).await.body;
        assert_eq!(outlook["members"], 2);
        let weeks = outlook["weeks"].as_array().expect("weeks").iter();
        let weeks: Vec<&Value> = weeks.filter(|week| week["visits"] != 0).collect();
        let first = weeks[0]["first_day"].as_str().expect("a day");
        assert_eq!((weeks.len(), &weeks[0]["visits"]), (1, &json!(2)), "{outlook}");
        assert!(month.iter().any(|part| first.contains(part)), "{name}: {first}");
    }

    // The people of the grid are away, so a plan of the village gives the round to the next grid.
    for n in [11, 21, 22] {
        let away = json!({ "state": "suspended", "reason": "外出" });
        let path = format!("/v1/people/{}/state", person_id(n));
        let suspended = supervisor.send(supervisor.request(Method::PATCH, &path).json(&away)).await;
        assert_eq!(suspended.status, 200, "{}", suspended.body);
    }
    let order = json!({ "area": &GRID[..12], "first_day": day(0), "last_day": day(13) });
    assert_eq!(supervisor.plan(&order).await["assigned"], 1);
    let planned = rounds().await.into_iter().find(|task| task["grid"] == GRID).expect("a round");
    let of_next = [(12, phones::OTHER_MANAGER), (23, phones::OTHER_VOLUNTEER)];
    let visitor = of_next.iter().find(|(n, _)| planned["assignee_id"] == person_id(*n));
    let (_, number) = visitor.unwrap_or_else(|| panic!("{planned}"));

    // A person of the next grid has the round on the phone and finds a fault.
    let visitor = server.sign_in(number).await;
    let mut phone = Phone::default();
    phone.sync(&visitor, json!([])).await;
    let shown = phone.tasks();
    let monthly = shown.into_iter().find(|task| task["title"] == "每月巡护：一镇烈士墓（合成）");
    let round = monthly.expect("a round").clone();
    assert_eq!((&round["grid"], round.get("beneficiary_id")), (&json!(GRID), None), "{round}");
    let fault = json!({
        "outcome": "done", "note": "墓碑开裂", "answers": { "tended": true, "state": "faulty" }
    });
    let before = coming(&supervisor, MONTHLY).await.len();
    let written = report(&visitor, round["id"].as_str().expect("an id"), fault.clone()).await;
    let after = coming(&supervisor, MONTHLY).await.len();
    assert!(after < before, "a round that was made does not come again: {after} of {before}");
    // The answer alone opens the case. The need besides it, the answer taken out of the report and put back: it is the same
    // fault.
    let need = json!({ "outcome": "needs_follow_up", "needs": ["memorial_fault"] });
    let sound = json!({ "answers": { "tended": true, "state": "sound" } });
    for content in [with(&fault, &need), with(&fault, &sound), fault] {
        let path = format!("/v1/reports/{written}/amendments");
        let amended = visitor.post(&path, &content).await;
        assert_eq!(amended.status, 200, "{}", amended.body);
    }
    let (town, village) = (server.town_supervisor().await, server.sign_in(VILLAGE).await);
    let cases = town.get("/v1/cases?kind=memorial_fault").await.body;
    assert_eq!(cases["items"].as_array().map(Vec::len), Some(1), "one case: {cases}");
    let case = cases["items"][0].clone();
    assert_eq!((&case["area"], case.get("beneficiary_id")), (&json!(GRID), None), "{cases}");
    assert_eq!(read(&village, &case).await["detail"], "墓碑开裂");
    repair(&town, &village, &case).await;

    // A site that has ended has no rounds.
    assert_eq!(
        admin.send(admin.request(Method::DELETE, path).header("If-Match", "\"v1\"")).await.status,
        204
    );
    assert!(again(&server).contains("succeeded, 0 processed"));
    let states: Vec<Value> = rounds().await.iter().map(|task| task["state"].clone()).collect();
    assert!(states.contains(&json!("cancelled")) && states.contains(&json!("done")), "{states:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_later_rounds_of_the_same_site_find_is_one_case(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    install(&server, CONFIGURATION).await;
    let cases =
        async || supervisor.get("/v1/cases?kind=memorial_fault").await.body["items"].clone();
    let finds = async |lon: f64| {
        let round = json!({
            "kind": "memorial_round", "grid": GRID, "place": { "lat": 29.286, "lon": lon }
        });
        let made = supervisor.post("/v1/tasks", &round).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let fault = json!({ "answers": { "tended": true, "state": "faulty" } });
        report(&volunteer, made.body["id"].as_str().expect("an id"), fault).await;
    };
    finds(106.256).await;
    let first = cases().await[0].clone();
    finds(106.256).await;
    assert_eq!(cases().await.as_array().map(Vec::len), Some(1), "it is not repaired yet");
    let history = read(&supervisor, &first).await["history"].clone();
    assert_eq!(history[1]["action"], "found", "{history}");
    finds(106.255).await;
    assert_eq!(cases().await.as_array().map(Vec::len), Some(2), "of another site of the grid");
    repair(&server.town_supervisor().await, &server.sign_in(VILLAGE).await, &first).await;
    finds(106.256).await;
    let after = cases().await;
    let ids: Vec<&Value> =
        after.as_array().expect("cases").iter().map(|case| &case["id"]).collect();
    assert!(ids.len() == 2 && !ids.contains(&&first["id"]), "a fault after the repair: {after}");
}

/// Takes the case of a fault through the repair to its end.
async fn repair(town: &Caller, village: &Caller, case: &Value) {
    step(village, case, json!({ "move": "report" }), "repair").await;
    let contractor = json!({ "to": "contractor", "name": "市政公司" });
    let repaired = json!({ "move": "repaired", "amount_fen": 80_000, "referral": contractor });
    step(town, case, repaired, "check").await;
    let sound = json!({ "move": "close", "answers": { "sound": true } });
    step(village, case, sound, "closed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_that_rounds_of_a_site_find_at_once_at_two_servers_is_one_case() {
    let server = server(Backend::Postgres);
    let other = server.another();
    let (supervisor, first) = (server.supervisor().await, server.volunteer().await);
    let second = server.second_volunteer().await;
    let there = |caller: &Caller| other.bearer(caller.token.as_deref().expect("a token"));
    install(&server, CONFIGURATION).await;
    for round in 0..6 {
        let round_at = json!({
            "kind": "memorial_round", "grid": GRID, "minutes": 10,
            "place": { "lat": 29.286, "lon": 106.255 + f64::from(round) * 0.0001 }
        });
        let mut reports = JoinSet::new();
        // Each server gets two reports, which it may write in one commit.
        for caller in [&first, &there(&first), &second, &there(&second)] {
            let task = supervisor.make(&round_at).await;
            let claimed = caller.act(&format!("/v1/tasks/{task}/claim")).await;
            assert_eq!(claimed.status, 200, "{}", claimed.body);
            let (caller, path) = (caller.clone(), format!("/v1/tasks/{task}/report"));
            let fault = json!({
                "outcome": "done", "answers": { "tended": true, "state": "faulty" }
            });
            reports.spawn(async move { caller.post(&path, &fault).await });
        }
        for reported in reports.join_all().await {
            assert_eq!(reported.status, 200, "{}", reported.body);
        }
        let open = "cases WHERE kind = 'memorial_fault' AND result IS NULL";
        assert_eq!(server.database.count(open), i64::from(round) + 1, "one case of each site");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_of_a_place_that_opens_no_case_is_flagged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    install(&server, CONFIGURATION).await;
    let path = "/v1/case-kinds/memorial_fault";
    let mut about_people = admin.get(path).await.body;
    let content = about_people.as_object_mut().expect("an object");
    let version = content.remove("version").expect("a version");
    content.remove("code");
    content.insert("beneficiary".to_owned(), json!("required"));
    let put = admin.request(Method::PUT, path).header("If-Match", format!("\"v{version}\""));
    let put = admin.send(put.json(&about_people)).await;
    assert_eq!(put.status, 200, "{}", put.body);

    night(&server);
    let all = tasks(&supervisor).await;
    let monthly = all
        .iter()
        .find(|task| task["title"].as_str().is_some_and(|title| title.starts_with("每月巡护")));
    let round = monthly.expect("a round")["id"].as_str().expect("an id").to_owned();
    let volunteer = server.volunteer().await;
    let fault = json!({
        "outcome": "needs_follow_up", "needs": ["memorial_fault"],
        "answers": { "tended": true, "state": "faulty" }
    });
    let written = report(&volunteer, &round, fault).await;
    let flags = async || {
        let reports = supervisor.get(&format!("/v1/tasks/{round}/reports")).await.body;
        reports["items"][0]["flags"].clone()
    };
    assert_eq!(flags().await, json!(["no_case"]));
    assert_eq!(supervisor.get("/v1/cases").await.body["items"], json!([]));
    // The flag goes with the need.
    let sound = json!({ "outcome": "done", "answers": { "tended": true, "state": "sound" } });
    let amended = volunteer.post(&format!("/v1/reports/{written}/amendments"), &sound).await;
    assert_eq!(amended.status, 200, "{}", amended.body);
    assert_eq!(flags().await, json!([]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memorial_has_no_birthday_and_no_audience(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let rounds = json!({ "subject": "memorials", "filter": { "all": [] }, "active": false });
    for (more, pointer) in [
        (json!({ "cadence": { "type": "birthday" } }), "/content/cadence"),
        (json!({ "cadence": { "type": "after_hospital", "days": 3 } }), "/content/cadence"),
        (json!({ "cadence": { "type": "feast", "feast": "full_moon" } }), "/content/cadence/feast"),
        (json!({ "filter": { "lives_alone": true } }), "/content/filter"),
    ] {
        let content = with(&with(&weekly(&rounds), &json!({ "name": "每月巡护" })), &more);
        let refused = server.supervisor().await;
        let refused = refused.post("/v1/regimes", &json!({ "content": content })).await;
        let at = refused.body["errors"][0]["pointer"].clone();
        assert_eq!((refused.status, at), (422, json!(pointer)), "{}", refused.body);
    }
}
