//! Every operation, called in every role, for a resource inside the caller's area, outside it and in
//! another district: the answer is the one that `x-roles` and `x-scope` of the contract declare.

use std::sync::atomic::{AtomicI32, Ordering};

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attachment::announce;
use crate::contract::document;
use crate::db::sharding::district::{District, load};
use crate::goods::{item, receive, rice};
use crate::report::register::visited;
use crate::support::bodies::{home_visit, new_beneficiary};
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, PASSWORD, Server, phones};

/// The code of the other district.
const OTHER_DISTRICT: &str = "500117";

/// Where a resource is, seen from the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    OtherDistrict,
}

/// A signed-in person.
struct Person {
    role: &'static str,
    caller: Caller,
    /// Whether the area is the whole district, so that nothing of it is outside.
    of_district: bool,
}

/// The resources in one place.
struct Resources {
    grid: String,
    person: String,
    beneficiary: String,
    /// A task that stays open.
    open_task: String,
    /// A task that commands change.
    task: String,
    plan: String,
    import: String,
    notice: String,
    station: String,
    memorial: String,
    holiday: String,
    /// Withdrawn, so that withdrawing it again changes nothing.
    absence: String,
    correction: String,
    proposal: String,
    audience: String,
    campaign: String,
    case: String,
    regime: String,
    secondment: String,
    handout: String,
    feedback: String,
    own: Own,
    /// A point of the grid.
    lon: f64,
}

/// The task of the volunteer, the volunteer's uploads to it, session and account notice.
struct Own {
    /// The volunteer.
    person: String,
    notice: String,
    session: String,
    absence: String,
    task: String,
    report: String,
    incomplete: String,
    given_up: String,
    complete: String,
}

impl Own {
    /// A person, a session and uploads that do not exist.
    fn none(task: &str) -> Self {
        let id = || Uuid::now_v7().to_string();
        Self {
            person: id(),
            notice: id(),
            session: id(),
            absence: id(),
            task: task.to_owned(),
            report: id(),
            incomplete: id(),
            given_up: id(),
            complete: id(),
        }
    }

    async fn of(server: &Server, volunteer: &Caller, supervisor: &Caller) -> Self {
        let task = supervisor.make_task(&beneficiary_id(2)).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let (person, session) = (person_id(21), session(server, phones::VOLUNTEER).await);
        let absence = add_absence(server, "500116", &person);
        let visit = home_visit(&beneficiary_id(3), json!({}));
        let report = visited(volunteer, supervisor, visit, json!({ "outcome": "done" })).await;
        let own = Self { person, session, absence, report, ..Self::none(&task) };
        server.database.execute(&format!(
            "INSERT INTO account_notices (district, person, id, kind, device, created_at) VALUES \
             ('500116', '{}', '{}', 'session_reused', 'x', '2026-08-01 09:00:00')",
            own.person, own.notice,
        ));
        for id in [&own.incomplete, &own.given_up, &own.complete] {
            let id = id.parse().expect("an id");
            let announced = announce(volunteer, &task, id, "image/jpeg", PHOTO).await;
            assert_eq!(announced.status, 201, "{}", announced.body);
        }
        let path = format!("/v1/attachments/{}", own.complete);
        let sent = bytes(volunteer, &path, PHOTO).send().await.expect("an answer");
        assert_eq!(sent.status(), 204);
        own
    }
}

/// The id of a new session.
async fn session(server: &Server, phone: &str) -> String {
    let device = json!({ "name": "x", "kind": "phone" });
    let body = json!({ "phone": phone, "password": PASSWORD, "device": device });
    let answer = server.try_sign_in(&body).await;
    answer.body["session_id"].as_str().expect("a session").to_owned()
}

/// The first bytes of a photo.
const PHOTO: &[u8] = b"\xFF\xD8\xFF\xE0";

