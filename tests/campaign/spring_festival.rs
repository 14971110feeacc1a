//! The Spring Festival: visits with goods to all beneficiaries, from the feasibility to the report,
//! through the API alone.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{approve, campaign, draft, launch, launched, launched_campaign};
use crate::goods::{put_item, receive, rice};
use crate::regime::cadences::change;
use crate::regime::with;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::phone::Phone;
use crate::support::server::gridward;
use crate::support::{Backend, Caller, FAR_GRID, GRID, Server};

pub const VILLAGE: &str = "500116001002";
pub const FAR_VILLAGE: &str = "500116002001";

/// Rice and a letter for each member.
fn items() -> Value {
    json!([{ "item": "rice", "quantity": 1 }, { "item": "letter", "quantity": 1 }])
}

/// The items in the register, and so many of each in both villages.
async fn stock_up(server: &Server, quantity: i32) {
    let admin = server.admin().await;
    put_item(&admin, "rice", &json!({})).await;
    let letter = json!({ "name": "慰问信", "name_en": "Letter", "needs_receipt": false });
    put_item(&admin, "letter", &letter).await;
    for item in ["rice", "letter"] {
        for village in [VILLAGE, FAR_VILLAGE] {
            receive(&admin, item, village, quantity).await;
        }
    }
}

/// The planned hand-outs of the caller, of this item.
pub async fn planned(caller: &Caller, item: &str) -> Vec<Value> {
    let path = format!("/v1/handouts?state=planned&item={item}&limit=200");
    let listed = caller.get(&path).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.body["items"].as_array().expect("hand-outs").clone()
}

/// The first task of the visitor, with its home: the phone and the API show the guest who accompanies, and
/// the goods to bring.
pub async fn accompanied(visitor: &Caller, guest: &Value, goods: &[&str]) -> (String, String) {
    let mut phone = Phone::default();
    phone.sync(visitor, json!([])).await;
    let task = phone.tasks()[0].clone();
    let id = task["id"].as_str().expect("an id").to_owned();
    assert_eq!(task["guest"]["name"], guest["name"], "{task}");
    let shown = visitor.get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(&shown["guest"], guest);
    let brought: Vec<&Value> =
        shown["goods"].as_array().expect("goods").iter().map(|one| &one["name"]).collect();
    assert_eq!(brought, goods);
    (id, task["beneficiary_id"].as_str().expect("a beneficiary").to_owned())
}

/// Hands out the planned items of the occasion, with a receipt for each.
pub async fn hand_out(visitor: &Caller, home: &str, occasion: &str, items: &[&str]) {
    for item in items {
        let body = rice(home, &json!({ "item": item, "occasion": occasion }));
        let handed = visitor.post("/v1/handouts", &body).await;
        assert_eq!(handed.status, 201, "{}", handed.body);
        assert!(handed.body["campaign_id"].is_string(), "the planned one: {}", handed.body);
    }
}

