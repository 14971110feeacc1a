//! Resources of a grid, made for the calls.

use serde_json::{Value, json};
use uuid::Uuid;

use super::bodies::{campaign_body, duty, new_case, order};
use super::{OTHER_DISTRICT, Own, Resources};
use crate::db::sharding::district::District;
use crate::goods::{item, receive, rice};
use crate::support::files::person_id;
use crate::support::{Caller, FAR_GRID, GRID, Server};

/// A plan for the grid, made by a supervisor.
async fn plan(supervisor: &Caller, grid: &str) -> String {
    let made = supervisor.order_plan(&order(grid)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].as_str().expect("an id").to_owned()
}

/// Adds an import that was checked.
fn add_import(server: &Server, district: &str) -> String {
    let id = Uuid::now_v7().to_string();
    let by = person_id(8);
    server.database.execute(&format!(
        "INSERT INTO imports (district, id, mode, state, created_by, created_at, finished_at, files) \
         VALUES ('{district}', '{id}', 'check', 'checked', '{by}', '2026-11-01 00:00:00', \
         '2026-11-01 00:00:01', '[]')"
    ));
    id
}

/// Adds an absence that was withdrawn.
pub(super) fn add_absence(server: &Server, district: &str, person: &str) -> String {
    let id = Uuid::now_v7().to_string();
    server.database.execute(&format!(
        "INSERT INTO absences (district, person, id, first_day, last_day, reason, created_by, \
         created_at, withdrawn_at) VALUES ('{district}', '{person}', '{id}', '2026-11-01', \
         '2026-11-02', 'leave', '{person}', '2026-11-01 00:00:00', '2026-11-01 00:00:01')"
    ));
    id
}

/// A correction of the beneficiary's entry.
pub(super) async fn correction(caller: &Caller, beneficiary: &str) -> String {
    let path = format!("/v1/beneficiaries/{beneficiary}/corrections");
    let note = json!({ "note": Uuid::now_v7().to_string() });
    let proposed = caller.post(&path, &note).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    proposed.body["id"].as_str().expect("an id").to_owned()
}

/// A proposal about the beneficiary, by a call of `caller`.
pub(super) async fn proposal(caller: &Caller, beneficiary: &str) -> String {
    let need = json!({ "beneficiary_id": beneficiary, "need": "living" });
    let raised = caller.post("/v1/proposals", &need).await;
    assert_eq!(raised.status, 201, "{}", raised.body);
    raised.body["id"].as_str().expect("an id").to_owned()
}

/// A campaign for the grid, by the caller.
async fn campaign(caller: &Caller, grid: &str) -> String {
    let written = caller.post("/v1/campaigns", &campaign_body(grid)).await;
    assert_eq!(written.status, 201, "{}", written.body);
    written.body["id"].as_str().expect("an id").to_owned()
}

/// A service with a plaque and a campaign.
pub(super) fn rice_campaign() -> Value {
    let plaque =
        item(&json!({ "code": "plaque", "once": true, "plaque": { "handed_out": "hung" } }));
    json!({ "goods": [plaque], "campaigns": [{
        "code": "rice", "name": "x", "name_en": "x", "occasion": "army_day", "filter": { "all": [] },
        "starts_before": 20, "ends_before": 1, "kind": "home_visit"
    }] })
}

/// A saved audience of the grid.
async fn audience(supervisor: &Caller, grid: &str) -> String {
    let body = json!({ "name": "x", "area": grid, "filter": { "all": [] } });
    let saved = supervisor.post("/v1/audiences", &body).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    saved.body["id"].as_str().expect("an id").to_owned()
}

/// A notice for the grid, posted by a supervisor.
pub(super) async fn notice(supervisor: &Caller, grid: &str) -> String {
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(2);
    let body = json!({ "area": grid, "title": "x", "text": "y", "until": until });
    let posted = supervisor.post("/v1/notices", &body).await;
    assert_eq!(posted.status, 201, "{}", posted.body);
    posted.body["id"].as_str().expect("an id").to_owned()
}

/// A regime of the grid.
async fn regime(supervisor: &Caller, grid: &str) -> String {
    let body = json!({ "area": grid, "content": duty() });
    let created = supervisor.post("/v1/regimes", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    created.body["id"].as_str().expect("an id").to_owned()
}

/// A secondment from and to the grid, in the first grid that of the first volunteer.
fn secondment(server: &Server, grid: &str) -> String {
    let id = Uuid::now_v7();
    let district = &grid[..6];
    server.database.execute(&format!(
        "INSERT INTO secondments (district, id, person, home, area, first_day, last_day, state,
             requested_by, requested_at, version)
         VALUES ('{district}', '{id}', '{}', '{grid}', '{grid}', '2090-01-01', '2090-01-02',
             'requested', '{}', '2026-11-01 00:00:00', 1)",
        person_id(if grid == GRID { 21 } else { 13 }),
        person_id(1),
    ));
    id.to_string()
}

/// A hand-out to the beneficiary, from the station of the district.
pub(super) async fn handout(supervisor: &Caller, beneficiary: &str, district: &str) -> String {
    receive(supervisor, "rice", district, 1).await;
    let body = rice(beneficiary, &json!({ "station": district }));
    let handed = supervisor.post("/v1/handouts", &body).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    handed.body["id"].as_str().expect("an id").to_owned()
}

