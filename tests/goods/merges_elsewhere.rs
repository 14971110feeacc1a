//! A merge of two entries, and its undo, reach the phones of their visitors from other grids.

use rstest::rstest;
use serde_json::json;

use super::phones::{about, homes, planned};
use super::visits_elsewhere::{FAR_VILLAGE, visit_of, with_plan};
use super::{put_item, receive, rice};
use crate::support::Backend;
use crate::support::files::beneficiary_id;
use crate::support::phone::Phone;

#[rstest]
#[case::of_the_entry_that_stays(5, true, [vec![5, 5], vec![5], vec![5, 5]])]
#[case::of_the_duplicate(6, true, [vec![6], vec![5], vec![6]])]
#[case::of_the_duplicate_who_have_not_accepted(6, false, [vec![6], vec![5], vec![6]])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phones_of_visitors_from_other_grids_follow_a_merge_and_its_undo(
    #[case] visited: u32,
    #[case] is_accepted: bool,
    #[case] expected: [Vec<u32>; 3],
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, supervisor) = with_plan(backend).await;
    let far = server.far_manager().await;
    let [kept, duplicate] = [5, 6].map(beneficiary_id);
    // Oil is planned for the entry that stays alone, and the unvisited entry has its rice.
    put_item(&server.admin().await, "oil", &json!({})).await;
    receive(&supervisor, "oil", FAR_VILLAGE, 5).await;
    let oil = far.post("/v1/handouts", &rice(&kept, &json!({ "item": "oil" }))).await;
    assert_eq!(oil.status, 201, "{}", oil.body);
    let plan = "UPDATE handouts SET state = 'planned', person = NULL, at = NULL";
    server.database.execute(&format!("{plan} WHERE item = 'oil'"));
    let unvisited = if visited == 5 { &duplicate } else { &kept };
    let handed = far.post("/v1/handouts", &rice(unvisited, &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);

    let visitors = [
        (server.other_manager().await, 12),
        (server.volunteer().await, 21),
        (server.other_volunteer().await, 23),
    ];
    for (caller, person) in &visitors {
        let task = visit_of(&supervisor, visited, *person).await;
        if is_accepted {
            let accepted = caller.act(&format!("/v1/tasks/{task}/accept")).await;
            assert_eq!(accepted.status, 200, "{}", accepted.body);
        }
    }
    let mut phones = [(); 3].map(|()| Phone::default());
    let [before, merged, undone] = expected;
    for (step, expected) in [("", before), ("merge", merged), ("merge/undo", undone)] {
        if !step.is_empty() {
            about(&supervisor, &kept, step, &json!({ "other_id": duplicate })).await;
        }
        for (phone, (caller, person)) in phones.iter_mut().zip(&visitors) {
            phone.sync(caller, json!([])).await;
            let mut shown = planned(phone);
            // The phone of the manager has that of the own grid too.
            shown.retain(|home| *home != beneficiary_id(4));
            assert_eq!(shown, homes(&expected), "{step:?}, {person}");
            phone.is_as_fresh(caller).await;
        }
    }
}
