//! The days of occasions as the district keeps them: rounds follow its table, as campaigns do.

use chrono::{Datelike as _, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::cadences::{again, made, make};
use super::{change, create, night, rewrite, tasks, weekly, with};
use crate::support::days::day;
use crate::support::{Backend, Caller, Server};

/// The name of the rounds.
const ROUNDS: &str = "节前巡护";

/// Rounds of the memorial site before the occasion.
pub fn rounds(occasion: &str) -> Value {
    weekly(&json!({
        "name": ROUNDS, "subject": "memorials", "filter": { "all": [] }, "lead_days": 14,
        "cadence": { "type": "feast", "feast": occasion }
    }))
}

/// The rounds that were prepared, also those that have ended.
pub async fn prepared(caller: &Caller) -> Vec<Value> {
    let all = tasks(caller).await.into_iter();
    let titled =
        |task: &Value| task["title"].as_str().is_some_and(|title| title.starts_with(ROUNDS));
    all.filter(titled).collect()
}

/// Makes the round.
pub async fn carry_out(server: &Server, round: &Value) {
    let path = format!("/v1/tasks/{}", round["id"].as_str().expect("an id"));
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("{path}/claim")).await.status, 200);
    let done = volunteer.post(&format!("{path}/report"), &json!({ "outcome": "done" })).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

/// Enters the day of the occasion.
pub async fn enter(admin: &Caller, occasion: &str, day: NaiveDate) {
    let path = format!("/v1/holidays/{day}.{occasion}");
    let content = json!({ "name": "纪念日", "calendar": "solar" });
    let put = admin.send(admin.request(Method::PUT, &path).json(&content)).await;
    assert_eq!(put.status, 201, "{}", put.body);
}

/// Takes the day of the occasion back.
pub async fn take_back(admin: &Caller, occasion: &str, day: NaiveDate) {
    let delete = admin.request(Method::DELETE, &format!("/v1/holidays/{day}.{occasion}"));
    assert_eq!(admin.send(delete.header("If-Match", "\"v1\"")).await.status, 204);
}

/// The numbers of rounds in the coming weeks.
pub async fn weeks(caller: &Caller, regime: &Value) -> Vec<u64> {
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
    let regime = create(&server, &rounds("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 0 processed"), "too early");

    // The day is moved before its rounds are prepared.
    take_back(&admin, "liberation_day", day(20)).await;
    enter(&admin, "liberation_day", day(2)).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    let before = prepared(&supervisor).await;
    assert_eq!((before.len(), &before[0]["due_on"]), (1, &json!(day(2))), "{before:?}");

    // It is moved by ten days: the round keeps its day, and is the only one, also once it has been made.
    take_back(&admin, "liberation_day", day(2)).await;
    enter(&admin, "liberation_day", day(12)).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(prepared(&supervisor).await[0]["due_on"], json!(day(2)));
    carry_out(&server, &before[0]).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(prepared(&supervisor).await.len(), 1);
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 0, "none is to come");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_who_was_visited_has_no_second_visit_when_the_day_is_moved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    enter(&admin, "liberation_day", day(2)).await;
    let visits = json!({
        "name": "纪念日走访", "lead_days": 14,
        "cadence": { "type": "feast", "feast": "liberation_day" }
    });
    let regime = create(&server, &weekly(&visits)).await;
    assert!(night(&server).contains("succeeded, 6 processed"));
    make(&server, "纪念日走访").await;
    take_back(&admin, "liberation_day", day(2)).await;
    enter(&admin, "liberation_day", day(12)).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(made(&supervisor, "纪念日走访").await.len(), 6);
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 5, "of the others");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_occasion_of_the_same_year_has_its_own_rounds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (occasion, later) in [("liberation_day", 2), ("founding_day", 5), ("charter_day", 7)] {
        enter(&admin, occasion, day(later)).await;
    }
    let regime = create(&server, &rounds("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 1 processed"));
    let first = prepared(&supervisor).await.remove(0);

    // The round of the former occasion, which no person has taken, is withdrawn as that of the other one is made.
    rewrite(&server, &regime, &rounds("founding_day")).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    let path = format!("/v1/tasks/{}", first["id"].as_str().expect("an id"));
    assert_eq!(supervisor.get(&path).await.body["state"], "cancelled");
    assert!(again(&server).contains("succeeded, 0 processed"));
    let open = async || {
        let all = prepared(&supervisor).await.into_iter();
        all.filter(|round| round["state"] == "open").collect::<Vec<Value>>()
    };
    let second = open().await;
    assert_eq!((second.len(), &second[0]["due_on"]), (1, &json!(day(5))), "{second:?}");

    // One that was made is of the former occasion too.
    carry_out(&server, &second[0]).await;
    rewrite(&server, &regime, &rounds("charter_day")).await;
    assert!(again(&server).contains("succeeded, 1 processed"));
    let third = open().await;
    assert_eq!((third.len(), &third[0]["due_on"]), (1, &json!(day(7))), "{third:?}");
    assert!(again(&server).contains("succeeded, 0 processed"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occasion_that_is_edited_and_edited_back_keeps_its_rounds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    for (occasion, later) in [("liberation_day", 2), ("founding_day", 5)] {
        enter(&admin, occasion, day(later)).await;
    }
    let regime = create(&server, &rounds("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 1 processed"));
    let draft = with(&rounds("founding_day"), &json!({ "active": false }));
    let path = format!("/v1/regimes/{}", regime["id"].as_str().expect("an id"));
    let current = supervisor.get(&path).await.body;
    let edited = change(&supervisor, &current, &draft).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    rewrite(&server, &regime, &rounds("liberation_day")).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(prepared(&supervisor).await[0]["state"], "open");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_waits_is_withdrawn_when_its_day_is_moved_far(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    enter(&admin, "liberation_day", day(2)).await;
    let regime = create(&server, &rounds("liberation_day")).await;
    assert!(night(&server).contains("succeeded, 1 processed"));
    take_back(&admin, "liberation_day", day(2)).await;
    enter(&admin, "liberation_day", day(90)).await;
    assert!(again(&server).contains("succeeded, 0 processed"));
    assert_eq!(prepared(&supervisor).await[0]["state"], "cancelled");
    assert_eq!(weeks(&supervisor, &regime).await.iter().sum::<u64>(), 1, "is to come");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_regime_becomes_active_with_a_day_to_come_and_its_outlook_says_when_none_is_left(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    enter(&admin, "lei_feng_day", day(-400)).await;
    let content = rounds("lei_feng_day");
    let draft = create(&server, &with(&content, &json!({ "active": false }))).await;
    let path = format!("/v1/regimes/{}/outlook", draft["id"].as_str().expect("an id"));
    let is_over = async || supervisor.get(&path).await.body["is_occasion_over"].clone();
    assert_eq!(is_over().await, true);
    let refused = change(&admin, &draft, &content).await;
    let at = refused.body["errors"][0]["pointer"].clone();
    assert_eq!((refused.status, at), (422, json!("/cadence/feast")), "{}", refused.body);

    enter(&admin, "lei_feng_day", day(30)).await;
    let active = change(&admin, &draft, &content).await;
    assert_eq!(active.status, 200, "{}", active.body);
    assert_eq!(is_over().await, Value::Null);
    take_back(&admin, "lei_feng_day", day(30)).await;
    assert_eq!(is_over().await, true);
}
