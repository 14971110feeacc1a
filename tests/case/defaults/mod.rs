//! Each shipped kind of case, from its opening to its end.

mod employment;
mod legal;
mod merit_report;
mod plaque;
mod station_desk;
mod three_hardships;

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Value, json};

use crate::absence::work_calendars::enter;
use crate::support::Caller;
use crate::support::days::day;

/// Claims the task and reports it as done.
pub async fn visit(visitor: &Caller, task: &str, more: Value) {
    let claimed = visitor.act(&format!("/v1/tasks/{task}/claim")).await;
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    let mut report = json!({ "outcome": "done" });
    for (name, value) in more.as_object().expect("an object") {
        report[name] = value.clone();
    }
    let done = visitor.post(&format!("/v1/tasks/{task}/report"), &report).await;
    assert_eq!(done.status, 200, "{}", done.body);
}

/// Enters the next weekday as a day off.
async fn a_day_off(admin: &Caller) -> NaiveDate {
    let off = (1..8).map(day).find(|day| is_weekday(*day)).expect("a weekday");
    let entered = enter(admin, &off.year().to_string(), &json!([off]), &json!([])).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    off
}

fn is_weekday(day: NaiveDate) -> bool {
    day.weekday().num_days_from_monday() < 5
}

/// The last of these working days after today, with this day off.
fn due_after(days: usize, off: NaiveDate) -> Value {
    let working = (1..).map(day).filter(|day| is_weekday(*day) && *day != off);
    json!(working.take(days).last())
}