/// A request that sends the first bytes of an upload.
fn bytes(caller: &Caller, path: &str, bytes: &'static [u8]) -> reqwest::RequestBuilder {
    let request = caller.request(Method::PATCH, path).header("Upload-Offset", 0);
    request.header("Content-Type", "application/offset+octet-stream").body(bytes)
}

/// The people of the first grid's district, of each role and level.
async fn people(server: &Server) -> Vec<Person> {
    let people = [
        ("admin", phones::ADMIN, true),
        ("supervisor", phones::SUPERVISOR, true),
        ("supervisor", phones::TOWN, false),
        ("manager", phones::MANAGER, false),
        ("volunteer", phones::VOLUNTEER, false),
        ("auditor", phones::AUDITOR, true),
    ];
    let mut signed_in = Vec::new();
    for (role, phone, of_district) in people {
        signed_in.push(Person { role, caller: server.sign_in(phone).await, of_district });
    }
    signed_in
}

/// An order for a plan that leaves every task open: its day would make all of them late.
fn order(grid: &str) -> Value {
    let day = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    json!({ "area": grid, "first_day": day, "last_day": day })
}

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
fn add_absence(server: &Server, district: &str, person: &str) -> String {
    let id = Uuid::now_v7().to_string();
    server.database.execute(&format!(
        "INSERT INTO absences (district, person, id, first_day, last_day, reason, created_by, \
         created_at, withdrawn_at) VALUES ('{district}', '{person}', '{id}', '2026-11-01', \
         '2026-11-02', 'leave', '{person}', '2026-11-01 00:00:00', '2026-11-01 00:00:01')"
    ));
    id
}

/// A correction of the beneficiary's entry.
async fn correction(caller: &Caller, beneficiary: &str) -> String {
    let path = format!("/v1/beneficiaries/{beneficiary}/corrections");
    let note = json!({ "note": Uuid::now_v7().to_string() });
    let proposed = caller.post(&path, &note).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    proposed.body["id"].as_str().expect("an id").to_owned()
}

