//! Beneficiaries: masked by default; a reveal requires a purpose and is recorded.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, person_id};
use crate::support::{Backend, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_shows_no_personal_data_in_clear(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let list = manager.get("/v1/beneficiaries").await;
    assert_eq!(list.body["items"].as_array().expect("a list").len(), 3);
    let text = list.body.to_string();
    for secret in ["周老兵1", "10010000001", "南门社区1号", "99999919"] {
        assert!(!text.contains(secret), "{secret} stands in {text}");
    }
    assert!(text.contains("周**1"), "{text}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_reveals_within_the_grid_and_only_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let purpose = json!({ "purpose": "visit" });
    let revealed = manager.post(&format!("/v1/beneficiaries/{BENEFICIARY}/reveal"), &purpose).await;
    assert_eq!((revealed.status, &revealed.body["name"]), (200, &json!("周老兵1")));
    assert_eq!(revealed.body["address"], "南门社区1号");
    assert_eq!(revealed.body["hardships"], json!(["medical"]));
    let number = revealed.body["id_number"].as_str().expect("a number");
    assert!(number.starts_with("**************") && number.len() == 18, "{number}");
    let far = manager.post(&format!("/v1/beneficiaries/{FAR_BENEFICIARY}/reveal"), &purpose).await;
    assert_eq!(far.status, 404);
    let why = manager
        .post(
            &format!("/v1/beneficiaries/{BENEFICIARY}/reveal"),
            &json!({ "purpose": "curiosity" }),
        )
        .await;
    assert_eq!((why.status, why.problem()), (422, "invalid"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_reveals_only_the_beneficiary_of_an_own_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    let volunteer = server.volunteer().await;
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let purpose = json!({ "purpose": "visit" });
    assert_eq!(volunteer.post(&path, &purpose).await.status, 403);
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(volunteer.post(&path, &purpose).await.status, 403, "open is not own");
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    assert_eq!(volunteer.post(&path, &purpose).await.status, 200);
    volunteer.post(&format!("/v1/tasks/{task}/report"), &json!({ "outcome": "done" })).await;
    assert_eq!(volunteer.post(&path, &purpose).await.status, 403, "done is over");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_id_number_is_revealed_only_for_a_correction_by_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let (supervisor, town) = (server.supervisor().await, server.town_supervisor().await);
    for (caller, purpose, whole) in [
        (&supervisor, "correction", true),
        (&supervisor, "visit", false),
        (&supervisor, "complaint", false),
        (&town, "correction", false),
    ] {
        let revealed = caller.post(&path, &json!({ "purpose": purpose })).await;
        let number = revealed.body["id_number"].as_str().expect("a number");
        assert_eq!(!number.contains('*'), whole, "{purpose}: {number}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reveals_have_a_daily_budget(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let purpose = json!({ "purpose": "visit" });
    for n in 1..=50 {
        assert_eq!(supervisor.events("beneficiary.reveal_budget").await.len(), 0, "{n}");
        assert_eq!(manager.post(&path, &purpose).await.status, 200, "{n}");
    }
    let alarm = supervisor.events("beneficiary.reveal_budget").await;
    assert_eq!((alarm.len(), &alarm[0]["actor_id"]), (1, &json!(person_id(11))));
    for _ in 0..2 {
        let refused = manager.post(&path, &purpose).await;
        assert_eq!((refused.status, refused.problem()), (429, "reveal_budget"));
        let ask = json!({ "budget": 50, "ask": { "id": person_id(2), "name": "镇长" } });
        assert_eq!(refused.body["current"], ask, "the supervisor of the town");
        let wait = refused.headers["retry-after"].to_str().expect("a number");
        assert!((1..=86_400).contains(&wait.parse::<u32>().expect("seconds")), "{wait}");
    }
    let revealed = supervisor.events("beneficiary.reveal").await;
    assert_eq!(revealed.len(), 50, "a refused reveal reveals nothing");
    assert_eq!(supervisor.post(&path, &purpose).await.status, 200, "a budget of one's own");
    // The next day.
    server.database.execute("UPDATE reveal_counts SET day = '2026-01-01'");
    assert_eq!(manager.post(&path, &purpose).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superior_allows_more_reveals_for_a_day_and_nobody_the_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[("GRIDWARD_REVEALS_MANAGER", "1")]);
    let (manager, town) = (server.manager().await, server.sign_in(phones::TOWN).await);
    let supervisor = server.supervisor().await;
    let reveal = format!("/v1/beneficiaries/{BENEFICIARY}/reveal");
    let revealed = async || manager.post(&reveal, &json!({ "purpose": "visit" })).await.status;
    let of = |n: u32| format!("/v1/people/{}/reveal-allowances", person_id(n));
    let more = |n: i64| json!({ "reveals": n, "reason": "核对全村电话" });
    let spent = async || supervisor.text("/metrics").await;
    assert!(spent().await.contains("gridward_reveal_budgets_spent_total 0"));
    assert_eq!((revealed().await, revealed().await), (200, 429));
    assert!(spent().await.contains("gridward_reveal_budgets_spent_total 1"));
    // Four eyes: not oneself, nor a superior, nor a person elsewhere.
    assert_eq!(manager.post(&of(11), &more(1)).await.status, 403);
    assert_eq!(town.post(&of(2), &more(1)).await.status, 403);
    assert_eq!(manager.post(&of(2), &more(1)).await.status, 404);
    assert_eq!(manager.post(&of(13), &more(1)).await.status, 404);
    for (bad, pointer) in [
        (more(0), "/reveals"),
        (more(501), "/reveals"),
        (json!({ "reveals": 1, "reason": " " }), "/reason"),
    ] {
        let refused = town.post(&of(11), &bad).await;
        let at = &refused.body["errors"][0]["pointer"];
        assert_eq!((refused.status, at), (422, &json!(pointer)), "{bad}");
    }
    assert_eq!(revealed().await, 429);
    // A repeated request allows no more.
    for _ in 0..2 {
        let request = town.request(Method::POST, &of(11)).header("Idempotency-Key", "once");
        let allowed = town.send(request.json(&more(2))).await;
        assert_eq!((allowed.status, &allowed.body["allowed"]), (201, &json!(2)));
        assert_eq!(allowed.body["budget"], 3);
    }
    assert_eq!((revealed().await, revealed().await, revealed().await), (200, 200, 429));
    assert!(spent().await.contains("gridward_reveal_budgets_spent_total 2"));
    let events = supervisor.events("person.reveal_allowance").await;
    let named = (&events[0]["actor_id"], &events[0]["subject_id"]);
    assert_eq!((events.len(), named), (1, (&json!(person_id(2)), &json!(person_id(11)))));
    assert!(!events[0].to_string().contains("电话"), "the reason is encrypted: {events:?}");
    assert_eq!(supervisor.events("beneficiary.reveal_budget").await.len(), 2, "an alarm for each");
    // A day has a limit, and the next begins without allowances.
    assert_eq!(supervisor.post(&of(11), &more(499)).await.status, 422);
    assert_eq!(supervisor.post(&of(11), &more(498)).await.body["allowed"], 500);
    for table in ["reveal_counts", "reveal_allowances"] {
        server.database.execute(&format!("UPDATE {table} SET day = '2026-01-01'"));
    }
    assert_eq!((revealed().await, revealed().await), (200, 429));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_holds_no_personal_data_in_clear(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    if server.database.is_postgres() {
        return nothing_in_postgres(&server.database.url);
    }
    let folder = server.database.folder.path();
    let mut bytes = std::fs::read(folder.join("gridward.db")).expect("the data file");
    bytes.extend(std::fs::read(folder.join("gridward.db-wal")).unwrap_or_default());
    assert!(contains(&bytes, "南门社区".as_bytes()), "names of areas are there");
    for secret in ["周老兵1", "10010000001", "南门社区1号", "王志愿", phones::VOLUNTEER]
    {
        assert!(!contains(&bytes, secret.as_bytes()), "{secret} lies in clear");
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn nothing_in_postgres(url: &str) {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let mut conn = diesel::PgConnection::establish(url).expect("a connection");
    for table in ["people", "beneficiaries"] {
        let rows: Vec<Line> =
            diesel::sql_query(format!("SELECT row_to_json(t)::text AS line FROM {table} t"))
                .load(&mut conn)
                .expect("rows");
        assert!(!rows.is_empty());
        for secret in ["周老兵", "10010000001", "南门社区1号", "王志愿", phones::VOLUNTEER]
        {
            assert!(!rows.iter().any(|row| row.line.contains(secret)), "{secret} lies in clear");
        }
    }
}
