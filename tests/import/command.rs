//! `gridward import`: loads a district from files completely, or reports every fault and loads nothing.

use rstest::rstest;

use crate::support::files::person_id;
use crate::support::server::{import, import_folder, said};
use crate::support::{Backend, Database, Files, Server, phones};

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

/// Each case: the changed files, the file and line of the fault, and a word of its reason.
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
    let refused = import_folder(&database, &folder, &[]);
    let text = said(&refused);
    assert!(text.contains("people.csv:6"), "{text}");
    assert!(text.contains("beneficiaries.csv:2"), "{text}");
}

#[test]
fn a_folder_without_its_files_is_told_which_are_missing() {
    let database = Database::sqlite();
    let empty = database.folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let refused = import_folder(&database, &empty, &[]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("areas.csv"), "{}", said(&refused));
}
