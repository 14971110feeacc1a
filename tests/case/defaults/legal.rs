//! Legal aid, which is confidential.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::visit;
use crate::case::{VILLAGE, add, go, listed, may_come, missing, open, read, server, step};
use crate::support::files::BENEFICIARY;
use crate::support::{Backend, GRID};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn legal_aid_is_confidential_and_decided_by_another_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let new = json!({
        "kind": "legal", "class": "legal_aid", "beneficiary_id": BENEFICIARY, "source": "walk_in",
        "detail": "工伤赔偿纠纷"
    });
    let hidden = manager.post("/v1/cases", &new).await;
    assert_eq!((hidden.status, &hidden.body["errors"][0]["pointer"]), (422, &json!("/kind")));
    let case = open(&town, new.clone()).await;
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    for caller in [&manager, &server.auditor().await] {
        assert_eq!(caller.get(&path).await.status, 404);
        let moved = json!({ "move": "apply" });
        let moved = caller.request(Method::POST, &format!("{path}/moves")).json(&moved);
        assert_eq!(caller.send(moved.header("If-Match", "\"v1\"")).await.status, 404);
    }
    assert_eq!(listed(&manager, "").await, Vec::<Value>::new());
    assert_eq!(manager.get("/v1/case-kinds/legal").await.status, 404);
    let kinds = manager.get("/v1/case-kinds").await.body.to_string();
    assert!(kinds.contains("three_hardships") && !kinds.contains("\"legal\""), "{kinds}");

    assert_eq!(may_come(&read(&town, &case).await), ["apply", "withdraw"]);
    step(&town, &case, json!({ "move": "apply" }), "decision").await;
    let district = server.supervisor().await;
    let approve = json!({ "move": "approve" });
    let early = go(&district, &case, approve.clone()).await;
    assert_eq!((early.status, early.problem()), (409, "case_document_missing"), "{}", early.body);
    assert_eq!(missing(&early.body["current"]), ["application", "evidence"]);
    for document in ["application", "evidence"] {
        add(&town, &case, Some(document)).await;
    }
    step(&district, &case, approve, "lawyer").await;
    let lawyer = json!({ "to": "lawyer", "name": "江律师" });
    step(&town, &case, json!({ "move": "finish", "referral": &lawyer }), "closed").await;
    // The log shows neither whose case it is, nor where, nor what it is about; other roles do not learn that it is.
    let auditor = server.auditor().await;
    for path in ["/v1/events", "/v1/events/export"] {
        let log = auditor.text(path).await;
        assert!(log.contains("\"seq\""), "{log}");
        assert!(!log.contains(case["id"].as_str().expect("an id")), "{path}: {log}");
    }
    let log = district.get("/v1/events?subject=case").await.body.to_string();
    assert!(log.contains("case.move"), "{log}");
    for word in [BENEFICIARY, GRID, "legal", "decision", "lawyer"] {
        assert!(!log.contains(word), "{word}: {log}");
    }

    // A representation is decided by the district too, which returns it for correction first.
    let mut representation = new;
    representation["class"] = json!("representation");
    let case = open(&town, representation).await;
    assert_eq!(may_come(&read(&town, &case).await), ["apply", "withdraw"]);
    step(&town, &case, json!({ "move": "apply" }), "decision").await;
    step(&district, &case, json!({ "move": "return", "note": "补充证据" }), "received").await;
    step(&town, &case, json!({ "move": "apply" }), "decision").await;
    for document in ["application", "evidence"] {
        add(&town, &case, Some(document)).await;
    }
    step(&district, &case, json!({ "move": "approve" }), "lawyer").await;
    let nameless = go(&town, &case, json!({ "move": "finish" })).await;
    let pointer = &nameless.body["errors"][0]["pointer"];
    assert_eq!((nameless.status, pointer), (422, &json!("/referral")), "which lawyer");
    step(&town, &case, json!({ "move": "finish", "referral": &lawyer }), "closed").await;
    assert_eq!(read(&town, &case).await["result"], "granted");

    // Advice needs no decision.
    let advice = json!({
        "kind": "legal", "class": "advice", "beneficiary_id": BENEFICIARY, "source": "phone"
    });
    let case = open(&town, advice).await;
    step(&town, &case, json!({ "move": "advise" }), "advice").await;
    let nameless = go(&town, &case, json!({ "move": "advised", "note": "已答复" })).await;
    let pointer = &nameless.body["errors"][0]["pointer"];
    assert_eq!((nameless.status, pointer), (422, &json!("/referral")), "which lawyer");
    let advised = json!({ "move": "advised", "note": "已答复", "referral": lawyer });
    let done = go(&town, &case, advised).await;
    assert_eq!((done.status, &done.body["result"]), (200, &json!("done")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lawyer_of_the_station_is_offered_and_named_and_no_volunteer_sees_the_number(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (admin, town) = (server.admin().await, server.town_supervisor().await);
    let path = "/v1/stations/S1";
    let mut station = admin.get(path).await.body;
    for name in ["id", "version"] {
        station.as_object_mut().expect("a station").remove(name);
    }
    station["lawyer"] = json!({ "name": "江律师", "phone": "0234-7520009" });
    let request = admin.request(Method::PUT, path).header("If-Match", "\"v1\"");
    let put = admin.send(request.json(&station)).await;
    let shown = json!({ "name": "江律师", "phone": "02347520009" });
    assert_eq!((put.status, &put.body["lawyer"]), (200, &shown), "{}", put.body);
    // The same content again changes nothing.
    let again = admin.send(admin.request(Method::PUT, path).json(&station)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(2)), "{}", again.body);
    assert_eq!(town.get(path).await.body["lawyer"], shown);
    let volunteer = server.volunteer().await;
    let seen = [volunteer.get(path).await.body, volunteer.get("/v1/sync").await.body];
    for seen in seen.map(|seen| seen.to_string()) {
        assert!(seen.contains("退役军人服务站") && !seen.contains("02347520009"), "{seen}");
    }

    let new = json!({
        "kind": "legal", "class": "advice", "beneficiary_id": BENEFICIARY, "source": "walk_in",
        "station": "S1"
    });
    let case = open(&town, new).await;
    assert_eq!(read(&town, &case).await.get("lawyer"), None, "the first step refers to none");
    step(&town, &case, json!({ "move": "advise" }), "advice").await;
    assert_eq!(read(&town, &case).await["lawyer"], shown);
    let advised =
        |name: &str| json!({ "move": "advised", "referral": { "to": "lawyer", "name": name } });
    let other = go(&town, &case, advised("王律师")).await;
    let pointer = &other.body["errors"][0]["pointer"];
    assert_eq!((other.status, pointer), (422, &json!("/referral/name")), "{}", other.body);
    step(&town, &case, advised("江律师"), "done").await;
    // What came to no desk is for the lawyer of the town's station: a need that a visit found, and a call.
    let found = town.make_task(BENEFICIARY).await;
    visit(&volunteer, &found, json!({ "needs": ["legal"] })).await;
    let found = listed(&town, "?kind=legal&step=received").await;
    let case = json!({ "id": found[0] });
    step(&town, &case, json!({ "move": "advise" }), "advice").await;
    let village = server.sign_in(VILLAGE).await;
    let question = json!({
        "kind": "station_desk", "class": "rights", "beneficiary_id": BENEFICIARY, "source": "phone"
    });
    let question = open(&village, question).await;
    step(&village, &question, json!({ "move": "pass_up" }), "town").await;
    for (case, taken, next) in [(&case, "advised", "done"), (&question, "refer", "referred")] {
        let opened = read(&town, case).await;
        assert_eq!((&opened["lawyer"], opened.get("station")), (&shown, None));
        let refer =
            |name: &str| json!({ "move": taken, "referral": { "to": "lawyer", "name": name } });
        let other = go(&town, case, refer("王律师")).await;
        let pointer = &other.body["errors"][0]["pointer"];
        assert_eq!((other.status, pointer), (422, &json!("/referral/name")), "{}", other.body);
        step(&town, case, refer("江律师"), next).await;
    }

    // A desk of a village without a lawyer has that of the town.
    station.as_object_mut().expect("a station").remove("lawyer");
    station["area"] = json!("500116001002");
    let desk = admin.send(admin.request(Method::PUT, "/v1/stations/S9").json(&station)).await;
    assert_eq!(desk.status, 201, "{}", desk.body);
    let of_village = json!({
        "kind": "legal", "class": "advice", "beneficiary_id": BENEFICIARY, "source": "walk_in",
        "station": "S9"
    });
    let of_village = open(&village, of_village).await;
    step(&town, &of_village, json!({ "move": "advise" }), "advice").await;
    assert_eq!(read(&town, &of_village).await["lawyer"], shown);

    let end = admin.request(Method::DELETE, path).header("If-Match", "\"v2\"");
    let ended = admin.send(end).await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    assert_eq!(server.database.count("stations WHERE lawyer IS NOT NULL"), 0);
}
