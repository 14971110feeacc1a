//! Each shipped kind of case, from its opening to its end.

use chrono::{Datelike as _, NaiveDate};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    DEPUTY, VILLAGE, add, announce, check_at_home, checked_with, go, hardship, listed, may_come,
    missing, open, read, server, step,
};
use crate::absence::work_calendars::enter;
use crate::goods::{put_item, receive};
use crate::support::days::day;
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id, person_id};
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hardship_goes_from_finding_to_help_and_follow_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let (town, district) = (server.town_supervisor().await, server.supervisor().await);
    let case = open(&manager, hardship()).await;
    assert_eq!((&case["step"], &case["waits_for"]), (&json!("found"), &json!("grid")));
    assert_eq!((&case["kind_version"], &case["version"]), (&json!(1), &json!(1)));
    assert_eq!(case.get("detail"), None, "a stored answer has no personal text");
    assert_eq!(listed(&village, "?waits_for=grid").await, [case["id"].clone()]);
    assert_eq!(listed(&village, "?waits_for=village").await, Vec::<Value>::new());

    let detail = read(&manager, &case).await;
    assert_eq!(detail["detail"], "厨房屋顶漏雨");
    assert_eq!(may_come(&detail), ["check", "drop"]);
    // A step is not skipped, and another level does not act.
    let skipped = go(&manager, &case, json!({ "move": "approve" })).await;
    assert_eq!((skipped.status, skipped.problem()), (409, "case_move_not_permitted"));
    assert_eq!(may_come(&skipped.body["current"]), ["check", "drop"]);
    assert_eq!(skipped.body["current"].get("detail"), None);
    let early = go(&town, &case, json!({ "move": "check" })).await;
    assert_eq!((early.status, early.problem()), (403, "case_other_level"));
    step(&manager, &case, json!({ "move": "check", "note": "请村里核实" }), "home_check").await;

    // Two people go, one alone does not suffice.
    let confirm = json!({ "move": "confirm", "answers": checked_with() });
    let early = go(&village, &case, confirm.clone()).await;
    assert_eq!((early.status, early.problem()), (409, "case_awaits_task"), "{}", early.body);
    let first = early.body["current"]["task_id"].as_str().expect("a task");
    let second = manager.get(&format!("/v1/tasks/{first}")).await.body["tied"][0]["id"].clone();
    let second = second.as_str().expect("a task");
    let errors = early.body["errors"].as_array().expect("errors");
    let awaited: Vec<&str> = errors.iter().filter_map(|error| error["detail"].as_str()).collect();
    assert_eq!(awaited, [first, second].map(|id| format!("awaits the task {id}")));
    check_at_home(&server, &case).await;
    // The application and the record of the check come before the village's word.
    let early = go(&village, &case, confirm.clone()).await;
    assert_eq!((early.status, early.problem()), (409, "case_document_missing"), "{}", early.body);
    assert_eq!(missing(&early.body["current"]), ["application", "home_check"]);
    assert_eq!(missing(&read(&manager, &case).await), ["application", "home_check"]);
    add(&manager, &case, Some("application")).await;
    // One that has not arrived as a whole does not count.
    let begun = announce(&village, &case, Uuid::now_v7(), Some("home_check")).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let early = go(&village, &case, confirm).await;
    assert_eq!((early.status, missing(&early.body["current"])), (409, vec!["home_check"]));
    let named = &early.body["errors"][0]["detail"];
    assert_eq!(named, "requires the document home_check");
    add(&village, &case, Some("home_check")).await;
    assert_eq!(missing(&read(&manager, &case).await), Vec::<&str>::new());

    let checked = json!({ "checked_with": "李网格", "no_relative": true });
    let without = go(&village, &case, json!({ "move": "confirm" })).await;
    assert_eq!((without.status, without.problem()), (422, "invalid"), "{}", without.body);
    step(&village, &case, json!({ "move": "confirm", "answers": checked }), "village").await;
    // Another person of the village decides than the one who has checked.
    let deputy = server.sign_in(DEPUTY).await;
    let own = go(&village, &case, json!({ "move": "approve" })).await;
    assert_eq!((own.status, own.problem()), (403, "case_same_person"), "{}", own.body);
    step(&deputy, &case, json!({ "move": "approve" }), "town").await;
    // The town returns it, and the village decides again: not by who has checked, either.
    step(&town, &case, json!({ "move": "return", "note": "补充收入证明" }), "village").await;
    let own = go(&village, &case, json!({ "move": "approve" })).await;
    assert_eq!((own.status, own.problem()), (403, "case_same_person"), "{}", own.body);
    step(&deputy, &case, json!({ "move": "approve", "note": "已补充" }), "town").await;
    let amount = json!({ "move": "approve", "amount_fen": 300_000 });
    step(&town, &case, amount, "district").await;
    let by_town = go(&town, &case, json!({ "move": "approve" })).await;
    assert_eq!((by_town.status, by_town.problem()), (403, "case_other_level"));
    step(&district, &case, json!({ "move": "approve", "amount_fen": 250_000 }), "help").await;
    let referral = json!({ "to": "housing_office", "name": "区住建委" });
    let unknown = json!({ "move": "helped", "referral": { "to": "lawyer", "name": "x" } });
    assert_eq!(go(&town, &case, unknown).await.status, 422);
    step(&town, &case, json!({ "move": "helped", "referral": referral }), "follow_up").await;
    // The follow-up is a visit: the case waits for it.
    let early = json!({ "move": "close" });
    let early = go(&manager, &case, early).await;
    assert_eq!((early.status, early.problem()), (409, "case_awaits_task"), "{}", early.body);
    let task = early.body["current"]["task_id"].as_str().expect("a task").to_owned();
    visit(&server.volunteer().await, &task, json!({ "answers": { "still_needed": false } })).await;
    let shown = manager.get(&format!("/v1/tasks/{task}")).await.body;
    assert_eq!(
        (&shown["kind"], &shown["origin"]["type"]),
        (&json!("hardship_follow_up"), &json!("case"))
    );
    let answers = json!({ "help_arrived": true, "still_needed": false });
    let closed = go(&manager, &case, json!({ "move": "close", "answers": answers })).await;
    assert_eq!((closed.status, &closed.body["result"]), (200, &json!("granted")));
    assert_eq!((closed.body.get("waits_for"), closed.body.get("due_on")), (None, None));

    let end = read(&manager, &case).await;
    assert_eq!(may_come(&end), Vec::<&str>::new());
    let history = end["history"].as_array().expect("a history");
    let steps: Vec<&str> = history.iter().filter_map(|entry| entry["to"].as_str()).collect();
    let path = "found home_check village town village town district help follow_up closed";
    assert_eq!(steps.join(" "), path);
    assert_eq!(history[6]["amount_fen"], 300_000);
    assert_eq!(history[8]["referral"]["name"], "区住建委");
    assert_eq!(
        (&history[2]["answers"], &history[4]["note"]),
        (&checked_with(), &json!("补充收入证明"))
    );
    let after = go(&manager, &case, json!({ "move": "close" })).await;
    assert_eq!((after.status, after.problem()), (409, "case_ended"));
    assert_eq!(listed(&manager, "").await, Vec::<Value>::new());
    assert_eq!(listed(&manager, "?ended=true").await, [case["id"].clone()]);
    // The log has every move and none of the texts.
    let log = server.auditor().await.get("/v1/events?limit=200").await.body.to_string();
    assert!(log.contains("case.open") && log.contains("case.move"), "{log}");
    for text in ["漏雨", "补充", "300000", "住建委"] {
        assert!(!log.contains(text), "{log}");
    }
    assert!(!district.events("case.read").await.is_empty(), "who reads a case is recorded");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_hardship_goes_straight_to_the_district_and_two_people_decide(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let mut urgent = hardship();
    urgent["urgent"] = json!(true);
    let case = open(&manager, urgent).await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    check_at_home(&server, &case).await;
    let confirmed = json!({ "move": "confirm_urgent", "answers": checked_with() });
    step(&village, &case, confirmed, "district").await;
    let district = server.supervisor().await;
    // What the district returns to the town, the same person may raise to the district again only as
    // the town; the decision of the district is another person's.
    step(&district, &case, json!({ "move": "return" }), "town").await;
    step(&server.town_supervisor().await, &case, json!({ "move": "approve" }), "district").await;
    step(&server.admin().await, &case, json!({ "move": "approve" }), "help").await;
    // Money first, papers after: they are due before the case is closed.
    step(&server.town_supervisor().await, &case, json!({ "move": "helped" }), "follow_up").await;
    let waiting = read(&manager, &case).await;
    assert_eq!(missing(&waiting), ["application", "home_check"]);
    let task = waiting["task_id"].as_str().expect("a task").to_owned();
    visit(&server.volunteer().await, &task, json!({ "answers": { "still_needed": false } })).await;
    let close = json!({ "move": "close", "answers": {
        "help_arrived": true, "still_needed": false
    } });
    let early = go(&manager, &case, close.clone()).await;
    assert_eq!((early.status, early.problem()), (409, "case_document_missing"), "{}", early.body);
    for document in ["application", "home_check"] {
        add(&manager, &case, Some(document)).await;
    }
    step(&manager, &case, close, "closed").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_opened_a_case_does_not_approve_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (district, town) = (server.supervisor().await, server.town_supervisor().await);
    let new = json!({
        "kind": "legal", "class": "legal_aid", "beneficiary_id": BENEFICIARY, "source": "walk_in"
    });
    let case = open(&district, new).await;
    step(&town, &case, json!({ "move": "apply" }), "decision").await;
    for document in ["application", "evidence"] {
        add(&town, &case, Some(document)).await;
    }
    let approve = json!({ "move": "approve" });
    let own = go(&district, &case, approve.clone()).await;
    assert_eq!((own.status, own.problem()), (403, "case_same_person"), "{}", own.body);
    step(&server.admin().await, &case, approve, "lawyer").await;
}

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

