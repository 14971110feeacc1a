//! The request of each operation.

use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::bodies::body_of;
use super::{Call, Named, PHOTO, Resources, bytes};
use crate::attachment::announce;
use crate::support::Caller;

/// The request of an operation for `at`.
#[expect(clippy::too_many_lines, reason = "a line for each operation")]
pub(super) fn request(operation: &str, path: &str, at: &Resources) -> (Named, String, Value) {
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
pub(super) async fn status(caller: &Caller, method: &str, operation: &str, call: &Call<'_>) -> u16 {
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
