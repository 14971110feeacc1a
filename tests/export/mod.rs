//! Exports: the lists as files, masked as the lists are, recorded in the log, and complete.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::beneficiary::households::{a_couple, patch};
use crate::campaign::spring_festival::finds_a_need;
use crate::campaign::{draft, launched_campaign};
use crate::goods::{put_item, receive, rice};
use crate::regime::{create, weekly};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, beneficiary_id, person_id};
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// The bytes of a file, and its headers.
async fn file(
    caller: &Caller,
    path: &str,
    language: &str,
) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let request = caller.request(Method::GET, path).header("Accept-Language", language);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let headers = answer.headers().clone();
    (headers, answer.bytes().await.expect("a body").to_vec())
}

/// The rows of a CSV file with its headings.
async fn rows(caller: &Caller, path: &str, language: &str) -> Vec<Vec<String>> {
    let (_, bytes) = file(caller, path, language).await;
    let text = String::from_utf8(bytes).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark, for Excel");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|record| row(record.expect("a record"))).collect()
}

/// The lines of an NDJSON file.
async fn lines(caller: &Caller, path: &str) -> Vec<Value> {
    let (_, bytes) = file(caller, path, "en").await;
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The rows of the first sheet of a workbook.
async fn sheet(caller: &Caller, path: &str, language: &str) -> Vec<Vec<Data>> {
    let (_, bytes) = file(caller, path, language).await;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let sheet = workbook.worksheet_range_at(0).expect("a sheet").expect("a range");
    sheet.rows().map(<[Data]>::to_vec).collect()
}

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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_and_hand_outs_leave_without_texts_receipts_and_names(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, supervisor) = (server.admin().await, server.supervisor().await);
    let (town, manager) = (server.town_supervisor().await, server.manager().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&supervisor, "rice", "500116001002", 5).await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
    let case = json!({
        "kind": "station_desk", "class": "help", "beneficiary_id": BENEFICIARY,
        "source": "phone", "detail": "厨房屋顶漏雨"
    });
    let opened = manager.post("/v1/cases", &case).await;
    assert_eq!(opened.status, 201, "{}", opened.body);

    let path = "/v1/exports/cases?kind=station_desk&format=csv";
    let chinese = rows(&town, path, "zh-CN").await;
    assert_eq!(chinese[0][..3], ["事项编号", "事项类别", "类型"]);
    assert_eq!(
        chinese[1][..4],
        [opened.body["id"].as_str().unwrap_or(""), "服务站受理", "困难求助", GRID]
    );
    let exported = lines(&town, &path.replace("csv", "ndjson")).await;
    for field in ["id", "kind", "class", "area", "step", "waits_for", "due_on", "beneficiary_id"] {
        assert_eq!(exported[0].get(field), opened.body.get(field), "{field}");
    }
    assert!(!json!(exported).to_string().contains("漏雨"), "{exported:?}");
    assert_eq!(exported[0].get("opened_by"), None, "a file ranks no people");
    let far = "/v1/exports/cases?area=500116002&format=ndjson";
    assert_eq!(lines(&supervisor, far).await, Vec::<Value>::new());

    // A confidential case is in the file of those alone who see it.
    let kind = json!({
        "code": "complaint", "name": "投诉", "name_en": "Complaint", "active": true,
        "confidential_to": ["admin"],
        "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "district",
             "moves": [{"code": "answer", "name": "答复", "name_en": "Answer", "to": "answered"}]},
            {"code": "answered", "name": "已答复", "name_en": "Answered", "level": "district",
             "result": "done"}
        ]
    });
    assert_eq!(admin.post("/v1/case-kinds", &kind).await.status, 201);
    let secret = json!({ "kind": "complaint", "beneficiary_id": BENEFICIARY, "source": "phone" });
    assert_eq!(admin.post("/v1/cases", &secret).await.status, 201);
    let all = "/v1/exports/cases?format=ndjson";
    assert_eq!(lines(&supervisor, all).await.len(), 1);
    assert_eq!(lines(&admin, all).await.len(), 2);

    let goods = "/v1/exports/handouts?item=rice&format=ndjson";
    let exported = lines(&town, goods).await;
    let known = [
        "at",
        "beneficiary_id",
        "grid",
        "grid_name",
        "id",
        "item",
        "occasion",
        "quantity",
        "state",
        "station",
        "station_name",
    ];
    let fields: Vec<&String> = exported[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, known, "neither the receipt nor the person");
    let labels = rows(&town, &goods.replace("ndjson", "csv"), "zh-CN").await;
    assert_eq!((labels[1][4].as_str(), labels[1][9].as_str()), ("大米10公斤", "已发放"));
    for (action, count) in [("case.export", 5), ("handout.export", 2)] {
        assert_eq!(supervisor.events(action).await.len(), count, "{action}");
    }
    for event in supervisor.events("case.export").await {
        assert_eq!(event["body"]["filter"], json!({}), "no kind of a confidential case: {event}");
    }
    for caller in [server.manager().await, server.volunteer().await, server.auditor().await] {
        for path in ["cases", "handouts"] {
            let refused = caller.get(&format!("/v1/exports/{path}?format=csv")).await;
            assert_eq!(refused.status, 403, "{path}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn campaigns_regimes_and_movements_of_goods_leave_without_words_and_authors(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    let counted = json!({
        "action": "received", "item": "rice", "area": "500116001002", "quantity": 5,
        "note": "库房老张"
    });
    assert_eq!(admin.post("/v1/goods/movements", &counted).await.status, 201);
    receive(&admin, "rice", "500116002001", 3).await;
    let (_, path, _) =
        launched_campaign(&server, json!({ "name": "=春节", "kind": "condolence" })).await;
    let of_town = json!({ "name": "一镇走访" });
    draft(&town, of_town).await;
    create(&server, &weekly(&json!({ "responsible_id": person_id(21) }))).await;

    let campaigns = "/v1/exports/campaigns?format=csv";
    let chinese = rows(&admin, campaigns, "zh-CN").await;
    assert_eq!(chinese[0][..2], ["活动编号", "名称"]);
    assert_eq!(chinese.len(), 3, "{chinese:?}");
    let id = path.rsplit('/').next().expect("an id");
    let row = chinese.iter().find(|row| row[0] == id).expect("the campaign");
    assert_eq!((row[1].as_str(), row[4].as_str()), ("'=春节", "已启动"), "no formula: {row:?}");
    assert_eq!((row[8].as_str(), row[12].as_str(), row[14].as_str()), ("节日慰问", "6", "6"));
    let launched = lines(&admin, "/v1/exports/campaigns?state=launched&format=ndjson").await;
    assert_eq!((launched.len(), &launched[0]["tasks"]), (1, &json!(6)));
    assert!(!json!(launched).to_string().contains("送春联"), "no instructions: {launched:?}");
    assert_eq!(launched[0].get("created_by"), None);
    assert_eq!(lines(&town, &campaigns.replace("csv", "ndjson")).await.len(), 2, "what reaches it");

    let regimes = format!("/v1/exports/regimes?responsible={}&format=", person_id(21));
    let regime = &lines(&admin, &format!("{regimes}ndjson")).await[0];
    assert_eq!(
        (&regime["responsible_name"], &regime["cadence"], &regime["cadence_days"]),
        (&json!("王志愿"), &json!("every_days"), &json!(7)),
        "{regime}"
    );
    let labels = rows(&admin, &format!("{regimes}csv"), "zh-CN").await;
    assert_eq!((labels[1][1].as_str(), labels[1][7].as_str()), ("每周走访", "上门走访"));

    let goods = "/v1/exports/goods-movements?item=rice&format=ndjson";
    let movements = lines(&town, goods).await;
    assert_eq!((movements.len(), &movements[0]["difference"]), (1, &json!(5)), "{movements:?}");
    let fields: Vec<&String> = movements[0].as_object().expect("an object").keys().collect();
    let known = ["action", "at", "difference", "id", "item", "quantity", "station", "station_name"];
    assert_eq!(fields, known, "neither the note nor the person");
    let of_village = goods.replace('?', "?area=500116002001&");
    assert_eq!(lines(&admin, &of_village).await.len(), 1);

    for (action, count) in [("campaign.export", 3), ("regime.export", 2), ("goods.export", 2)] {
        assert_eq!(admin.events(action).await.len(), count, "{action}");
    }
    for caller in [server.manager().await, server.volunteer().await, server.auditor().await] {
        for path in ["campaigns", "regimes", "goods-movements"] {
            let refused = caller.get(&format!("/v1/exports/{path}?format=csv")).await;
            assert_eq!(refused.status, 403, "{path}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_an_occasion_are_listed_and_exported(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let feast = json!({ "occasion": "spring_festival_2027" });
    let task = supervisor.make(&home_visit(BENEFICIARY, feast)).await;
    supervisor.make_task(BENEFICIARY).await;
    let query = "occasion=spring_festival_2027";
    let listed = supervisor.get(&format!("/v1/tasks?{query}")).await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    let exported = lines(&supervisor, &format!("/v1/exports/tasks?{query}&format=ndjson")).await;
    assert_eq!((exported.len(), &exported[0]["id"]), (1, &json!(task)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stocks_of_goods_leave_with_their_lots_and_the_first_day_of_expiry(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    receive(&admin, "rice", "500116002001", 3).await;
    for (lot, quantity, expires_on) in [("B", 4, "2028-06-30"), ("A", 5, "2027-12-31")] {
        let received = json!({
            "action": "received", "item": "rice", "area": "500116001002", "quantity": quantity,
            "lot": lot, "expires_on": expires_on
        });
        assert_eq!(admin.post("/v1/goods/movements", &received).await.status, 201);
    }

    let path = "/v1/exports/goods-stocks?item=rice&format=csv";
    let chinese = rows(&town, path, "zh-CN").await;
    assert_eq!(chinese[0][..4], ["服务站区域编码", "服务站区域名称", "物资", "数量"]);
    assert_eq!(chinese.len(), 2, "those of the town alone: {chinese:?}");
    assert_eq!(chinese[1][2..], ["大米10公斤", "9", "袋", "A (5)、B (4)", "2027-12-31"]);
    let auditor = server.auditor().await;
    let all = lines(&auditor, &path.replace("csv", "ndjson")).await;
    let listed = auditor.get("/v1/goods/stocks?item=rice").await.body;
    assert_eq!((all.len(), &all[0]["lots"]), (2, &json!(["A", "B"])), "{all:?}");
    for (exported, listed) in all.iter().zip(listed["items"].as_array().expect("a list")) {
        for (field, of) in
            [("station", "area"), ("station_name", "area_name"), ("quantity", "quantity")]
        {
            assert_eq!(exported[field], listed[of], "{field}");
        }
    }
    let events = admin.events("goods.export_stocks").await;
    assert_eq!(events.len(), 2);
    assert!(events.iter().any(|event| {
        event["body"] == json!({ "format": "csv", "filter": { "item": "rice" }, "rows": 1 })
    }));
    assert_eq!(town.get(&format!("{path}&area=500116002")).await.status, 404);
    assert_eq!(server.manager().await.get(path).await.status, 403);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_of_a_campaign_leaves_by_area_as_far_as_the_caller_sees_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    put_item(&admin, "rice", &json!({})).await;
    let goods = json!({ "items": [{ "item": "rice", "quantity": 1 }] });
    let (_, path, _) = launched_campaign(&server, goods).await;
    finds_a_need(&server.far_manager().await, json!({})).await;

    let id = path.rsplit('/').next().expect("an id");
    let export = format!("/v1/exports/campaign-report?campaign_id={id}&format=");
    let grids = lines(&admin, &format!("{export}ndjson&by=grid")).await;
    let report = admin.get(&format!("{path}/report?by=grid")).await.body;
    let areas = report["areas"].as_array().expect("areas");
    assert_eq!((grids.len(), areas.len()), (3, 3), "{grids:?}");
    for (exported, area) in grids.iter().zip(areas) {
        let (tasks, attempts, handouts) = (&area["tasks"], &area["attempts"], &area["handouts"]);
        for (field, counted) in [
            ("area", &area["area"]),
            ("area_name", &area["name"]),
            ("tasks", &tasks["tasks"]),
            ("done", &tasks["done"]),
            ("open", &tasks["open"]),
            ("attempts_needs_found", &attempts["needs_found"]),
            ("minutes_done", &area["minutes_done"]),
            ("handouts_planned", &handouts["planned"]),
        ] {
            assert_eq!(&exported[field], counted, "{field} of {exported}");
        }
    }
    let sum = |field: &str| grids.iter().filter_map(|grid| grid[field].as_i64()).sum::<i64>();
    let sums = ["tasks", "done", "attempts_needs_found", "handouts_planned"].map(sum);
    assert_eq!(sums, [6, 1, 1, 6], "{grids:?}");

    let chinese = rows(&server.auditor().await, &format!("{export}csv"), "zh-CN").await;
    assert_eq!((chinese.len(), &chinese[1][1]), (3, &"一镇".to_owned()), "towns: {chinese:?}");
    assert_eq!(chinese[0][13..], ["待发放", "已发放", "已退回"]);
    let own = lines(&town, &format!("{export}ndjson&by=grid")).await;
    assert_eq!(own.len(), 2, "the grids of the town: {own:?}");
    let village = server.village_supervisor().await;
    let own = lines(&village, &format!("{export}ndjson")).await;
    assert_eq!((own.len(), &own[0]["area"]), (1, &json!("500116001002")), "the village: {own:?}");
    let report = village.get(&format!("{path}/report")).await.body;
    assert_eq!((&report["by"], &report["areas"][0]["area"]), (&json!("village"), &own[0]["area"]));
    for above in [
        format!("{export}csv&by=town"),
        format!("{path}/report?by=town"),
        "/v1/exports/goods-coverage?item=plaque&format=csv&by=town".to_owned(),
    ] {
        let refused = village.get(&above).await;
        let fault = (refused.status, &refused.body["errors"][0]["pointer"]);
        assert_eq!(fault, (422, &json!("by")), "{above}: {}", refused.body);
    }
    let other = draft(&admin, json!({ "area": "500116002", "year": 2028 })).await;
    let other = other.rsplit('/').next().expect("an id");
    let unseen = format!("{}csv", export.replace(id, other));
    assert_eq!(town.get(&unseen).await.status, 404);
    assert_eq!(server.manager().await.get(&format!("{export}csv")).await.status, 403);
    let events = admin.events("campaign.export_report").await;
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|event| event["body"]["filter"]["campaign_id"] == id));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_coverage_by_a_plaque_leaves_by_grid_with_each_household_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    a_couple(&server).await;
    let damaged = patch(&admin, &beneficiary_id(3), &json!({ "plaque": "damaged" })).await;
    assert_eq!(damaged.status, 200, "{}", damaged.body);

    let path = "/v1/exports/goods-coverage?item=plaque&format=csv";
    let chinese = rows(&admin, path, "zh-CN").await;
    assert_eq!(chinese[0], ["区域编码", "区域名称", "应挂户数", "已挂户数"]);
    let counts: Vec<[&str; 3]> =
        chinese[1..].iter().map(|row| [&row[0], &row[2], &row[3]].map(String::as_str)).collect();
    let by_grid = [[GRID, "2", "1"], [OTHER_GRID, "1", "1"], [FAR_GRID, "2", "2"]];
    assert_eq!(counts, by_grid, "the couple counts once");

    let auditor = server.auditor().await;
    let towns = lines(&auditor, &format!("{}&by=town", path.replace("csv", "ndjson"))).await;
    let shown = auditor.get("/v1/goods/items/plaque/coverage").await.body;
    for (exported, shown) in towns.iter().zip(shown["areas"].as_array().expect("areas")) {
        for field in ["area", "entitled", "covered"] {
            assert_eq!(exported[field], shown[field], "{field} of {exported}");
        }
    }
    assert_eq!(towns.len(), 2, "{towns:?}");
    assert_eq!(rows(&town, path, "en").await.len(), 3, "the grids of the town");
    assert_eq!(admin.events("goods.export_coverage").await.len(), 3);
    for (caller, path, status) in [
        (&town, path.replace("plaque", "none"), 404),
        (&town, format!("{path}&area=500116002"), 404),
        (&town, path.replace("item=plaque&", ""), 400),
        (&server.manager().await, path.to_owned(), 403),
    ] {
        assert_eq!(caller.get(&path).await.status, status, "{path}");
    }
}
