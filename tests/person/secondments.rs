//! Secondments: a volunteer helps in another area for some days, if the manager of the volunteer's
//! grid agrees.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::bodies::home_visit;
use crate::support::days::day;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::phone::Phone;
use crate::support::server::Answer;
use crate::support::{Backend, Caller, FAR_GRID, GRID, OTHER_GRID, Server};

/// The first volunteer of the first grid for the other town on these days, counted from today.
fn help(first: i64, last: i64) -> Value {
    json!({
        "person_id": person_id(21), "area": "500116002", "first_day": day(first),
        "last_day": day(last)
    })
}

async fn requested(caller: &Caller, request: &Value) -> Value {
    let made = caller.post("/v1/secondments", request).await;
    assert_eq!(made.status, 201, "{}", made.body);
    made.body
}

async fn decide(caller: &Caller, secondment: &Value, command: &str) -> Answer {
    let id = secondment["id"].as_str().expect("an id");
    caller.act(&format!("/v1/secondments/{id}/{command}")).await
}

async fn notices(caller: &Caller) -> Vec<String> {
    let me = caller.get("/v1/me").await.body;
    // Without a notice there is no list.
    let notices = me["notices"].as_array().into_iter().flatten();
    notices.map(|notice| notice["title"].as_str().expect("a title").to_owned()).collect()
}

/// The only manager of the other town's grid is away for the week.
async fn without_visitors(far_manager: &Caller) {
    let away = json!({ "first_day": day(0), "last_day": day(8), "reason": "leave" });
    let added = far_manager.post("/v1/me/absences", &away).await;
    assert_eq!(added.status, 201, "{}", added.body);
}