/// Makes the first visit of the visitor, and reports a need with the fields of `more`.
pub async fn finds_a_need(visitor: &Caller, more: Value) {
    let mut phone = Phone::default();
    phone.sync(visitor, json!([])).await;
    let id = phone.tasks()[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(visitor.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    let found = with(&json!({ "outcome": "needs_follow_up", "needs": ["medical"] }), &more);
    let reported = visitor.post(&format!("/v1/tasks/{id}/report"), &found).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_with_goods_from_the_feasibility_to_the_report(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    stock_up(&server, 9).await;
    let (supervisor, admin, manager) =
        (server.supervisor().await, server.admin().await, server.manager().await);
    let guest = json!({ "name": "李建国", "office": "区退役军人事务局局长" });
    let content = json!({ "items": items(), "guest": guest });
    let path = draft(&supervisor, content).await;

    let feasible = supervisor.act(&format!("{path}/feasibility")).await;
    assert_eq!(feasible.status, 200, "{}", feasible.body);
    assert_eq!((&feasible.body["visits"], &feasible.body["fits"]), (&json!(6), &json!(true)));

    assert_eq!(approve(&admin, &path).await.status, 200);
    assert_eq!(launch(&supervisor, &path, true).await.status, 200);
    let campaign = launched(&supervisor, &path).await;
    let made = (&campaign["created_tasks"], &campaign["planned_handouts"]);
    assert_eq!(made, (&json!(6), &json!(12)), "{campaign}");

    let (id, home) = accompanied(&manager, &guest, &["大米10公斤", "慰问信"]).await;
    let edit = manager.request(Method::PATCH, &format!("/v1/tasks/{id}"));
    let edit = edit.header("If-Match", "\"v1\"").json(&json!({ "guest": null }));
    let edited = manager.send(edit).await;
    assert_eq!((edited.status, &edited.body["guest"]), (200, &Value::Null), "{}", edited.body);

    // A visit with its receipts that finds a need, a return, and a visit whose outcome is a need.
    assert_eq!(manager.act(&format!("/v1/tasks/{id}/claim")).await.status, 200);
    let found = json!({ "outcome": "done", "needs": ["living"] });
    let done = manager.post(&format!("/v1/tasks/{id}/report"), &found).await;
    assert_eq!(done.status, 200, "{}", done.body);
    hand_out(&manager, &home, "spring_festival_2027", &["rice", "letter"]).await;
    let open = planned(&manager, "rice").await;
    assert_eq!(open.len(), 2, "the own grid: {open:?}");
    let back = format!("/v1/handouts/{}/return", open[0]["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&back, &json!({ "reason": "moved" })).await.status, 200);
    finds_a_need(&server.far_manager().await, json!({})).await;

    let progress = supervisor.get(&format!("{path}/progress")).await.body;
    assert_eq!(progress["total"], json!({ "tasks": 6, "done": 2, "open": 4, "failed": 0 }));
    assert_eq!(progress["handouts"], json!({ "planned": 9, "handed_out": 2, "returned": 1 }));
    let second = &progress["areas"][1];
    assert_eq!(second["handouts"], json!({ "planned": 4, "handed_out": 0, "returned": 0 }));

    let report = supervisor.get(&format!("{path}/report?by=grid")).await.body;
    assert_eq!(
        report["attempts"],
        json!({ "done": 0, "needs_found": 2, "not_home": 0, "refused": 0 })
    );
    assert_eq!(report["returns"]["moved"], 1, "{report}");
    assert_eq!((&report["tasks"]["done"], &report["minutes_done"]), (&json!(2), &json!(60)));
    let grids: Vec<&Value> =
        report["areas"].as_array().expect("areas").iter().map(|area| &area["area"]).collect();
    assert_eq!((grids[0], grids[2]), (&json!(GRID), &json!(FAR_GRID)));
    for grid in [0, 2] {
        assert_eq!(report["areas"][grid]["attempts"]["needs_found"], 1, "{report}");
    }
    assert!(!report.to_string().contains("person"), "no figure of a person");
    assert_eq!(server.auditor().await.get(&format!("{path}/report")).await.status, 200);
    assert_eq!(manager.get(&format!("{path}/report")).await.status, 403);

    // A report that cannot be read is still one of a visit that was made.
    server
        .database
        .execute("UPDATE reports SET sealed = (SELECT sealed FROM beneficiaries LIMIT 1)");
    let report = supervisor.get(&format!("{path}/report")).await;
    assert_eq!(report.status, 200, "{}", report.body);
    let attempts = &report.body["attempts"];
    assert_eq!((&attempts["done"], &attempts["needs_found"]), (&json!(1), &json!(1)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_alone_are_planned_once_for_an_occasion_however_often_it_is_launched(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut server = Server::small(backend);
    stock_up(&server, 9).await;
    let manager = server.manager().await;
    let early = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!(early.status, 201, "{}", early.body);
    let goods = json!({ "kind": null, "items": items() });
    let (supervisor, path, first) = launched_campaign(&server, goods.clone()).await;
    let made = (&first["created_tasks"], &first["planned_handouts"]);
    assert_eq!(made, (&json!(0), &json!(11)), "one was handed out before: {first}");
    let (.., second) = launched_campaign(&server, goods).await;
    assert_eq!(second["planned_handouts"], 0, "another campaign of the occasion");

    // As a server that stopped between two steps left it.
    let id = path.rsplit('/').next().expect("an id");
    server.database.execute(&format!(
        "UPDATE campaigns SET state = 'launching', reached = '{}', planned_handouts = 5 \
         WHERE id = '{id}'",
        beneficiary_id(2)
    ));
    server.kill_and_restart();
    let job = gridward(&server.database, &["jobs", "run", "campaign_launches"]).output();
    assert!(job.expect("it runs").status.success());
    let supervisor = (supervisor, server.supervisor().await).1;
    let again = launched(&supervisor, &path).await;
    assert_eq!(again["planned_handouts"], 5, "nothing is planned twice");
    assert_eq!(server.database.count("handouts"), 12);
    let progress = supervisor.get(&format!("{path}/progress")).await.body;
    let own = json!({ "planned": 11, "handed_out": 0, "returned": 0 });
    assert_eq!(progress["handouts"], own, "not the one without a plan");

    // The closing returns what was planned, in as many steps as it takes, and a server that stopped goes on.
    assert_eq!(supervisor.act(&format!("{path}/close")).await.status, 200);
    let handouts = async || {
        let progress = supervisor.get(&format!("{path}/progress")).await.body;
        progress["handouts"].clone()
    };
    let returned = json!({ "planned": 0, "handed_out": 0, "returned": 11 });
    for _ in 0..100 {
        if handouts().await == returned {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(handouts().await, returned);
    let without = server.database.texts("SELECT id AS text FROM handouts WHERE at IS NULL");
    assert!(without.is_empty(), "each has the time from which its item keeps it: {without:?}");
    server.database.execute(&format!(
        "UPDATE handouts SET state = 'planned', reason = NULL WHERE beneficiary = '{}'",
        beneficiary_id(2)
    ));
    let job = gridward(&server.database, &["jobs", "run", "campaign_launches"]).output();
    assert!(job.expect("it runs").status.success());
    assert_eq!(handouts().await, returned);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_counts_and_reminds_of_the_hand_outs_that_it_has_planned_itself(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    stock_up(&server, 9).await;
    let letters = json!({ "kind": null, "items": [{ "item": "letter", "quantity": 1 }] });
    let (_, earlier, _) = launched_campaign(&server, letters).await;
    let manager = server.manager().await;
    hand_out(&manager, BENEFICIARY, "spring_festival_2027", &["letter"]).await;
    let both = json!({ "kind": null, "items": items(), "filter": { "area": [GRID] } });
    let (supervisor, later, campaign) = launched_campaign(&server, both).await;
    assert_eq!(campaign["planned_handouts"], 3, "the rice alone: {campaign}");

    for part in ["progress", "report"] {
        for (path, planned, handed_out) in [(&earlier, 5, 1), (&later, 3, 0)] {
            let shown = supervisor.get(&format!("{path}/{part}")).await.body;
            let own = json!({ "planned": planned, "handed_out": handed_out, "returned": 0 });
            assert_eq!(shown["handouts"], own, "{part}: {shown}");
        }
    }
    let reminded = supervisor.act(&format!("{later}/reminders")).await.body;
    assert_eq!((&reminded["grids"], &reminded["planned_handouts"]), (&json!(1), &json!(3)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_of_unfinished_grids_are_reminded_once_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let path = draft(&supervisor, json!({})).await;
    let early = supervisor.act(&format!("{path}/reminders")).await;
    assert_eq!((early.status, early.problem()), (409, "campaign_state"));
    let (supervisor, path, _) = launched_campaign(&server, json!({ "area": "500116002" })).await;
    let reminded = supervisor.act(&format!("{path}/reminders")).await;
    assert_eq!(reminded.status, 200, "{}", reminded.body);
    assert_eq!((&reminded.body["grids"], &reminded.body["open_tasks"]), (&json!(1), &json!(2)));
    let again = supervisor.act(&format!("{path}/reminders")).await;
    assert_eq!((again.status, again.problem()), (409, "campaign_reminded"));
    let of = async |caller: &Caller| {
        let listed = caller.get("/v1/notices").await.body["items"].clone();
        listed.as_array().expect("notices").iter().filter(|one| one["title"] == "春节慰问").count()
    };
    let [far, near] = [server.far_manager().await, server.manager().await];
    assert_eq!((of(&far).await, of(&near).await), (1, 0), "only where tasks are open");
    server.database.execute("UPDATE campaigns SET reminded_on = '2026-01-01'");
    assert_eq!(supervisor.act(&format!("{path}/reminders")).await.status, 200, "another day");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feasibility_names_the_villages_that_lack_hours_and_what_helps(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    server.database.execute(&format!(
        "UPDATE people SET weekly_minutes = 0 WHERE area >= '{VILLAGE}' AND area < '500116001003'; \
         UPDATE people SET weekly_minutes = 600 WHERE area = '{FAR_GRID}';"
    ));
    let days = json!({ "first_day": "2027-02-01", "last_day": "2027-02-07" });
    let path = draft(&supervisor, days.clone()).await;
    let assessed = supervisor.act(&format!("{path}/feasibility")).await.body;
    assert_eq!((&assessed["fits"], &assessed["visits"]), (&json!(false), &json!(6)));
    let short = &assessed["areas"][0];
    assert_eq!((&short["area"], &short["visits"]), (&json!(VILLAGE), &json!(4)), "{assessed}");
    assert_eq!(short["available_minutes"], 0);
    assert_eq!(short["lacking_minutes"], short["needed_minutes"]);
    assert_eq!(short["lend"][0]["from"], FAR_VILLAGE, "{short}");
    assert!(short["earlier_days"].is_null(), "no visitor offers an hour on any day");
    assert_eq!(assessed["areas"][1]["lacking_minutes"], 0);
    // Of the manager's minutes the part that plans may use.
    assert_eq!(assessed["areas"][1]["available_minutes"], 600 * 40 / 100);

    // What the villages carry already counts, and a town borrows in its own area only.
    for _ in 0..40 {
        let more = json!({ "beneficiary_id": FAR_BENEFICIARY, "kind": "home_visit" });
        assert_eq!(supervisor.post("/v1/tasks", &more).await.status, 201);
    }
    let busy = supervisor.act(&format!("{path}/feasibility")).await.body;
    assert_eq!(busy["areas"][1]["available_minutes"], 0, "{busy}");
    let of_town = draft(&town, days).await;
    let own = town.act(&format!("{of_town}/feasibility")).await.body;
    assert_eq!(own["areas"][0]["lend"], json!([]));
    assert_eq!(server.database.count("tasks"), 40, "nothing is created");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_needs_a_kind_or_items_of_the_register(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    stock_up(&server, 1).await;
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let plaque = json!({ "has_serial": true, "once": true });
    put_item(&admin, "plaque", &plaque).await;
    put_item(&admin, "old", &json!({ "active": false })).await;
    let each = |item: &str, quantity: i32| json!({ "item": item, "quantity": quantity });
    for (more, pointer) in [
        (json!({ "kind": null }), ""),
        (json!({ "items": [each("flour", 1)] }), "/items/0/item"),
        (json!({ "items": [each("rice", 1), each("old", 1)] }), "/items/1/item"),
        (json!({ "items": [each("rice", 1), each("rice", 1)] }), "/items/1/item"),
        (json!({ "items": [each("plaque", 2)] }), "/items/0/quantity"),
        (json!({ "items": [each("rice", 0)] }), "/items/0/quantity"),
        (json!({ "guest": { "name": "", "office": "x" } }), "/guest/name"),
    ] {
        let body = campaign(more.clone());
        let refused = supervisor.post("/v1/campaigns", &body).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{more}: {}", refused.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_goods_alone_reaches_those_who_may_get_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let entitled = json!({ "handed_out": "hung", "entitled": ["martyr_family"] });
    let plaque = json!({ "has_serial": true, "once": true, "plaque": entitled });
    put_item(&admin, "plaque", &plaque).await;
    put_item(&admin, "rice", &json!({})).await;
    let of = |item: &str| json!({ "kind": null, "items": [{ "item": item, "quantity": 1 }] });
    let refused = supervisor.post("/v1/campaigns", &campaign(of("plaque"))).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/filter")), "none is entitled");

    let family = json!({ "categories": ["martyr_family"], "plaque": "pending" });
    change(&supervisor, Method::PATCH, &beneficiary_id(2), "", &family).await;
    let path = draft(&supervisor, of("plaque")).await;
    let shown = supervisor.get(&path).await.body;
    assert_eq!(shown["sentence_zh"], "江津区内的烈士遗属", "{shown}");
    assert_eq!(shown["filter"], json!({ "all": [] }), "the audience stays");
    assert_eq!(supervisor.get(&format!("{path}/feasibility")).await.body["visits"], 1);
    assert_eq!(approve(&admin, &path).await.status, 200);
    let begun = supervisor.act(&format!("{path}/launch")).await;
    assert_eq!(begun.status, 200, "they are not all: {}", begun.body);
    assert_eq!(launched(&supervisor, &path).await["planned_handouts"], 1);

    let path = draft(&supervisor, of("rice")).await;
    assert_eq!(approve(&admin, &path).await.status, 200);
    let all = launch(&supervisor, &path, false).await;
    assert_eq!((all.status, all.problem()), (409, "confirmation_required"));
    let detail = &all.body["errors"][0]["detail"];
    assert_eq!(detail, "plans hand-outs to all 6 beneficiaries of the area");
}
