//! A phone's copy equals the rows of its scope on the server.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{FAR_BENEFICIARY, person_id};
use crate::support::phone::{Phone, command, task_for};
use crate::support::{Backend, Files, GRID, OTHER_GRID, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_snapshot_is_compressed_as_the_phone_accepts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for n in 1..=3 {
        task_for(&server, n).await;
    }
    let fetch = |encoding: &'static str| {
        let request = manager.request(reqwest::Method::GET, "/v1/sync");
        async move {
            let answer =
                request.header("Accept-Encoding", encoding).send().await.expect("an answer");
            let told = |name: &str| {
                answer
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().expect("a text").to_ascii_lowercase())
            };
            let (packed, varies) = (told("content-encoding"), told("vary"));
            (packed, varies, answer.bytes().await.expect("a body"))
        }
    };
    let (packed, _, plain) = fetch("identity").await;
    assert_eq!(packed, None);
    let changes =
        |json: &[u8]| serde_json::from_slice::<Value>(json).expect("JSON")["changes"].clone();
    let mut sizes = Vec::new();
    for encoding in ["gzip", "gzip;q=0.9, identity;q=0.5", "br", "zstd"] {
        let (packed, varies, bytes) = fetch(encoding).await;
        assert_eq!(packed.as_deref(), encoding.split(';').next(), "{encoding}");
        assert_eq!(varies.as_deref(), Some("accept-encoding"), "{encoding}");
        if encoding.starts_with("gzip") {
            use std::io::Read as _;
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).expect("gzip");
            assert_eq!(changes(&unpacked), changes(&plain));
            let repacked = |level| {
                use std::io::Write as _;
                let mut out =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
                out.write_all(&unpacked).and_then(|()| out.finish()).expect("memory").len()
            };
            // Compressed more than answers that are not for phones.
            assert_eq!(bytes.len(), repacked(5));
            assert!(bytes.len() < repacked(1));
        }
        sizes.push(bytes.len());
    }
    assert!(sizes.iter().all(|size| *size * 3 < plain.len()), "{sizes:?} of {}", plain.len());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_follows_its_scope_and_holds_what_a_fresh_one_holds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (mut phone, mut other) = (Phone::default(), Phone::default());
    let volunteer = server.volunteer().await;
    let second = server.second_volunteer().await;
    let task = task_for(&server, 1).await;
    for n in 2..=3 {
        task_for(&server, n).await;
    }
    phone.sync(&volunteer, json!([])).await;
    other.sync(&second, json!([])).await;
    assert_eq!((phone.tasks().len(), other.tasks().len()), (3, 3));
    let home = "018d622e-0000-7000-8000-000000000001";
    assert_eq!(phone.household(home).expect("masked")["name"], "周**1");
    // After a claim: in clear for the assignee, removed for the other volunteer.
    let claim = json!([command("task.claim", &task, json!({}))]);
    let results = phone.sync(&volunteer, claim).await;
    assert_eq!(results[0]["outcome"], "applied");
    assert_eq!(phone.household(home).expect("clear")["address"], "南门社区1号");
    other.sync(&second, json!([])).await;
    assert_eq!((other.tasks().len(), other.household(home)), (2, None));
    // After a reassignment to another grid: removed here, in clear there.
    let supervisor = server.supervisor().await;
    let to = json!({ "person_id": person_id(23) });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &to).await;
    assert_eq!(given.status, 200, "{}", given.body);
    phone.sync(&volunteer, json!([])).await;
    assert_eq!((phone.tasks().len(), phone.household(home)), (2, None));
    let mut third = Phone::default();
    let away = server.other_volunteer().await;
    third.sync(&away, json!([])).await;
    assert_eq!(third.household(home).expect("clear")["address"], "南门社区1号");
    for (phone, caller) in [(&phone, &volunteer), (&other, &second), (&third, &away)] {
        phone.is_as_fresh(caller).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_cursor_starts_a_snapshot_after_the_commands(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let (mut mine, mut others) = (Phone::default(), Phone::default());
    let second = server.second_volunteer().await;
    others.sync(&second, json!([])).await;
    mine.sync(&volunteer, json!([])).await;
    let another = others.cursor.as_deref().expect("a cursor");
    for (cursor, reason) in [("forged", "no_cursor"), ("", "no_cursor"), (another, "scope")] {
        let claim = command("task.claim", &task, json!({}));
        let push = json!({ "cursor": cursor, "commands": [claim] });
        let answer = volunteer.post("/v1/sync", &push).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            (&answer.body["reset"], &answer.body["results"][0]["outcome"]),
            (&json!(true), &json!("applied"))
        );
        assert_eq!(answer.body["reset_reason"], reason, "{cursor}");
        let shown = answer.body["changes"].as_array().expect("changes").iter();
        assert_eq!(shown.filter(|row| row["type"] == "task").count(), 1);
    }
    // After a restore from backup the log has another epoch.
    let told = crate::support::server::gridward(&server.database, &["log", "restored"]).output();
    assert!(told.expect("it runs").status.success());
    let push = json!({ "cursor": mine.cursor, "commands": [] });
    let answer = volunteer.post("/v1/sync", &push).await.body;
    assert_eq!((&answer["reset"], &answer["reset_reason"]), (&json!(true), &json!("epoch")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_the_district_reset_a_phone_only_if_its_rows_may_have_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.sign_in(phones::ADMIN).await, server.volunteer().await);
    let cursor = volunteer.post("/v1/sync", &json!({})).await.body["cursor"].clone();
    let pull = async || volunteer.post("/v1/sync", &json!({ "cursor": cursor })).await.body;
    let sent = volunteer.post("/v1/feedback", &json!({ "text": "字再大一点" })).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let page = pull().await;
    assert_eq!((&page["reset"], page.get("reset_reason")), (&json!(false), None));
    assert_eq!(page["changes"], json!([]), "{page}");

    let calendar = "/v1/work-calendars/2030";
    let put = admin.request(reqwest::Method::PUT, calendar).header("If-Match", "\"v1\"");
    let body = json!({ "days_off": ["2030-10-01"], "working_days": [] });
    let entered = admin.send(put.json(&body)).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    let page = pull().await;
    assert_eq!((&page["reset"], &page["reset_reason"]), (&json!(true), &json!("district")));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_with_a_new_area_starts_a_new_snapshot(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let volunteer = server.volunteer().await;
    let task = task_for(&server, 1).await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.tasks().len(), 1);
    assert_eq!(supervisor.appoint(OTHER_GRID, &person_id(21)).await.status, 200);
    phone.sync(&volunteer, json!([])).await;
    assert!(phone.tasks().is_empty(), "{task} lies in {GRID}");
    phone.is_as_fresh(&volunteer).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_changes_takes_few_bytes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let far = server.far_manager().await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let cursor = phone.cursor.clone().expect("a cursor");
    // A change outside the scope.
    far.make_task(FAR_BENEFICIARY).await;
    let path = format!("/v1/sync?cursor={cursor}");
    let asked = volunteer.request(reqwest::Method::GET, &path);
    let quiet = volunteer.send(asked.header("If-None-Match", format!("\"{cursor}\""))).await;
    assert_eq!(quiet.status, 304);
    let answer = volunteer.get(&path).await;
    assert!(answer.body.to_string().len() < 300, "{}", answer.body);
    task_for(&server, 1).await;
    let asked = volunteer.request(reqwest::Method::GET, &path);
    let news = volunteer.send(asked.header("If-None-Match", format!("\"{cursor}\""))).await;
    assert_eq!((news.status, news.body["changes"].as_array().map(Vec::len)), (200, Some(2)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_records_which_beneficiaries_a_sync_showed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::with(backend, &Files::small());
    let manager = server.manager().await;
    let task = task_for(&server, 1).await;
    task_for(&server, 2).await;
    assert_eq!(manager.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    Phone::default().sync(&manager, json!([])).await;
    let auditor = server.auditor().await;
    let log = auditor.get("/v1/events?action=beneficiary.sync").await;
    let shown: usize = log.body["items"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|event| event["actor_id"] == person_id(11).as_str())
        .map(|event| event["body"]["beneficiaries"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(shown, 1, "the beneficiary of the manager's own visit");
    let until = chrono::Utc::now().date_naive() + chrono::Days::new(7);
    let notice = json!({
        "area": GRID, "title": "高温预警", "text": "下午请勿上门。", "until": until
    });
    let made = manager.post("/v1/notices", &notice).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let volunteer = server.volunteer().await;
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    assert!(
        phone.rows.contains_key(&(
            "notice".to_owned(),
            made.body["id"].as_str().expect("an id").to_owned()
        ))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_cursor_shows_nothing_out_of_scope(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    task_for(&server, 1).await;
    let altered = |cursor: &str, rest: Value| {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("base64");
        let mut parts: Vec<Value> = serde_json::from_slice(&json).expect("JSON");
        parts.truncate(4);
        parts.push(rest);
        BASE64_URL_SAFE_NO_PAD.encode(json!(parts).to_string())
    };
    // The beneficiaries of the grid for a volunteer; those of an earlier grid for a manager.
    let nil = "00000000-0000-0000-0000-000000000000";
    let rests = [
        (phones::VOLUNTEER, json!({ "b": null })),
        (phones::VOLUNTEER, json!({ "b": [GRID, nil] })),
        (phones::OTHER_MANAGER, json!({ "b": ["500116000000000", nil] })),
        (phones::OTHER_MANAGER, json!({ "t": [GRID, "2020-01-01", nil] })),
        (phones::TOWN, json!({ "e": null })),
    ];
    for (phone, rest) in rests {
        let caller = server.sign_in(phone).await;
        let mut honest = Phone::default();
        honest.sync(&caller, json!([])).await;
        let cursor = altered(honest.cursor.as_deref().expect("a cursor"), rest.clone());
        let mut forger = Phone { cursor: Some(cursor), ..Phone::default() };
        forger.sync(&caller, json!([])).await;
        let more = forger.rows.keys().find(|key| !honest.rows.contains_key(*key));
        assert_eq!(more, None, "{phone} with {rest}");
        assert!(forger.rows.iter().all(|(key, row)| honest.rows[key] == *row));
    }
}
