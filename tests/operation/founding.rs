//! An empty installation becomes a working district over the API: after two commands and the start
//! of the server no shell is needed.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::factors::{ProvingPhone, code_in, enrolment, text};
use crate::support::files::{beneficiary_id, person_id, with_check_digit};
use crate::support::imports::import;
use crate::support::server::{Answer, gridward, said};
use crate::support::workbook::{cells, workbook};
use crate::support::{Backend, Caller, Database, Server};

const ADMIN: &str = "13900000008";
/// The grids of each village.
const GRIDS: u32 = 479;
const VILLAGES: u32 = 5;
const MANAGERS: usize = (GRIDS * VILLAGES) as usize;
const FIRST: &str = "500116001001001";
const SECOND: &str = "500116001001002";

/// The grids with their village, number and west and south edge; each is 0.001 degrees wide.
fn grids() -> impl Iterator<Item = (String, f64, f64)> {
    (1..=VILLAGES).flat_map(|village| {
        (1..=GRIDS).map(move |grid| {
            let code = format!("500116001{village:03}{grid:03}");
            (code, 106.0 + f64::from(grid) * 0.001, 29.0 + f64::from(village) * 0.001)
        })
    })
}

fn areas() -> Vec<String> {
    let mut lines = vec!["区划代码,级别,名称,上级,纬度,经度".to_owned()];
    lines.push("500116,district,江津区,,29.00150,106.00150".to_owned());
    lines.push("500116001,town,几江街道,500116,29.00150,106.00150".to_owned());
    for village in 1..=VILLAGES {
        let south = 29.0005 + f64::from(village) * 0.001;
        lines.push(format!(
            "500116001{village:03},village,第{village}村,500116001,{south:.5},106.00150"
        ));
    }
    lines.extend(grids().map(|(code, west, south)| {
        let (lat, lon) = (south + 0.0005, west + 0.0005);
        format!("{code},grid,第{}网格,{},{lat:.5},{lon:.5}", &code[12..], &code[..12])
    }));
    lines
}

fn outlines() -> Vec<u8> {
    let feature = |(code, west, south): (String, f64, f64)| {
        let (east, north) = (west + 0.001, south + 0.001);
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{west:.3},{south:.3}],[{east:.3},{south:.3}],[{east:.3},{north:.3}],
            [{west:.3},{north:.3}],[{west:.3},{south:.3}]]]}}}}"#
        )
    };
    let features: Vec<String> = grids().map(feature).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")).into_bytes()
}

/// A supervisor of the town and a manager of each grid.
fn people() -> Vec<String> {
    let header = "编号,角色,姓名,性别,出生年份,手机,所属区域,纬度,经度,技能,每周分钟,可用时间";
    let mut lines = vec![header.to_owned()];
    let week = "mon 0900-1700;wed 0900-1700;fri 0900-1700";
    lines.push(format!(
        "{},supervisor,镇长,男,1975,13900000002,500116001,29.00150,106.00150,,600,{week}",
        person_id(2)
    ));
    lines.extend(grids().zip(100..).map(|((code, west, south), n)| {
        let (lat, lon) = (south + 0.0005, west + 0.0005);
        let id = person_id(n);
        let phone = format!("138{n:08}");
        format!("{id},manager,王网格,女,1980,{phone},{code},{lat:.5},{lon:.5},,600,{week}")
    }));
    lines
}

/// One beneficiary in each of the first three grids, with this word for a category.
fn beneficiaries(category: &str) -> Vec<String> {
    let header = "编号,网格,姓名,性别,出生年份,人员类别,纬度,经度,住址,电话,身份证号,困难,独居,\
                  行动能力,走访方式,光荣牌,最近联系";
    let mut lines = vec![header.to_owned()];
    lines.extend(grids().take(3).zip(1..).map(|((code, west, south), n)| {
        let number = with_check_digit(&format!("99999919481001{n:03}"));
        let (id, lat, lon) = (beneficiary_id(n), south + 0.0005, west + 0.0005);
        format!(
            "{id},{code},周老兵,男,1948,{category},{lat:.5},{lon:.5},{n}号,1390001000{n},{number},\
             ,是,limited,visit,hung,2026-01-15"
        )
    }));
    lines
}

