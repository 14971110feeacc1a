//! The body of each operation.

use std::sync::atomic::{AtomicI32, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

use super::Resources;
use crate::goods::{item, rice};
use crate::support::bodies::{home_visit, new_beneficiary};
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phones;

/// An order for a plan that leaves every task open: its day would make all of them late.
pub(super) fn order(grid: &str) -> Value {
    let day = chrono::Utc::now().date_naive() + chrono::Days::new(30);
    json!({ "area": grid, "first_day": day, "last_day": day })
}

/// The content of a campaign.
pub(super) fn campaign_body(grid: &str) -> Value {
    json!({
        "name": "x", "name_en": "x", "occasion": "x", "year": 2027, "area": grid,
        "filter": { "all": [] }, "kind": "home_visit", "first_day": "2027-01-18",
        "last_day": "2027-02-05",
    })
}

/// The content of a regime that is not active.
pub(super) fn duty() -> Value {
    json!({
        "name": "x", "name_en": "x", "filter": { "all": [] }, "kind": "home_visit",
        "cadence": { "type": "every_days", "days": 30 }, "lead_days": 7,
        "starts_on": "2026-12-01", "active": false
    })
}

pub(super) fn new_case(beneficiary: &str) -> Value {
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

/// The body of an operation for `at`.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
pub(super) fn body_of(operation: &str, at: &Resources) -> Value {
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
        // No person has this id: an authorized caller gets 422, and the grid keeps its manager.
        "appoint_manager" => json!({ "person_id": Uuid::nil() }),
        // The phone number is in use: an authorized caller gets 409, and no person is created.
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
