//! Beneficiaries that differ in every field, and the ones that a filter selects.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::files::beneficiary_id;
use crate::support::{Backend, FAR_GRID, Files, GRID, OTHER_GRID, Server};

/// The plain fields of a beneficiary of the district below.
pub(super) struct Home {
    grid: &'static str,
    categories: &'static [&'static str],
    tags: &'static [&'static str],
    gender: &'static str,
    born: i64,
    lives_alone: bool,
    mobility: &'static str,
    contact: &'static str,
    plaque: &'static str,
    last_contact: Option<&'static str>,
    /// The last answer about the state of health.
    pub(super) health: Option<&'static str>,
}

/// Beneficiaries that differ in every field.
pub(super) const HOMES: [Home; 6] = [
    Home {
        grid: GRID,
        categories: &["martyr_family"],
        tags: &["key_recipient"],
        gender: "female",
        born: 1936,
        lives_alone: true,
        mobility: "limited",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2026-01-15"),
        health: Some("poor"),
    },
    Home {
        grid: GRID,
        categories: &["combat_veteran", "disabled_veteran"],
        tags: &[],
        gender: "male",
        born: 1948,
        lives_alone: false,
        mobility: "full",
        contact: "visit",
        plaque: "damaged",
        last_contact: None,
        health: None,
    },
    Home {
        grid: GRID,
        categories: &["veteran"],
        tags: &["away", "key_recipient"],
        gender: "male",
        born: 1960,
        lives_alone: true,
        mobility: "homebound",
        contact: "phone",
        plaque: "hung",
        last_contact: Some("2026-11-01"),
        health: Some("good"),
    },
    Home {
        grid: OTHER_GRID,
        categories: &["martyr_family", "merit_holder"],
        tags: &[],
        gender: "male",
        born: 1950,
        lives_alone: true,
        mobility: "full",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2025-03-01"),
        health: Some("fair"),
    },
    Home {
        grid: FAR_GRID,
        categories: &["martyr_family"],
        tags: &["volunteer"],
        gender: "female",
        born: 1940,
        lives_alone: false,
        mobility: "limited",
        contact: "phone",
        plaque: "missing",
        last_contact: None,
        health: Some("poor"),
    },
    Home {
        grid: FAR_GRID,
        categories: &["veteran"],
        tags: &[],
        gender: "female",
        born: 1948,
        lives_alone: true,
        mobility: "full",
        contact: "visit",
        plaque: "hung",
        last_contact: Some("2026-06-30"),
        health: Some("good"),
    },
];

/// The small district with those beneficiaries.
pub(super) fn district(backend: Backend) -> Server {
    let server = Server::with(backend, &Files::small());
    for (n, home) in (1..).zip(&HOMES) {
        let categories: BTreeSet<&str> = home.categories.iter().copied().collect();
        let categories = categories.into_iter().collect::<Vec<_>>().join(";");
        let tags = home.tags.join(";");
        let last = home.last_contact.map_or("NULL".to_owned(), |day| format!("'{day}'"));
        let alone = match (server.database.is_postgres(), home.lives_alone) {
            (true, alone) => alone.to_string(),
            (false, alone) => u8::from(alone).to_string(),
        };
        server.database.execute(&format!(
            "UPDATE beneficiaries SET categories = '{categories}', gender = '{}', birth_year = {}, \
             lives_alone = {alone}, mobility = '{}', contact = '{}', plaque = '{}', \
             tags = '{tags}', last_contact = {last} WHERE id = '{}'",
            home.gender,
            home.born,
            home.mobility,
            home.contact,
            home.plaque,
            beneficiary_id(n),
        ));
    }
    server
}

fn year_and_days_ago(days: i64) -> (i64, String) {
    let today = (chrono::Utc::now() + chrono::TimeDelta::hours(8)).date_naive();
    let day = today - chrono::TimeDelta::days(days);
    let year = today.format("%Y").to_string().parse().expect("a year");
    (year, day.to_string())
}

/// Whether the filter selects the beneficiary, as its documentation says.
pub(super) fn selects(filter: &Value, home: &Home) -> bool {
    let (member, value) = filter.as_object().expect("an object").iter().next().expect("a member");
    let among = |one: &str| value.as_array().expect("codes").iter().any(|code| code == one);
    let parts = || value.as_array().expect("parts").iter();
    match member.as_str() {
        "all" => parts().all(|part| selects(part, home)),
        "any" => parts().any(|part| selects(part, home)),
        "not" => !selects(value, home),
        "area" => parts().any(|area| home.grid.starts_with(area.as_str().expect("a code"))),
        "age" => {
            let age = year_and_days_ago(0).0 - home.born;
            value["from"].as_i64().is_none_or(|from| age >= from)
                && value["to"].as_i64().is_none_or(|to| age <= to)
        }
        "gender" => value == home.gender,
        "lives_alone" => value == home.lives_alone,
        "mobility" => among(home.mobility),
        "contact" => value == home.contact,
        "plaque" => among(home.plaque),
        "not_contacted_since" => {
            let day = value["day"].as_str().map(ToOwned::to_owned);
            let day = day
                .unwrap_or_else(|| year_and_days_ago(value["days_ago"].as_i64().expect("days")).1);
            home.last_contact.is_none_or(|last| last < day.as_str())
        }
        "category" => home.categories.iter().any(|one| among(one)),
        "tag" => home.tags.iter().any(|one| among(one)),
        "answer" => {
            let words = value["any"].as_array().expect("words");
            home.health.is_some_and(|one| words.iter().any(|word| word == one))
        }
        other => panic!("{other}"),
    }
}
