//! Black-box tests: the real binary, over HTTP, on SQLite and on PostgreSQL. A test
//! with an argument of type [`support::Backend`] runs once on each database.
//!
//! `GRIDWARD_TEST_POSTGRES` names the PostgreSQL server; `make test` starts one.
//! Without it these tests fail instead of being skipped.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation ends the test and shows its place"
)]

mod streaming;
mod support;

mod absences;
mod answers;
mod areas;
mod attachments;
mod audiences;
mod authorization;
mod backup;
mod beneficiaries;
mod campaigns;
mod case_phones;
mod cases;
mod casework;
mod catalogue;
mod claims;
mod client_guide;
mod command_line;
mod concurrency;
mod contract;
mod corrections;
mod desk;
mod dispatching;
mod doctor;
mod dry_plans;
mod ended;
mod enrolment;
mod evidence;
mod explained_changes;
mod explanations;
mod exports;
mod finding;
mod findings;
mod founding;
mod goods;
mod handout_phones;
mod hard_cases;
mod headers;
mod held_hours;
mod households;
mod http_edges;
mod importing;
mod imports;
mod jobs;
mod launches;
mod leaving;
mod limits;
mod lives;
mod log;
mod measures;
mod missed_visits;
mod moving;
mod notices;
mod open_doors;
mod operations;
mod outbox_format;
mod outbox_words;
mod outboxes;
mod outdated_drafts;
mod passwords;
mod people;
mod phones;
mod photos;
mod plan_bases;
mod plan_batches;
mod plan_changes;
mod plan_moves;
mod plan_queue;
mod plan_retention;
mod planning;
mod plans;
mod problems;
mod proposals;
mod readme;
mod redistricting;
mod regime_cadences;
mod regimes;
mod registers;
mod reimports;
mod remedies;
mod replan_tries;
mod replays;
mod responsible;
mod retention;
mod schema;
mod second_factor;
mod secondments;
mod selections;
mod services;
mod sessions;
mod sharding;
mod shared_visits;
mod signing_in;
mod simulating;
mod solving;
mod spring_festival;
mod staffing;
mod starting;
mod summaries;
mod sync_health;
mod syncing;
mod tasks;
mod tls;
mod town_gauges;
mod two_servers;
mod undoing;
mod upgrade;
mod upkeep;
mod views;
mod vocabularies;
mod web_app;
mod weekly;
mod whole_district;
mod without_home;
mod work_calendars;
