//! Merit reports: their class decides their delivery.

use rstest::rstest;
use serde_json::{Value, json};

use super::{a_day_off, due_after, visit};
use crate::case::{add, go, listed, may_come, missing, open, read, server, step};
use crate::goods::{put_item, receive};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// A merit report of the class, received by the district.
async fn merit_report(district: &Caller, class: &str, beneficiary: &str) -> Value {
    let new = json!({
        "kind": "merit_report", "class": class, "beneficiary_id": beneficiary,
        "source": "application"
    });
    open(district, new).await
}

/// How many the audience of holders of merits has.
async fn holders(caller: &Caller) -> Value {
    let filter = json!({ "filter": { "category": ["merit_holder"] } });
    caller.post("/v1/audiences/preview", &filter).await.body["count"].clone()
}

/// Hands a plaque out to which holders of merits alone are entitled.
async fn hang(caller: &Caller) -> Answer {
    let plaque = json!({
        "beneficiary_id": BENEFICIARY, "item": "plaque", "receipt": { "signed_by": "王小明" }
    });
    caller.post("/v1/handouts", &plaque).await
}

/// No audience of holders of merits finds the beneficiary, who gets none of their plaques.
async fn is_no_holder_of_merits(server: &Server) {
    let district = server.supervisor().await;
    let rule = json!({ "handed_out": "hung", "entitled": ["merit_holder"] });
    let plaque = json!({ "once": true, "plaque": rule });
    put_item(&server.admin().await, "plaque", &plaque).await;
    receive(&district, "plaque", "500116001002", 1).await;
    assert_eq!(hang(&server.manager().await).await.problem(), "handout_not_entitled");
    assert_eq!(holders(&district).await, 0);
}