/// All files of the district; those of people and beneficiaries as workbooks.
fn files(category: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("areas", areas().join("\n").into_bytes()),
        ("grids", outlines()),
        ("people", workbook(&cells(&people()), &[])),
        ("beneficiaries", workbook(&cells(&beneficiaries(category)), &[])),
    ]
}

/// What the command says.
fn run(database: &Database, args: &str) -> String {
    let args: Vec<&str> = args.split(' ').collect();
    let output = gridward(database, &args).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// The district with an admin, served; the admin enrols with the printed code.
async fn founded(backend: Backend) -> (Server, Caller) {
    let database = Database::from(backend);
    run(&database, "district add --code 500116 --name 江津区 --lat 29.0015 --lon 106.0015");
    let admin = format!("user add --role admin --area 500116 --name 管理员 --phone {ADMIN}");
    let code = code_in(&run(&database, &admin));
    let server = Server::start(database);
    let admin = enrol(&server, ADMIN, &code).await;
    (server, admin)
}

/// Enrols a phone by the code, and signs in.
async fn enrol(server: &Server, phone: &str, code: &str) -> Caller {
    let device = ProvingPhone::new(server).await;
    let enrolled = device.post("/v1/auth/enrol", &enrolment(phone, code, "phone")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    server.sign_in(phone).await
}

/// Sends a change of what `path` shows, based on what it shows now.
async fn change(caller: &Caller, method: Method, path: &str, action: &str, body: &Value) -> Answer {
    let tag = caller.get(path).await.headers["etag"].clone();
    let request = caller.request(method, &format!("{path}{action}")).header("If-Match", tag);
    let changed = caller.send(request.json(body)).await;
    assert_eq!(changed.status, 200, "{action}: {}", changed.body);
    changed
}

/// Invites all managers of the district, page by page; returns their ids and codes.
async fn invite_managers(admin: &Caller) -> Vec<(String, String)> {
    let mut invited = Vec::new();
    let mut order = json!({ "area": "500116", "role": "manager", "limit": 200 });
    loop {
        let page = admin.post("/v1/people/invitations", &order).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body["items"].as_array().expect("invitations").iter();
        invited.extend(items.map(|one| (text(&one["person_id"]), text(&one["code"]))));
        match page.body.get("next_cursor") {
            Some(cursor) => order["cursor"] = cursor.clone(),
            None => return invited,
        }
    }
}

/// Of a grid, the ids that its manager's phone has after a fresh sync.
async fn on_phone(manager: &Caller) -> Vec<String> {
    let page = manager.get("/v1/sync?limit=1000").await;
    let rows = page.body["changes"].as_array().expect("rows").iter();
    rows.map(|row| text(&row["id"])).collect()
}

#[test]
fn a_district_is_founded_after_a_try_that_left_its_settings_alone() {
    let database = Database::from(Backend::Sqlite);
    run(&database, "district add --code 500117 --name 合川区 --lat 29.97 --lon 106.27");
    database.execute(
        "INSERT INTO planning_settings (district, settings, version) \
         SELECT '500116', settings, version FROM planning_settings",
    );
    run(&database, "district add --code 500116 --name 江津区 --lat 29.0015 --lon 106.0015");
    assert_eq!((database.count("districts"), database.count("planning_settings")), (2, 2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_installation_becomes_a_working_district_over_the_api(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, admin) = founded(backend).await;
    let planning = admin.get("/v1/planning-settings").await.body;
    let nightly = json!({ "at": "02:00", "days": 3, "mode": "draft" });
    assert_eq!(planning["settings"]["nightly_plan"], nightly, "{planning}");

    // The files: an unknown word is summed up and corrected.
    let refused = import(&admin, "?mode=apply", &files("参战老兵")).await;
    assert_eq!(refused["state"], "refused", "{refused}");
    let summary = &refused["result"]["summary"];
    assert_eq!((summary.as_array().map(Vec::len), &summary[0]["count"]), (Some(1), &json!(3)));
    let applied = import(&admin, "?mode=apply", &files("参战退役军人")).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    let summary = admin.get("/v1/areas/500116/summary?by=village").await;
    assert_eq!(summary.status, 200, "{}", summary.body);

    // All managers are invited, and twenty of them enrol.
    let invited = invite_managers(&admin).await;
    assert_eq!(invited.len(), MANAGERS);
    let mut managers = Vec::new();
    for (id, code) in invited.iter().take(20) {
        let n: u32 = id.rsplit('-').next().expect("a number").parse().expect("a number");
        managers.push(enrol(&server, &format!("138{n:08}"), code).await);
    }
    let (first, second) = (&managers[0], &managers[1]);
    assert_eq!(first.get("/v1/me").await.body["area"], FIRST);

    // The register of people: a volunteer comes, a number changes, a manager falls ill.
    let volunteer = json!({
        "name": "周志愿", "phone": "13700000001", "role": "volunteer", "area": FIRST,
        "gender": "female", "birth_year": 1990, "home": { "lat": 29.0015, "lon": 106.0015 }
    });
    let created = first.post("/v1/people", &volunteer).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let volunteer = text(&created.body["id"]);
    let of_volunteer = format!("/v1/people/{volunteer}");
    change(first, Method::PATCH, &of_volunteer, "", &json!({ "phone": "13700000002" })).await;
    let visit = first.make_task(&beneficiary_id(1)).await;
    assert_eq!(first.act(&format!("/v1/tasks/{visit}/claim")).await.status, 200);
    let departure = json!({ "preview": false, "reason": "ill", "successor_id": volunteer });
    let ill = format!("/v1/people/{}", person_id(100));
    let left = change(&admin, Method::POST, &ill, "/departure", &departure).await;
    assert_eq!(left.body["tasks"][0]["task_id"], json!(visit), "{}", left.body);
    assert_eq!(first.get("/v1/me").await.status, 401, "a leaver is out at once");
    let task = admin.get(&format!("/v1/tasks/{visit}")).await.body;
    assert_eq!((&task["state"], task.get("assignee_id")), (&json!("open"), None));

    // The register of beneficiaries: one moves, and one dies.
    let home = format!("/v1/beneficiaries/{}", beneficiary_id(1));
    let new_home = json!({
        "grid": SECOND, "address": "2号", "place": { "lat": 29.0015, "lon": 106.0025 }
    });
    change(&admin, Method::POST, &home, "/move", &new_home).await;
    let theirs = on_phone(second).await;
    assert!(theirs.contains(&visit) && theirs.contains(&beneficiary_id(1)), "{theirs:?}");
    let today = admin.get("/v1/areas/500116/summary?by=town").await.body["day"].clone();
    let dead = format!("/v1/beneficiaries/{}", beneficiary_id(3));
    let last_visit = admin.make_task(&beneficiary_id(3)).await;
    let day = today.as_str().unwrap_or("2026-11-01").to_owned();
    change(&admin, Method::POST, &dead, "/deceased", &json!({ "day": day })).await;
    assert_eq!(admin.get(&format!("/v1/tasks/{last_visit}")).await.body["state"], "cancelled");

    // The areas: a village is split, and the edition changes.
    let place = json!({ "lat": 29.0055, "lon": 106.0015 });
    let village = "500116001006";
    let recode = |n: u32| json!({ "recode": { "area": format!("500116001005{n:03}"), "to": format!("{village}{n:03}") } });
    let mut changes = vec![json!({ "add": { "area": village, "name": "新村", "place": place } })];
    changes.extend((1..=50).map(recode));
    changes.push(json!({ "rename": { "area": "500116001001", "name": "南门社区" } }));
    for preview in [true, false] {
        let request = json!({ "preview": preview, "changes": changes });
        let changed = admin.post("/v1/area-changes", &request).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    assert_eq!(admin.get(&format!("/v1/areas/{village}001")).await.status, 200);

    // The old files undo nothing of all that.
    let again = import(&admin, "?mode=apply&whole=false", &files("参战退役军人")).await;
    assert_eq!(again["state"], "applied", "{again}");
    let kinds = again["result"]["changes"].as_array().expect("changes");
    for kind in kinds {
        assert_eq!((&kind["added"], &kind["changed"]), (&json!(0), &json!(0)), "{again}");
    }
    let found = admin.post("/v1/beneficiaries/search", &json!({ "text": "周老" })).await;
    let grids: Vec<&Value> = found.body["items"]
        .as_array()
        .expect("beneficiaries")
        .iter()
        .map(|one| &one["grid"])
        .collect();
    assert_eq!(grids, [SECOND, SECOND], "{}", found.body);
    let verified = gridward(&server.database, &["verify-log"]).output().expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
}
