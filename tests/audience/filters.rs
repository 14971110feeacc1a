//! Filters: counted, described in words, and selected by the database as documented.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::homes::{HOMES, district, selects};
use super::{health, members, preview, save, with_care_check};
use crate::support::files::beneficiary_id;
use crate::support::{Backend, FAR_GRID, Server};

/// A filter of at most this depth, chosen by the bits of `seed`.
fn random(seed: &mut u64, depth: u32) -> Value {
    let mut draw = |sides: u64| {
        // A linear congruential generator (Knuth, MMIX); its high bits are even.
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % sides
    };
    let combination = draw(if depth > 1 { 5 } else { 1 });
    let choice = draw(11);
    let other = draw(4);
    let any_of =
        |codes: &[&'static str]| codes[usize::try_from(other).expect("a choice") % codes.len()];
    match combination {
        1 | 2 => {
            let parts: Vec<Value> = (0..=draw(2)).map(|_| random(seed, depth - 1)).collect();
            if combination == 1 { json!({ "all": parts }) } else { json!({ "any": parts }) }
        }
        3 => json!({ "not": random(seed, depth - 1) }),
        _ => match choice {
            0 => json!({ "area": [any_of(&["500116001", "500116", FAR_GRID, "500116001002"])] }),
            1 => json!({ "age": { "from": 70 + 5 * other, "to": 75 + 5 * other } }),
            2 => json!({ "gender": any_of(&["male", "female"]) }),
            3 => json!({ "lives_alone": other % 2 == 0 }),
            4 => json!({ "mobility": [any_of(&["homebound", "limited"]), "full"] }),
            5 => json!({ "contact": any_of(&["visit", "phone"]) }),
            6 => json!({ "plaque": [any_of(&["hung", "damaged", "missing"])] }),
            7 if other < 2 => json!({ "not_contacted_since": { "days_ago": 100 + 200 * other } }),
            7 => json!({ "not_contacted_since": { "day": "2026-01-15" } }),
            8 => json!({ "tag": [any_of(&["key_recipient", "away", "volunteer", "role_model"])] }),
            9 => health(&[any_of(&["good", "fair", "poor"])]),
            _ => {
                let code =
                    any_of(&["martyr_family", "veteran", "disabled_veteran", "merit_holder"]);
                json!({ "category": [code, "red_army_veteran"] })
            }
        },
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_is_counted_by_area_and_said_in_both_languages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let filter = json!({ "all": [
        { "category": ["martyr_family"] }, { "age": { "from": 76 } },
        { "any": [{ "lives_alone": true }, { "mobility": ["limited", "homebound"] }] }
    ] });
    let counted = preview(&supervisor, &filter).await;
    assert_eq!(counted.status, 200, "{}", counted.body);
    insta::allow_duplicates! {
        insta::assert_json_snapshot!(counted.body, @r#"
        {
          "area": "500116",
          "areas": [
            {
              "area": "500116001",
              "count": 2,
              "name": "一镇"
            },
            {
              "area": "500116002",
              "count": 1,
              "name": "二镇"
            }
          ],
          "count": 3,
          "of": 6,
          "sentence_en": "Beneficiaries in 江津区 who are registered as “Family of a martyr”, are aged 76 or over and (live alone or move about with difficulty or cannot leave the home)",
          "sentence_zh": "江津区内 76 岁及以上、（独居或行动不便或不能出门）的烈士遗属"
        }
        "#);
    }
    let inside = preview(&town, &filter).await;
    assert_eq!((&inside.body["count"], &inside.body["of"]), (&json!(2), &json!(4)));
    let none = preview(&supervisor, &json!({ "category": ["red_army_veteran"] })).await;
    assert_eq!((none.status, &none.body["count"]), (200, &json!(0)));
    let all = preview(&supervisor, &json!({ "all": [] })).await;
    assert_eq!((&all.body["count"], &all.body["of"]), (&json!(6), &json!(6)));
    assert_eq!(all.body["sentence_zh"], "江津区内的全部服务对象");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_is_given_shown_filtered_and_counted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let home = format!("/v1/beneficiaries/{}", beneficiary_id(1));
    let change = async |version: u32, tags: Value| {
        let request = supervisor.request(Method::PATCH, &home);
        let request = request.header("If-Match", format!("\"v{version}\""));
        supervisor.send(request.json(&json!({ "tags": tags }))).await
    };
    let key = json!({ "tag": ["key_recipient"] });
    let untagged = supervisor.get(&home).await.body;
    assert_eq!(untagged.get("tags"), None);
    let version = untagged["version"].as_u64().expect("a version");
    let version = u32::try_from(version).expect("a version");
    let given = change(version, json!(["key_recipient", "away"])).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(given.body["tags"], json!(["away", "key_recipient"]));
    let unknown = change(version + 1, json!(["key"])).await;
    assert_eq!((unknown.status, unknown.problem()), (422, "invalid"));
    assert_eq!(unknown.body["errors"][0]["pointer"], "/tags");

    let listed = supervisor.get("/v1/beneficiaries?tag=away&count=true").await;
    assert_eq!(listed.body["count"], 1, "{}", listed.body);
    assert_eq!(listed.body["items"][0]["id"], beneficiary_id(1));
    let counted = preview(&supervisor, &key).await;
    assert_eq!(counted.body["count"], 1, "{}", counted.body);
    assert_eq!(counted.body["sentence_zh"], "江津区内带有标签“重点服务对象”的服务对象");
    let wrong = preview(&supervisor, &json!({ "tag": ["key"] })).await;
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/filter/tag")));

    // The grid's phones show it, and it goes as it came.
    let manager = server.sign_in(crate::support::phones::MANAGER).await;
    let pulled = manager.get("/v1/sync?limit=1000").await.body.to_string();
    assert!(pulled.contains(r#""tags":["away","key_recipient"]"#), "{pulled}");
    assert_eq!(change(version + 1, json!([])).await.body.get("tags"), None);
    assert_eq!(preview(&supervisor, &key).await.body["count"], 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_selects_what_the_filter_means(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    with_care_check(&server).await;
    for (n, home) in (1..).zip(&HOMES) {
        let Some(health) = home.health else { continue };
        let home = beneficiary_id(n);
        server.database.execute(&format!(
            "INSERT INTO beneficiary_answers (district, beneficiary, kind, field, word)
             VALUES ('500116', '{home}', 'care_check', 'health', '{health}')"
        ));
    }
    let supervisor = server.supervisor().await;
    let mut sizes = BTreeSet::new();
    for start in 0..80_u64 {
        let mut seed = start;
        let filter = random(&mut seed, 4);
        let expected: Vec<u32> =
            (1..).zip(&HOMES).filter(|(_, home)| selects(&filter, home)).map(|(n, _)| n).collect();
        let counted = preview(&supervisor, &filter).await;
        assert_eq!(counted.status, 200, "{filter}: {}", counted.body);
        assert_eq!(counted.body["count"], expected.len(), "{filter}");
        let saved = save(&supervisor, &json!({ "name": "x", "filter": filter })).await;
        let id = saved["id"].as_str().expect("an id");
        assert_eq!(members(&supervisor, id, 2).await, expected, "{filter}");
        sizes.insert(expected.len());
    }
    assert!(sizes.len() > 5, "audiences of all sizes: {sizes:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealed_fields_free_text_and_unknown_words_are_refused_where_they_are(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = district(backend);
    let town = server.town_supervisor().await;
    let deep = (0..6).fold(json!({ "lives_alone": true }), |inner, _| json!({ "not": inner }));
    for (filter, pointer, detail) in [
        (json!({ "all": [{ "hardship": ["medical"] }] }), "/filter/all/0/hardship", "`category`"),
        (json!({ "name": "王" }), "/filter/name", "`age`"),
        (json!({}), "/filter", "exactly one member"),
        (json!({ "any": [{ "gender": "male", "contact": "visit" }] }), "/filter/any/0", "exactly"),
        (json!({ "gender": "other" }), "/filter/gender", "female"),
        (json!({ "not": { "category": ["vetran"] } }), "/filter/not/category", "veteran"),
        (json!({ "plaque": ["gone"] }), "/filter/plaque", ""),
        (json!({ "area": ["500116002"] }), "/filter/area", "in your area"),
        (json!({ "area": ["500116001999"] }), "/filter/area", "in your area"),
        (json!({ "age": { "from": 80, "to": 70 } }), "/filter/age", "`from`"),
        (json!({ "age": { "from": -1 } }), "/filter/age/from", "from 0 to 150"),
        (json!({ "not_contacted_since": {} }), "/filter/not_contacted_since", "`days_ago`"),
        (json!({ "any": [] }), "/filter", "from 1 to"),
        (deep, "/filter/not/not/not/not/not/not", "6 deep"),
        (json!({ "all": vec![json!({ "lives_alone": true }); 65] }), "/filter", "64 conditions"),
    ] {
        for path in ["/v1/audiences/preview", "/v1/audiences"] {
            let mut body = json!({ "filter": filter });
            if path == "/v1/audiences" {
                body["name"] = json!("x");
            }
            let refused = town.post(path, &body).await;
            let error = &refused.body["errors"][0];
            assert_eq!((refused.status, &error["pointer"]), (422, &json!(pointer)), "{filter}");
            let said = error["detail"].as_str().expect("a detail");
            assert!(said.contains(detail.trim_matches('`')), "{filter}: {said}");
        }
    }
    let outside = json!({ "filter": { "all": [] }, "area": "500116002" });
    let refused = town.post("/v1/audiences/preview", &outside).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/area")));
}
