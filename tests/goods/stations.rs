//! The station of a planned hand-out follows the home of its beneficiary, so that the goods come from where the
//! beneficiary lives.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TOWN, VILLAGE, receive, rice, stock, with_rice};
use crate::campaign::launched_campaign;
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// The village of the third grid, in another town.
const FAR_VILLAGE: &str = "500116002001";

/// Plans a bag of rice for each beneficiary of the district.
async fn rice_for_all(server: &Server) {
    let items = json!([{ "item": "rice", "quantity": 1 }]);
    launched_campaign(server, json!({ "kind": null, "items": items })).await;
}

async fn about(caller: &Caller, home: &str, command: &str, body: &Value) {
    let path = format!("/v1/beneficiaries/{home}");
    let version = caller.get(&path).await.body["version"].as_i64().expect("a version");
    let request = caller.request(Method::POST, &format!("{path}/{command}")).json(body);
    let done = caller.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(done.status, 200, "{command}: {}", done.body);
}

async fn move_to(caller: &Caller, home: &str, grid: &str, lon: f64) {
    let to = json!({
        "grid": grid, "address": "北门2号", "reason": "搬到女儿家",
        "place": { "lat": 29.285, "lon": lon },
    });
    about(caller, home, "move", &to).await;
}

/// The state, the grid and the station of the only hand-out of the beneficiary.
async fn handout(caller: &Caller, home: &str) -> [Value; 3] {
    let listed = caller.get(&format!("/v1/handouts?beneficiary_id={home}")).await.body;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    ["state", "grid", "station"].map(|field| listed["items"][0][field].clone())
}

fn planned(grid: &str, station: &str) -> [Value; 3] {
    [json!("planned"), json!(grid), json!(station)]
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_move_to_another_village_the_goods_come_from_its_station(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 5).await;
    rice_for_all(&server).await;
    let far = server.far_manager().await;
    let mut phone = Phone::default();
    phone.sync(&far, json!([])).await;
    let second = beneficiary_id(2);
    for home in [BENEFICIARY, &second] {
        move_to(&supervisor, home, FAR_GRID, 106.272).await;
        assert_eq!(handout(&supervisor, home).await, planned(FAR_GRID, FAR_VILLAGE));
    }
    phone.sync(&far, json!([])).await;
    let rows = phone.rows.iter().filter(|((kind, _), _)| kind == "handout");
    let moved = rows.map(|(_, row)| row).find(|row| row["beneficiary_id"] == BENEFICIARY);
    let row = moved.expect("a planned hand-out").clone();
    assert_eq!((&row["station"], &row["version"]), (&json!(FAR_VILLAGE), &json!(2)), "{row}");
    phone.is_as_fresh(&far).await;

    // An app may send the station of the row, or leave it to the server.
    let hand_out = |payload: Value| {
        json!({
            "id": Uuid::now_v7(), "type": "handout.hand_out", "at": "2026-08-01T07:12:03+08:00",
            "payload": payload
        })
    };
    let commands = json!([
        hand_out(rice(BENEFICIARY, &json!({ "station": row["station"] }))),
        hand_out(rice(&second, &json!({}))),
    ]);
    for result in phone.sync(&far, commands).await {
        assert_eq!(result["outcome"], "applied", "{result}");
    }
    let stocks = (stock(&supervisor, FAR_VILLAGE).await, stock(&supervisor, VILLAGE).await);
    assert_eq!(stocks, (3, 9), "from the new village");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_that_serves_both_homes_stays(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    rice_for_all(&server).await;
    let (third, fourth) = (beneficiary_id(3), beneficiary_id(4));
    let at_town = format!("UPDATE handouts SET station = '{TOWN}' WHERE beneficiary = '{fourth}'");
    server.database.execute(&at_town);
    move_to(&supervisor, &third, OTHER_GRID, 106.264).await;
    move_to(&supervisor, &fourth, GRID, 106.254).await;
    assert_eq!(handout(&supervisor, &third).await, planned(OTHER_GRID, VILLAGE));
    assert_eq!(handout(&supervisor, &fourth).await, planned(GRID, TOWN));
    move_to(&supervisor, &fourth, FAR_GRID, 106.272).await;
    assert_eq!(handout(&supervisor, &fourth).await, planned(FAR_GRID, FAR_VILLAGE));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_village_with_a_new_code_has_the_hand_outs_also_those_that_are_planned_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const NEW_VILLAGE: &str = "500116001009";
    let (server, admin, supervisor) = with_rice(backend, 9).await;
    rice_for_all(&server).await;
    let third = beneficiary_id(3);
    about(&supervisor, &third, "deceased", &json!({ "day": day(0) })).await;
    let recode = json!([{ "recode": { "area": VILLAGE, "to": NEW_VILLAGE } }]);
    let body = json!({ "preview": false, "changes": recode });
    let changed = admin.post("/v1/area-changes", &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let new_grid = GRID.replace(VILLAGE, NEW_VILLAGE);
    assert_eq!(handout(&supervisor, BENEFICIARY).await, planned(&new_grid, NEW_VILLAGE));
    about(&supervisor, &third, "reinstate", &json!({ "reason": "登记有误" })).await;
    assert_eq!(handout(&supervisor, &third).await, planned(&new_grid, NEW_VILLAGE));
    let handed = supervisor.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((handed.status, &handed.body["station"]), (201, &json!(NEW_VILLAGE)));
    assert_eq!(stock(&supervisor, NEW_VILLAGE).await, 8);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_takes_a_planned_hand_out_to_the_other_village_and_its_undo_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    receive(&supervisor, "rice", FAR_VILLAGE, 5).await;
    let handed = supervisor.post("/v1/handouts", &rice(FAR_BENEFICIARY, &json!({}))).await;
    assert_eq!((handed.status, &handed.body["station"]), (201, &json!(FAR_VILLAGE)));
    server.database.execute("UPDATE handouts SET state = 'planned', person = NULL, at = NULL");
    let other = json!({ "other_id": FAR_BENEFICIARY });
    about(&supervisor, BENEFICIARY, "merge", &other).await;
    assert_eq!(handout(&supervisor, BENEFICIARY).await, planned(GRID, VILLAGE));
    about(&supervisor, BENEFICIARY, "merge/undo", &other).await;
    assert_eq!(handout(&supervisor, FAR_BENEFICIARY).await, planned(FAR_GRID, FAR_VILLAGE));
}