/// A visit in the other town from one day to another, counted from today.
async fn far_visit(caller: &Caller, from: i64, due: i64) -> String {
    let days = json!({ "not_before": day(from), "due_on": day(due) });
    caller.make(&home_visit(&beneficiary_id(5), days)).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_have_a_seconded_volunteer_on_the_agreed_days_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (far_manager, volunteer) = (server.far_manager().await, server.volunteer().await);
    without_visitors(&far_manager).await;
    let (helped, later) = (far_visit(&supervisor, 1, 7).await, far_visit(&supervisor, 4, 7).await);
    let order = json!({ "area": FAR_GRID, "first_day": day(1), "last_day": day(7) });
    let secondment = requested(&supervisor, &help(2, 3)).await;
    let before = supervisor.order_plan(&order).await.body;
    assert_eq!(before["assigned"], 0, "a request changes nothing: {before}");

    assert_eq!(decide(&manager, &secondment, "agree").await.body["state"], "agreed");
    let shown = supervisor.get(&format!("/v1/tasks/{helped}/candidates?day={}", day(2))).await;
    assert_eq!(shown.body["items"][0]["person_id"], json!(person_id(21)), "{}", shown.body);
    let off = supervisor.get(&format!("/v1/tasks/{helped}/candidates?day={}", day(4))).await;
    let ids: Vec<&Value> = off.body["items"]
        .as_array()
        .expect("candidates")
        .iter()
        .map(|candidate| &candidate["person_id"])
        .collect();
    assert!(!ids.contains(&&json!(person_id(21))), "{}", off.body);

    let plan = supervisor.order_plan(&order).await.body;
    assert_eq!(plan["assigned"], 1, "{plan}");
    let id = plan["id"].as_str().expect("an id");
    let applied = supervisor.post(&format!("/v1/plans/{id}/apply"), &json!({})).await;
    assert_eq!(applied.body["left"], json!([]), "{}", applied.body);
    let task = supervisor.get(&format!("/v1/tasks/{helped}")).await.body;
    assert_eq!(
        (&task["assignee_id"], &task["state"]),
        (&json!(person_id(21)), &json!("assigned")),
        "{task}"
    );
    let planned = task["planned_for"]["day"].clone();
    assert!([json!(day(2)), json!(day(3))].contains(&planned), "{task}");
    let left = supervisor.get(&format!("/v1/tasks/{later}")).await.body;
    assert_eq!(left["state"], "open", "possible only after the secondment: {left}");

    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert!(phone.tasks().iter().any(|row| row["id"] == helped.as_str()));
    let accepted = volunteer.act(&format!("/v1/tasks/{helped}/accept")).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seconded_volunteer_is_pinned_to_a_visit_on_the_agreed_days_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let helped = far_visit(&supervisor, 1, 7).await;
    let pinned = |to: i64| {
        let pin = json!({ "task_id": helped, "person_id": person_id(21), "day": day(to) });
        json!({
            "area": FAR_GRID, "first_day": day(1), "last_day": day(7), "changes": { "pins": [pin] }
        })
    };
    let secondment = requested(&supervisor, &help(2, 3)).await;
    let refused = supervisor.order_plan(&pinned(2)).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/changes/pins/0/person_id")), "not agreed");
    assert_eq!(decide(&manager, &secondment, "agree").await.status, 200);
    let refused = supervisor.order_plan(&pinned(4)).await;
    let pointer = &refused.body["errors"][0]["pointer"];
    assert_eq!((refused.status, pointer), (422, &json!("/changes/pins/0/day")), "{}", refused.body);

    let plan = supervisor.order_plan(&pinned(3)).await.body;
    let id = plan["id"].as_str().expect("an id");
    let rows = supervisor.get(&format!("/v1/plans/{id}/visits")).await.body;
    let row = &rows["items"][0];
    assert_eq!((&row["person_id"], &row["day"]), (&json!(person_id(21)), &json!(day(3))), "{rows}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manager_of_the_volunteers_grid_alone_agrees_and_those_concerned_get_a_notice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let (volunteer, far_manager) = (server.volunteer().await, server.far_manager().await);
    let secondment = requested(&supervisor, &help(2, 3)).await;
    assert_eq!(
        (&secondment["state"], &secondment["home"], &secondment["person_name"]),
        (&json!("requested"), &json!(GRID), &json!("王志愿"))
    );
    assert_eq!(notices(&manager).await.len(), 1);
    assert!(
        notices(&manager).await[0].starts_with("A volunteer of your grid is asked to help: 二镇")
    );
    assert!(notices(&volunteer).await.is_empty(), "nothing is decided");

    assert_eq!(decide(&server.other_manager().await, &secondment, "agree").await.status, 404);
    assert_eq!(decide(&far_manager, &secondment, "agree").await.status, 403, "it sees it");
    assert_eq!(decide(&volunteer, &secondment, "agree").await.status, 403);
    assert_eq!(decide(&supervisor, &secondment, "agree").await.status, 403);
    assert_eq!(decide(&manager, &secondment, "withdraw").await.status, 403);

    let agreed = decide(&manager, &secondment, "agree").await;
    assert_eq!((agreed.status, &agreed.body["state"]), (200, &json!("agreed")));
    assert_eq!(decide(&manager, &secondment, "agree").await.body, agreed.body, "repeated");
    assert_eq!(notices(&volunteer).await.len(), 1);
    assert_eq!(notices(&supervisor).await.len(), 1);

    let declined = decide(&manager, &secondment, "decline").await;
    assert_eq!(declined.body["state"], "declined", "the consent is taken back");
    let refused = decide(&manager, &secondment, "agree").await;
    assert_eq!(
        (refused.problem(), &refused.body["current"]["state"]),
        ("secondment_state", &json!("declined"))
    );
    assert_eq!(notices(&volunteer).await.len(), 2);
    let actions = ["request", "agree", "decline"];
    for action in actions {
        assert_eq!(supervisor.events(&format!("secondment.{action}")).await.len(), 1);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_the_secondments_from_and_to_the_own_area_and_volunteers_their_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let first = requested(&supervisor, &help(2, 3)).await;
    let near = json!({
        "person_id": person_id(23), "area": GRID, "first_day": day(2), "last_day": day(2)
    });
    let second = requested(&supervisor, &near).await;
    let seen = async |caller: Caller| {
        let page = caller.get("/v1/secondments").await.body;
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    let (first, second) = (first["id"].clone(), second["id"].clone());
    assert_eq!(seen(server.manager().await).await, [second.clone(), first.clone()]);
    assert_eq!(seen(server.other_manager().await).await, std::slice::from_ref(&second));
    assert_eq!(seen(server.far_manager().await).await, std::slice::from_ref(&first));
    assert_eq!(seen(server.volunteer().await).await, std::slice::from_ref(&first));
    assert_eq!(seen(server.second_volunteer().await).await, Vec::<Value>::new());
    assert_eq!(seen(server.town_supervisor().await).await, [second.clone(), first.clone()]);
    let path = format!("/v1/secondments/{}", first.as_str().expect("an id"));
    assert_eq!(server.other_manager().await.get(&path).await.status, 404);
    assert_eq!(server.auditor().await.get(&path).await.status, 403);
    let agreed = supervisor.get("/v1/secondments?state=agreed").await;
    assert_eq!(agreed.body["items"], json!([]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_impossible_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    let wrong = |field: &str, value: Value| {
        let mut request = help(2, 3);
        request[field] = value;
        request
    };
    let refused = async |caller: &Caller, request: &Value, pointer: &str| {
        let answer = caller.post("/v1/secondments", request).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{}", answer.body);
    };
    refused(&supervisor, &wrong("person_id", json!(person_id(11))), "/person_id").await;
    refused(&supervisor, &wrong("person_id", json!(person_id(99))), "/person_id").await;
    refused(&supervisor, &wrong("area", json!("500116")), "/area").await;
    refused(&supervisor, &wrong("area", json!("500116001")), "/area").await;
    refused(&supervisor, &wrong("area", json!("500116009")), "/area").await;
    refused(&town, &help(2, 3), "/area").await;
    refused(&supervisor, &help(-1, 3), "/first_day").await;
    refused(&supervisor, &help(3, 2), "/last_day").await;
    refused(&supervisor, &help(1, 32), "/last_day").await;
    assert_eq!(server.manager().await.post("/v1/secondments", &help(2, 3)).await.status, 403);

    let first = requested(&supervisor, &help(2, 5)).await;
    let overlap = supervisor.post("/v1/secondments", &help(5, 6)).await;
    assert_eq!(
        (overlap.problem(), &overlap.body["current"]["id"]),
        ("secondment_overlaps", &first["id"])
    );
    let near = json!({
        "person_id": person_id(21), "area": OTHER_GRID, "first_day": day(6), "last_day": day(6)
    });
    assert_eq!(town.post("/v1/secondments", &near).await.status, 201, "within the town");
    assert_eq!(decide(&supervisor, &first, "withdraw").await.body["state"], "withdrawn");
    requested(&supervisor, &help(2, 3)).await;
}