/// The same in the other district, with the item.
async fn elsewhere_handout(server: &Server, district: &District) -> String {
    add_rice(server, OTHER_DISTRICT);
    handout(&district.supervisor, &district.beneficiary(1), OTHER_DISTRICT).await
}

/// Adds the item to the register of the district.
pub(super) fn add_rice(server: &Server, district: &str) {
    server.database.execute(&format!(
        "INSERT INTO goods_items (district, code, name, name_en, unit, has_serial, once, \
         needs_receipt, active, version) VALUES ('{district}', 'rice', 'x', 'x', 'x', FALSE, \
         FALSE, FALSE, TRUE, 5)"
    ));
}

/// Adds a station and a memorial site in the third grid, and gives the rows of all registers, and
/// the beneficiaries, another version than the callers know, so that they stay. No caller is the
/// author of a campaign, who may not approve it.
pub(super) fn prepare_registers(server: &Server) {
    let nobody = person_id(99);
    server.database.execute(&format!(
        "INSERT INTO stations (district, id, area, name, grid, lat, lon, phone, hours)
             VALUES ('500116', 'S2', '500116002', 'x', '{FAR_GRID}', 29.285, 106.275, '12345', 'x');
         INSERT INTO memorials (district, id, name, kind, grid, lat, lon)
             VALUES ('500116', 'M02', 'x', 'tomb', '{FAR_GRID}', 29.285, 106.275);
         UPDATE stations SET version = 5;
         UPDATE memorials SET version = 5;
         UPDATE holidays SET version = 5;
         UPDATE notices SET version = 5;
         UPDATE audiences SET version = 5;
         UPDATE campaigns
             SET version = 5, created_by = '{nobody}', edited_by = '{nobody}', authors = '';
         UPDATE regimes SET version = 5;
         UPDATE beneficiaries SET version = 5;"
    ));
}

/// The resources of a grid of the small district.
pub(super) async fn resources(
    server: &Server,
    supervisor: &Caller,
    grid: &str,
    person: u32,
    home: &str,
) -> Resources {
    let task = supervisor.make_task(home).await;
    Resources {
        grid: grid.to_owned(),
        person: person_id(person),
        beneficiary: home.to_owned(),
        open_task: supervisor.make_task(home).await,
        plan: plan(supervisor, grid).await,
        import: add_import(server, &grid[..6]),
        notice: notice(supervisor, grid).await,
        station: if grid == GRID { "S1" } else { "S2" }.to_owned(),
        memorial: if grid == GRID { "M01" } else { "M02" }.to_owned(),
        holiday: if grid == GRID { "2026-08-01.army_day" } else { "2026-08-01.none" }.to_owned(),
        absence: add_absence(server, "500116", &person_id(person)),
        correction: correction(supervisor, home).await,
        proposal: proposal(supervisor, home).await,
        audience: audience(supervisor, grid).await,
        campaign: campaign(supervisor, grid).await,
        case: case(supervisor, home).await,
        regime: regime(supervisor, grid).await,
        secondment: secondment(server, grid),
        handout: handout(supervisor, home, &grid[..6]).await,
        feedback: feedback(server, &grid[..6]).await,
        own: Own::none(&task),
        task,
        lon: if grid == GRID { 106.255 } else { 106.275 },
    }
}

/// The resources of the other district.
pub(super) async fn elsewhere(server: &Server, district: &District) -> Resources {
    let task = district.task(1).await;
    Resources {
        grid: district.grid(),
        person: district.person(22),
        beneficiary: district.beneficiary(1),
        open_task: district.task(1).await,
        plan: plan(&district.supervisor, &district.grid()).await,
        import: add_import(server, OTHER_DISTRICT),
        notice: notice(&district.supervisor, &district.grid()).await,
        station: "none".to_owned(),
        memorial: "none".to_owned(),
        holiday: "2026-08-01.none".to_owned(),
        absence: add_absence(server, OTHER_DISTRICT, &district.person(22)),
        correction: correction(&district.supervisor, &district.beneficiary(1)).await,
        proposal: proposal(&district.supervisor, &district.beneficiary(1)).await,
        audience: audience(&district.supervisor, &district.grid()).await,
        campaign: campaign(&district.supervisor, &district.grid()).await,
        case: case(&district.supervisor, &district.beneficiary(1)).await,
        regime: regime(&district.supervisor, &district.grid()).await,
        secondment: secondment(server, &district.grid()),
        handout: elsewhere_handout(server, district).await,
        feedback: feedback(server, OTHER_DISTRICT).await,
        own: Own::none(&task),
        task,
        lon: 0.0,
    }
}

/// A case of the beneficiary, opened by `caller`.
async fn case(caller: &Caller, beneficiary: &str) -> String {
    let opened = caller.post("/v1/cases", &new_case(beneficiary)).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    opened.body["id"].as_str().expect("an id").to_owned()
}

/// The id of new feedback to a district.
async fn feedback(server: &Server, district: &str) -> String {
    let body = json!({ "text": "x", "district": district });
    let sent = server.stranger().post("/v1/feedback", &body).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body["id"].as_str().expect("an id").to_owned()
}
