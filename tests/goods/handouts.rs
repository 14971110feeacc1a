//! Hand-outs: once for an occasion, never more than there is, and returned.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{VILLAGE, at, put_item, receive, rice, stock, with_rice};
use crate::support::files::{BENEFICIARY, beneficiary_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, Server};

/// The answers to these hand-outs, made at once.
pub(super) async fn at_once(caller: &Caller, bodies: Vec<Value>) -> Vec<Answer> {
    let mut under_way = JoinSet::new();
    for body in bodies {
        let caller = caller.clone();
        under_way.spawn(async move { caller.post("/v1/handouts", &body).await });
    }
    under_way.join_all().await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beneficiary_gets_an_item_once_for_an_occasion_and_a_receipt_is_read_on_the_record(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    volunteer.visits(BENEFICIARY, &manager).await;
    let key = Uuid::now_v7().to_string();
    let signed = json!({ "receipt": { "signed_by": "王芳", "relation": "女儿" } });
    let send = async || {
        let request =
            volunteer.request(Method::POST, "/v1/handouts").header("Idempotency-Key", &key);
        volunteer.send(request.json(&rice(BENEFICIARY, &signed))).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, again.status), (201, 201), "{} {}", first.body, again.body);
    assert_eq!(first.body, again.body, "a lost answer is asked for again");
    assert_eq!(first.body["id"], key, "the phone names it");
    let second = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((second.status, second.problem()), (409, "handout_done"));
    assert_eq!(second.body["current"]["id"], key);
    assert_eq!(stock(&supervisor, VILLAGE).await, 8, "taken once");
    let army_day = rice(BENEFICIARY, &json!({ "occasion": "army_day_2027", "quantity": 2 }));
    let many = volunteer.post("/v1/handouts", &army_day).await;
    assert_eq!((many.status, at(&many)), (422, "/quantity"), "nothing is planned: {}", many.body);
    let other = manager.post("/v1/handouts", &army_day).await;
    assert_eq!((other.status, &other.body["quantity"]), (201, &json!(2)), "{}", other.body);

    let read = manager.get(&format!("/v1/handouts/{key}")).await;
    assert_eq!(read.body["receipt"], json!({ "signed_by": "王芳", "relation": "女儿" }));
    assert_eq!(supervisor.events("handout.read").await.len(), 1);
    let events = supervisor.events("handout.hand_out").await;
    assert!(!json!(events).to_string().contains("王芳"), "the log has no receipt");
    assert_eq!(volunteer.get("/v1/handouts").await.status, 403);
    let listed = manager.get("/v1/handouts?occasion=army_day_2027&state=handed_out").await;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "{}", listed.body);
    let page = manager.get("/v1/handouts?limit=1").await;
    let cursor = page.body["next_cursor"].as_str().expect("another page");
    let rest = manager.get(&format!("/v1/handouts?limit=1&cursor={cursor}")).await;
    assert_eq!(
        (&rest.body["items"][0]["id"], &rest.body["next_cursor"]),
        (&json!(key), &Value::Null)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hand_outs_at_once_never_take_more_than_there_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 5).await;
    let manager = server.manager().await;
    let bodies: Vec<Value> = (2020..2032)
        .map(|year| rice(BENEFICIARY, &json!({ "occasion": format!("army_day_{year}") })))
        .collect();
    let answers = at_once(&manager, bodies).await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(201), of(409)), (5, 7));
    let short = answers.iter().find(|answer| answer.status == 409).expect("a refusal");
    assert_eq!((short.problem(), at(short)), ("goods_short", "/quantity"));
    assert_eq!(stock(&supervisor, VILLAGE).await, 0);

    receive(&supervisor, "rice", VILLAGE, 5).await;
    let answers = at_once(&manager, vec![rice(BENEFICIARY, &json!({})); 8]).await;
    let handed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((handed, stock(&supervisor, VILLAGE).await), (1, 4), "once for the occasion");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returned_goods_come_back_to_the_stock_and_may_be_handed_out_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 1).await;
    let manager = server.manager().await;
    let handed = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    let path = format!("/v1/handouts/{}", handed.body["id"].as_str().expect("an id"));
    let why = json!({ "reason": "declined", "note": "家里有" });
    for _ in 0..2 {
        let returned = manager.post(&format!("{path}/return"), &why).await;
        assert_eq!((returned.status, &returned.body["state"]), (200, &json!("returned")));
        assert_eq!(
            (&returned.body["reason"], &returned.body["version"]),
            (&json!("declined"), &json!(2))
        );
    }
    let other = manager.post(&format!("{path}/return"), &json!({ "reason": "damaged" })).await;
    assert_eq!((other.status, other.problem()), (409, "handout_done"), "no repetition");
    assert_eq!(other.body["current"]["reason"], "declined", "{}", other.body);
    assert_eq!(stock(&supervisor, VILLAGE).await, 1, "once");
    assert_eq!(manager.get(&path).await.body["note"], "家里有");
    let again = manager.post("/v1/handouts", &rice(BENEFICIARY, &json!({}))).await;
    assert_eq!((again.status, &again.body["id"]), (201, &handed.body["id"]), "{}", again.body);
    assert_eq!((stock(&supervisor, VILLAGE).await, &again.body["reason"]), (0, &Value::Null));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_with_numbers_and_items_of_a_single_time_are_handed_out_as_such(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, manager) = (server.admin().await, server.manager().await);
    let plaque = json!({ "name": "光荣牌", "name_en": "Plaque", "has_serial": true, "once": true });
    put_item(&admin, "plaque", &plaque).await;
    receive(&admin, "plaque", VILLAGE, 9).await;
    let hand = async |beneficiary: &str, more: Value| {
        let mut body = json!({
            "beneficiary_id": beneficiary, "item": "plaque", "serial": "JJ-1",
            "receipt": { "signed_by": "王小明" }
        });
        for (field, value) in more.as_object().expect("fields") {
            body[field] = value.clone();
        }
        manager.post("/v1/handouts", &body).await
    };
    for (more, pointer) in [
        (json!({ "serial": null }), "/serial"),
        (json!({ "quantity": 2 }), "/quantity"),
        (json!({ "occasion": "spring_festival_2027" }), "/occasion"),
    ] {
        let refused = hand(BENEFICIARY, more.clone()).await;
        assert_eq!((refused.status, at(&refused)), (422, pointer), "{more}: {}", refused.body);
    }
    let handed = hand(BENEFICIARY, json!({})).await;
    assert_eq!((handed.status, &handed.body["occasion"]), (201, &json!("once")), "{}", handed.body);
    let twice = hand(BENEFICIARY, json!({ "serial": "JJ-2" })).await;
    assert_eq!((twice.status, twice.problem()), (409, "handout_done"));
    let same = hand(&beneficiary_id(2), json!({})).await;
    assert_eq!((same.status, at(&same)), (422, "/serial"), "{}", same.body);
    let small = hand(&beneficiary_id(2), json!({ "serial": "jj-1" })).await;
    assert_eq!((small.status, at(&small)), (422, "/serial"), "the same piece: {}", small.body);
    // An earlier version stored the number as it was sent.
    server.database.execute("UPDATE handouts SET serial = 'jj-1'");
    let same = hand(&beneficiary_id(2), json!({})).await;
    assert_eq!((same.status, at(&same)), (422, "/serial"), "{}", same.body);
    let path = format!("/v1/handouts/{}/return", handed.body["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&path, &json!({ "reason": "moved" })).await.status, 200);
    let free = hand(&beneficiary_id(2), json!({ "serial": "jj-1" })).await;
    assert_eq!((free.status, &free.body["serial"]), (201, &json!("JJ-1")), "the piece is free");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_manage_goods_hands_out_for_an_occasion_that_the_district_has(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    volunteer.visits(BENEFICIARY, &manager).await;
    let of = |occasion: &str| rice(BENEFICIARY, &json!({ "occasion": occasion }));
    for caller in [&volunteer, &manager] {
        for invented in
            ["moving_house", "moving_house_2027", "spring_festival", "spring_festival_x"]
        {
            let refused = caller.post("/v1/handouts", &of(invented)).await;
            assert_eq!((refused.status, at(&refused)), (422, "/occasion"), "{}", refused.body);
        }
    }
    assert_eq!(volunteer.post("/v1/handouts", &of("mid_autumn_2027")).await.status, 201);
    // An occasion of a campaign counts once it is approved; who manages goods needs none.
    let own = json!({ "occasion": "summer", "year": 2027 });
    let path = crate::campaign::draft(&supervisor, own).await;
    assert_eq!(manager.post("/v1/handouts", &of("summer_2027")).await.status, 422);
    let admin = server.admin().await;
    assert_eq!(crate::campaign::approve(&admin, &path).await.status, 200);
    assert_eq!(manager.post("/v1/handouts", &of("summer_2027")).await.status, 201);
    assert_eq!(supervisor.post("/v1/handouts", &of("moving_house")).await.status, 201);
    // Another spelling is no other occasion, for supervisors either.
    for spelt in ["Summer_2027", "summer_2027 ", "ｓｕｍｍｅｒ＿２０２７", "MOVING_HOUSE\u{3000}"]
    {
        for caller in [&supervisor, &volunteer] {
            let again = caller.post("/v1/handouts", &of(spelt)).await;
            let expected = (409, "handout_done");
            assert_eq!((again.status, again.problem()), expected, "{spelt}: {}", again.body);
        }
    }
    let new = supervisor.post("/v1/handouts", &of(" New_Home２ ")).await;
    assert_eq!((new.status, &new.body["occasion"]), (201, &json!("new_home2")), "{}", new.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_out_is_dated_at_most_thirty_days_back_and_not_in_the_future(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, _, supervisor) = with_rice(backend, 9).await;
    let manager = server.manager().await;
    let ago = |days: i64| {
        let at = chrono::Utc::now() - chrono::TimeDelta::days(days);
        rice(BENEFICIARY, &json!({ "at": at.to_rfc3339() }))
    };
    for days in [31, 4000, -1] {
        let refused = manager.post("/v1/handouts", &ago(days)).await;
        assert_eq!((refused.status, at(&refused)), (422, "/at"), "{}", refused.body);
    }
    assert_eq!(stock(&supervisor, VILLAGE).await, 9, "nothing moved");
    let handed = manager.post("/v1/handouts", &ago(29)).await;
    assert_eq!(handed.status, 201, "{}", handed.body);
}
