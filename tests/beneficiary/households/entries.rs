//! The number of a household: entered, shown, exported, imported and removed.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{HOUSEHOLD, entry, patch};
use crate::goods::put_item;
use crate::regime::cadences::change;
use crate::support::bodies::new_beneficiary;
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::imports::import;
use crate::support::phone::Phone;
use crate::support::{Backend, Files, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_a_household_is_entered_shown_exported_and_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let refused = patch(&supervisor, BENEFICIARY, &json!({ "household": "02-a7" })).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/household");
    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": HOUSEHOLD })).await;
    let changed = &supervisor.events("beneficiary.change").await[0];
    assert_eq!(changed["body"], json!({ "fields": ["household"] }));
    let new = new_beneficiary(json!({ "household": HOUSEHOLD }));
    let entered = supervisor.post("/v1/beneficiaries", &new).await;
    assert_eq!((entered.status, &entered.body["household"]), (201, &json!(HOUSEHOLD)));
    let listed = supervisor.get(&format!("/v1/beneficiaries?area={GRID}")).await.body;
    let numbers = listed["items"].as_array().expect("a list").iter();
    assert_eq!(numbers.filter(|one| one["household"] == HOUSEHOLD).count(), 2, "{listed}");
    let exported = supervisor.text("/v1/exports/beneficiaries?format=csv").await;
    assert_eq!(exported.matches(HOUSEHOLD).count(), 2, "{exported}");

    // The visitor has it, but not the pool.
    let task = supervisor.make_task(BENEFICIARY).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let before = phone.household(BENEFICIARY).expect("the home of an open visit");
    assert_eq!(before.get("household"), None);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.household(BENEFICIARY).expect("the own visit")["household"], HOUSEHOLD);

    change(&supervisor, Method::PATCH, BENEFICIARY, "", &json!({ "household": null })).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await.get("household"), None);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_may_have_the_number_of_the_household(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let applied = async |text: String| {
        let import = import(&admin, "?mode=apply", &[("beneficiaries", text.into_bytes())]).await;
        assert_eq!(import["state"], "applied", "{import}");
    };
    applied(format!("id,household\n{BENEFICIARY},{HOUSEHOLD}\n")).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["household"], HOUSEHOLD);
    // The files of the district do not know it.
    applied(Files::small().text("beneficiaries.csv")).await;
    assert_eq!(entry(&supervisor, BENEFICIARY).await["household"], HOUSEHOLD);
    // A second plaque of a household is doubtful.
    let plaque = json!({ "once": true, "plaque": { "handed_out": "hung" } });
    put_item(&admin, "plaque", &plaque).await;
    let [one, other] = [2, 3].map(beneficiary_id);
    let couple = format!("id,household,plaque\n{one},02-B8,hung\n{other},02-B8,hung\n");
    let checked = import(&admin, "", &[("beneficiaries", couple.into_bytes())]).await;
    let counts = (&checked["result"]["faults"], &checked["result"]["warnings"]);
    assert_eq!(counts, (&json!(0), &json!(1)), "{checked}");
    // So is one beside that of an entry that the file lacks.
    let warnings = async |text: String| {
        let checked = import(&admin, "", &[("beneficiaries", text.into_bytes())]).await;
        checked["result"]["warnings"].as_i64().unwrap_or_else(|| panic!("{checked}"))
    };
    let second = format!("{one},{HOUSEHOLD},hung\n");
    assert_eq!(warnings(format!("id,household,plaque\n{second}")).await, 1);
    let first = format!("{BENEFICIARY},{HOUSEHOLD},damaged\n");
    assert_eq!(warnings(format!("id,household,plaque\n{second}{first}")).await, 0);
}