/// Claims the task and reports it as done.
pub async fn visit(visitor: &Caller, task: &str, more: Value) {
    let claimed = visitor.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let mut report = json!({ "outcome": "done" });
    for (name, value) in more.as_object().expect("an object") {
        report[name] = value.clone();
    }
    let done = visitor.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_found_at_a_visit_becomes_a_case_and_the_finder_learns_of_its_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (volunteer, town) = (server.volunteer().await, server.town_supervisor().await);
    let task = server.manager().await.make_task(BENEFICIARY).await;
    let found = json!({ "needs": ["legal", "employment"], "note": "工伤赔偿没有着落" });
    visit(&volunteer, &task, found.clone()).await;
    let cases = town.get("/v1/cases").await.body;
    let cases = cases["items"].as_array().expect("cases");
    let of = |kind: &str| cases.iter().find(|case| case["kind"] == kind).expect("a case");
    let (legal, employment) = (of("legal"), of("employment"));
    assert_eq!((&legal["source"], &legal["class"]), (&json!("report"), &json!("advice")));
    assert_eq!(legal["opened_by"], person_id(21));
    assert!(legal["report_id"].is_string());
    assert_eq!(read(&town, legal).await["detail"], "工伤赔偿没有着落");
    assert_eq!(employment["step"], "wanted");
    // The same need again, found by another person, waits in the same case, whose history names that person.
    let second = server.second_volunteer().await;
    for _ in 0..2 {
        let again = server.manager().await.make_task(BENEFICIARY).await;
        visit(&second, &again, found.clone()).await;
    }
    assert_eq!(listed(&town, "").await.len(), 2);
    let history = read(&town, legal).await["history"].clone();
    let entries = history.as_array().expect("a history").iter();
    let entries: Vec<_> = entries.map(|entry| (&entry["action"], &entry["person_id"])).collect();
    let [first, other] = [21, 22].map(|n| json!(person_id(n)));
    assert_eq!(entries, [(&json!("open"), &first), (&json!("found"), &other)], "{history}");
    assert!(history[1]["report_id"].is_string() && history[1]["note"].is_string(), "{history}");

    step(&town, legal, json!({ "move": "advise" }), "advice").await;
    let lawyer = json!({ "to": "lawyer", "name": "江律师" });
    step(&town, legal, json!({ "move": "advised", "referral": lawyer }), "done").await;
    // In the log no confidential case leads to the place of its finder.
    assert!(server.sign_in(VILLAGE).await.events("person.case_closed").await.is_empty());
    let closed = server.supervisor().await.events("person.case_closed").await;
    let found: Vec<_> = closed.iter().map(|event| (&event["area"], &event["body"])).collect();
    assert_eq!(found, [(&json!("500116"), &json!({})); 2], "both finders");
    let auditor = server.auditor().await;
    assert!(auditor.events("person.case_closed").await.is_empty(), "the finder and the moment");
    let events = auditor.events("case.open").await;
    let opened: Vec<&Value> = events.iter().map(|event| &event["subject_id"]).collect();
    assert_eq!(opened, [&employment["id"]]);
    for finder in [&volunteer, &second] {
        let request = finder.request(Method::GET, "/v1/me").header("Accept-Language", "zh-CN");
        let me = finder.send(request).await.body;
        let notices = me["notices"].as_array().expect("notices").iter();
        let titles: Vec<_> = notices.map(|one| (&one["kind"], &one["title"])).collect();
        assert_eq!(titles, [(&json!("case_closed"), &json!("您反映的事项已办结：保密事项"))]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_author_of_a_report_learns_how_the_case_ended_that_another_person_opened(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, volunteer) = (server.manager().await, server.volunteer().await);
    let task = manager.make_task(BENEFICIARY).await;
    visit(&volunteer, &task, json!({ "note": "想找保安工作" })).await;
    let reports = manager.get(&format!("/v1/tasks/{task}/reports")).await.body;
    let new = json!({
        "kind": "employment", "beneficiary_id": BENEFICIARY, "source": "report",
        "report_id": reports["items"][0]["id"]
    });
    let case = open(&manager, new).await;
    let village = server.sign_in(VILLAGE).await;
    let dropped = json!({ "move": "withdraw", "answers": { "wish": "保安" } });
    step(&village, &case, dropped, "withdrawn").await;
    for person in [&volunteer, &manager] {
        let request = person.request(Method::GET, "/v1/me").header("Accept-Language", "zh-CN");
        let me = person.send(request).await.body;
        let titles: Vec<_> =
            me["notices"].as_array().expect("notices").iter().map(|one| &one["title"]).collect();
        assert_eq!(titles, [&json!("您反映的事项已办结：就业帮扶（暂无意愿）")]);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_looks_for_work_is_placed_and_followed_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let new = json!({ "kind": "employment", "beneficiary_id": BENEFICIARY, "source": "walk_in" });
    let case = open(&village, new).await;
    let wish = json!({ "move": "register", "answers": { "wish": "驾驶员", "training": true } });
    step(&village, &case, wish, "matching").await;
    step(&town, &case, json!({ "move": "refer_up" }), "district").await;
    let employer = json!({ "to": "employer", "name": "公交公司" });
    let placed = json!({ "move": "place", "referral": employer });
    step(&server.supervisor().await, &case, placed.clone(), "follow_up").await;
    let lost = json!({ "move": "again", "answers": { "employed": false } });
    step(&village, &case, lost, "matching").await;
    assert_eq!(go(&town, &case, json!({ "move": "place" })).await.status, 422, "with whom");
    step(&town, &case, placed, "follow_up").await;
    let closed = json!({ "move": "close", "answers": { "employed": true } });
    step(&village, &case, closed, "closed").await;
    assert_eq!(read(&village, &case).await["result"], "done");
}

/// Enters the next weekday as a day off.
async fn a_day_off(admin: &Caller) -> NaiveDate {
    let off = (1..8).map(day).find(|day| is_weekday(*day)).expect("a weekday");
    let entered = enter(admin, &off.year().to_string(), &json!([off]), &json!([])).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    off
}

fn is_weekday(day: NaiveDate) -> bool {
    day.weekday().num_days_from_monday() < 5
}

/// The last of these working days after today, with this day off.
fn due_after(days: usize, off: NaiveDate) -> Value {
    let working = (1..).map(day).filter(|day| is_weekday(*day) && *day != off);
    json!(working.take(days).last())
}

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

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_at_a_station_is_answered_or_referred(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let ask = |class: &str, source: &str| {
        json!({
            "kind": "station_desk", "class": class, "beneficiary_id": BENEFICIARY,
            "source": source, "detail": "优待证如何办理"
        })
    };
    let off = a_day_off(&server.admin().await).await;
    let answered = open(&village, ask("policy", "walk_in")).await;
    assert_eq!(answered["due_on"], due_after(3, off), "answered within three working days");
    step(&village, &answered, json!({ "move": "answer", "note": "已告知材料" }), "answered").await;
    let referred = open(&village, ask("rights", "phone")).await;
    step(&village, &referred, json!({ "move": "pass_up" }), "town").await;
    let nameless = go(&town, &referred, json!({ "move": "refer" })).await;
    let pointer = &nameless.body["errors"][0]["pointer"];
    assert_eq!((nameless.status, pointer), (422, &json!("/referral")), "{}", nameless.body);
    let refer = json!({ "move": "refer", "referral": { "to": "lawyer", "name": "江律师" } });
    step(&town, &referred, refer, "referred").await;
    assert_eq!(listed(&village, "?step=referred").await, [referred["id"].clone()]);
    step(&village, &referred, json!({ "move": "answer" }), "answered").await;
    // A question that waits longer rises to the town, which answers it.
    let late = open(&village, ask("help", "phone")).await;
    let early = go(&town, &late, json!({ "move": "answer" })).await;
    assert_eq!((early.status, early.problem()), (403, "case_other_level"), "{}", early.body);
    server.database.execute(&format!(
        "UPDATE cases SET due_on = '{}', escalates_on = '{}' WHERE id = '{}'",
        day(-1),
        day(0),
        late["id"].as_str().expect("an id")
    ));
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    assert!(said(&run.expect("the job runs")).contains("1 processed"));
    let risen = read(&town, &late).await;
    assert_eq!((&risen["waits_for"], &risen["overdue"]), (&json!("town"), &json!(true)));
    assert_eq!(listed(&town, "?waits_for=town&overdue=true").await, [late["id"].clone()]);
    step(&town, &late, json!({ "move": "answer" }), "answered").await;
    // A person who is in no register asks at the desk of the village.
    let mut stranger = ask("jobs", "walk_in");
    stranger["beneficiary_id"] = Value::Null;
    stranger["area"] = json!("500116001002");
    let case = open(&village, stranger).await;
    step(&village, &case, json!({ "move": "withdraw" }), "withdrawn").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_of_a_town_answers_on_the_spot(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let ask = json!({
        "kind": "station_desk", "class": "policy", "beneficiary_id": BENEFICIARY,
        "source": "walk_in", "station": "S1", "detail": "优待证如何办理"
    });
    let case = open(&town, ask.clone()).await;
    assert_eq!((&case["step"], &case["waits_for"]), (&json!("desk"), &json!("town")));
    assert_eq!(listed(&town, "?waits_for=town&station=S1").await, [case["id"].clone()]);
    step(&town, &case, json!({ "move": "answer", "note": "已告知材料" }), "answered").await;
    // The village may answer what came to the counter of its town, and another level may not.
    let case = open(&town, ask).await;
    let grid = go(&server.manager().await, &case, json!({ "move": "answer" })).await;
    assert_eq!((grid.status, grid.problem()), (403, "case_other_level"), "{}", grid.body);
    // It is with the town already.
    let passed = go(&town, &case, json!({ "move": "pass_up" })).await;
    assert_eq!((passed.status, passed.problem()), (409, "case_move_not_permitted"));
    for offered in [&passed.body["current"], &read(&town, &case).await] {
        assert_eq!(may_come(offered), ["answer", "refer", "withdraw"]);
    }
    step(&village, &case, json!({ "move": "answer" }), "answered").await;
    // What the town examines as well it gets there, and what it returns comes back to the counter.
    let applied = json!({
        "kind": "plaque", "class": "hang", "beneficiary_id": BENEFICIARY, "source": "walk_in",
        "station": "S1"
    });
    let case = open(&town, applied).await;
    let reason = json!({ "move": "check", "answers": { "reason": "新发" } });
    step(&town, &case, reason, "review").await;
    let back = json!({ "move": "return", "note": "缺少身份证复印件" });
    step(&town, &case, back, "proposed").await;
    assert_eq!(listed(&town, "?waits_for=town&station=S1").await, [case["id"].clone()]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_a_desk_names_its_station_in_lists_the_export_and_the_log(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, supervisor) = (server.sign_in(VILLAGE).await, server.supervisor().await);
    let far = server.far_manager().await;
    let at = |station: &str, source: &str, home: &str| {
        json!({
            "kind": "station_desk", "class": "policy", "beneficiary_id": home, "source": source,
            "station": station
        })
    };
    let case = open(&village, at("S1", "walk_in", BENEFICIARY)).await;
    assert_eq!(case["station"], "S1");
    let mut elsewhere = at("S1", "phone", BENEFICIARY);
    elsewhere["station"] = Value::Null;
    open(&village, elsewhere).await;
    assert_eq!(listed(&village, "?station=S1").await, [case["id"].clone()]);
    assert_eq!(listed(&village, "?station=S2").await, Vec::<Value>::new());
    let opened = supervisor.events("case.open").await;
    assert_eq!(opened[0]["body"]["station"], "S1", "{opened:?}");
    let exported = supervisor.text("/v1/exports/cases?format=csv&station=S1").await;
    let lines: Vec<&str> = exported.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains(",Station,") && lines[1].contains(",S1,"));
    // One of another town, one that is unknown or closed, and a matter that came to no desk.
    let home = FAR_BENEFICIARY;
    for (caller, station, source, home) in [
        (&far, "S1", "walk_in", home),
        (&village, "S2", "walk_in", BENEFICIARY),
        (&village, "S1", "report", BENEFICIARY),
    ] {
        let mut new = at(station, source, home);
        if source == "report" {
            new["report_id"] = json!(BENEFICIARY);
        }
        let refused = caller.post("/v1/cases", &new).await;
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, pointer), (422, &json!("/station")), "{}", refused.body);
    }
    let admin = server.admin().await;
    let end = admin.request(Method::DELETE, "/v1/stations/S1").header("If-Match", "\"v1\"");
    assert_eq!(admin.send(end).await.status, 204);
    let closed = village.post("/v1/cases", &at("S1", "walk_in", BENEFICIARY)).await;
    assert_eq!(closed.status, 422, "{}", closed.body);
    let kept = village.get(&format!("/v1/cases/{}", case["id"].as_str().expect("an id"))).await;
    assert_eq!(kept.body["station"], "S1");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plaque_is_withdrawn_by_the_district_after_a_second_opinion(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (village, town) = (server.sign_in(VILLAGE).await, server.town_supervisor().await);
    let (district, manager) = (server.supervisor().await, server.manager().await);
    let new = json!({
        "kind": "plaque", "class": "withdraw", "beneficiary_id": BENEFICIARY,
        "source": "application"
    });
    let case = open(&town, new).await;
    let reason = json!({ "move": "check", "answers": { "reason": "家庭成员受刑事处罚" } });
    assert_eq!(go(&village, &case, json!({ "move": "check" })).await.status, 422);
    step(&village, &case, reason, "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    step(&district, &case, json!({ "move": "return", "note": "补充判决书" }), "review").await;
    step(&town, &case, json!({ "move": "submit" }), "decision").await;
    let early = go(&manager, &case, json!({ "move": "done" })).await;
    assert_eq!((early.status, early.problem()), (409, "case_move_not_permitted"));
    step(&district, &case, json!({ "move": "approve" }), "carry_out").await;
    step(&manager, &case, json!({ "move": "done", "answers": {} }), "closed").await;
    assert_eq!(read(&manager, &case).await["result"], "granted");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_brings_the_cases_along_and_its_undo_gives_them_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let (kept, other) = (BENEFICIARY, beneficiary_id(2));
    let mut new = hardship();
    new["beneficiary_id"] = json!(other);
    let case = open(&manager, new).await;
    let own = open(&manager, hardship()).await;
    let merge = |verb: &str, version: &str| {
        let path = format!("/v1/beneficiaries/{kept}/{verb}");
        let request = supervisor.request(Method::POST, &path).json(&json!({ "other_id": other }));
        supervisor.send(request.header("If-Match", version))
    };
    let merged = merge("merge", "\"v1\"").await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    assert_eq!(read(&manager, &case).await["beneficiary_id"], kept);
    let undone = merge("merge/undo", "\"v2\"").await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(read(&manager, &case).await["beneficiary_id"], json!(other));
    assert_eq!(read(&manager, &own).await["beneficiary_id"], kept);
}
