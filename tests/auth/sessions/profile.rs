//! The profile of the caller.

use rstest::rstest;
use serde_json::{Value, json};

use super::text;
use crate::support::files::person_id;
use crate::support::{Backend, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volunteer_learns_whom_to_call_and_what_the_role_permits(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let me = server.volunteer().await.get("/v1/me").await.body;
    assert_eq!(me["manager"]["phone"], phones::MANAGER);
    assert!(me["supervisor"]["name"].is_string() && me["supervisor"].get("phone").is_none());
    assert_eq!(
        me["may"],
        json!([
            "use_service",
            "read_areas",
            "read_secondments",
            "hand_out",
            "reveal_beneficiary",
            "propose_correction",
            "make_proposal",
            "read_reports",
            "read_tasks",
            "work_task",
            "report_visit"
        ])
    );
    assert!(me.get("volunteers").is_none());
    let manager = server.manager().await;
    let me = manager.get("/v1/me").await.body;
    assert_eq!((&me["supervisor"]["phone"], me.get("manager")), (&json!(phones::TOWN), None));
    let volunteers = |me: &Value| {
        let volunteers = me["volunteers"].as_array().expect("volunteers").iter();
        volunteers.map(|one| text(&one["phone"])).collect::<Vec<_>>()
    };
    assert_eq!(volunteers(&me), [phones::VOLUNTEER, phones::SECOND_VOLUNTEER]);
    let suspended = json!({ "state": "suspended", "reason": "x" });
    manager.patch(&format!("/v1/people/{}/state", person_id(21)), &suspended).await;
    let me = manager.get("/v1/me").await.body;
    assert_eq!(volunteers(&me), [phones::SECOND_VOLUNTEER], "only active ones");
    let supervisor = server.supervisor().await.get("/v1/me").await.body;
    assert!(supervisor.get("supervisor").is_none(), "nobody is above the district");
    assert_eq!(
        (&supervisor["time_zone"], supervisor.get("volunteers")),
        (&json!("Asia/Shanghai"), None)
    );
}
