//! Imports through the API: CSV in UTF-8 or GB 18030, XLSX and GeoJSON, whole districts and single
//! rows, checked and applied in the background.

use encoding_rs::GB18030;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::imports::{import, send};
use crate::support::server::{gridward, import_folder, said};
use crate::support::workbook::{Cell, cells, workbook, zipped};
use crate::support::{Backend, Caller, Database, Files, Server, phones};

async fn server(backend: Backend) -> (Server, Caller) {
    let server = Server::small(backend);
    let admin = server.sign_in(phones::ADMIN).await;
    (server, admin)
}

fn one_phone(person: u32, phone: &str) -> Vec<u8> {
    format!("编号,手机号\n{},{phone}\n", person_id(person)).into_bytes()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_phone_number_needs_an_id_and_the_number(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin) = server(backend).await;
    let files = [("people", one_phone(21, "10000000777"))];
    let checked = import(&admin, "", &files).await;
    assert_eq!(checked["state"], "checked", "{checked}");
    assert_eq!(checked["result"]["changes"][0]["changed"], 1);
    let before = json!({ "phone": "10000000777", "password": "gridward-test" });
    assert_eq!(server.stranger().post("/v1/auth/sign-in", &before).await.status, 401);

    let applied = import(&admin, "?mode=apply", &files).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    let volunteer = server.sign_in("10000000777").await;
    let me = volunteer.get("/v1/me").await.body;
    assert_eq!((me["name"].as_str(), me["role"].as_str()), (Some("王志愿"), Some("volunteer")));
    let events = admin.events("district.load").await;
    let by = events
        .iter()
        .find(|event| event["body"]["kind"] == "people" && !event["actor_id"].is_null());
    assert_eq!(by.expect("an event of the import")["actor_id"], person_id(8));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_of_another_row_of_the_register_is_a_fault_that_names_both(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin) = server(backend).await;
    let fault = |file: &str, column: &str, other: &str| {
        json!([{
            "file": file, "column": column, "code": "taken", "count": 1, "rows": [2],
            "message": format!("is already that of {other} in the register"),
        }])
    };
    let files = [("people", one_phone(21, phones::SECOND_VOLUNTEER))];
    let refused = import(&admin, "?mode=apply", &files).await;
    assert_eq!(refused["state"], "refused", "{refused}");
    assert_eq!(refused["result"]["summary"], fault("people.csv", "phone", &person_id(22)));

    // Also of one who has died, and of whom the files know nothing.
    let path = format!("/v1/beneficiaries/{BENEFICIARY}/deceased");
    let death = admin.request(Method::POST, &path).header("If-Match", "\"v1\"");
    let death = admin.send(death.json(&json!({ "day": "2026-01-20" }))).await;
    assert_eq!(death.status, 200, "{}", death.body);
    let another = "018d622e-0000-7000-8000-000000000099";
    let lines = Files::small().lines("beneficiaries.csv");
    let own = lines.iter().find(|line| line.contains(BENEFICIARY)).expect("a row");
    let rows = format!("{}\n{}\n", lines[0], own.replace(BENEFICIARY, another)).into_bytes();
    let files = [("beneficiaries", rows.clone())];
    for query in ["", "?mode=apply"] {
        let refused = import(&admin, query, &files).await;
        assert_eq!(refused["state"], "refused", "{refused}");
        let expected = fault("beneficiaries.csv", "id_number", BENEFICIARY);
        assert_eq!(refused["result"]["summary"], expected);
    }
    assert_eq!(admin.get(&format!("/v1/beneficiaries/{another}")).await.status, 404);
    // The command line names them too.
    let folder = server.database.folder.path().join("one");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("beneficiaries.csv"), rows).expect("a file");
    let refused = import_folder(&server.database, &folder, &[]);
    assert!(!refused.status.success());
    let line = format!("beneficiaries.csv:2: id_number: is already that of {BENEFICIARY} in the");
    assert!(said(&refused).contains(&line), "{}", said(&refused));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fault_writes_nothing_and_faults_are_summed_by_kind(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin) = server(backend).await;
    let rows = [
        "id,phone".to_owned(),
        format!("{},10000000777", person_id(21)),
        format!("{},12", person_id(22)),
        format!("{},12", person_id(23)),
        format!("{},12", person_id(11)),
        "018cc7af-0000-7000-8000-000000009999,10000000778".to_owned(),
    ];
    let rows = rows.join("\n").into_bytes();
    let refused = import(&admin, "?mode=apply", &[("people", rows)]).await;
    assert_eq!(refused["state"], "refused");
    let summary = &refused["result"]["summary"];
    assert_eq!(refused["result"]["faults"], 4, "{summary}");
    assert_eq!(
        summary[0],
        json!({
            "file": "people.csv", "column": "phone", "code": "phone", "count": 3, "rows": [3, 4, 5],
            "message": "a phone number must have 5 to 20 digits",
        })
    );
    assert_eq!(summary[1]["message"], "is not in the register, and the file lacks the column role");

    let path = format!("/v1/imports/{}/faults?limit=3", refused["id"].as_str().expect("an id"));
    let page = admin.get(&path).await;
    assert_eq!(page.body["items"].as_array().map(Vec::len), Some(3), "{}", page.body);
    assert_eq!(page.body["items"][0]["row"], 3);
    let more = format!("{path}&cursor={}", page.body["next_cursor"].as_str().expect("a cursor"));
    assert_eq!(admin.get(&more).await.body["items"][0]["row"], 6);
    let volunteer = server.sign_in(phones::VOLUNTEER).await;
    assert_eq!(volunteer.get("/v1/me").await.status, 200, "nothing was written");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_district_is_imported_from_workbooks_and_from_gb18030(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, admin) = server(backend).await;
    let small = Files::small().with("people.csv", "王志愿", "王新名");
    let gb = |file: &str| GB18030.encode(&small.text(file)).0.into_owned();
    let files = [
        ("areas", workbook(&cells(&small.lines("areas.csv")), &[])),
        ("grids", small.text("grids.geojson").into_bytes()),
        ("people", workbook(&cells(&small.lines("people.csv")), &[])),
        ("beneficiaries", gb("beneficiaries.csv")),
        ("stations", gb("stations.csv")),
        ("memorials", gb("memorials.csv")),
        ("holidays", gb("holidays.csv")),
    ];
    let applied = import(&admin, "?mode=apply&whole=true", &files).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    let changed: u64 = applied["result"]["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|kind| kind["added"].as_u64().unwrap_or(9) + kind["changed"].as_u64().unwrap_or(9))
        .sum();
    assert_eq!(changed, 1, "only the new name differs: {applied}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headings_that_a_district_agrees_on_are_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_server, admin) = server(backend).await;
    let rows = format!("人员号码,志愿者电话\n{},10000000777\n", person_id(21)).into_bytes();
    let files = [("people", rows)];
    assert_eq!(import(&admin, "", &files).await["state"], "refused");
    let heading =
        |heading, column| json!({ "file": "people.csv", "heading": heading, "column": column });
    let agreed = json!({ "items": [heading("人员号码", "id"), heading("志愿者电话", "phone")] });
    assert_eq!(admin.put("/v1/imports/headings", &agreed).await.status, 200);
    assert_eq!(
        admin.get("/v1/imports/headings").await.body["items"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(import(&admin, "", &files).await["state"], "checked");

    let wrong = json!({ "items": [heading("电话", "telephone"), { "file": "x.csv", "heading": "", "column": "id" }] });
    let refused = admin.put("/v1/imports/headings", &wrong).await;
    assert_eq!(refused.status, 422);
    let pointers: Vec<&str> = refused.body["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    assert_eq!(pointers, ["/items/0/column", "/items/1/file", "/items/1/heading"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_have_chinese_headings_and_a_byte_order_mark() {
    let (_server, admin) = server(Backend::Sqlite).await;
    let text = admin.text("/v1/import-templates/people.csv").await;
    assert!(text.contains("编号,角色,姓名,性别,出生年份,手机"), "{text}");
    let request = admin.request(Method::GET, "/v1/import-templates/people.csv");
    let bytes = request.send().await.expect("an answer").bytes().await.expect("a body");
    assert!(bytes.starts_with(b"\xef\xbb\xbf"), "a spreadsheet recognises UTF-8 by this mark");
    assert_eq!(admin.get("/v1/import-templates/passwords.csv").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_a_known_file_is_refused() {
    let (server, admin) = server(Backend::Sqlite).await;
    let nothing = send(&admin, "", &[]).await;
    assert_eq!((nothing.status, nothing.problem()), (422, "invalid"));
    assert_eq!(send(&admin, "", &[("passwords", b"x".to_vec())]).await.status, 422);
    let twice = [("people", one_phone(21, "1")), ("people", one_phone(21, "1"))];
    assert_eq!(send(&admin, "", &twice).await.status, 422);
    assert_eq!(admin.post("/v1/imports", &json!({})).await.status, 400);
    let supervisor = server.supervisor().await;
    assert_eq!(send(&supervisor, "", &[("people", one_phone(21, "1"))]).await.status, 403);
    assert_eq!(supervisor.get("/v1/imports").await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_expands_beyond_the_limit_is_refused() {
    let (_server, admin) = server(Backend::Sqlite).await;
    let zeros = vec![0; 300 * 1024 * 1024];
    let bomb = zipped(&[("xl/worksheets/sheet1.xml", zeros.as_slice())]);
    assert!(bomb.len() < 1024 * 1024);
    let bomb = send(&admin, "", &[("people", bomb)]).await;
    assert_eq!((bomb.status, bomb.problem()), (413, "body_too_large"));
    let no_workbook = send(&admin, "", &[("people", b"PK\x03\x04 no archive".to_vec())]).await;
    assert_eq!(no_workbook.status, 422);
    assert_eq!(
        no_workbook.body["errors"][0],
        json!({ "pointer": "/people", "detail": "is not a readable XLSX file without a password" })
    );
}

/// The people of the small district with one cell replaced, as a workbook, and what the command
/// line says about it.
fn people_with(row: usize, column: usize, cell: Cell, merged: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let small = Files::small();
    small.write(folder.path());
    std::fs::remove_file(folder.path().join("people.csv")).expect("removed");
    let mut rows = cells(&small.lines("people.csv"));
    rows[row - 1][column] = cell;
    std::fs::write(folder.path().join("people.xlsx"), workbook(&rows, merged)).expect("written");
    said(&import_folder(&Database::sqlite(), folder.path(), &["--dry-run"]))
}

#[test]
fn cells_are_read_as_a_spreadsheet_shows_them() {
    // A phone number and a year as numbers, and a formula with its result.
    for (column, cell) in [
        (5, Cell::Number("10000000321")),
        (4, Cell::Number("1980")),
        (7, Cell::Number("29.285")),
        (2, Cell::Formula("A1", Some("王志愿"))),
    ] {
        let said = people_with(9, column, cell, &[]);
        assert!(said.contains("All files are valid"), "{said}");
    }
}

#[test]
fn a_cell_that_cannot_be_read_is_named() {
    for (column, cell, fault) in [
        (
            5,
            Cell::Number("123456789012345678"),
            "F9 (phone): a spreadsheet turned this into a decimal number",
        ),
        (2, Cell::Formula("A1", None), "C9 (name): the cell contains a formula without a result"),
        (2, Cell::Error("#REF!"), "C9 (name): the cell contains an error"),
        (4, Cell::Day(29_221), "E9 (birth_year): must be a year from 1900"),
    ] {
        let said = people_with(9, column, cell, &[]);
        assert!(said.contains(&format!("people.xlsx:9: {fault}")), "{said}");
    }
    let merged = people_with(9, 2, Cell::Text(String::new()), &["C8:C9"]);
    assert!(
        merged.contains("people.xlsx:9: C9 (name): the cell is merged with a cell above"),
        "{merged}"
    );
}

#[test]
fn a_day_in_the_format_of_a_date_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = Files::small();
    small.write(folder.path());
    std::fs::remove_file(folder.path().join("beneficiaries.csv")).expect("removed");
    let mut rows = cells(&small.lines("beneficiaries.csv"));
    // 46,037 days after the first day of spreadsheets is 2026-01-15.
    *rows[1].last_mut().expect("a cell") = Cell::Day(46_037);
    std::fs::write(folder.path().join("beneficiaries.xlsx"), workbook(&rows, &[]))
        .expect("written");
    let database = Database::sqlite();
    let output = import_folder(&database, folder.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    let days = database.texts(&format!(
        "SELECT CAST(last_contact AS TEXT) AS text FROM beneficiaries WHERE id = '{BENEFICIARY}'"
    ));
    assert_eq!(days, ["2026-01-15"]);
    let both = tempfile::tempdir().expect("a folder");
    small.write(both.path());
    std::fs::write(
        both.path().join("people.xlsx"),
        workbook(&cells(&small.lines("people.csv")), &[]),
    )
    .expect("written");
    let refused = import_folder(&database, both.path(), &[]);
    assert!(
        said(&refused).contains("people.csv and the same file as XLSX are both present"),
        "{}",
        said(&refused)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_imports_a_part_of_a_district_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("people.csv"), one_phone(21, "10000000777"))
        .expect("written");
    let output = import_folder(&server.database, folder.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("people: 0 added, 1 changed, 0 unchanged"), "{}", said(&output));
    assert_eq!(server.sign_in("10000000777").await.get("/v1/me").await.body["name"], "王志愿");
    let empty = tempfile::tempdir().expect("a folder");
    let nothing = import_folder(&server.database, empty.path(), &[]);
    assert!(!nothing.status.success(), "a folder without any file is refused");
    let new = gridward(&Database::sqlite(), &["import", &folder.path().to_string_lossy()]).output();
    let new = said(&new.expect("a run"));
    assert!(new.contains("missing in"), "a new district needs its areas: {new}");
}
