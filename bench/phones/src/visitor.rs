//! What somebody with a phone does next, from what the phone shows.

use std::collections::BTreeMap;

use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::copy::Copy;

/// A thing to be done: the command's word, the task, the version it rests on, and
/// what it carries.
pub struct Deed {
    /// As `task.claim`.
    pub word: &'static str,
    /// The task.
    pub task: String,
    /// Its version as the phone shows it.
    pub base: i64,
    /// What it carries.
    pub payload: Value,
}

/// What the person believes of each task: what the phone holds, and what lies in
/// the outbox played on top.
fn believed<'a>(
    copy: &'a Copy,
    outbox: &'a [Value],
    me: &str,
) -> BTreeMap<&'a str, (String, bool, i64)> {
    let mut tasks: BTreeMap<&str, (String, bool, i64)> = copy
        .tasks()
        .map(|(id, version, data)| {
            let state = data["state"].as_str().unwrap_or_default().to_owned();
            (id, (state, data["assignee_id"] == me, version))
        })
        .collect();
    for command in outbox {
        let Some(task) = command["task_id"].as_str().and_then(|id| tasks.get_mut(id)) else {
            continue;
        };
        let (state, mine) = match command["type"].as_str().unwrap_or_default() {
            "task.claim" | "task.accept" => ("accepted", true),
            "task.start" => ("in_progress", true),
            "task.report" => ("done", true),
            "task.release" | "task.decline" => ("open", false),
            "task.reassign" => ("assigned", false),
            "task.cancel" => ("cancelled", false),
            _ => continue,
        };
        state.clone_into(&mut task.0);
        task.1 = mine;
    }
    tasks
}

/// The next thing to do, if there is anything; `colleagues` are those of the grid
/// to whom a manager may give a task.
pub fn next(
    copy: &Copy,
    outbox: &[Value],
    me: &str,
    colleagues: &[String],
    rng: &mut ChaCha8Rng,
) -> Option<Deed> {
    let tasks = believed(copy, outbox, me);
    let known: Vec<_> = tasks.iter().filter(|(_, (state, ..))| state != "cancelled").collect();
    let (id, (state, mine, base)) = *known.get(rng.random_range(0..known.len().max(1)))?;
    let chance = rng.random_range(0..100);
    let (word, payload) = match (state.as_str(), *mine) {
        (_, _) if !colleagues.is_empty() && chance < 15 => {
            let to = &colleagues[rng.random_range(0..colleagues.len())];
            match chance {
                0..=8 => ("task.reassign", json!({ "person_id": to })),
                9..=10 => ("task.cancel", json!({ "reason": "不再需要" })),
                _ => ("task.reschedule", json!({ "due_on": "2027-03-01" })),
            }
        }
        ("open", _) => ("task.claim", json!({})),
        ("assigned", true) if chance < 60 => ("task.accept", json!({})),
        ("assigned", true) => ("task.decline", json!({ "reason": "那天没有时间" })),
        ("accepted", true) if chance < 85 => ("task.start", json!({})),
        ("accepted", true) => ("task.release", json!({})),
        ("in_progress", true) => ("task.report", report(rng)),
        // A visit was made all the same, whoever has the task now.
        ("assigned" | "accepted", false) if chance < 5 => ("task.report", report(rng)),
        _ => return None,
    };
    Some(Deed { word, task: (*id).to_owned(), base: *base, payload })
}

fn report(rng: &mut ChaCha8Rng) -> Value {
    let outcomes = ["done", "done", "done", "not_home", "refused", "needs_follow_up"];
    let outcome = outcomes[rng.random_range(0..outcomes.len())];
    let mut report = json!({ "outcome": outcome, "note": format!("走访记录 {}", rng.next_u32()) });
    if outcome == "needs_follow_up" {
        report["needs"] = json!(["medical"]);
    }
    report
}
