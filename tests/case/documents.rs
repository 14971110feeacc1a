//! Documents of a case: added by those who may move it, read by those who see it, deleted after it.

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{APPLICATION, PDF, VILLAGE, add, announce, go, hardship, open, server};
use crate::attachment::{announce as announce_of_task, bytes, files_in};
use crate::support::files::BENEFICIARY;
use crate::support::server::{Answer, gridward, said};
use crate::support::{Backend, Caller, Server};

async fn documents(caller: &Caller, case: &Value) -> Answer {
    let id = case["id"].as_str().expect("an id");
    caller.get(&format!("/v1/cases/{id}/documents")).await
}

/// Runs the job.
fn run(server: &Server, job: &str) -> String {
    let run = gridward(&server.database, &["jobs", "run", job]).output();
    said(&run.expect("the job runs"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_seen_by_those_who_see_the_case_and_goes_with_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, village) = (server.manager().await, server.sign_in(VILLAGE).await);
    let supervisor = server.supervisor().await;
    let case = open(&manager, hardship()).await;
    let unknown = announce(&manager, &case, Uuid::now_v7(), Some("passport")).await;
    assert_eq!(unknown.status, 422, "{}", unknown.body);
    let id = add(&manager, &case, Some("application")).await;
    let listed = documents(&village, &case).await;
    let first = &listed.body["items"][0];
    assert_eq!(
        (&first["id"], &first["document"], &first["type"], &first["complete"]),
        (&json!(id), &json!("application"), &json!(PDF), &json!(true)),
        "{}",
        listed.body
    );
    for reader in [&manager, &village, &supervisor] {
        assert_eq!(bytes(reader, id).await, (200, APPLICATION.to_vec()));
    }
    let preview = village.get(&format!("/v1/attachments/{id}?width=160")).await;
    assert_eq!((preview.status, preview.problem()), (422, "no_preview"));
    for (caller, status) in [(server.far_manager().await, 404), (server.volunteer().await, 403)] {
        assert_eq!(bytes(&caller, id).await.0, status);
        assert_ne!(documents(&caller, &case).await.status, 200);
        assert_ne!(announce(&caller, &case, Uuid::now_v7(), None).await.status, 201);
    }
    let added = supervisor.events("attachment.add").await;
    assert_eq!(added[0]["body"]["case"], case["id"], "{added:?}");
    assert_eq!(supervisor.events("attachment.read").await.len(), 4);
    // A document belongs to a case, and a case that has ended gets no more.
    let task = manager.make_task(BENEFICIARY).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let of_task = announce_of_task(&manager, &task, Uuid::now_v7(), PDF, APPLICATION).await;
    assert_eq!(of_task.status, 422, "{}", of_task.body);
    assert_eq!(go(&manager, &case, json!({ "move": "drop" })).await.status, 200);
    let late = announce(&manager, &case, Uuid::now_v7(), None).await;
    assert_eq!((late.status, late.problem()), (409, "case_ended"));
    assert_eq!(bytes(&manager, id).await.0, 200, "it stays as long as the case");

    // Deleted with the case: at once for readers, the bytes by the next job.
    let case_id = case["id"].as_str().expect("an id");
    server.database.execute(&format!("DELETE FROM cases WHERE id = '{case_id}'"));
    assert_eq!(bytes(&manager, id).await.0, 404);
    let folder = server.database.attachments().join("whole");
    assert_eq!(files_in(&folder).len(), 1);
    assert!(run(&server, "expired_uploads").contains("1 processed"));
    assert_eq!((files_in(&folder).len(), server.database.count("attachments")), (0, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_of_a_confidential_case_do_not_exist_for_other_roles(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (manager, supervisor) = (server.manager().await, server.supervisor().await);
    let legal = json!({
        "kind": "legal", "class": "advice", "beneficiary_id": BENEFICIARY, "source": "phone"
    });
    let case = open(&supervisor, legal).await;
    let id = add(&supervisor, &case, None).await;
    assert_eq!(bytes(&manager, id).await.0, 404);
    assert_eq!(documents(&manager, &case).await.status, 404);
    assert_eq!(announce(&manager, &case, Uuid::now_v7(), None).await.status, 404);
    assert_eq!(bytes(&server.admin().await, id).await.0, 200);
    for action in ["attachment.add", "attachment.read"] {
        let events = supervisor.events(action).await;
        assert_eq!(
            (events.len(), &events[0]["area"]),
            (1, &json!("500116")),
            "no grid: {events:?}"
        );
        assert!(server.auditor().await.events(action).await.is_empty(), "{action}");
    }
}
