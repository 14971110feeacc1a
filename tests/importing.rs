//! Loading a district from files: all of it, or nothing and every reason.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::server::{import, said};
use crate::support::{Backend, Caller, Database, Files, GRID, OTHER_GRID, Server, phones};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loading_the_same_files_twice_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let first = import(&database, &Files::small(), &[]);
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("people: 10 added, 0 changed, 0 unchanged"), "{}", said(&first));
    let second = import(&database, &Files::small(), &[]);
    for kind in [
        "areas: 0 added, 0 changed, 8",
        "outlines: 0 added, 0 changed, 3",
        "people: 0 added, 0 changed, 10",
        "beneficiaries: 0 added, 0 changed, 6",
        "stations: 0 added, 0 changed, 1",
        "memorials: 0 added, 0 changed, 1",
        "holidays: 0 added, 0 changed, 1",
    ] {
        assert!(said(&second).contains(kind), "{kind}: {}", said(&second));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_changed_is_written(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let moved = Files::small().with("people.csv", "王志愿", "王新名");
    let second = import(&database, &moved, &[]);
    assert!(said(&second).contains("people: 0 added, 1 changed, 9 unchanged"), "{}", said(&second));
    let server = Server::start(database);
    let volunteer = server.sign_in(phones::VOLUNTEER).await;
    assert_eq!(volunteer.get("/v1/me").await.body["name"], "王新名");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_changes_hands_by_its_files_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let swapped = Files::small()
        .with(
            "people.csv",
            &format!("{},manager", person_id(11)),
            &format!("{},volunteer", person_id(11)),
        )
        .with(
            "people.csv",
            &format!("{},volunteer", person_id(21)),
            &format!("{},manager", person_id(21)),
        );
    let second = import(&database, &swapped, &[]);
    assert!(second.status.success(), "{}", said(&second));
    let server = Server::start(database);
    let manager = server.sign_in(phones::VOLUNTEER).await;
    assert_eq!(manager.get("/v1/me").await.body["role"], "manager");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let database = Database::from(backend);
    let run = import(&database, &Files::small(), &["--dry-run"]);
    assert!(run.status.success(), "{}", said(&run));
    let real = import(&database, &Files::small(), &[]);
    assert!(said(&real).contains("areas: 8 added"), "{}", said(&real));
}

/// Each row that does not fit, the file and line it stands on, and a word of its reason.
#[test]
fn every_bad_row_is_named_and_then_nothing_is_written() {
    let small = Files::small;
    let (manager, newcomer) = (person_id(11), person_id(99));
    let north_village = "500116002001,village,北门村,500116002,";
    let far_grid = "500116002001001,grid,第1网格,500116002001";
    let volunteer = |id: &str, phone: &str| {
        format!(
            "{id},volunteer,钱志愿,M,1980,{phone},500116001002001,29.28500,106.25500,,60,\
             mon 0900-1200"
        )
    };
    let second_manager = volunteer(&newcomer, "10000000099").replace("volunteer", "manager");
    let [before, after] = ["manager", "volunteer"].map(|role| format!("{manager},{role}"));
    let lost_village = "500116003001,village,北门村,500116003,";
    let cases: [(Files, &str, &str); 14] = [
        (small().with_line("people.csv", &second_manager), "people.csv:12", "manager"),
        (small().with("people.csv", &before, &after), "areas.csv:7", "manager"),
        (small().with("areas.csv", north_village, lost_village), "areas.csv:6", "500116003"),
        (
            small().with("areas.csv", far_grid, "500116002001001,grid,第1网格,500116001002"),
            "areas.csv:9",
            "parent",
        ),
        (small().with("areas.csv", "500116001,town", "5001160,town"), "areas.csv:3", "digits"),
        (
            small().with_line("areas.csv", &format!("{far_grid},29.28500,106.27500")),
            "areas.csv:10",
            "line 9",
        ),
        (
            small().with_line("people.csv", &volunteer(&person_id(21), "10000000099")),
            "people.csv:12",
            "id",
        ),
        (
            small().with_line("people.csv", &volunteer(&newcomer, "10000000021")),
            "people.csv:12",
            "phone",
        ),
        (
            small().with("people.csv", "29.28500,106.25200", "106.25200,29.28500"),
            "people.csv:9",
            "swapped",
        ),
        (
            small().with("people.csv", "29.28500,106.25200", "99.9,106.25200"),
            "people.csv:9",
            "latitude",
        ),
        (
            small().with("beneficiaries.csv", "2026-01-15", "2026-02-30"),
            "beneficiaries.csv:2",
            "last_contact",
        ),
        (small().with("beneficiaries.csv", "limited", "flying"), "beneficiaries.csv:2", "mobility"),
        (
            small().with("beneficiaries.csv", "500116002001001", "500116002001009"),
            "beneficiaries.csv:6",
            "500116002001009",
        ),
        (small().with("holidays.csv", "2026-08-01", "2026-13-01"), "holidays.csv:2", "date"),
    ];
    for (files, place, word) in cases {
        let database = Database::sqlite();
        let refused = import(&database, &files, &[]);
        let text = said(&refused);
        assert!(!refused.status.success(), "{place} passes: {text}");
        let named = text.lines().any(|line| line.contains(place) && line.contains(word));
        assert!(named, "{place} {word} is not named in: {text}");
        for secret in ["周老兵", "10010000001", "王志愿", "1000000002"] {
            assert!(!text.contains(secret), "{secret} stands in {text}");
        }
        let after = import(&database, &Files::small(), &[]);
        assert!(
            said(&after).contains("areas: 8 added"),
            "something was written before: {}",
            said(&after)
        );
    }
}

#[test]
fn invalid_utf8_is_named_by_its_line_and_the_rest_is_still_checked() {
    let database = Database::sqlite();
    let folder = database.folder.path().join("district");
    Files::small().with("beneficiaries.csv", "limited", "flying").write(&folder);
    let file = folder.join("people.csv");
    let text = std::fs::read(&file).expect("a file");
    let bad: Vec<u8> =
        text.split(|byte| *byte == b'\n')
            .enumerate()
            .flat_map(|(n, line)| {
                if n == 5 { [&b"\xff\xfe"[..], b"\n"].concat() } else { [line, b"\n"].concat() }
            })
            .collect();
    std::fs::write(&file, bad).expect("a file");
    let refused = crate::support::server::import_folder(&database, &folder, &[]);
    let text = said(&refused);
    assert!(text.contains("people.csv:6"), "{text}");
    assert!(text.contains("beneficiaries.csv:2"), "{text}");
}

/// A person's or beneficiary's task, given to somebody by the supervisor.
async fn give(server: &Server, task: &str, person: u32) {
    let supervisor = server.sign_in(phones::SUPERVISOR).await;
    let body = json!({ "person_id": person_id(person) });
    let given = supervisor.post(&format!("/v1/tasks/{task}/reassign"), &body).await;
    assert_eq!((given.status, &given.body["state"]), (200, &json!("assigned")), "{}", given.body);
}

/// The bodies of the events of `action`, with the areas and people before and after.
async fn events(reader: &Caller, action: &str) -> Vec<Value> {
    let events = reader.get(&format!("/v1/events?action={action}")).await;
    assert_eq!(events.status, 200, "{}", events.body);
    events.body["items"].as_array().expect("a list").clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_tasks_go_with_a_beneficiary_who_moves(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let server = Server::small(database);
    let manager = server.sign_in(phones::MANAGER).await;
    let volunteer = server.sign_in(phones::SECOND_VOLUNTEER).await;
    let [open, assigned, accepted, done] = [
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
        manager.make_task(BENEFICIARY).await,
    ];
    give(&server, &assigned, 21).await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{accepted}/claim")).await.status, 200);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{done}/claim")).await.status, 200);
    let report = json!({ "outcome": "done" });
    assert_eq!(volunteer.post(&format!("/v1/tasks/{done}/report"), &report).await.status, 200);

    let moved = Files::small()
        .with(
            "beneficiaries.csv",
            &format!("{BENEFICIARY},{GRID}"),
            &format!("{BENEFICIARY},{OTHER_GRID}"),
        )
        .with("beneficiaries.csv", "29.28400,106.25100", "29.28400,106.26600");
    let rehearsed = import(&server.database, &moved, &["--dry-run"]);
    let loaded = import(&server.database, &moved, &[]);
    for run in [&rehearsed, &loaded] {
        assert!(run.status.success(), "{}", said(run));
        let text = said(run);
        assert!(
            text.contains("beneficiaries: 3 unfinished tasks moved with their beneficiaries"),
            "{text}"
        );
        assert!(text.contains("beneficiaries: 1 tasks open again"), "{text}");
        assert!(text.contains(&open) && text.contains(&assigned), "{text}");
    }

    let manager = server.sign_in(phones::OTHER_MANAGER).await;
    let seen = |task: &str| {
        let (path, manager) = (format!("/v1/tasks/{task}"), manager.clone());
        async move { manager.get(&path).await }
    };
    for (task, state, assignee, version) in [
        (&open, "open", Value::Null, 2),
        (&assigned, "open", Value::Null, 3),
        (&accepted, "accepted", json!(person_id(22)), 3),
    ] {
        let answer = seen(task).await;
        assert_eq!(
            (answer.status, &answer.body["grid"]),
            (200, &json!(OTHER_GRID)),
            "{}",
            answer.body
        );
        assert_eq!(
            (&answer.body["state"], &answer.body["assignee_id"], &answer.body["version"]),
            (&json!(state), &assignee, &json!(version))
        );
        assert_eq!(answer.body["place"], json!({ "lat": 29.284, "lon": 106.266 }));
    }
    assert_eq!(seen(&done).await.status, 404, "a finished visit stays where it was made");
    assert_eq!(manager.get(&format!("/v1/beneficiaries/{BENEFICIARY}")).await.status, 200);
    assert_eq!(
        volunteer.get(&format!("/v1/tasks/{accepted}")).await.status,
        200,
        "a promise is kept"
    );

    let log = events(&server.sign_in(phones::AUDITOR).await, "task.move").await;
    assert_eq!(log.len(), 3, "{log:?}");
    for event in &log {
        assert_eq!((&event["area"], &event["area_before"]), (&json!(OTHER_GRID), &json!(GRID)));
        let opened = event["subject_id"] == json!(assigned);
        assert_eq!(event["body"], json!({ "because": "beneficiary_moved", "opened": opened }));
        assert_eq!(event["person_before_id"].is_string() && event["person_id"].is_null(), opened);
    }
    let again = import(&server.database, &moved, &[]);
    assert!(
        said(&again).contains("beneficiaries: 0 added, 0 changed, 6 unchanged\nstations"),
        "{}",
        said(&again)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_files_lack_is_reported_and_left(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let less = smaller();
    for flags in [&["--dry-run"][..], &[]] {
        let run = import(&database, &less, flags);
        assert!(run.status.success(), "{}", said(&run));
        for line in [
            "areas: 2 in the database are not in the files: 500116002001, 500116002001001".to_owned(),
            "outlines: 1 in the database are not in the files: 500116002001001".to_owned(),
            format!("people: 3 in the database are not in the files: {}, {}, {}", person_id(8), person_id(13), person_id(21)),
            "beneficiaries: 3 in the database are not in the files: 018d622e-0000-7000-8000-000000000001".to_owned(),
            "stations: 1 in the database are not in the files: S1".to_owned(),
            "memorials: 1 in the database are not in the files: M01".to_owned(),
            "holidays: 1 in the database are not in the files: 2026-08-01 army_day".to_owned(),
        ] {
            assert!(said(&run).contains(&line), "{line}: {}", said(&run));
        }
    }
    let all = import(&database, &Files::small(), &[]);
    assert!(said(&all).contains("people: 0 added, 0 changed, 10 unchanged"), "{}", said(&all));
}

/// The small district without its second village and all in it, without an admin,
/// a volunteer, a beneficiary, and the places and days.
fn smaller() -> Files {
    Files::small()
        .without_line("areas.csv", "500116002001")
        .without_line("grids.geojson", "500116002001001")
        .without_line("people.csv", "500116002001001")
        .without_line("people.csv", &person_id(8))
        .without_line("people.csv", &person_id(21))
        .without_line("beneficiaries.csv", "500116002001001")
        .without_line("beneficiaries.csv", BENEFICIARY)
        .without_line("stations.csv", "S1")
        .without_line("memorials.csv", "M01")
        .without_line("holidays.csv", "army_day")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_of_the_whole_district_removes_what_the_files_lack(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let server = Server::small(database);
    let manager = server.sign_in(phones::MANAGER).await;
    let volunteer = server.sign_in(phones::VOLUNTEER).await;
    let gone = manager.make_task(BENEFICIARY).await;
    let held = manager.make_task("018d622e-0000-7000-8000-000000000002").await;
    assert_eq!(volunteer.act(&format!("/v1/tasks/{gone}/claim")).await.status, 200);
    assert_eq!(volunteer.act(&format!("/v1/tasks/{held}/claim")).await.status, 200);

    let rehearsed = said(&import(&server.database, &smaller(), &["--whole", "--dry-run"]));
    let unchanged = said(&import(&server.database, &Files::small(), &[]));
    assert!(unchanged.contains("people: 0 added, 0 changed, 10 unchanged"), "{unchanged}");
    let loaded = import(&server.database, &smaller(), &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let told = |text: &str| {
        text.lines()
            .filter(|line| line.contains(": ") && !line.contains("warning"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&rehearsed), told(&said(&loaded)), "a dry run reports the same");
    for line in [
        "areas: 2 not in the files: no longer valid: 500116002001, 500116002001001".to_owned(),
        "outlines: 1 not in the files: deleted: 500116002001001".to_owned(),
        format!(
            "people: 2 not in the files: no longer active: {}, {}",
            person_id(13),
            person_id(21)
        ),
        format!("people: 1 not in the files: kept, since they are admins: {}", person_id(8)),
        "people: 2 tasks open again".to_owned(),
        "beneficiaries: 2 not in the files: deleted: 018d622e-0000-7000-8000-000000000005"
            .to_owned(),
        format!(
            "beneficiaries: 1 not in the files: kept, since tasks refer to them: {BENEFICIARY}"
        ),
        format!(
            "beneficiaries: 1 unfinished tasks cancelled, since what they were for is gone: {gone}"
        ),
        "stations: 1 not in the files: deleted: S1".to_owned(),
        "memorials: 1 not in the files: deleted: M01".to_owned(),
        "holidays: 1 not in the files: deleted: 2026-08-01 army_day".to_owned(),
    ] {
        assert!(said(&loaded).contains(&line), "{line}: {}", said(&loaded));
    }

    let supervisor = server.sign_in(phones::SUPERVISOR).await;
    for (task, state) in [(&gone, "cancelled"), (&held, "open")] {
        let answer = supervisor.get(&format!("/v1/tasks/{task}")).await;
        assert_eq!(
            (&answer.body["state"], &answer.body["assignee_id"]),
            (&json!(state), &Value::Null)
        );
    }
    let people = supervisor.get("/v1/people?limit=50").await;
    let active = people.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["active"] == true)
        .count();
    assert_eq!(active, 8, "{}", people.body);
    assert_eq!(
        supervisor.get("/v1/beneficiaries/018d622e-0000-7000-8000-000000000005").await.status,
        404
    );
    let log = events(&server.sign_in(phones::AUDITOR).await, "person.deactivate").await;
    assert_eq!(log.len(), 2, "{log:?}");
    let verified = crate::support::server::gridward(&server.database, &["verify-log"])
        .output()
        .expect("the binary runs");
    assert!(verified.status.success(), "{}", said(&verified));

    let again = import(&server.database, &smaller(), &["--whole"]);
    assert!(
        said(&again)
            .contains("people: 0 added, 0 changed, 7 unchanged\npeople: 1 not in the files: kept"),
        "{}",
        said(&again)
    );
    let back = import(&server.database, &Files::small(), &[]);
    assert!(said(&back).contains("people: 0 added, 2 changed, 8 unchanged"), "{}", said(&back));
    assert!(said(&back).contains("areas: 0 added, 2 changed, 6 unchanged"), "{}", said(&back));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_manager_with_the_phone_of_one_who_is_gone_needs_the_whole_district(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let replaced = Files::small().with("people.csv", &person_id(11), &person_id(91));
    let refused = import(&database, &replaced, &[]);
    assert!(!refused.status.success(), "{}", said(&refused));
    let conflict =
        format!("the grid {GRID} would have two managers: {} is in the database", person_id(11));
    assert!(said(&refused).contains(&conflict), "{}", said(&refused));
    assert!(!said(&refused).contains("areas:"), "nothing is written: {}", said(&refused));
    let loaded = import(&database, &replaced, &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let server = Server::start(database);
    let manager = server.sign_in(phones::MANAGER).await;
    assert_eq!(manager.get("/v1/me").await.body["id"], person_id(91));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grid_is_never_left_without_a_manager(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let taken = smaller().with_line(
        "people.csv",
        &format!(
            "{},volunteer,赵网格,F,1980,{},{GRID},29.28500,106.25500,,0,",
            person_id(13),
            phones::FAR_MANAGER
        ),
    );
    for flags in [&["--dry-run"][..], &[]] {
        let refused = import(&database, &taken, flags);
        assert!(!refused.status.success(), "{}", said(&refused));
        let conflict = "the grid 500116002001001 would have no manager";
        assert!(said(&refused).contains(conflict), "{}", said(&refused));
    }
    let loaded = import(&database, &taken, &["--whole"]);
    assert!(loaded.status.success(), "{}", said(&loaded));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_unique_is_not_taken_from_one_whom_the_files_lack(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    for (file, id) in [("people.csv", person_id(21)), ("beneficiaries.csv", BENEFICIARY.to_owned())]
    {
        let again = Files::small().with(file, &id, &id.replace("-7000-", "-7abc-"));
        let kind = file.trim_end_matches(".csv");
        let refused = import(&database, &again, &[]);
        assert!(!refused.status.success(), "{}", said(&refused));
        let why = format!("{kind} could not be written: one in the database that the files lack");
        assert!(said(&refused).contains(&why), "{}", said(&refused));
        let loaded = import(&database, &again, &["--whole"]);
        assert!(said(&loaded).contains(&format!("{kind}: 1 added")), "{}", said(&loaded));
        import(&database, &Files::small(), &["--whole"]);
    }
}

#[test]
fn the_whole_district_needs_every_file() {
    let database = Database::sqlite();
    let refused = import(&database, &Files::small().without("holidays.csv"), &["--whole"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("missing: holidays.csv"), "{}", said(&refused));
}

#[test]
fn a_folder_without_its_files_is_told_which_are_missing() {
    let database = Database::sqlite();
    let empty = database.folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let refused = crate::support::server::import_folder(&database, &empty, &[]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("areas.csv"), "{}", said(&refused));
}
