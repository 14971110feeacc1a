//! Whatever is wrong is named, and nothing is written.

use rstest::rstest;
use serde_json::{Value, json};

use super::{day, send};
use crate::support::bodies::new_beneficiary;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

fn pointers(answer: &Answer) -> Vec<&str> {
    assert_eq!((answer.status, answer.problem()), (422, "invalid"), "{}", answer.body);
    let errors = answer.body["errors"].as_array().expect("errors").iter();
    errors.map(|error| error["pointer"].as_str().expect("a pointer")).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_field_of_a_beneficiary_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let events = server.database.count("events");
    let far = json!({ "lat": 29.285, "lon": 106.275 });
    let kin = |id: &str| json!([{ "name": "王芳", "relation": "女儿", "phone": "12345", "beneficiary_id": id }]);
    let friend = json!({ "name": "李明", "relation": "战友", "phone": "12345678" });
    let entered = new_beneficiary(json!({}));
    let own = json!({ "name": entered["name"], "relation": "本人", "phone": entered["phone"] });
    let cases = [
        (json!({ "id_number": "110105194912310021" }), vec!["/id_number"]),
        (json!({ "id_number": "1101051949123100" }), vec!["/id_number"]),
        (json!({ "gender": "male", "birth_year": 1950 }), vec!["/gender", "/birth_year"]),
        (json!({ "name": "王\u{200b}小明" }), vec!["/name"]),
        (json!({ "address": "南门\u{202e}1号" }), vec!["/address"]),
        (json!({ "notes": "院里\u{2060}有狗" }), vec!["/notes"]),
        (json!({ "name": " \u{3000}" }), vec!["/name"]),
        (json!({ "name": "\u{3164}" }), vec!["/name"]),
        (json!({ "name": "王\u{ffa0}小明" }), vec!["/name"]),
        (json!({ "address": "南门\u{e863}1号" }), vec!["/address"]),
        (json!({ "notes": "院里\u{fffe}有狗" }), vec!["/notes"]),
        (json!({ "phone": "many", "categories": [] }), vec!["/phone", "/categories"]),
        (
            json!({ "categories": ["no_word"], "hardships": ["none_such"], "plaque": "gone_by" }),
            vec!["/categories", "/hardships", "/plaque"],
        ),
        (json!({ "grid": FAR_GRID, "place": far }), vec!["/grid"]),
        (json!({ "grid": "500116001002009" }), vec!["/grid"]),
        (json!({ "grid": "500116001002" }), vec!["/grid"]),
        (json!({ "place": far }), vec!["/place"]),
        (json!({ "place": { "lat": 31.2, "lon": 121.5 } }), vec!["/place"]),
        (json!({ "place": { "lat": 106.25, "lon": 29.28 } }), vec!["/place"]),
        (json!({ "next_of_kin": kin(FAR_BENEFICIARY) }), vec!["/next_of_kin/0/beneficiary_id"]),
        (json!({ "next_of_kin": [friend, friend] }), vec!["/next_of_kin/1"]),
        (json!({ "next_of_kin": [own] }), vec!["/next_of_kin/0"]),
        (json!({ "unknown": 1 }), vec!["/unknown"]),
    ];
    for (wrong, expected) in cases {
        let body = new_beneficiary(wrong.clone());
        let refused = manager.post("/v1/beneficiaries", &body).await;
        assert_eq!(pointers(&refused), expected, "{wrong}");
        let text = refused.body.to_string();
        assert!(!text.contains("110105") && !text.contains("小明"), "no value: {text}");
    }
    let change = json!({ "place": far, "birth_year": 1901, "plaque": "gone_by" });
    let refused = send(&manager, "change", BENEFICIARY, &change, 1).await;
    assert_eq!(pointers(&refused), ["/birth_year", "/place"]);
    let change = json!({ "next_of_kin": kin(BENEFICIARY) });
    let refused = send(&manager, "change", BENEFICIARY, &change, 1).await;
    assert_eq!(pointers(&refused), ["/next_of_kin/0/beneficiary_id"]);
    let known = new_beneficiary(json!({ "next_of_kin": kin(BENEFICIARY) }));
    assert_eq!(server.database.count("events"), events, "nothing was written");
    assert_eq!(manager.post("/v1/beneficiaries", &known).await.status, 201);
}

