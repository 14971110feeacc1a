//! Tasks, reports, people and beneficiaries as files; records and refusals of exports.

use calamine::Data;
use rstest::rstest;
use serde_json::json;

use super::{file, lines, rows, sheet};
use crate::support::bodies::home_visit;
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, FAR_GRID, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_leave_with_headings_and_labels_in_the_callers_language(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let task = supervisor.make(&home_visit(BENEFICIARY, json!({ "due_on": "2027-02-01" }))).await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);

    let path = format!("/v1/exports/tasks?area={GRID}&format=csv");
    let chinese = rows(&supervisor, &path, "zh-CN").await;
    assert_eq!(chinese[0][..4], ["任务编号", "服务项目", "状态", "网格编码"]);
    assert_eq!(chinese.len(), 2, "{chinese:?}");
    assert_eq!(chinese[1][..4], [task.as_str(), "上门走访", "已接受", GRID]);
    let english = rows(&supervisor, &path, "en").await;
    assert_eq!(english[1][1..3], ["Home visit", "Accepted"]);
    let listed = supervisor.get(&format!("/v1/tasks?area={GRID}")).await;
    assert_eq!(english[1][5], listed.body["items"][0]["beneficiary_name"], "masked as in the list");

    let xlsx = path.replace("csv", "xlsx");
    let sheet = sheet(&supervisor, &xlsx, "zh-CN").await;
    assert_eq!(sheet[0][1], Data::String("服务项目".to_owned()));
    assert_eq!(sheet[1][3], Data::String(GRID.to_owned()), "a code is a text");
    assert!(matches!(sheet[1][7], Data::DateTime(_)), "{sheet:?}");
    assert_eq!(sheet[1][7].to_string(), "46419", "2027-02-01, counted from 1900");
    let (headers, _) = file(&supervisor, &xlsx, "zh-CN").await;
    let name = headers["content-disposition"].to_str().expect("a name");
    assert!(name.starts_with("attachment; filename=\"gridward-tasks-500116001002001-"), "{name}");
    assert_eq!(headers["content-language"], "zh-CN");

    let lines = lines(&supervisor, &path.replace("csv", "ndjson")).await;
    assert_eq!((&lines[0]["kind"], &lines[0]["state"]), (&json!("home_visit"), &json!("accepted")));
    assert!(lines[0]["assignee_name"].is_string(), "{lines:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_task_does_not_say_who_did_it_and_a_report_not_who_wrote_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, volunteer) = (server.supervisor().await, server.volunteer().await);
    let task = supervisor.make_task(BENEFICIARY).await;
    volunteer.act(&format!("/v1/tasks/{task}/claim")).await;
    let report = json!({
        "outcome": "needs_follow_up", "needs": ["medical"], "note": "=HYPERLINK(\"http://x\")",
    });
    let sent = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(sent.status, 200, "{}", sent.body);

    let tasks = lines(&supervisor, "/v1/exports/tasks?state=done&format=ndjson").await;
    assert_eq!((tasks.len(), tasks[0].get("assignee_name")), (1, None));
    let reports = lines(&supervisor, "/v1/exports/reports?format=ndjson").await;
    let known = [
        "attempt",
        "flags",
        "grid",
        "grid_name",
        "id",
        "kind",
        "needs",
        "outcome",
        "received_at",
        "recorded",
        "task_id",
    ];
    let fields: Vec<&String> = reports[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, known, "neither the author nor the text");
    assert_eq!(reports[0]["needs"], json!(["medical"]));
    let chinese = rows(&supervisor, "/v1/exports/reports?format=csv", "zh").await;
    assert_eq!(chinese[1][6..8], ["需要跟进", "医疗"], "{chinese:?}");
    for (filter, count) in [
        ("outcome=needs_follow_up", 1),
        ("outcome=done", 0),
        ("kind=home_visit", 1),
        ("kind=phone_call", 0),
        ("until=2026-01-01T00:00:00Z", 0),
        ("area=500116002", 0),
    ] {
        let path = format!("/v1/exports/reports?format=ndjson&{filter}");
        assert_eq!(lines(&supervisor, &path).await.len(), count, "{filter}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_beneficiaries_and_figures_are_masked_as_their_lists_are(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let people = lines(&supervisor, "/v1/exports/people?role=volunteer&format=ndjson").await;
    let listed = supervisor.get("/v1/people?role=volunteer").await;
    let listed = listed.body["items"].as_array().expect("a list");
    assert_eq!(people.len(), listed.len());
    for (exported, listed) in people.iter().zip(listed) {
        for field in ["id", "name", "phone", "area", "state"] {
            assert_eq!(exported[field], listed[field], "{field}");
        }
        assert!(exported.get("cell").is_none());
    }
    let homes = lines(&supervisor, "/v1/exports/beneficiaries?sort=birth_year&format=ndjson").await;
    let listed = supervisor.get("/v1/beneficiaries?sort=birth_year").await;
    let listed = listed.body["items"].as_array().expect("a list");
    assert_eq!(homes.len(), listed.len());
    for (exported, listed) in homes.iter().zip(listed) {
        for field in ["id", "name", "phone", "grid", "categories", "plaque", "lives_alone"] {
            assert_eq!(exported[field], listed[field], "{field}");
        }
    }
    let towns = rows(&supervisor, "/v1/exports/summary?by=town&format=csv", "zh-CN").await;
    assert_eq!((towns.len(), towns[1][1].as_str()), (3, "一镇"), "{towns:?}");
    assert!(towns[0].contains(&"90天未联系人数".to_owned()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_recorded_and_refused_beyond_the_scope_and_without_a_recent_sign_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_STEP_UP_S", "1")]);
    let town = server.town_supervisor().await;
    let path = "/v1/exports/beneficiaries?lives_alone=true&format=csv";
    let exported = rows(&town, path, "en").await;
    let events = server.supervisor().await.events("beneficiary.export").await;
    assert_eq!(events.len(), 1);
    let expected = json!({
        "format": "csv", "filter": { "lives_alone": "true" }, "rows": exported.len() - 1,
    });
    assert_eq!((&events[0]["body"], &events[0]["area"]), (&expected, &json!("500116001")));
    assert_eq!(events[0]["subject"], "reading");

    for (path, status, name) in [
        (format!("/v1/exports/tasks?area={FAR_GRID}&format=csv"), 404, None),
        ("/v1/exports/tasks?format=pdf".to_owned(), 400, Some("format")),
        ("/v1/exports/tasks".to_owned(), 400, Some("format")),
        ("/v1/exports/tasks?format=csv&colour=red".to_owned(), 400, Some("colour")),
        ("/v1/exports/people?format=csv&limit=5".to_owned(), 400, Some("limit")),
        ("/v1/exports/notices?format=csv".to_owned(), 404, None),
    ] {
        let town = server.town_supervisor().await;
        let refused = town.get(&path).await;
        assert_eq!(refused.status, status, "{path}: {}", refused.body);
        if let Some(name) = name {
            assert_eq!(refused.body["errors"][0]["pointer"], name, "{path}");
        }
    }
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let refused = town.get(path).await;
    assert_eq!((refused.status, refused.problem()), (401, "step_up_required"));
    for caller in [server.manager().await, server.volunteer().await] {
        assert_eq!(caller.get("/v1/exports/tasks?format=csv").await.status, 403);
    }
    let auditor = server.auditor().await;
    assert_eq!(auditor.get("/v1/exports/people?format=csv").await.status, 403);
    let tasks = lines(&auditor, "/v1/exports/tasks?format=ndjson").await;
    assert!(tasks.iter().all(|task| task.get("beneficiary_name").is_none()));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_has_every_row_of_a_list_longer_than_a_page(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const TASKS: usize = 430;
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    for number in 0..TASKS {
        let day = format!("2027-02-{:02}", number % 28 + 1);
        supervisor.make(&home_visit(BENEFICIARY, json!({ "due_on": day }))).await;
    }
    for format in ["csv", "xlsx", "ndjson"] {
        let path = format!("/v1/exports/tasks?kind=home_visit&format={format}");
        let (of_rows, ids) = match format {
            "csv" => {
                let rows = rows(&supervisor, &path, "en").await;
                (rows.len() - 1, rows[1..].iter().map(|row| row[0].clone()).collect::<Vec<_>>())
            }
            "xlsx" => {
                let rows = sheet(&supervisor, &path, "en").await;
                (rows.len() - 1, rows[1..].iter().map(|row| row[0].to_string()).collect())
            }
            _ => {
                let lines = lines(&supervisor, &path).await;
                (lines.len(), lines.iter().map(|line| line["id"].to_string()).collect())
            }
        };
        let different: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!((of_rows, different.len()), (TASKS, TASKS), "{format}");
    }
}
