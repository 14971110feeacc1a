//! The days of occasions as the district keeps them: rounds follow its table, as campaigns do.

use chrono::{Datelike as _, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::cadences::again;
use super::{create, night, tasks, weekly};
use crate::support::days::day;
use crate::support::{Backend, Caller, Server};

/// The name of the rounds.
const ROUNDS: &str = "节前巡护";

/// Rounds of the memorial site before the occasion.
fn rounds(occasion: &str) -> Value {
    weekly(&json!({
        "name": ROUNDS, "subject": "memorials", "filter": { "all": [] }, "lead_days": 14,
        "cadence": { "type": "feast", "feast": occasion }
    }))
}

/// Enters the day of the occasion.
async fn enter(admin: &Caller, occasion: &str, day: NaiveDate) {
    let path = format!("/v1/holidays/{day}.{occasion}");
    let content = json!({ "name": "纪念日", "calendar": "solar" });
    let put = admin.send(admin.request(Method::PUT, &path).json(&content)).await;
    assert_eq!(put.status, 201, "{}", put.body);
}

/// Takes the day of the occasion back.
async fn take_back(admin: &Caller, occasion: &str, day: NaiveDate) {
    let delete = admin.request(Method::DELETE, &format!("/v1/holidays/{day}.{occasion}"));
    assert_eq!(admin.send(delete.header("If-Match", "\"v1\"")).await.status, 204);
}

/// The numbers of rounds in the coming weeks.
async fn weeks(caller: &Caller, regime: &Value) -> Vec<u64> {
    let path = format!("/v1/regimes/{}/outlook?weeks=104", regime["id"].as_str().expect("an id"));
    let outlook = caller.get(&path).await;
    assert_eq!(outlook.status, 200, "{}", outlook.body);
    let weeks = outlook.body["weeks"].as_array().expect("weeks").iter();
    weeks.map(|week| week["visits"].as_u64().expect("a number")).collect()
}

/// The place of the day's week in an outlook.
fn week_of(later: NaiveDate) -> usize {
    usize::try_from(later.signed_duration_since(day(0)).num_days() / 7).expect("a later day")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_statutory_day_of_the_next_year_moves_its_rounds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let regime = create(&server, &rounds("qingming")).await;
    let moved = NaiveDate::from_ymd_opt(day(0).year() + 1, 6, 15).expect("a day");
    let computed = weeks(&supervisor, &regime).await;
    assert_eq!(computed[week_of(moved)], 0, "{computed:?}");
    enter(&admin, "qingming", moved).await;
    let entered = weeks(&supervisor, &regime).await;
    assert_eq!(entered[week_of(moved)], 1, "{entered:?}");
    let all = |weeks: &[u64]| weeks.iter().sum::<u64>();
    assert_eq!(all(&entered), all(&computed), "moved, and no second one");
    take_back(&admin, "qingming", moved).await;
    assert_eq!(weeks(&supervisor, &regime).await, computed);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_follow_a_day_of_the_districts_own_and_are_made_once_when_it_is_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let unknown = json!({ "content": rounds("liberation_day") });
    let refused = supervisor.post("/v1/regimes", &unknown).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/content/cadence/feast")), "{}", refused.body);
    enter(&admin, "liberation_day", day(20)).await;
    create(&server, &rounds("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 0 processed"), "too early");

    // The day is moved before its rounds are prepared.
    take_back(&admin, "liberation_day", day(20)).await;
    enter(&admin, "liberation_day", day(10)).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    let made = async || {
        let all = tasks(&supervisor).await.into_iter();
        let titled =
            |task: &Value| task["title"].as_str().is_some_and(|title| title.starts_with(ROUNDS));
        all.filter(titled).collect::<Vec<Value>>()
    };
    let before = made().await;
    assert_eq!((before.len(), &before[0]["due_on"]), (1, &json!(day(10))), "{before:?}");

    // It is moved again: the round keeps its day, and is the only one, also once it has been made.
    take_back(&admin, "liberation_day", day(10)).await;
    enter(&admin, "liberation_day", day(12)).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(made().await[0]["due_on"], json!(day(10)));
    let path = format!("/v1/tasks/{}", before[0]["id"].as_str().expect("an id"));
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let done = volunteer.post(&format!("{path}/report"), &json!({ "outcome": "done" })).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(made().await.len(), 1);
}
