//! Resources of the volunteer: a task, uploads to it, a session and a notice.

use serde_json::json;
use uuid::Uuid;

use super::resources::add_absence;
use super::{Own, PHOTO, bytes};
use crate::attachment::announce;
use crate::report::register::visited;
use crate::support::bodies::home_visit;
use crate::support::files::{beneficiary_id, person_id};
use crate::support::{Caller, PASSWORD, Server, phones};

impl Own {
    /// A person, a session and uploads that do not exist.
    pub(super) fn none(task: &str) -> Self {
        let id = || Uuid::now_v7().to_string();
        Self {
            person: id(),
            notice: id(),
            session: id(),
            absence: id(),
            task: task.to_owned(),
            report: id(),
            incomplete: id(),
            given_up: id(),
            complete: id(),
        }
    }

    pub(super) async fn of(server: &Server, volunteer: &Caller, supervisor: &Caller) -> Self {
        let task = supervisor.make_task(&beneficiary_id(2)).await;
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
        let (person, session) = (person_id(21), session(server, phones::VOLUNTEER).await);
        let absence = add_absence(server, "500116", &person);
        let visit = home_visit(&beneficiary_id(3), json!({}));
        let report = visited(volunteer, supervisor, visit, json!({ "outcome": "done" })).await;
        let own = Self { person, session, absence, report, ..Self::none(&task) };
        server.database.execute(&format!(
            "INSERT INTO account_notices (district, person, id, kind, device, created_at) VALUES \
             ('500116', '{}', '{}', 'session_reused', 'x', '2026-08-01 09:00:00')",
            own.person, own.notice,
        ));
        for id in [&own.incomplete, &own.given_up, &own.complete] {
            let id = id.parse().expect("an id");
            let announced = announce(volunteer, &task, id, "image/jpeg", PHOTO).await;
            assert_eq!(announced.status, 201, "{}", announced.body);
        }
        let path = format!("/v1/attachments/{}", own.complete);
        let sent = bytes(volunteer, &path, PHOTO).send().await.expect("an answer");
        assert_eq!(sent.status(), 204);
        own
    }
}

/// The id of a new session.
async fn session(server: &Server, phone: &str) -> String {
    let device = json!({ "name": "x", "kind": "phone" });
    let body = json!({ "phone": phone, "password": PASSWORD, "device": device });
    let answer = server.try_sign_in(&body).await;
    answer.body["session_id"].as_str().expect("a session").to_owned()
}
