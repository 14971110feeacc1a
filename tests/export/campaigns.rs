//! Campaigns, regimes and occasions as files.

use rstest::rstest;
use serde_json::json;

use super::{lines, rows};
use crate::campaign::spring_festival::finds_a_need;
use crate::campaign::{draft, launched_campaign};
use crate::goods::{put_item, receive};
use crate::regime::{create, weekly};
use crate::support::bodies::home_visit;
use crate::support::files::{BENEFICIARY, person_id};
use crate::support::{Backend, Server};

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
