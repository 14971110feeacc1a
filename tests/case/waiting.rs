//! Lists of cases by who waits for what since when, among 50,000 cases of a whole district.

use rstest::rstest;
use serde_json::Value;

use super::{VILLAGE, server};
use crate::support::files::person_id;
use crate::support::{Backend, Caller, Database, GRID};

const CASES: u32 = 50_000;

/// The statements that differ between the databases.
struct Sql {
    timestamp: &'static str,
    index: &'static str,
    bytes: &'static str,
}

const SQLITE: Sql = Sql {
    timestamp: "datetime('2026-01-01', '+' || n || ' minutes')",
    index: "randomblob(32)",
    bytes: "x'00'",
};

const POSTGRES: Sql = Sql {
    timestamp: "timestamp '2026-01-01' + n * interval '1 minute'",
    index: "sha256(CAST(CAST(n AS text) AS bytea))",
    bytes: "'\\x00'::bytea",
};

/// Adds a beneficiary with a case for each number, in 2,400 grids of 30 towns; every second case has ended.
fn fill(database: &Database) {
    let Sql { timestamp, index, bytes } = if database.is_postgres() { POSTGRES } else { SQLITE };
    let numbers = format!(
        "WITH RECURSIVE numbers(n) AS (
             SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {CASES}
         )"
    );
    let id = |kind: &str| {
        format!(
            "'{kind}-0000-7000-8000-000000' || CAST(10000 + n / 10 AS text) || CAST(n % 10 AS text)"
        )
    };
    let grid = "'500116' || CAST(100 + n % 30 AS text) || CAST(100 + n / 30 % 10 AS text) \
                || CAST(100 + n / 300 % 8 AS text)";
    database.execute(&format!(
        "{numbers}
         INSERT INTO beneficiaries (
             district, id, grid, categories, gender, birth_year, lat, lon, lives_alone, mobility,
             contact, plaque, id_index, sealed, version
         )
         SELECT '500116', {home}, {grid}, '', 'male', 1950, 29.2, 106.2, false, 'full', 'visit',
                'hung', {index}, {bytes}, 1 FROM numbers;
         {numbers}
         INSERT INTO cases (
             district, id, kind, kind_version, class, beneficiary, source, urgent, opened_by,
             opened_at, step, waits_for, begun_at, result, sealed, version
         )
         SELECT '500116', {case}, 'three_hardships', 1, 'housing', {home}, 'phone', false,
                '{by}', {timestamp}, 'found',
                CASE WHEN n % 2 = 0 THEN NULL WHEN n % 100 = 1 THEN 'district' ELSE 'grid' END,
                {timestamp}, CASE WHEN n % 2 = 0 THEN 'granted' END, {bytes}, 1 FROM numbers;",
        home = id("018d622f"),
        case = id("018d6230"),
        by = person_id(1),
    ));
    if database.is_postgres() {
        database.execute("ANALYZE cases; ANALYZE beneficiaries");
    }
}

/// The areas and the moments of the listed cases.
async fn listed(caller: &Caller, query: &str) -> Vec<(String, String)> {
    let list = caller.get(&format!("/v1/cases?{query}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    let text = |case: &Value, field: &str| case[field].as_str().unwrap_or_default().to_owned();
    let items = list.body["items"].as_array().expect("items").iter();
    items.map(|case| (text(case, "area"), text(case, "waiting_since"))).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_a_district_a_town_a_village_and_a_grid_are_read_by_an_index(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    fill(&server.database);
    let supervisor = server.supervisor().await;
    for (query, area, count) in [
        ("limit=100", "500116", 100),
        ("limit=100&waits_for=district", "500116", 100),
        ("limit=100&area=500116001", "500116001", 0),
        ("limit=100&ended=true", "500116", 100),
        ("limit=100&ended=true&waits_for=grid", "500116", 0),
    ] {
        let found = listed(&supervisor, query).await;
        assert_eq!(found.len(), count, "{query}");
        assert!(found.iter().all(|(of, _)| of.starts_with(area)), "{query}");
        let moments = found.iter().map(|(_, since)| since);
        let is_ordered = if query.contains("ended") {
            moments.is_sorted_by(|one, next| one >= next)
        } else {
            moments.is_sorted()
        };
        assert!(is_ordered, "{query}: {found:?}");
    }
    assert_eq!(listed(&server.sign_in(VILLAGE).await, "").await, []);
    assert_eq!(listed(&server.manager().await, "").await, []);

    // As `case/list.rs` reads them.
    let plan = |conditions: &str| {
        server.database.plan(&format!(
            "SELECT cases.id, beneficiaries.grid FROM cases LEFT JOIN beneficiaries
                 ON beneficiaries.district = cases.district
                     AND beneficiaries.id = cases.beneficiary
             WHERE cases.district = '500116' AND cases.kind NOT IN ('legal') AND {conditions}
             ORDER BY cases.begun_at, cases.id LIMIT 51"
        ))
    };
    let home = "cases.result IS NULL AND cases.beneficiary IS NOT NULL";
    let grid = format!("{home} AND beneficiaries.grid IN ('{GRID}')");
    let village = format!(
        "{home} AND beneficiaries.grid IN ('500116101101101', '500116101101102', '500116101101103')"
    );
    let area = "cases.result IS NULL AND cases.beneficiary IS NULL \
                AND cases.area >= '500116001' AND cases.area < '500116002'";
    for (conditions, indexes) in [
        (home.to_owned(), vec!["cases_by_waiting"]),
        (format!("{home} AND cases.waits_for = 'district'"), vec!["cases_by_level"]),
        (grid, vec!["beneficiaries_of_grid", "cases_by_beneficiary"]),
        (village, vec!["beneficiaries_of_grid", "cases_by_beneficiary"]),
        (area.to_owned(), vec!["cases_by_area"]),
    ] {
        let plan = plan(&conditions);
        for index in indexes {
            assert!(plan.contains(index), "{conditions}: {plan}");
        }
        assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN cases"), "{plan}");
    }
}