/// A proposal about the beneficiary, by a call of `caller`.
async fn proposal(caller: &Caller, beneficiary: &str) -> String {
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
fn rice_campaign() -> Value {
    let plaque =
        item(&json!({ "code": "plaque", "once": true, "plaque": { "handed_out": "hung" } }));
    json!({ "goods": [plaque], "campaigns": [{
        "code": "rice", "name": "x", "name_en": "x", "occasion": "army_day", "filter": { "all": [] },
        "starts_before": 20, "ends_before": 1, "kind": "home_visit"
    }] })
}

/// The content of a campaign.
fn campaign_body(grid: &str) -> Value {
    json!({
        "name": "x", "name_en": "x", "occasion": "x", "year": 2027, "area": grid,
        "filter": { "all": [] }, "kind": "home_visit", "first_day": "2027-01-18",
        "last_day": "2027-02-05",
    })
}

/// A saved audience of the grid.
async fn audience(supervisor: &Caller, grid: &str) -> String {
    let body = json!({ "name": "x", "area": grid, "filter": { "all": [] } });
    let saved = supervisor.post("/v1/audiences", &body).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    saved.body["id"].as_str().expect("an id").to_owned()
}

/// A notice for the grid, posted by a supervisor.
async fn notice(supervisor: &Caller, grid: &str) -> String {
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(2);
    let body = json!({ "area": grid, "title": "x", "text": "y", "until": until });
    let posted = supervisor.post("/v1/notices", &body).await;
    assert_eq!(posted.status, 201, "{}", posted.body);
    posted.body["id"].as_str().expect("an id").to_owned()
}

/// The content of a regime that is not active.
fn duty() -> Value {
    json!({
        "name": "x", "name_en": "x", "filter": { "all": [] }, "kind": "home_visit",
        "cadence": { "type": "every_days", "days": 30 }, "lead_days": 7,
        "starts_on": "2026-12-01", "active": false
    })
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
async fn handout(supervisor: &Caller, beneficiary: &str, district: &str) -> String {
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
fn add_rice(server: &Server, district: &str) {
    server.database.execute(&format!(
        "INSERT INTO goods_items (district, code, name, name_en, unit, has_serial, once, \
         needs_receipt, active, version) VALUES ('{district}', 'rice', 'x', 'x', 'x', FALSE, \
         FALSE, FALSE, TRUE, 5)"
    ));
}

/// Adds a station and a memorial site in the third grid, and gives the rows of all registers, and
/// the beneficiaries, another version than the callers know, so that they stay. No caller is the
/// author of a campaign, who may not approve it.
fn prepare_registers(server: &Server) {
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
async fn resources(
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
async fn elsewhere(server: &Server, district: &District) -> Resources {
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

fn new_case(beneficiary: &str) -> Value {
    json!({ "kind": "plaque", "class": "hang", "beneficiary_id": beneficiary, "source": "phone" })
}

/// The content of a kind of case, with a code if it is new.
fn case_kind(code: Option<&str>) -> Value {
    let mut kind = json!({
        "name": "咨询", "name_en": "Question", "active": true,
        "steps": [{ "code": "asked", "name": "受理", "name_en": "Asked", "level": "grid",
                    "result": "done" }]
    });
    if let Some(code) = code {
        kind["code"] = json!(code);
    }
    kind
}

/// The id of new feedback to a district.
async fn feedback(server: &Server, district: &str) -> String {
    let body = json!({ "text": "x", "district": district });
    let sent = server.stranger().post("/v1/feedback", &body).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    sent.body["id"].as_str().expect("an id").to_owned()
}

/// The content of a kind of service.
fn kind(more: Value) -> Value {
    let mut kind = json!({
        "name": "走访", "name_en": "Visit", "minutes": 30, "priority": 5, "skills": [],
        "due_days": 14, "attempts": 2, "retry_days": 3, "overdue": "escalate",
        "escalate_days": 7, "follow_ups": {}, "active": true
    });
    if let (Value::Object(kind), Value::Object(more)) = (&mut kind, more) {
        kind.extend(more);
    }
    kind
}

/// How an operation names its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// It names none.
    Not,
    /// In the path or the query.
    ByAddress,
    /// In the body, whose fields are validated: 422 outside.
    ByBody,
}

/// The body of an operation for `at`.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
fn body_of(operation: &str, at: &Resources) -> Value {
    let today = chrono::Utc::now().date_naive();
    match operation {
        "push_and_pull" => json!({ "commands": [] }),
        "create_task" => home_visit(&at.beneficiary, json!({})),
        "create_beneficiary" => new_beneficiary(json!({ "grid": at.grid })),
        "change_beneficiary" => json!({ "notes": "x" }),
        "move_beneficiary" => json!({
            "grid": at.grid, "address": "x", "place": { "lat": 29.285, "lon": at.lon },
        }),
        "put_stay" => json!({
            "grid": at.grid, "address": "x", "place": { "lat": 29.285, "lon": at.lon },
            "first_day": today, "last_day": today,
        }),
        "put_beneficiary_visitors" => json!({ "forbidden_ids": [] }),
        "record_death" | "propose_day" => json!({ "day": today }),
        "end_beneficiary" => json!({ "because": "moved_away", "day": today, "reason": "x" }),
        "reinstate_beneficiary" => json!({ "reason": "x" }),
        "merge_beneficiaries" | "undo_merge" => json!({ "other_id": beneficiary_id(2) }),
        "post_notice" => json!({ "area": at.grid, "title": "x", "text": "y", "until": today }),
        "change_notice" => json!({ "title": "x", "text": "y", "until": today }),
        "put_station" => json!({
            "area": at.grid, "name": "x", "grid": at.grid, "phone": "12345", "hours": "x",
            "place": { "lat": 29.285, "lon": at.lon },
        }),
        "put_memorial" => json!({
            "name": "x", "kind": "tomb", "grid": at.grid,
            "place": { "lat": 29.285, "lon": at.lon },
        }),
        // A preview without effect.
        "change_areas" => json!({ "preview": true, "changes": [
            { "rename": { "area": at.grid, "name": "x" } },
        ] }),
        "send_feedback" => json!({ "text": "x", "district": &at.grid[..6] }),
        "answer_feedback" => json!({ "answer": "x" }),
        "create_campaign" | "change_campaign" => campaign_body(&at.grid),
        "create_campaign_of_template" => json!({ "year": 2090, "area": at.grid }),
        "preview_audience" => json!({ "area": at.grid, "filter": { "all": [] } }),
        "create_audience" => json!({ "name": "x", "area": at.grid, "filter": { "all": [] } }),
        "create_regime" => json!({ "area": at.grid, "content": duty() }),
        "change_regime" => duty(),
        "request_secondment" => json!({
            "person_id": at.person, "area": at.grid, "first_day": "2090-01-01",
            "last_day": "2090-01-01"
        }),
        "put_goods_item" => item(&json!({})),
        "enter_goods_movement" => json!({
            "action": "received", "item": "rice", "area": &at.grid[..12], "quantity": 1,
        }),
        "hand_out" => {
            // A feast of another year for each call: managers and volunteers invent no occasion.
            static YEAR: AtomicI32 = AtomicI32::new(2000);
            let year = YEAR.fetch_add(1, Ordering::Relaxed);
            rice(&at.beneficiary, &json!({ "occasion": format!("army_day_{year}") }))
        }
        "return_handout" => json!({ "reason": "absent" }),
        "change_audience" => json!({ "name": "x", "filter": { "lives_alone": true } }),
        "put_holiday" => json!({ "name": "x", "calendar": "solar" }),
        "replace_work_calendar" => json!({ "days_off": [], "working_days": [] }),
        "create_plan" => order(&at.grid),
        "estimate_plan" => json!({ "order": order(&at.grid) }),
        // Nobody has this id: an authorized caller gets 422, and the grid keeps its manager.
        "appoint_manager" => json!({ "person_id": Uuid::nil() }),
        // The phone number is in use: an authorized caller gets 409, and nobody is created.
        "create_person" => json!({
            "name": "x", "phone": phones::VOLUNTEER, "role": "volunteer", "area": at.grid,
            "gender": "male", "birth_year": 1990, "home": { "lat": 29.285, "lon": at.lon },
        }),
        "edit_person" | "edit_me" | "apply_plan" | "accept_proposal" | "launch_campaign" => {
            json!({})
        }
        "raise_need" => json!({ "beneficiary_id": at.beneficiary, "need": "medical" }),
        "save_people" => json!({ "entries": [{}] }),
        "search_people" | "invite_people" | "print_invitations" => json!({ "area": at.grid }),
        // None that is correct: the callers of this test stay signed in as they are.
        "step_up" => json!({ "password": "not the one" }),
        "confirm_totp" => json!({ "code": "000000" }),
        "reveal_beneficiary" => json!({ "purpose": "visit" }),
        "search_beneficiaries" => json!({ "text": "周", "filter": { "area": at.grid } }),
        // Another note each time, since the same correction is not proposed twice.
        "correct_beneficiary" => json!({ "note": Uuid::now_v7().to_string() }),
        "allow_reveals" => json!({ "reveals": 1, "reason": "x" }),
        // The answer to an authorized caller is 422: nobody's password changes.
        "change_my_password" => json!({ "old_password": "not mine", "new_password": "x" }),
        "report_task" | "amend_report" => json!({ "outcome": "done" }),
        // The answer to an admin is 428, 409 or 422: the settings, the words and the kinds stay.
        "replace_planning_settings" => json!({
            "lead_minutes": 30, "manager_dispatch_percent": 40, "fairness_weeks": 4,
        }),
        "replace_vocabulary" => json!({ "words": [] }),
        "open_case" => new_case(&at.beneficiary),
        "move_case" => json!({ "move": "none" }),
        "create_case_kind" => case_kind(Some("plaque")),
        "change_case_kind" => case_kind(None),
        "create_service_kind" => kind(json!({ "code": "home_visit" })),
        // No part: the answer to an admin is 422.
        "install_service" => json!({}),
        "change_service_kind" => kind(json!({ "skills": ["no_skill"] })),
        "reassign_task" => json!({ "person_id": person_id(22) }),
        "direct_tasks" => json!({ "dry_run": true, "commands": [{
            "type": "task.escalate", "payload": { "reason": "x" }, "tasks": [{ "id": at.own.task }]
        }] }),
        "edit_task" => json!({ "priority": 6 }),
        "reschedule_task" => json!({ "due_on": "2027-01-04" }),
        "change_person_state" => json!({ "state": "active", "reason": "x" }),
        // Previews without effect.
        "end_work_of_people" => {
            json!({ "dry_run": true, "entries": [
                { "person_id": at.person, "base_version": 1, "reason": "other" }
            ] })
        }
        "end_work_of_person" => json!({ "preview": true, "reason": "other" }),
        "move_person" => json!({ "preview": true, "area": at.grid }),
        "put_my_availability" | "put_availability" => json!({ "weekly": [] }),
        "put_my_duty" => json!({ "duty": "on" }),
        "add_my_absence" | "add_absence" => json!({
            "first_day": today, "last_day": today, "reason": "leave",
        }),
        "rename_session" => json!({ "name": "y" }),
        "replace_import_headings" => json!({ "items": [] }),
        "decline_task" | "unassign_task" | "escalate_task" | "cancel_task" | "reopen_task"
        | "reject_correction" | "refuse_proposal" => {
            json!({ "reason": "x" })
        }
        _ => Value::Null,
    }
}

/// The request of an operation for `at`.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
fn request(operation: &str, path: &str, at: &Resources) -> (Named, String, Value) {
    use Named::{ByAddress, ByBody, Not};
    let body = body_of(operation, at);
    let id = match operation {
        "get_task" | "get_task_history" | "list_task_reports" | "list_task_attachments" => {
            &at.open_task
        }
        "amend_report" | "list_report_versions" => &at.own.report,
        "get_attachment" => &at.own.complete,
        "give_up_attachment" => &at.own.given_up,
        "attachment_offset" | "send_attachment" => &at.own.incomplete,
        "rename_session" | "end_session" => &at.own.session,
        "end_session_of_person" => &at.own.person,
        "withdraw_my_absence" => &at.own.absence,
        "acknowledge_account_notice" => &at.own.notice,
        _ => match path.split('/').nth(2) {
            Some("people") => &at.person,
            Some("beneficiaries") => &at.beneficiary,
            Some("plans") => &at.plan,
            Some("imports") => &at.import,
            Some("notices") => &at.notice,
            Some("stations") => &at.station,
            Some("memorials") => &at.memorial,
            Some("holidays") => &at.holiday,
            Some("corrections") => &at.correction,
            Some("proposals") => &at.proposal,
            Some("audiences") => &at.audience,
            Some("campaigns") => &at.campaign,
            Some("cases") => &at.case,
            Some("regimes") => &at.regime,
            Some("secondments") => &at.secondment,
            Some("handouts") => &at.handout,
            Some("feedback") => &at.feedback,
            _ => &at.task,
        },
    };
    // The catalogue is that of the caller's own district, so its codes are nobody else's.
    let path = path.replace("/service-kinds/{code}", "/service-kinds/home_visit");
    let path = path.replace("/case-kinds/{code}", "/case-kinds/plaque");
    let path = path.replace("/goods/items/{code}/coverage", "/goods/items/plaque/coverage");
    let path = path.replace("/goods/items/{code}", "/goods/items/rice");
    let path = path.replace("/campaign-templates/{code}", "/campaign-templates/rice");
    let path = path.replace("{name}", "skills").replace("{year}", "2026");
    let real = path.replace("{id}", id).replace("{code}", &at.grid);
    let real = real
        .replace("{task_id}", &at.task)
        .replace("{absence}", &at.absence)
        .replace("{other}", &at.plan);
    let real = real.replace("{file}", "people.csv").replace("{session}", &at.own.session);
    let query = match operation {
        "list_tasks"
        | "list_reports"
        | "list_people"
        | "list_beneficiaries"
        | "list_corrections"
        | "list_proposals"
        | "list_cases"
        | "list_plans"
        | "list_events"
        | "list_handouts"
        | "list_goods_stocks"
        | "get_goods_coverage"
        | "list_goods_movements"
        | "export_events" => {
            format!("?area={}", at.grid)
        }
        "export_tasks"
        | "export_reports"
        | "export_people"
        | "export_beneficiaries"
        | "export_cases"
        | "export_handouts"
        | "export_goods_movements"
        | "export_goods_stocks" => {
            format!("?area={}&format=csv", at.grid)
        }
        "export_campaigns" | "export_regimes" => "?format=csv".to_owned(),
        "export_goods_coverage" => format!("?item=plaque&area={}&format=csv", at.grid),
        "export_campaign_report" => format!("?campaign_id={}&format=csv", at.campaign),
        "export_summary" => format!("?area={}&by=grid&format=ndjson", at.grid),
        "list_areas" => format!("?parent={}", at.grid),
        "locate_area" => format!("?lat=29.285&lon={}", at.lon),
        "list_outlines" => "?level=grid".to_owned(),
        "summarize_area" => "?by=grid".to_owned(),
        "get_people_workload" => format!("?area={}&from=2026-11-23&to=2026-11-29", at.grid),
        "get_my_workload" | "get_person_workload" => "?from=2026-11-23&to=2026-11-29".to_owned(),
        _ => String::new(),
    };
    let named = match operation {
        "create_task"
        | "create_beneficiary"
        | "raise_need"
        | "open_case"
        | "post_notice"
        | "put_station"
        | "put_memorial"
        | "change_areas"
        | "create_person"
        | "search_people"
        | "invite_people"
        | "print_invitations"
        | "preview_audience"
        | "create_audience"
        | "create_campaign"
        | "create_campaign_of_template"
        | "create_regime"
        | "request_secondment"
        | "enter_goods_movement"
        | "hand_out"
        | "search_beneficiaries" => ByBody,
        // In a header.
        "announce_attachment" => ByAddress,
        // The same for everybody.
        "get_work_calendar"
        | "replace_work_calendar"
        | "put_holiday"
        | "get_import_template"
        | "get_my_workload"
        // The lists of the caller's area.
        | "export_campaigns"
        | "export_regimes" => Not,
        _ if real != path || !query.is_empty() => ByAddress,
        _ => Not,
    };
    (named, real + &query, body)
}

/// Calls an operation on `at`; returns the status alone, since a stream has no end.
async fn status(caller: &Caller, method: &str, operation: &str, call: &Call<'_>) -> u16 {
    let Call { path, body, at } = call;
    let method: Method = method.to_uppercase().parse().expect("a method");
    let request = match operation {
        "announce_attachment" => {
            let id = Uuid::now_v7();
            return announce(caller, &at.own.task, id, "image/jpeg", PHOTO).await.status;
        }
        "send_attachment" => bytes(caller, path, b""),
        _ => caller.request(method, path).header("If-Match", "\"v1\""),
    };
    let request = if body.is_null() { request } else { request.json(body) };
    request.send().await.expect("an answer").status().as_u16()
}

/// The request of an operation.
struct Call<'a> {
    path: String,
    body: Value,
    at: &'a Resources,
}

/// The statuses that the contract declares for the caller.
fn expected(operation: &Value, who: &Person, place: Place, named: Named) -> &'static [u16] {
    const DENIED: &[u16] = &[403, 404];
    const PERMITTED: &[u16] = &[200, 201, 202, 204, 400, 409, 412, 415, 422, 428];
    let roles = operation["x-roles"].as_array().expect("roles");
    let permitted = roles.iter().any(|role| role == who.role);
    let assigned = operation["x-scope"] == "assignment" && who.role == "volunteer";
    match (permitted, place) {
        (true, _) if named == Named::Not => PERMITTED,
        // The report of another person is read, but not amended.
        (true, Place::Inside)
            if operation["operationId"] == "amend_report" && who.role != "volunteer" =>
        {
            &[403]
        }
        // The uploads and the session of this test belong to the volunteer.
        (true, _) if operation["x-scope"] == "own" && who.role != "volunteer" => &[404],
        (true, Place::Inside)
            if assigned
                && ["reveal_beneficiary", "correct_beneficiary"]
                    .iter()
                    .any(|name| operation["operationId"] == *name) =>
        {
            &[403]
        }
        // The plan of this test has no visit of the task.
        (true, Place::Inside) if operation["operationId"] == "explain_plan_visit" => &[404],
        (true, Place::Inside) => PERMITTED,
        (true, _) if named == Named::ByBody => &[422],
        (true, _) => &[404],
        (false, Place::Inside) => &[403],
        (false, _) if named == Named::Not => &[403],
        (false, _) => DENIED,
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_reaches_what_the_contract_declares(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let people = people(&server).await;
    let [supervisor, volunteer] = [&people[1].caller, &people[4].caller];
    let own = Own::of(&server, volunteer, supervisor).await;
    add_rice(&server, "500116");
    let installed = people[0].caller.post("/v1/services", &rice_campaign()).await;
    assert_eq!(installed.status, 200, "{}", installed.body);
    let inside = resources(&server, supervisor, GRID, 22, BENEFICIARY).await;
    // Managers edit their own notices only.
    let notice = notice(&people[3].caller, GRID).await;
    // Volunteers read their own corrections only.
    let correction = correction(volunteer, &beneficiary_id(2)).await;
    let proposal = proposal(volunteer, BENEFICIARY).await;
    // Volunteers take goods back at their visits only.
    let handout = handout(supervisor, &beneficiary_id(2), &GRID[..6]).await;
    let inside = Resources { notice, correction, proposal, handout, own, ..inside };
    let outside = resources(&server, supervisor, FAR_GRID, 13, FAR_BENEFICIARY).await;
    load(&server.database, OTHER_DISTRICT);
    let other = elsewhere(&server, &District::sign_in(&server, OTHER_DISTRICT).await).await;
    prepare_registers(&server);

    let document = document();
    let (mut operations, mut calls, mut wrong) = (0, 0, Vec::new());
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("an id");
            operations += 1;
            if operation["x-roles"] == json!([]) {
                let (_, path, body) = request(name, path, &inside);
                let call = Call { path, body, at: &inside };
                let answered = status(&server.stranger(), method, name, &call).await;
                assert_ne!(answered, 401, "{name} needs no authentication");
                calls += 1;
                continue;
            }
            for who in &people {
                for (place, at) in [
                    (Place::Inside, &inside),
                    (Place::Outside, &outside),
                    (Place::OtherDistrict, &other),
                ] {
                    let (named, path, body) = request(name, path, at);
                    let same = named == Named::Not && place != Place::Inside;
                    if same || (who.of_district && place == Place::Outside) {
                        continue;
                    }
                    let call = Call { path, body, at };
                    let answered = status(&who.caller, method, name, &call).await;
                    let expected = expected(operation, who, place, named);
                    if !expected.contains(&answered) {
                        wrong.push(format!("{name} {} {place:?}: {answered}", who.role));
                    }
                    calls += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {calls} calls:\n{}", wrong.len(), wrong.join("\n"));
    println!("{operations} operations, {calls} calls");
}
