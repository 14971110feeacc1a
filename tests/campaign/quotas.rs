//! The quota of a day.

use rstest::rstest;
use serde_json::json;

use super::{approve, draft, launched_campaign, tasks};
use crate::support::days::day;
use crate::support::{Backend, Server};

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