/// The first delivery has changed an entry, and no later one: the beneficiary has a right to the plaque.
async fn has_become_a_holder_of_merits(server: &Server) {
    let changes = server.supervisor().await.events("beneficiary.change").await;
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(change["body"]["fields"], json!(["categories"]));
    assert!(change["body"]["case"].is_string(), "{change}");
    let hung = hang(&server.manager().await).await;
    assert_eq!(hung.status, 201, "{}", hung.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_class_of_a_merit_report_decides_who_delivers_it_by_when_and_what_follows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (town, district) = (server.town_supervisor().await, server.supervisor().await);
    let off = a_day_off(&server.admin().await).await;
    is_no_holder_of_merits(&server).await;
    // The working days to plan the delivery, and to deliver: fewer for the higher class.
    for (n, class, deliverer, other, [to_plan, to_deliver]) in [
        (1, "second_class", &district, &town, [3, 10]),
        (2, "third_class", &district, &town, [5, 15]),
        (3, "good_soldier", &town, &district, [5, 20]),
    ] {
        let of_town = class == "good_soldier";
        let [register, registered, planned] = match class {
            "good_soldier" => ["register_town", "registered_town", "planned_town"],
            "second_class" => ["register_leader", "registered_leader", "planned_leader"],
            _ => ["register", "registered", "planned"],
        };
        let case = merit_report(&district, class, &beneficiary_id(n)).await;
        assert_eq!(case["due_on"], due_after(2, off), "registered within two working days");
        assert_eq!(may_come(&read(&district, &case).await), [register, "drop"]);
        // Who receives it is asked: the parents of a soldier are no holders of merits, and no good soldier is one.
        let silent = json!({ "move": register, "answers": { "unit": "某部" } });
        assert_eq!(go(&district, &case, silent).await.status, 422, "{class}");
        let answers = json!({ "unit": "某部", "of_family": class == "third_class" });
        let move_on = json!({ "move": register, "answers": answers });
        step(&district, &case, move_on, registered).await;
        assert_eq!(read(&district, &case).await["due_on"], due_after(to_plan, off), "{class}");
        // The bureau and the armed forces go together, and others with them.
        let mut answers = json!({
            "day": "2026-12-20", "with_bureau": true, "with_military": true,
            "party": ["town"]
        });
        if !of_town {
            let of_leader = class == "second_class";
            answers["led_by"] = json!(if of_leader { "city" } else { "bureau" });
        }
        let plan = |field: &str, value: Value| {
            let mut answers = answers.clone();
            answers[field] = value;
            json!({ "move": "plan", "answers": answers })
        };
        let refused = go(other, &case, plan("day", json!("2026-12-20"))).await;
        assert_eq!((refused.status, refused.problem()), (403, "case_other_level"), "{class}");
        let twice = go(deliverer, &case, plan("party", json!(["armed_forces"]))).await;
        let pointer = twice.body["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(pointer.starts_with("/answers/party"), "{}", twice.body);
        for together in ["with_bureau", "with_military"] {
            let alone = go(deliverer, &case, plan(together, json!(false))).await;
            let pointer = &alone.body["errors"][0]["pointer"];
            assert_eq!(pointer, &format!("/answers/{together}"), "{class}: {}", alone.body);
        }
        if class == "second_class" {
            // The head of the bureau alone does not lead.
            let lower = go(deliverer, &case, plan("led_by", json!("bureau"))).await;
            assert_eq!(lower.body["errors"][0]["pointer"], "/answers/led_by", "{}", lower.body);
        }
        step(deliverer, &case, plan("day", json!("2026-12-20")), planned).await;
        assert_eq!(read(&district, &case).await["due_on"], due_after(to_deliver, off), "{class}");
        // A volunteer does not deliver, and a delivery needs a companion and the signed receipt.
        let level = match class {
            "second_class" => "city",
            "third_class" => "bureau",
            _ => "town",
        };
        let delivered_by = |level: &str| {
            json!({ "move": "deliver", "amount_fen": 200_000, "answers": {
                "signed_by": "王小明", "delivered_by": "李某", "deliverer_post": "负责人",
                "deliverer_level": level, "accompanied_by": "某部代表"
            } })
        };
        let deliver = delivered_by(level);
        assert_eq!(go(&server.volunteer().await, &case, deliver.clone()).await.status, 403);
        let early = go(deliverer, &case, deliver.clone()).await;
        assert_eq!((early.status, missing(&early.body["current"])), (409, vec!["receipt"]));
        add(deliverer, &case, Some("receipt")).await;
        // The class decides who leads the delivery: no person of a lower level, and by name and post.
        let below = match class {
            "second_class" => "bureau",
            "third_class" => "town",
            _ => "village",
        };
        let lower = go(deliverer, &case, delivered_by(below)).await;
        let pointer = &lower.body["errors"][0]["pointer"];
        assert_eq!((lower.status, pointer), (422, &json!("/answers/deliverer_level")), "{class}");
        let mut nameless = deliver.clone();
        nameless["answers"].as_object_mut().expect("answers").remove("deliverer_post");
        let nameless = go(deliverer, &case, nameless).await;
        let error = &nameless.body["errors"][0];
        assert_eq!((nameless.status, &error["pointer"]), (422, &json!("/answers/deliverer_post")));
        step(deliverer, &case, deliver, "delivered").await;
        assert_eq!(holders(&district).await, 1, "{class}");
        // The check of the plaque and the visit of the year follow.
        for (taken, kind, next) in
            [("visit", "plaque_check", "year_visit"), ("archive", "home_visit", "archived")]
        {
            let taken = json!({ "move": taken });
            let early = go(deliverer, &case, taken.clone()).await;
            assert_eq!((early.status, early.problem()), (409, "case_awaits_task"), "{kind}");
            let task = early.body["current"]["task_id"].as_str().expect("a task").to_owned();
            let shown = deliverer.get(&format!("/v1/tasks/{task}")).await.body;
            assert_eq!(shown["kind"], kind, "{shown}");
            let hung = json!({ "answers": { "plaque": "hung" } });
            visit(&server.volunteer().await, &task, hung).await;
            step(deliverer, &case, taken, next).await;
        }
    }
    assert_eq!(listed(&district, "?kind=merit_report&ended=true").await.len(), 3);
    has_become_a_holder_of_merits(&server).await;
}