async fn refused(caller: &Caller, step: &str, body: Value) -> Vec<String> {
    let answer = send(caller, step, BENEFICIARY, &body, 1).await;
    pointers(&answer).into_iter().map(str::to_owned).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_moves_stays_ends_and_merges_are_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let stay = |grid: &str, first: i64, last: i64| {
        json!({
            "grid": grid, "address": "x", "place": super::elsewhere(),
            "first_day": day(first), "last_day": day(last),
        })
    };
    let home = |grid: &str| json!({ "grid": grid, "address": "x", "place": super::elsewhere() });
    // The other grid of a move or a stay is in the caller's area too.
    assert_eq!(refused(&manager, "move", home(OTHER_GRID)).await, ["/grid"]);
    assert_eq!(refused(&manager, "stay", stay(OTHER_GRID, 0, 3)).await, ["/grid"]);
    assert_eq!(refused(&town, "move", home(FAR_GRID)).await, ["/grid"]);
    let far = json!({ "grid": GRID, "address": "x", "place": { "lat": 29.285, "lon": 106.279 } });
    assert_eq!(refused(&town, "move", far).await, ["/place"]);
    assert_eq!(refused(&town, "stay", stay(OTHER_GRID, 3, 2)).await, ["/last_day"]);
    assert_eq!(refused(&town, "stay", stay(OTHER_GRID, -9, -1)).await, ["/last_day"]);
    assert_eq!(refused(&town, "stay", stay(OTHER_GRID, 0, 400)).await, ["/last_day"]);
    assert_eq!(refused(&manager, "deceased", json!({ "day": day(1) })).await, ["/day"]);
    for day in ["1901-01-01", "2026-2-3", "2026-02-30", "0000-01-01", "9999-12-31", "+2026-02-03"] {
        assert_eq!(refused(&manager, "deceased", json!({ "day": day })).await, ["/day"], "{day}");
    }
    let mut wrong = stay(OTHER_GRID, 0, 3);
    wrong["first_day"] = json!("2026-2-3");
    assert_eq!(refused(&town, "stay", wrong).await, ["/first_day"]);
    let list = town.get("/v1/beneficiaries?not_contacted_since=2026-2-3").await;
    assert_eq!((list.status, list.problem()), (400, "bad_request"));
    let merge = |other: &str| json!({ "other_id": other });
    assert_eq!(refused(&town, "merge", merge(BENEFICIARY)).await, ["/other_id"]);
    assert_eq!(refused(&town, "merge", merge(FAR_BENEFICIARY)).await, ["/other_id"]);
    let never = merge(&beneficiary_id(2));
    assert_eq!(refused(&town, "merge/undo", never.clone()).await, ["/other_id"]);
    // Roles, and the version.
    let end = json!({ "because": "not_entitled", "day": day(0), "reason": "x" });
    for (step, body) in [("merge", &never), ("end", &end), ("reinstate", &json!({ "reason": "x" }))]
    {
        let denied = send(&manager, step, BENEFICIARY, body, 1).await;
        assert_eq!((denied.status, denied.problem()), (403, "forbidden"), "{step}");
    }
    let death = json!({ "day": day(0) });
    for (step, body) in
        [("merge", &never), ("end", &end), ("deceased", &death), ("move", &home(OTHER_GRID))]
    {
        let stale = send(&town, step, BENEFICIARY, body, 9).await;
        assert_eq!((stale.status, stale.problem()), (412, "version_conflict"), "{step}");
        assert_eq!(stale.body["current"]["name"], "周**1", "{step}: the masked row");
        let path = format!("/v1/beneficiaries/{BENEFICIARY}/{step}");
        assert_eq!(town.post(&path, body).await.status, 428, "{step}");
    }
    let volunteer = server.volunteer().await;
    assert_eq!(send(&volunteer, "deceased", BENEFICIARY, &death, 1).await.status, 403);
    assert_eq!(send(&manager, "deceased", FAR_BENEFICIARY, &death, 1).await.status, 404);
}
