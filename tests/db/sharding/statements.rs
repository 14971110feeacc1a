//! The statements of a whole service, each in the partition of one district.

use std::time::Duration;

use serde_json::json;

use super::district::{DISTRICTS, District, load, succeeded};
use crate::support::factors::{enrolment, set_up_app};
use crate::support::partitions::TWO_DISTRICTS;
use crate::support::plans::{Scattered, scattered};
use crate::support::server::{gridward, said};
use crate::support::{Database, Server, phones};

/// A statement that may visit every partition.
struct Allowed {
    /// The beginning of the statement.
    statement: &'static str,
    /// The maximum number of runs in the test: no request may cause another one.
    times: usize,
    /// The reason.
    reason: &'static str,
}

const ALLOWED: [Allowed; 2] = [
    Allowed {
        statement: r#"SELECT "districts"."district" FROM "districts""#,
        times: 37,
        reason: "each start of a server, each round of background jobs and of plans and each command for all \
             districts lists them once",
    },
    Allowed {
        statement: r#"SELECT "demo_districts"."district" FROM "demo_districts""#,
        times: 2,
        reason: "each start of a server looks once for a demo",
    },
];

/// Claims tasks in all districts at once, so that a writer has jobs of several.
async fn claim_everywhere(districts: &[District]) {
    let mut claims = Vec::new();
    for _ in 0..10 {
        for district in districts {
            claims.push((district.volunteer.clone(), district.task(2).await));
        }
    }
    let claims = claims.into_iter().map(|(caller, task)| {
        tokio::spawn(async move { caller.act(&format!("/v1/tasks/{task}/claim")).await })
    });
    for claim in claims.collect::<Vec<_>>() {
        succeeded("claim", claim.await.expect("an end"));
    }
}

/// A server that starts runs its background jobs at once: an overdue task escalates.
async fn background_jobs(server: &Server, district: &District) {
    let body = json!({
        "kind": "home_visit", "beneficiary_id": district.beneficiary(1),
        "not_before": "2026-01-01", "due_on": "2026-01-10"
    });
    let made = district.supervisor.post("/v1/tasks", &body).await;
    let path = format!("/v1/tasks/{}", made.body["id"].as_str().expect("an id"));
    let _other = server.another();
    for _ in 0..100 {
        if district.supervisor.get(&path).await.body["version"] != 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the overdue task {path} did not escalate");
}

/// A person asks for a code, enrols a browser with an invitation, and sets up an app.
async fn enrol(server: &Server, district: &District) {
    let (stranger, phone) = (server.stranger(), phones::SECOND_VOLUNTEER);
    let ask = json!({ "district": district.code, "phone": phone });
    succeeded("a code", stranger.post("/v1/auth/codes", &ask).await);
    let person = format!("/v1/people/{}", district.person(22));
    let invited = district.supervisor.act(&format!("{person}/invitations")).await;
    for (code, status) in
        [("00000-00000", 401), (invited.body["code"].as_str().expect("a code"), 200)]
    {
        let mut body = enrolment(phone, code, "console");
        body["district"] = json!(district.code);
        let enrolled = stranger.post("/v1/auth/enrol", &body).await;
        assert_eq!(enrolled.status, status, "{}", enrolled.body);
        if status == 200 {
            let token = enrolled.body["access_token"].as_str().expect("a token");
            set_up_app(server, &server.bearer(token)).await;
        }
    }
    succeeded("no factors", district.supervisor.delete(&format!("{person}/second-factors")).await);
}

fn command_line(database: &Database) {
    let folder = database.folder.path().join("archive");
    let folder = folder.to_str().expect("a path");
    let commands: [&[&str]; 4] = [
        &["verify-log"],
        &["log", "archive", folder, "--keep-days", "0"],
        &["verify-log", "--archive", folder],
        &["dispatch", "--area", DISTRICTS[1], "--days", "2", "--apply", "--confirm"],
    ];
    for args in commands {
        let output = gridward(database, args).output().expect("the binary runs");
        assert!(output.status.success(), "{args:?}: {}", said(&output));
    }
}

/// Violations that no entry of [`ALLOWED`] covers: statements that visit several partitions, and
/// transactions that write to several districts.
fn refused(messages: &[String], found: &[Scattered]) -> Vec<String> {
    let mut refused: Vec<String> = Vec::new();
    for one in found {
        match ALLOWED.iter().find(|entry| one.statement.starts_with(entry.statement)) {
            None => refused.push(one.to_string()),
            Some(entry) if one.times > entry.times => {
                let Allowed { times, reason, .. } = entry;
                refused.push(format!("{one}\n  (may be run {times} times, as {reason})"));
            }
            Some(_) => {}
        }
    }
    let mixed = messages.iter().filter(|message| message.starts_with(TWO_DISTRICTS)).count();
    if mixed > 0 {
        refused.push(format!("{mixed} times, {TWO_DISTRICTS}"));
    }
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_visits_the_partition_of_one_district() {
    let mut database = Database::partitioned();
    database.set("GRIDWARD_SMS", "log");
    for district in DISTRICTS {
        load(&database, district);
    }
    let mut log = database.log_plans();
    let server = Server::start(database);
    let mut districts = Vec::new();
    for code in DISTRICTS {
        districts.push(District::sign_in(&server, code).await);
    }
    for district in &districts[..2] {
        // Phones sign in often.
        for _ in 0..5 {
            District::sign_in(&server, district.code).await;
        }
        district.look_around().await;
        district.work_online().await;
        district.work_offline().await;
        district.attach().await;
        district.keep_the_register().await;
        district.oversee().await;
        enrol(&server, district).await;
    }
    claim_everywhere(&districts).await;
    background_jobs(&server, &districts[1]).await;
    command_line(&server.database);
    succeeded("readiness", server.stranger().get("/readyz").await);
    let messages = log.messages();
    let (found, plans) = scattered(&messages);
    assert!(plans > 1_000, "only {plans} plans were logged");
    let refused = refused(&messages, &found);
    assert!(refused.is_empty(), "of {plans} plans:\n{}", refused.join("\n"));
}
