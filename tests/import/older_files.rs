//! Files that are older than the register: what was changed through the API since stays, and the
//! differences are reported.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::campaign::launched_campaign;
use crate::goods::put_item;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::imports::{import, send};
use crate::support::server::{gridward, said};
use crate::support::{Backend, Caller, FAR_GRID, Files, GRID, Server, phones};

const NEW_GRID: &str = "500116001002003";

/// The files of the small district, by field.
fn all() -> Vec<(&'static str, Vec<u8>)> {
    let small = Files::small();
    let files = ["areas", "people", "beneficiaries", "stations", "memorials", "holidays"];
    let text = |name: &'static str| (name, small.text(&format!("{name}.csv")).into_bytes());
    let outlines = ("grids", small.text("grids.geojson").into_bytes());
    files.into_iter().map(text).chain([outlines]).collect()
}

async fn put(admin: &Caller, path: &str, version: u64, content: &Value) {
    let request = admin.request(Method::PUT, path).json(content);
    let put = admin.send(request.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(put.status, 200, "{}", put.body);
}

async fn change_areas(admin: &Caller, changes: Value) {
    let request = json!({ "preview": false, "changes": changes });
    let answer = admin.post("/v1/area-changes", &request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn counts(import: &Value) -> Vec<(&str, u64, u64)> {
    let kinds = import["result"]["changes"].as_array().expect("changes").iter();
    let kinds = kinds.map(|kind| {
        let count = |field: &str| kind[field].as_u64().expect("a count");
        (kind["kind"].as_str().expect("a kind"), count("added"), count("changed"))
    });
    kinds.filter(|(_, added, changed)| added + changed > 0).collect()
}

/// The values of a kind that the database kept.
fn kept(import: &Value, kind: &str) -> Vec<String> {
    let kinds = import["result"]["changes"].as_array().expect("changes").iter();
    let kind = kinds.filter(|changes| changes["kind"] == kind);
    let notes = kind.flat_map(|changes| changes["notes"].as_array().expect("notes").clone());
    let edited = notes.filter(|note| note["fate"] == "edited");
    let texts = edited.flat_map(|note| note["first"].as_array().expect("a list").clone());
    texts.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newer_of_a_file_and_an_edit_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let mut station = admin.get("/v1/stations/S1").await.body;
    station.as_object_mut().expect("a station").retain(|key, _| key != "id" && key != "version");
    station["hours"] = json!("mon-sat 0900-1730");
    put(&admin, "/v1/stations/S1", 1, &station).await;

    let stations = [("stations", Files::small().text("stations.csv").into_bytes())];
    let applied = import(&admin, "?mode=apply", &stations).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    assert_eq!((counts(&applied), kept(&applied, "stations")), (vec![], vec!["S1".to_owned()]));
    let hours = |body: &Value| body["hours"].clone();
    assert_eq!(hours(&admin.get("/v1/stations/S1").await.body), "mon-sat 0900-1730");

    let refused = send(&admin, "?written_at=2099-01-01T00:00:00%2B08:00", &stations).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ");
    let newer = format!("?mode=apply&written_at={now}");
    let applied = import(&admin, &newer, &stations).await;
    assert_eq!(counts(&applied), [("stations", 0, 1)], "{applied}");
    assert_eq!(hours(&admin.get("/v1/stations/S1").await.body), "mon-fri 0900-1730");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_some_people_with_some_columns_readmits_a_leaver(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let left =
        gridward(&server.database, &["user", "leave", phones::VOLUNTEER, "--reason", "moved"])
            .output();
    let left = left.expect("it runs");
    assert!(left.status.success(), "{}", said(&left));
    let (leaver, stays) = (person_id(21), person_id(22));
    let rows = format!("id,phone\n{leaver},{}\n{stays},{}\n", phones::VOLUNTEER, "10000000778");
    let files = [("people", rows.into_bytes())];
    let state = async || admin.get(&format!("/v1/people/{leaver}")).await.body["state"].clone();

    let kept = import(&admin, "?mode=apply", &files).await;
    assert_eq!((&kept["state"], &state().await), (&json!("applied"), &json!("left")), "{kept}");
    let back = import(&admin, "?mode=apply&readmit=true", &files).await;
    assert_eq!((&back["state"], &state().await), (&json!("applied"), &json!("active")), "{back}");
    let person = admin.get(&format!("/v1/people/{leaver}")).await.body;
    assert_eq!((&person["name"], &person["area"]), (&json!("王志愿"), &json!(GRID)));
    assert_eq!(server.supervisor().await.events("person.restore").await.len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_holiday_outweighs_its_file(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let path = "/v1/holidays/2026-08-01.army_day";
    let edited = json!({ "name": "八一建军节", "calendar": "solar" });
    put(&admin, path, 1, &edited).await;
    let holidays = [("holidays", Files::small().text("holidays.csv").into_bytes())];
    let applied = import(&admin, "?mode=apply", &holidays).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    assert_eq!(kept(&applied, "holidays"), ["2026-08-01 army_day"]);
    assert_eq!(admin.get(path).await.body["name"], "八一建军节");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_former_edition_of_the_areas_change_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    let far = json!([{ "rename": { "area": FAR_GRID, "name": "新名网格" } }]);
    change_areas(&admin, far).await;
    let split = json!([{ "split": { "grid": GRID, "into": [
        { "code": GRID, "name": "第1网格", "beneficiaries": [beneficiary_id(1), beneficiary_id(2)],
          "people": [person_id(21)] },
        { "code": NEW_GRID, "name": "第3网格", "beneficiaries": [beneficiary_id(3)],
          "manager_id": person_id(22) },
    ] } }]);
    change_areas(&admin, split).await;
    let outline = admin.get(&format!("/v1/areas/{GRID}/boundary")).await.body;

    for query in ["?mode=apply", "?mode=apply&whole=true"] {
        let applied = import(&admin, query, &all()).await;
        assert_eq!(applied["state"], "applied", "{applied}");
        assert_eq!(counts(&applied), [], "{query}: {applied}");
        assert_eq!(kept(&applied, "areas"), [format!("{FAR_GRID} name")]);
        let person = person_id(22);
        assert_eq!(kept(&applied, "people"), [format!("{person} area"), format!("{person} role")]);
        let moved = beneficiary_id(3);
        assert_eq!(kept(&applied, "beneficiaries"), [format!("{moved} grid")]);
    }
    assert_eq!(admin.get(&format!("/v1/areas/{GRID}/boundary")).await.body, outline);
    let manager = server.sign_in(phones::SECOND_VOLUNTEER).await;
    assert_eq!(manager.get("/v1/me").await.body["area"], NEW_GRID);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planned_hand_outs_move_with_their_beneficiary(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.admin().await;
    put_item(&admin, "rice", &json!({})).await;
    let goods = json!({ "kind": null, "items": [{ "item": "rice", "quantity": 1 }] });
    launched_campaign(&server, goods).await;
    let moved = beneficiary_id(1);
    let files = Files::small().with(
        "beneficiaries.csv",
        &format!("{moved},{GRID},"),
        &format!("{moved},{FAR_GRID},"),
    );
    let files = files.with("beneficiaries.csv", "106.25100", "106.27100");
    let files = [("beneficiaries", files.text("beneficiaries.csv").into_bytes())];
    let applied = import(&admin, "?mode=apply", &files).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    let grids = format!("SELECT grid AS text FROM handouts WHERE beneficiary = '{moved}'");
    assert_eq!(server.database.texts(&grids), [FAR_GRID]);
    let planned = server.far_manager().await.get("/v1/handouts?state=planned").await.body;
    assert_eq!(planned["items"].as_array().map(Vec::len), Some(3), "{planned}");
}
