//! Cases, hand-outs, stocks and the coverage by an item as files.

use rstest::rstest;
use serde_json::{Value, json};

use super::{lines, rows};
use crate::beneficiary::households::{a_couple, patch};
use crate::goods::{put_item, receive, rice};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::{Backend, FAR_GRID, GRID, OTHER_GRID, Server};

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
