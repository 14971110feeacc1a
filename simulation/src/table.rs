//! The outcomes as a Markdown table.

use std::fmt::Write as _;

use crate::demand::Day;
use crate::measures::{Measures, Outcome, float};

/// What is measured, and how it is written.
type Row = (&'static str, fn(&Measures) -> String);

/// The rows of the table.
const ROWS: [Row; 16] = [
    ("tasks that arose", |all| all.arisen.to_string()),
    ("served in time, of those due", |all| percent(all.in_time, all.due)),
    ("served", |all| all.served.to_string()),
    ("of these by phone", |all| all.calls.to_string()),
    ("waiting at the end", |all| all.waiting.to_string()),
    ("of these past the due day", |all| all.overdue.to_string()),
    ("expired", |all| all.expired.to_string()),
    ("ended: not at home at any attempt", |all| all.abandoned.to_string()),
    ("days from need to help, median", |all| days(all.days_to_help)),
    ("days from need to help, ninth decile", |all| days(all.days_to_help_p90)),
    ("Gini of shares (0: equal)", |all| format!("{:.2}", all.gini)),
    ("largest share of an offer", |all| format!("{:.0} %", all.largest_share * 100.0)),
    ("people without a visit", |all| format!("{} of {}", all.idle, all.people)),
    ("travel minutes a visit", |all| format!("{:.1}", all.travel_a_visit)),
    ("repeated visits by a known person", |all| percent(all.known as usize, all.repeated as usize)),
    ("moved after an illness", |all| all.moved.to_string()),
];

/// A column for each outcome, a row for each measure.
pub fn markdown(outcomes: &[Outcome]) -> String {
    let mut table = String::from("| |");
    for outcome in outcomes {
        let _ = write!(table, " {} |", outcome.policy.name());
    }
    table.push_str("\n| --- |");
    table.push_str(&" ---: |".repeat(outcomes.len()));
    table.push('\n');
    for (name, value) in ROWS {
        let _ = write!(table, "| {name} |");
        for outcome in outcomes {
            let _ = write!(table, " {} |", value(&outcome.measures));
        }
        table.push('\n');
    }
    table
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1} %", float(part) * 100.0 / float(whole)) }
}

fn days(days: Option<Day>) -> String {
    days.map_or_else(|| "-".to_owned(), |days| days.to_string())
}
