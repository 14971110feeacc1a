//! People are found and invited.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{edit, names, person, pointers, refused};
use crate::support::factors::{ProvingPhone, REQUIRED, enrolment, with_app};
use crate::support::files::person_id;
use crate::support::{Backend, Caller, FAR_GRID, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_name_and_number_within_the_area(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let (supervisor, manager) = (server.supervisor().await, server.manager().await);
    let search = async |caller: &Caller, body: Value| caller.post("/v1/people/search", &body).await;
    let found = search(&supervisor, json!({ "text": "网格" })).await;
    assert_eq!(names(&found), ["张网格", "李网格", "赵网格"], "ordered by area");
    let found = search(&supervisor, json!({ "text": "网格", "area": "500116001" })).await;
    assert_eq!(names(&found), ["张网格", "李网格"]);
    for text in ["100-0000-0013", "0013", "１００００００００１３"] {
        let found = search(&supervisor, json!({ "text": text })).await;
        assert_eq!(names(&found), ["赵网格"], "{text}");
        assert!(names(&search(&manager, json!({ "text": text })).await).is_empty(), "{text}");
    }
    assert!(names(&search(&supervisor, json!({ "text": "0000" })).await).is_empty());
    // The log has each search with a text, and no text.
    let refused_text = search(&supervisor, json!({ "text": "013" })).await;
    refused(&refused_text, 422, "invalid");
    assert_eq!(pointers(&refused_text), ["/text"]);
    let events = supervisor.events("person.search").await;
    assert_eq!(events.len(), 2 + 2 * 3 + 1);
    let last = &events[events.len() - 1];
    assert_eq!(last["body"], json!({ "by": "number", "shown": 0 }), "{last}");
    let bodies: Vec<&Value> = events.iter().map(|event| &event["body"]).collect();
    assert!(!format!("{bodies:?}").contains("网格"), "{bodies:?}");
    let ids = json!({ "ids": [person_id(11), person_id(13)] });
    assert_eq!(names(&search(&manager, ids.clone()).await), ["张网格"]);
    let first = search(&supervisor, json!({ "text": "志愿", "limit": 2 })).await;
    assert_eq!(names(&first), ["王志愿", "陈志愿"]);
    let next = json!({ "text": "志愿", "limit": 2, "cursor": first.body["next_cursor"] });
    let next = search(&supervisor, next).await;
    assert_eq!(names(&next), ["刘志愿"]);
    assert_eq!(next.body.get("next_cursor"), None);
    // Each search is recorded, without its text.
    let recorded = supervisor.events("person.search").await;
    let found = |by: &str, shown: u32| json!({ "by": by, "shown": shown });
    let numbers = [found("number", 1), found("number", 0)];
    let mut expected = vec![found("name", 3), found("name", 2)];
    expected.extend((0..3).flat_map(|_| numbers.clone()));
    expected.extend([found("number", 0), found("name", 2), found("name", 1)]);
    let bodies: Vec<&Value> = recorded.iter().map(|event| &event["body"]).collect();
    assert_eq!(bodies, expected.iter().collect::<Vec<_>>());
    assert_eq!(recorded[0]["subject"], "reading");
    let outside = search(&manager, json!({ "area": FAR_GRID })).await;
    refused(&outside, 422, "invalid");
    refused(&search(&server.volunteer().await, json!({})).await, 403, "forbidden");
    // The filters of the list that name nobody.
    let suspend = json!({ "state": "suspended", "reason": "x" });
    manager.patch(&format!("{}/state", person(22)), &suspend).await;
    let speaks = json!({ "languages": ["miao"], "skills": ["first_aid"] });
    assert_eq!(edit(&manager, &person(21), "\"v1\"", &speaks).await.status, 200);
    let ids = format!("{},{}", person_id(11), person_id(13));
    for (filter, expected) in [
        ("state=suspended", vec!["陈志愿"]),
        ("language=miao", vec!["王志愿"]),
        ("skill=first_aid&role=volunteer", vec!["王志愿"]),
        (&format!("ids={ids}"), vec!["张网格", "赵网格"]),
    ] {
        let listed = supervisor.get(&format!("/v1/people?{filter}")).await;
        assert_eq!(names(&listed), expected, "{filter}");
    }
    refused(&supervisor.get("/v1/people?ids=x").await, 400, "bad_request");
    refused(&supervisor.get("/v1/people?name=x").await, 400, "bad_request");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_people_without_a_device_are_invited_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, &[REQUIRED]);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let invite = async |body: Value| supervisor.post("/v1/people/invitations", &body).await;
    let first = invite(json!({ "area": "500116001", "limit": 4 })).await;
    // Not the supervisor herself, nor the admin and the auditor beside her.
    assert_eq!(names(&first), ["镇长", "张网格", "王志愿", "陈志愿"]);
    let rest = json!({ "area": "500116001", "limit": 4, "cursor": first.body["next_cursor"] });
    let rest = invite(rest).await;
    assert_eq!(names(&rest), ["李网格", "刘志愿"]);
    assert_eq!(rest.body.get("next_cursor"), None);
    let volunteer = &first.body["items"][2];
    let code = volunteer["code"].as_str().expect("a code");
    assert!(volunteer["url"].as_str().expect("a url").ends_with(&format!("/m/enrol#{code}")));
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post("/v1/auth/enrol", &enrolment(phones::VOLUNTEER, code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    // The next invitation leaves the enrolled person out, and voids the codes of the others.
    let again = invite(json!({ "role": "volunteer" })).await;
    assert_eq!(names(&again), ["陈志愿", "刘志愿"]);
    let voided = first.body["items"][3]["code"].as_str().expect("a code");
    let phone = ProvingPhone::new(&server).await;
    let body = enrolment(phones::SECOND_VOLUNTEER, voided, "phone");
    refused(&phone.post("/v1/auth/enrol", &body).await, 401, "wrong_code");
    // One event for each code, beside that of the command line for the supervisor.
    assert_eq!(supervisor.events("person.invite").await.len(), 1 + 8);
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
    let others = invite(json!({ "ids": [person_id(8), person_id(11)] })).await;
    refused(&others, 422, "invalid");
    assert_eq!(pointers(&others), ["/ids/0"]);
    // On paper: a page for each, in one document.
    let order = json!({ "role": "manager" });
    let request = supervisor.request(Method::POST, "/v1/people/invitations/sheets").json(&order);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.expect("a document");
    assert_eq!((page.matches("<section>").count(), page.matches("<svg").count()), (3, 3));
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</body></html>\n"));
    for name in ["张网格", "李网格", "赵网格"] {
        assert!(page.contains(&format!("{name}，请登记")), "{name}");
    }
}
