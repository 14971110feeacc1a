//! Invitations: made, printed, replaced, and used for an enrolment.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use super::{ENROL, SETTINGS, invited, refused, sign_in};
use crate::support::factors::{ProvingPhone, code_in, enrolment, set_up_app, text, with_app};
use crate::support::files::person_id;
use crate::support::server::{gridward, said};
use crate::support::{Backend, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_person_enrols_a_phone_and_then_signs_in_on_it_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let code = invited(&supervisor).await;
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!((enrolled.status, &enrolled.body["token_type"]), (200, &json!("DPoP")));
    assert!(enrolled.body.get("set_up_second_factor").is_none(), "{}", enrolled.body);
    let token = text(&enrolled.body["access_token"]);
    assert_eq!(phone.get("/v1/tasks", &token).await.status, 200);
    let signed_in = phone.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    // Another phone, with the same password.
    let other = ProvingPhone::new(&server).await;
    let stolen = other.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&stolen, 403, "enrolment_required");
    let bare = server.stranger().post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&bare, 403, "enrolment_required");
    // The code is spent, on whichever device.
    for phone in [&phone, &other] {
        let again = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
        refused(&again, 410, "invitation_used");
    }
    for action in ["person.invite", "person.enrol"] {
        let events = supervisor.events(action).await;
        let of_volunteer =
            events.iter().filter(|event| event["subject_id"] == person_id(21)).count();
        assert_eq!(of_volunteer, 1, "{events:?}");
    }
    assert_eq!(server.database.count("commands"), 0, "nothing is stored");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_invitation_voids_the_previous_and_an_old_one_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let first = invited(&supervisor).await;
    let second = invited(&supervisor).await;
    let phone = ProvingPhone::new(&server).await;
    let voided = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &first, "phone")).await;
    refused(&voided, 401, "wrong_code");
    server.database.execute("UPDATE invitations SET expires_at = '2026-01-01 00:00:00'");
    let late = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &second, "phone")).await;
    refused(&late, 410, "invitation_expired");
    let third = invited(&supervisor).await.replace('-', " ").to_lowercase();
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &third, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_printed_as_a_page_without_scripts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (supervisor, _) = with_app(&server, phones::SUPERVISOR).await;
    let path = format!("/v1/people/{}/invitations/sheet", person_id(21));
    let answer = supervisor.request(Method::POST, &path).send().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
    assert_eq!((answer.status().as_u16(), header("cache-control").as_str()), (200, "no-store"));
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let page = answer.text().await.expect("a page");
    assert_eq!((page.matches("<li>").count(), page.matches("<svg").count()), (4, 1));
    assert!(!page.contains("<script") && page.contains("24pt") && page.contains("王志愿"));
    let (_, rest) = page.split_once("<span class=\"code\">").expect("a code");
    let code = rest.split('<').next().expect("a code");
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_superiors_invite_and_end_the_factors_of_people(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let (manager, _) = with_app(&server, phones::MANAGER).await;
    let (far, _) = with_app(&server, phones::FAR_MANAGER).await;
    let (volunteer, _) = with_app(&server, phones::SECOND_VOLUNTEER).await;
    let path = |n: u32, what: &str| format!("/v1/people/{}/{what}", person_id(n));
    let invitation = manager.act(&path(21, "invitations")).await;
    assert!(text(&invitation.body["qr"]).starts_with("<svg"), "{}", invitation.body);
    let (code, url) = (text(&invitation.body["code"]), text(&invitation.body["url"]));
    assert_eq!(url, format!("{}/m/enrol#{code}", server.base));
    for (who, n, status) in [(&far, 21, 404), (&volunteer, 21, 403), (&manager, 11, 403)] {
        for what in ["invitations", "invitations/sheet"] {
            assert_eq!(who.act(&path(n, what)).await.status, status, "{n} {what}");
        }
        assert_eq!(who.delete(&path(n, "second-factors")).await.status, status, "{n}");
    }
    // A lost phone: the key and the session end, and a new invitation enrols another.
    let phone = ProvingPhone::new(&server).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    let token = text(&enrolled.body["access_token"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(manager.delete(&path(21, "second-factors")).await.status, 204);
    refused(&phone.get("/v1/me", &token).await, 401, "session_ended");
    let back = phone.post("/v1/auth/sign-in", &sign_in(phones::VOLUNTEER)).await;
    refused(&back, 403, "enrolment_required");
    let code = invited(&manager).await;
    let enrolled = phone.post(ENROL, &enrolment(phones::VOLUNTEER, &code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_admin_enrols_with_the_code_of_the_command_line(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small_with(backend, SETTINGS);
    let number = "10000000098";
    let args = ["user", "add", "--role", "admin", "--area", "500116", "--name", "赵管理"];
    let args: Vec<&str> = args.into_iter().chain(["--phone", number]).collect();
    let added = gridward(&server.database, &args).output().expect("the binary runs");
    assert!(added.status.success(), "{}", said(&added));
    let body = enrolment(number, &code_in(&said(&added)), "console");
    let enrolled = server.stranger().post(ENROL, &body).await;
    assert_eq!((enrolled.status, &enrolled.body["set_up_second_factor"]), (200, &json!(true)));
    let console = server.bearer(&text(&enrolled.body["access_token"]));
    assert_eq!(console.get("/v1/me").await.body["role"], "admin");
    refused(&console.get("/v1/people").await, 403, "second_factor_required");
    let (admin, _) = set_up_app(&server, &console).await;
    assert_eq!(admin.get("/v1/people").await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_of_an_invitation_opens_the_app_or_a_page_that_needs_none(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let stranger = server.stranger();
    let answer = stranger.request(Method::GET, "/m/enrol").send().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text().await.expect("a page");
    // A build with the web apps opens the app, which reads the code from the link.
    if page.contains("<div id=\"app\">") {
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(page.contains("<script type=\"module\""), "{page}");
    } else {
        assert!(page.contains("邀请码") && !page.contains("<script"), "{page}");
    }
}
