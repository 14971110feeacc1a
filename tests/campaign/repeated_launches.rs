//! A launch gives each member one task and each item once, whatever is killed and repeated meanwhile.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use super::{approve, campaign, launch, launched};
use crate::goods::{put_item, receive};
use crate::support::files::{Files, beneficiary_id, with_check_digit};
use crate::support::server::{gridward, import};
use crate::support::{Backend, Caller, Database, FAR_GRID, GRID, Server};

/// The beneficiaries beside those of the small district.
const MORE: u32 = 30;
const MEMBERS: i64 = 6 + MORE as i64;
/// The number of beneficiaries in a transaction of a launch.
const SETTINGS: &[(&str, &str)] = &[("GRIDWARD_LAUNCH_BATCH", "2")];
/// Each case kills the server a few times.
const CASES: u32 = 3;

/// What disturbs the launch of a campaign.
#[derive(Clone, Debug)]
struct Disturbance {
    /// The milliseconds from the launch, or from the last start, to each kill.
    kills: Vec<u64>,
    /// How many calls launch it at once, at the beginning and after each kill.
    repeats: usize,
    /// Whether another campaign of the occasion is launched too.
    is_doubled: bool,
    /// Whether the job of another process goes on with it at the same time.
    has_job: bool,
}

fn disturbance() -> impl Strategy<Value = Disturbance> {
    let parts = (vec(0_u64..120, 1..4), 1_usize..4, any::<bool>(), any::<bool>());
    parts.prop_map(|(kills, repeats, is_doubled, has_job)| Disturbance {
        kills,
        repeats,
        is_doubled,
        has_job,
    })
}

/// The small district with more beneficiaries, so that a launch has many steps.
fn district() -> Files {
    (7..7 + MORE).fold(Files::small(), |files, n| {
        let grid = if n % 2 == 0 { GRID } else { FAR_GRID };
        let number = with_check_digit(&format!("9999991950010{:04}", 1000 + n));
        let lon = if n % 2 == 0 { "106.25500" } else { "106.27500" };
        let line = format!(
            "{},{grid},郑老兵{n},M,1950,veteran,29.28400,{lon},南门社区{n}号,100200000{n:02},{number},\
             ,0,full,visit,hung,",
            beneficiary_id(n)
        );
        files.with_line("beneficiaries.csv", &line)
    })
}

/// Drafts of the occasion that are approved, with goods.
async fn approved(server: &Server, occasion: &str, count: usize) -> Vec<String> {
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let mut paths = Vec::new();
    for _ in 0..count {
        let items = json!([{ "item": "rice", "quantity": 1 }]);
        let content = campaign(json!({ "occasion": occasion, "items": items }));
        let draft = supervisor.post("/v1/campaigns", &content).await;
        assert_eq!(draft.status, 201, "{}", draft.body);
        let path = format!("/v1/campaigns/{}", draft.body["id"].as_str().expect("an id"));
        assert_eq!(approve(&admin, &path).await.status, 200);
        paths.push(path);
    }
    paths
}

/// Launches each campaign a number of times at once, and waits for no answer: a kill takes them away.
fn launch_all(caller: &Caller, paths: &[String], repeats: usize) -> JoinSet<()> {
    let mut under_way = JoinSet::new();
    for path in paths.iter().cycle().take(paths.len() * repeats) {
        let request = caller.request(Method::POST, &format!("{path}/launch"));
        let request = request.json(&json!({ "confirm": true }));
        under_way.spawn(async move { drop(request.send().await) });
    }
    under_way
}

/// Launches the campaigns of an occasion under the disturbance.
async fn disturbed(server: &mut Server, occasion: &str, case: &Disturbance) {
    let paths = approved(server, occasion, 1 + usize::from(case.is_doubled)).await;
    for after in &case.kills {
        let caller = server.supervisor().await;
        let under_way = launch_all(&caller, &paths, case.repeats);
        let job = case.has_job.then(|| {
            let mut job = gridward(&server.database, &["jobs", "run", "campaign_launches"]);
            job.envs(SETTINGS.iter().copied());
            job.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            job.spawn().expect("it runs")
        });
        tokio::time::sleep(Duration::from_millis(*after)).await;
        server.kill_and_restart();
        drop(under_way);
        if let Some(mut job) = job {
            job.kill().expect("a process to kill");
            job.wait().expect("an end");
        }
    }
    let supervisor = server.supervisor().await;
    let mut created = 0;
    for path in &paths {
        assert_eq!(launch(&supervisor, path, true).await.status, 200);
        let campaign = launched(&supervisor, path).await;
        created += campaign["created_tasks"].as_i64().expect("a number");
        let again = launch(&supervisor, path, true).await;
        assert_eq!(again.body["created_tasks"], campaign["created_tasks"]);
    }
    assert_eq!(created, MEMBERS, "each task is counted once: {case:?}");
    let count = |what: &str, table: &str| {
        let sql = format!(
            "SELECT CAST(COUNT({what}) AS text) AS text FROM {table} \
             WHERE occasion = '{occasion}_2027'"
        );
        server.database.texts(&sql).concat()
    };
    let members = MEMBERS.to_string();
    for table in ["tasks", "handouts", "task_occasions"] {
        assert_eq!(count("*", table), members, "{table}: {case:?}");
        assert_eq!(count("DISTINCT beneficiary", table), members, "{table}: {case:?}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_member_gets_one_task_and_each_item_once_under_kills_and_repeats(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    assert!(import(&database, &district(), &[]).status.success());
    let mut server = Server::start_with(database, SETTINGS);
    let admin = server.admin().await;
    put_item(&admin, "rice", &json!({})).await;
    for village in ["500116001002", "500116002001"] {
        receive(&admin, "rice", village, 500).await;
    }
    let mut runner = TestRunner::default();
    for case in 0..CASES {
        let tree = disturbance().new_tree(&mut runner).expect("a case");
        let of_case = tree.current();
        disturbed(&mut server, &format!("feast_{case}"), &of_case).await;
    }
}
