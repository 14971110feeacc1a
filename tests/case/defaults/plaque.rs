//! The withdrawal of a plaque.

use rstest::rstest;
use serde_json::json;

use crate::case::{VILLAGE, go, open, read, server, step};
use crate::support::Backend;
use crate::support::files::BENEFICIARY;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plaque_is_withdrawn_by_the_district_after_a_second_opinion(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let (district, manager) = (server.supervisor().await, server.manager().await);
    let new = json!({
        "kind": "plaque", "class": "withdraw", "beneficiary_id": BENEFICIARY,
        "source": "application"
    });
    let case = open(&town, new).await;
    let reason = json!({ "move": "check", "answers": { "reason": "家庭成员受刑事处罚" } });
    assert_eq!(go(&village, &case, json!({ "move": "check" })).await.status, 422);
    step(&village, &case, reason, "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    step(&district, &case, json!({ "move": "return", "note": "补充判决书" }), "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    let early = go(&manager, &case, json!({ "move": "done" })).await;
    assert_eq!((early.status, early.problem()), (409, "case_move_not_permitted"));
    step(&district, &case, json!({ "move": "approve" }), "carry_out").await;
    step(&manager, &case, json!({ "move": "done", "answers": {} }), "closed").await;
    assert_eq!(read(&manager, &case).await["result"], "granted");
}
