//! Many phones in bad weather: whatever befalls them, nothing is lost.

use ::phones::{Host, Options, SignIn, simulate};

use crate::on_both;
use crate::support::Database;
use crate::support::server::{gridward, said};

/// A made-up district, its server, and its people.
fn district(database: Database) -> (Host, Vec<SignIn>, std::sync::Arc<Database>) {
    let file = database.folder.path().join("sign-ins.csv");
    let path = file.to_str().expect("a path");
    let made = gridward(&database, &["demo", "--grids", "3", "--sign-ins", path]).output();
    let made = made.expect("the binary runs");
    assert!(made.status.success(), "{}", said(&made));
    let database = std::sync::Arc::new(database);
    let settings = std::sync::Arc::clone(&database);
    let host = Host::start(move |args| gridward(&settings, args)).expect("it serves");
    (host, SignIn::read(&file).expect("people"), database)
}

on_both! {
    async fn phones_in_bad_weather_lose_nothing(database) {
        let (host, people, _database) = district(database);
        let options =
            Options { seed: 7, managers: 3, volunteers: 9, steps: 24, at_once: 12, kills: 3 };
        let findings = simulate(&host, &people, options).await;
        let findings = findings.unwrap_or_else(|broken| panic!("{broken}"));
        let weather = &findings.weather;
        assert!(findings.reports.0 > 0 && findings.commands.0 > 50, "{findings:?}");
        assert!(weather.lost > 0 && weather.twice > 0 && weather.offline > 0, "{weather:?}");
        let (whole, told) = host.run(&["verify-log"]).expect("it runs");
        assert!(whole, "{told}");
    }
}
