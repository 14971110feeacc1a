//! `gridward import --whole`: the files are the whole district, and rows that they lack are removed;
//! without the flag, such rows are only reported.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::files::{BENEFICIARY, person_id};
use crate::support::server::{gridward, import, said};
use crate::support::{Backend, Database, Files, GRID, Server, phones};

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

/// The small district without its second village and everything in it, an admin, a volunteer, a
/// beneficiary, and all places and holidays.
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
        let is_advice = |line: &str| line.contains("warning") || line.starts_with("The district");
        text.lines()
            .filter(|line| line.contains(": ") && !is_advice(line))
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
            "beneficiaries: 1 not in the files: kept, since tasks, cases or hand-outs refer to them: {BENEFICIARY}"
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
        .filter(|one| one["state"] == "active")
        .count();
    assert_eq!(active, 8, "{}", people.body);
    assert_eq!(
        supervisor.get("/v1/beneficiaries/018d622e-0000-7000-8000-000000000005").await.status,
        404
    );
    let log = server.sign_in(phones::AUDITOR).await.events("person.leave").await;
    assert_eq!(log.len(), 2, "{log:?}");
    let verified = gridward(&server.database, &["verify-log"]).output().expect("the binary runs");
    assert!(verified.status.success(), "{}", said(&verified));

    let again = import(&server.database, &smaller(), &["--whole"]);
    assert!(
        said(&again)
            .contains("people: 0 added, 0 changed, 7 unchanged\npeople: 1 not in the files: kept"),
        "{}",
        said(&again)
    );
    let back = import(&server.database, &Files::small(), &["--readmit"]);
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
        let why = format!("is already that of {id} in the register");
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
