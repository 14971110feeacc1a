//! Hardships: from the finding to the help and its follow-up.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::visit;
use crate::case::{
    DEPUTY, VILLAGE, add, announce, check_at_home, checked_with, go, hardship, listed, may_come,
    missing, open, read, server, step,
};
use crate::support::Backend;
use crate::support::files::{BENEFICIARY, person_id};

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
