//! Employment: from the search to the follow-up of the new work.

use rstest::rstest;
use serde_json::json;

use crate::case::{VILLAGE, go, open, read, server, step};
use crate::support::Backend;
use crate::support::files::BENEFICIARY;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_looks_for_work_is_placed_and_followed_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let new = json!({ "kind": "employment", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    let case = open(&village, new).await;
    let wish = json!({ "move": "register", "answers": { "wish": "驾驶员", "training": true } });
    step(&village, &case, wish, "matching").await;
    step(&town, &case, json!({ "move": "refer_up" }), "district").await;
    let employer = json!({ "to": "employer", "name": "公交公司" });
    let placed = json!({ "move": "place", "referral": employer });
    step(&server.supervisor().await, &case, placed.clone(), "follow_up").await;
    let lost = json!({ "move": "again", "answers": { "employed": false } });
    step(&village, &case, lost, "matching").await;
    assert_eq!(go(&town, &case, json!({ "move": "place" })).await.status, 422, "with whom");
    step(&town, &case, placed, "follow_up").await;
    let closed = json!({ "move": "close", "answers": { "employed": true } });
    step(&village, &case, closed, "closed").await;
    assert_eq!(read(&village, &case).await["result"], "done");
}
