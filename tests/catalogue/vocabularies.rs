//! A district's own words: read by everybody, changed by its admins, on the phones with the next
//! sync, and required of reports, tasks and files.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::case::open;
use crate::support::bodies::home_visit;
use crate::support::files::BENEFICIARY;
use crate::support::phone::{Phone, command, task_for};
use crate::support::server::{Answer, import, said};
use crate::support::{Backend, Caller, Database, Files, Server, phones};

/// The path of a vocabulary.
fn path(name: &str) -> String {
    format!("/v1/vocabularies/{name}")
}

/// The words of a vocabulary, as a request has them.
async fn words(caller: &Caller, name: &str) -> Vec<Value> {
    let answer = caller.get(&path(name)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut words = answer.body["words"].as_array().expect("words").clone();
    for word in &mut words {
        word.as_object_mut().expect("a word").remove("version");
    }
    words
}

/// Replaces the words of the version `base`.
async fn replace(caller: &Caller, name: &str, base: &str, words: &[Value]) -> Answer {
    let request = caller.request(Method::PUT, &path(name)).header("If-Match", base);
    caller.send(request.json(&json!({ "words": words }))).await
}

fn word(code: &str, zh: &str, en: &str) -> Value {
    json!({ "code": code, "label_zh": zh, "label_en": en, "active": true })
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_district_has_the_words_of_the_law_in_both_languages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let volunteer = server.volunteer().await;
    let all = volunteer.get("/v1/vocabularies").await;
    let names: Vec<&str> = all.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    let all = ["categories", "hardships", "languages", "needs", "plaque_states", "skills", "tags"];
    assert_eq!(names, all);
    let categories = words(&volunteer, "categories").await;
    let has = |code: &str| categories.iter().any(|word| word["code"] == code);
    for code in ["rural_veteran_60", "nuclear_test_veteran", "martyr_child", "veteran"] {
        assert!(has(code), "{code}");
    }
    let skills = volunteer.get("/v1/skills").await;
    assert_eq!(skills.body, volunteer.get(&path("skills")).await.body);
    let request = volunteer.request(Method::GET, "/v1/skills").header("If-None-Match", "\"v1\"");
    assert_eq!(volunteer.send(request).await.status, 304);
    assert_eq!(volunteer.get(&path("colours")).await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_changes_the_words_and_the_phones_get_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (admin, volunteer) = (server.sign_in(phones::ADMIN).await, server.volunteer().await);
    let mut phone = Phone::default();
    phone.sync(&volunteer, json!([])).await;
    let row = ("vocabulary".to_owned(), "categories".to_owned());
    assert_eq!(phone.rows[&row]["version"], 1);
    let mut all = words(&admin, "categories").await;
    all.insert(0, word("oldest_member", "百岁老人", "Centenarian"));
    all[1]["label_en"] = json!("Relatives of a martyr");
    let changed = replace(&admin, "categories", "\"v1\"", &all).await;
    assert_eq!((changed.status, &changed.body["version"]), (200, &json!(2)), "{}", changed.body);
    assert_eq!(changed.headers["etag"], "\"v2\"");
    let versions: Vec<&Value> = changed.body["words"]
        .as_array()
        .expect("words")
        .iter()
        .take(3)
        .map(|word| &word["version"])
        .collect();
    assert_eq!(versions, [2, 2, 1], "the version in which a word changed");
    phone.sync(&volunteer, json!([])).await;
    assert_eq!(phone.rows[&row], changed.body);
    phone.is_as_fresh(&volunteer).await;
    // The same list again is no change.
    let again = replace(&admin, "categories", "\"v2\"", &all).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(2)));
    let auditor = server.auditor().await;
    let events = auditor.get("/v1/events?subject=vocabulary").await;
    let events = events.body["items"].as_array().expect("events").clone();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["subject_id"], "categories");
    let supervisor = server.supervisor().await;
    let denied = replace(&supervisor, "categories", "\"v2\"", &all).await;
    assert_eq!((denied.status, denied.problem()), (403, "forbidden"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_names_the_version_that_it_is_based_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    let mut all = words(&admin, "skills").await;
    all.push(word("chess", "象棋", "Chess"));
    let without = admin.put(&path("skills"), &json!({ "words": all })).await;
    assert_eq!((without.status, without.problem()), (428, "version_required"));
    let stale = replace(&admin, "skills", "\"v7\"", &all).await;
    assert_eq!((stale.status, stale.problem()), (412, "version_conflict"));
    assert_eq!(stale.body["current"]["version"], 1);
    let request = || {
        let request = admin.request(Method::PUT, &path("skills")).header("If-Match", "\"v1\"");
        request.header("Idempotency-Key", "chess").json(&json!({ "words": all }))
    };
    let first = admin.send(request()).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let again = admin.send(request()).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    all.push(word("chess", "围棋", "Chess"));
    let twice = replace(&admin, "skills", "\"v2\"", &all).await;
    assert_eq!((twice.status, twice.problem()), (422, "invalid"));
    let last = all.len() - 1;
    assert_eq!(twice.body["errors"][0]["pointer"], format!("/words/{last}/code"));
    assert_eq!(twice.body["errors"][1]["pointer"], format!("/words/{last}/label_en"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_in_use_is_archived_and_not_removed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    let task = task_for(&server, 1).await;
    let volunteer = server.volunteer().await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    let report = json!({ "outcome": "done", "needs": ["legal"] });
    let reported = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(reported.status, 200, "{}", reported.body);
    let medal = json!({
        "kind": "merit_report", "class": "third_class", "beneficiary_id": BENEFICIARY,
        "source": "application"
    });
    open(&server.supervisor().await, medal).await;
    for (name, code, uses) in [
        ("categories", "veteran", json!({ "beneficiaries": 6 })),
        ("categories", "merit_holder", json!({ "case_kinds": 1 })),
        ("plaque_states", "hung", json!({ "beneficiaries": 6 })),
        ("hardships", "medical", json!({ "beneficiaries": 6 })),
        ("needs", "legal", json!({ "reports": 1, "service_kinds": 5 })),
        ("needs", "housing", json!({ "service_kinds": 5 })),
        ("skills", "driving", json!({ "people": 10 })),
    ] {
        let all = words(&admin, name).await;
        let base = admin.get(&path(name)).await.headers["etag"].to_str().expect("a tag").to_owned();
        let without: Vec<Value> = all.iter().filter(|word| word["code"] != code).cloned().collect();
        let refused = replace(&admin, name, &base, &without).await;
        assert_eq!((refused.status, refused.problem()), (409, "word_in_use"), "{name} {code}");
        assert_eq!(refused.body["current"]["uses"], json!({ code: uses }), "{name} {code}");
        let detail = refused.body["errors"][0]["detail"].as_str().expect("a detail");
        assert!(detail.contains("archive it instead"), "{detail}");
        let mut archived = all.clone();
        for word in archived.iter_mut().filter(|word| word["code"] == code) {
            word["active"] = json!(false);
        }
        let done = replace(&admin, name, &base, &archived).await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    // A word that nothing uses is removed.
    let unused = words(&admin, "skills").await;
    let unused: Vec<Value> = unused.into_iter().filter(|word| word["code"] != "haircut").collect();
    assert_eq!(replace(&admin, "skills", "\"v2\"", &unused).await.status, 200);
    // An archived word stays valid where it is used: the files can be imported again.
    let again = import(&server.database, &Files::small(), &[]);
    assert!(said(&again).contains("beneficiaries: 0 added, 0 changed, 6"), "{}", said(&again));
    // An entry keeps it, and none gets it anew.
    let supervisor = server.supervisor().await;
    let home = format!("/v1/beneficiaries/{BENEFICIARY}");
    let change = async |version: u32, body: Value| {
        let request = supervisor.request(Method::PATCH, &home);
        supervisor.send(request.header("If-Match", format!("\"v{version}\"")).json(&body)).await
    };
    let kept = change(1, json!({ "lives_alone": false, "plaque": "hung" })).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    assert_eq!(change(2, json!({ "plaque": "missing" })).await.status, 200);
    let again = json!({ "plaque": "hung" });
    let edited = change(3, again.clone()).await;
    let again = json!({ "changes": again });
    let proposed = supervisor.post(&format!("{home}/corrections"), &again).await;
    for (refused, pointer) in [(edited, "/plaque"), (proposed, "/changes/plaque")] {
        let error = &refused.body["errors"][0];
        let expected = json!({ "pointer": pointer, "detail": "hung is archived" });
        assert_eq!((refused.status, error), (422, &expected), "{}", refused.body);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_a_task_and_a_report_have_the_words_of_the_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    let files = Files::small().with("beneficiaries.csv", "veteran,", "参战退役军人、百岁老人,");
    let refused = import(&server.database, &files, &["--dry-run"]);
    let fault = "category: is not one of the district's categories";
    assert!(said(&refused).contains(fault), "{}", said(&refused));
    let mut all = words(&admin, "categories").await;
    all.push(word("oldest_member", "百岁老人", "Centenarian"));
    assert_eq!(replace(&admin, "categories", "\"v1\"", &all).await.status, 200);
    let imported = import(&server.database, &files, &[]);
    assert!(imported.status.success(), "{}", said(&imported));
    let manager = server.manager().await;
    let one = manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await;
    assert_eq!(one.body["categories"], json!(["combat_veteran", "oldest_member"]));
    let count = |category: &'static str| {
        let manager = &manager;
        async move {
            let path = format!("/v1/beneficiaries?category={category}");
            manager.get(&path).await.body["items"].as_array().expect("a list").len()
        }
    };
    assert_eq!((count("oldest_member").await, count("combat_veteran").await), (3, 3));
    assert_eq!((count("oldest").await, count("veteran").await), (0, 0));
    let misspelt = json!({ "skills": ["drivng"] });
    let refused = manager.post("/v1/tasks", &home_visit(BENEFICIARY, misspelt)).await;
    assert_eq!((refused.status, refused.problem()), (422, "invalid"));
    let error = json!({
        "pointer": "/skills",
        "detail": "drivng is not one of the district's skills; the closest is driving"
    });
    assert_eq!(refused.body["errors"], json!([error]));
    // A report online is corrected; one of an outbox is evidence and is flagged.
    let (task, other) = (task_for(&server, 1).await, task_for(&server, 2).await);
    let volunteer = server.volunteer().await;
    let report = json!({
        "outcome": "done", "needs": ["medicl"], "answers": { "plaque": "damged" }
    });
    for task in [&task, &other] {
        assert_eq!(volunteer.act(&format!("/v1/tasks/{task}/claim")).await.status, 200);
    }
    let refused = volunteer.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let errors = refused.body["errors"].to_string();
    assert!(errors.contains("the closest is medical"), "{errors}");
    assert!(errors.contains("/answers/plaque"), "{errors}");
    assert!(errors.contains("the closest is damaged"), "{errors}");
    let mut phone = Phone::default();
    let results = phone.sync(&volunteer, json!([command("task.report", &other, report)])).await;
    assert_eq!(results[0]["outcome"], "applied", "{results:?}");
    let reports = manager.get(&format!("/v1/tasks/{other}/reports")).await;
    // The phone of the tests is months behind.
    assert_eq!(
        reports.body["items"][0]["flags"],
        json!(["clock", "form", "no_case"]),
        "{}",
        reports.body
    );
}

#[test]
fn the_words_of_a_district_that_is_not_there_yet_are_those_of_the_law() {
    let database = Database::sqlite();
    let files = Files::small().with("beneficiaries.csv", "veteran,", "60周岁以上农村籍退役士兵,");
    let imported = import(&database, &files, &["--dry-run"]);
    assert!(imported.status.success(), "{}", said(&imported));
}
