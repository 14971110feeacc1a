//! Cases are opened, listed and moved within the caller's area, and rise when they are overdue.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::defaults::visit;
use super::{DEPUTY, VILLAGE, add, go, hardship, listed, may_come, open, read, server, step};
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, Files};
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, FAR_GRID, GRID};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_opened_within_the_own_area_by_a_valid_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let manager = server.manager().await;
    let with = |more: Value| {
        let mut body = hardship();
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    for (more, pointer) in [
        (json!({ "kind": "none" }), "/kind"),
        (json!({ "class": "other" }), "/class"),
        (json!({ "class": null }), "/class"),
        (json!({ "beneficiary_id": FAR_BENEFICIARY }), "/beneficiary_id"),
        (json!({ "area": GRID }), ""),
        // The kind is about a beneficiary; another may be about an area.
        (json!({ "beneficiary_id": null }), "/beneficiary_id"),
        (json!({ "beneficiary_id": null, "area": GRID }), "/beneficiary_id"),
        (json!({ "kind": "employment", "class": null, "beneficiary_id": null }), ""),
        (
            json!({
                "kind": "employment", "class": null, "beneficiary_id": null, "area": FAR_GRID
            }),
            "/area",
        ),
        (json!({ "source": "report" }), "/report_id"),
        (json!({ "report_id": BENEFICIARY }), "/report_id"),
        (json!({ "source": "report", "report_id": BENEFICIARY }), "/report_id"),
    ] {
        let refused = manager.post("/v1/cases", &with(more.clone())).await;
        assert_eq!(refused.status, 422, "{more}: {}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    for caller in [server.volunteer().await, server.auditor().await] {
        assert_eq!(caller.post("/v1/cases", &hardship()).await.status, 403);
        assert_eq!(caller.get("/v1/cases").await.status, 403);
    }
    let case = open(&manager, hardship()).await;
    let path = format!("/v1/cases/{}", case["id"].as_str().expect("an id"));
    let far = server.far_manager().await;
    assert_eq!(far.get(&path).await.status, 404);
    assert_eq!(listed(&far, "").await, Vec::<Value>::new());
    let moved = json!({ "move": "check" });
    let without = manager.post(&format!("{path}/moves"), &moved).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let stale = manager.request(Method::POST, &format!("{path}/moves")).json(&moved);
    let stale = manager.send(stale.header("If-Match", "\"v9\"")).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(may_come(&stale.body["current"]), ["check", "drop"]);
    // A matter that is no beneficiary's has an area.
    let other =
        json!({ "kind": "employment", "class": null, "beneficiary_id": null, "area": GRID });
    let other = with(other);
    let other = open(&manager, other).await;
    assert_eq!((&other["area"], other.get("beneficiary_id")), (&json!(GRID), None));
    let all = listed(&manager, "").await;
    assert_eq!(all, [case["id"].clone(), other["id"].clone()], "the longest waiting is first");
    let page = manager.get("/v1/cases?limit=1").await.body;
    let next = page["next_cursor"].as_str().expect("a cursor");
    assert_eq!(listed(&manager, &format!("?limit=1&cursor={next}")).await, [other["id"].clone()]);
    for (query, expected) in [
        (format!("?beneficiary_id={BENEFICIARY}"), vec![case["id"].clone()]),
        ("?step=found&kind=three_hardships".to_owned(), vec![case["id"].clone()]),
        ("?kind=employment".to_owned(), vec![other["id"].clone()]),
        ("?step=town".to_owned(), vec![]),
        ("?overdue=true".to_owned(), vec![]),
        ("?overdue=false".to_owned(), all.clone()),
    ] {
        assert_eq!(listed(&manager, &query).await, expected, "{query}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_an_area_above_the_level_of_its_step_is_moved_by_the_staff_of_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (town, village) = (server.town_supervisor().await, server.sign_in(VILLAGE).await);
    let question = json!({ "kind": "station_desk", "class": "policy", "area": "500116001", "source": "walk_in" });
    let case = open(&town, question).await;
    assert_eq!(case["waits_for"], "town", "the village does not see it: {case}");
    assert_eq!(go(&village, &case, json!({ "move": "answer" })).await.status, 404);
    let answered = go(&town, &case, json!({ "move": "answer" })).await;
    assert_eq!((answered.status, &answered.body["result"]), (200, &json!("done")));
    // So does that of the whole district, and an area that does not exist has none.
    let (district, admin) = (server.supervisor().await, server.admin().await);
    let unknown = json!({ "kind": "station_desk", "class": "policy", "area": "500116999", "source": "walk_in" });
    let unknown = district.post("/v1/cases", &unknown).await;
    let pointer = &unknown.body["errors"][0]["pointer"];
    assert_eq!((unknown.status, pointer), (422, &json!("/area")), "{}", unknown.body);
    let work = json!({ "kind": "employment", "area": "500116", "source": "phone" });
    let case = open(&district, work).await;
    assert_eq!(case["waits_for"], "district");
    let register = json!({ "move": "register", "answers": { "wish": "驾驶员" } });
    step(&admin, &case, register, "matching").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_case_rises_to_the_next_level(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let case = open(&manager, hardship()).await;
    let refused = go(&village, &case, json!({ "move": "check" })).await;
    assert_eq!((refused.status, refused.problem()), (403, "case_other_level"));
    server.database.execute("UPDATE cases SET due_on = '2026-01-05', escalates_on = '2026-01-06'");
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    let run = run.expect("the job runs");
    assert!(said(&run).contains("1 processed"), "{}", said(&run));
    let overdue = village.get("/v1/cases?overdue=true").await.body;
    assert_eq!(overdue["items"][0]["waits_for"], "village");
    let detail = read(&village, &case).await;
    assert_eq!(detail["history"][1]["action"], "escalate");
    assert_eq!((&detail["overdue"], &detail["version"]), (&json!(true), &json!(2)));
    step(&village, &case, json!({ "move": "check" }), "home_check").await;
    assert_eq!(listed(&village, "?overdue=true").await, Vec::<Value>::new());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_back_needs_no_answers_about_work_that_was_not_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let case = open(&manager, hardship()).await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    super::check_at_home(&server, &case).await;
    for document in ["application", "home_check"] {
        add(&manager, &case, Some(document)).await;
    }
    let forward = go(&village, &case, json!({ "move": "confirm" })).await;
    assert_eq!(forward.status, 422, "{}", forward.body);
    let relative = json!({ "move": "confirm", "answers": {
        "checked_with": "李网格", "no_relative": false
    } });
    let relative = go(&village, &case, relative).await;
    assert_eq!(
        (relative.status, &relative.body["errors"][0]["pointer"]),
        (422, &json!("/answers/no_relative")),
        "{}",
        relative.body
    );
    let wrong = json!({ "move": "return", "answers": { "no_relative": "yes" } });
    assert_eq!(go(&village, &case, wrong).await.status, 422, "an answer that is sent is checked");
    let relative = json!({ "move": "return", "answers": { "no_relative": false } });
    step(&village, &case, relative, "found").await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    super::check_at_home(&server, &case).await;
    let dropped = go(&village, &case, json!({ "move": "drop" })).await;
    assert_eq!((dropped.status, &dropped.body["result"]), (200, &json!("dropped")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_does_not_go_forward_on_a_visit_that_was_refused_or_cancelled(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let supervisor = server.supervisor().await;
    let case = open(&manager, hardship()).await;
    let both = async || {
        let first = read(&manager, &case).await["task_id"].as_str().expect("a task").to_owned();
        let task = supervisor.get(&format!("/v1/tasks/{first}")).await.body;
        let second = task["tied"][0]["id"].as_str().expect("a second task").to_owned();
        ([first, second], task["version"].clone())
    };
    let confirm = json!({ "move": "confirm", "answers": super::checked_with() });
    let unmade = async || {
        let refused = go(&village, &case, confirm.clone()).await;
        assert_eq!((refused.status, refused.problem()), (409, "case_awaits_task"));
        let moves = refused.body["current"]["may_come"].as_array().expect("moves").iter();
        let after: Vec<&Value> = moves.filter(|one| one["after_task"] == "done").collect();
        assert_eq!((after.len(), &after[0]["move"]), (1, &json!("confirm")), "{after:?}");
        let errors = refused.body["errors"].as_array().expect("errors").iter();
        errors
            .map(|error| error["detail"].as_str().expect("a detail").to_owned())
            .collect::<Vec<_>>()
    };
    let named = |id: &String| format!("the task {id} ended undone: reopen it");
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    for document in ["application", "home_check"] {
        add(&manager, &case, Some(document)).await;
    }
    // One of the two was refused at the door.
    let ([first, second], _) = both().await;
    visit(&manager, &first, json!({})).await;
    visit(&server.volunteer().await, &second, json!({ "outcome": "refused" })).await;
    assert_eq!(unmade().await, [named(&second)]);
    // A return brings new tasks, which are cancelled.
    step(&village, &case, json!({ "move": "return" }), "found").await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    let (tasks, version) = both().await;
    let cancel = json!({ "reason": "x", "also_tied": true });
    let cancel =
        supervisor.request(Method::POST, &format!("/v1/tasks/{}/cancel", tasks[0])).json(&cancel);
    let cancelled = supervisor.send(cancel.header("If-Match", format!("\"v{version}\""))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(unmade().await, tasks.each_ref().map(named));
    // Reopened and made, they let it through.
    for task in &tasks {
        let reopen = format!("/v1/tasks/{task}/reopen");
        let reopened = supervisor.post(&reopen, &json!({ "reason": "x" })).await;
        assert_eq!(reopened.status, 200, "{}", reopened.body);
    }
    super::check_at_home(&server, &case).await;
    step(&village, &case, confirm.clone(), "village").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_closed_without_the_visit_only_if_that_was_not_made(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, town) = (server.manager().await, server.town_supervisor().await);
    let supervisor = server.supervisor().await;
    let case = open(&manager, hardship()).await;
    let without = json!({ "move": "close_unvisited" });
    let task = super::grant_help(&server, &case).await;
    visit(&manager, &task, json!({ "answers": { "still_needed": false } })).await;
    let made = go(&manager, &case, without.clone()).await;
    assert_eq!((made.status, made.problem()), (409, "case_move_not_permitted"), "{}", made.body);
    let moves = made.body["current"]["may_come"].as_array().expect("moves").iter();
    let marked: Vec<&Value> = moves.filter(|one| one["after_task"] == "undone").collect();
    assert_eq!((marked.len(), &marked[0]["move"]), (1, &without["move"]), "{marked:?}");
    assert_eq!(marked[0]["leaves_undone"], true);
    // A return brings a new visit, which is cancelled: no answers are asked of what was not seen.
    step(&manager, &case, json!({ "move": "again" }), "help").await;
    step(&town, &case, json!({ "move": "helped" }), "follow_up").await;
    let task = read(&manager, &case).await["task_id"].as_str().expect("a task").to_owned();
    let path = format!("/v1/tasks/{task}");
    let version = supervisor.get(&path).await.body["version"].clone();
    let cancel = supervisor.request(Method::POST, &format!("{path}/cancel"));
    let cancel = cancel.header("If-Match", format!("\"v{version}\""));
    let cancelled = supervisor.send(cancel.json(&json!({ "reason": "x" }))).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    step(&manager, &case, without, "closed").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_case_of_a_beneficiary_who_has_died_is_neither_raised_nor_approved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let deputy = server.sign_in(DEPUTY).await;
    let case = open(&manager, hardship()).await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    super::check_at_home(&server, &case).await;
    for document in ["application", "home_check"] {
        add(&manager, &case, Some(document)).await;
    }
    let checked = json!({ "move": "confirm", "answers": super::checked_with() });
    step(&village, &case, checked, "village").await;
    server.database.execute(&format!(
        "UPDATE beneficiaries SET valid_to = '2026-01-01' WHERE id = '{BENEFICIARY}';
         UPDATE cases SET due_on = '2026-01-05', escalates_on = '2026-01-06'"
    ));
    let run = gridward(&server.database, &["jobs", "run", "overdue_cases"]).output();
    assert!(said(&run.expect("the job runs")).contains("0 processed"));
    let shown = read(&village, &case).await;
    assert_eq!(
        (&shown["waits_for"], &shown["beneficiary_ended"]),
        (&json!("village"), &json!(true))
    );
    let approved = go(&deputy, &case, json!({ "move": "approve" })).await;
    assert_eq!((approved.status, approved.problem()), (409, "beneficiary_ended"));
    let refused = go(&deputy, &case, json!({ "move": "refuse", "note": "已去世" })).await;
    assert_eq!((refused.status, &refused.body["result"]), (200, &json!("refused")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_the_whole_register_keeps_the_cases_of_a_missing_beneficiary(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let manager = server.manager().await;
    let case = open(&manager, hardship()).await;
    step(&manager, &case, json!({ "move": "check" }), "home_check").await;
    let fewer = Files::small().without_line("beneficiaries.csv", BENEFICIARY);
    let loaded = import(&server.database, &fewer, &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let kept = read(&server.supervisor().await, &case).await;
    assert_eq!((&kept["step"], &kept["beneficiary_ended"]), (&json!("home_check"), &json!(true)));
    assert_eq!(kept["history"].as_array().map(Vec::len), Some(2), "{kept}");
}
