//! Whether anything was lost, doubled or torn: each promise, with the first
//! difference when it is broken.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use serde_json::Value;

use crate::copy::Copy;
use crate::online::Online;
use crate::phone::Phone;
use crate::{Error, Findings};

/// Holds what the phones have and were told against what the server says.
pub(crate) async fn judge(
    phones: &[Phone],
    supervisor: &Online,
    at_once: usize,
) -> Result<Findings, Error> {
    stream::iter(phones.iter().map(holds_what_a_fresh_one_holds))
        .buffer_unordered(at_once)
        .try_collect::<Vec<()>>()
        .await?;
    let events = log(supervisor).await?;
    no_task_had_two_holders(&events)?;
    let reports = every_report_is_there_once(phones, &events)?;
    let told = phones.iter().flat_map(|phone| phone.told.values());
    let refused = told.clone().filter(|told| told.outcome == "rejected").count();
    let mut findings = Findings {
        phones: phones.len(),
        commands: (told.count(), refused),
        reports,
        events: events.len(),
        ..Findings::default()
    };
    for phone in phones {
        let (sum, one) = (&mut findings.weather, &phone.weather);
        sum.lost += one.lost;
        sum.twice += one.twice;
        sum.reordered += one.reordered;
        sum.offline += one.offline;
        sum.away += one.away;
        sum.resets += one.resets;
        sum.took.extend(&one.took);
    }
    Ok(findings)
}

/// Every phone's copy equals a fresh snapshot of the same person's.
async fn holds_what_a_fresh_one_holds(phone: &Phone) -> Result<(), Error> {
    let mut fresh = Copy::default();
    let mut path = "/v1/sync?limit=500".to_owned();
    loop {
        let page = phone.online.call(Method::GET, &path, None, None).await?;
        if page.status != 200 {
            return Err(Error::Answer(format!("a fresh snapshot: {} {}", page.status, page.body)));
        }
        fresh.take_in(&page.body);
        if page.body["has_more"] != true {
            break;
        }
        path = format!(
            "/v1/sync?limit=500&cursor={}",
            page.body["cursor"].as_str().unwrap_or_default()
        );
    }
    let who = &phone.online.who;
    match phone.copy.difference(&fresh) {
        None => Ok(()),
        Some(told) => Err(Error::Broken(format!(
            "the phone of the {} {} of {}: {told}",
            who.role, who.person_id, who.area
        ))),
    }
}

/// The whole log, whose numbers have no gap.
async fn log(supervisor: &Online) -> Result<Vec<Value>, Error> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let last = events.last().map_or(0, |event| event["seq"].as_i64().unwrap_or_default());
        let path = format!("/v1/events?limit=200&after={last}");
        let page = supervisor.call(Method::GET, &path, None, None).await?;
        let items = page.body["items"].as_array().cloned();
        let items = items.ok_or_else(|| Error::Answer(format!("the log: {}", page.body)))?;
        if items.is_empty() {
            return Ok(events);
        }
        for (event, seq) in items.into_iter().zip(last + 1..) {
            if event["seq"] != seq {
                return Err(Error::Broken(format!("the log lacks number {seq}")));
            }
            events.push(event);
        }
    }
}

/// Each task goes from hand to hand without a gap, its version by ones.
fn no_task_had_two_holders(events: &[Value]) -> Result<(), Error> {
    let mut tasks: BTreeMap<&str, (&Value, i64)> = BTreeMap::new();
    for event in events.iter().filter(|event| event["subject"] == "task") {
        let id = event["subject_id"].as_str().unwrap_or_default();
        let version = event["version"].as_i64().unwrap_or_default();
        let recorded = event["body"]["recorded"] == true;
        if let Some((holder, before)) = tasks.get(id) {
            let grown = if recorded { *before } else { before + 1 };
            if event["person_before_id"] != **holder || version != grown {
                return Err(Error::Broken(format!(
                    "task {id} was in the hands of {holder} at version {before}; then came {event}"
                )));
            }
        }
        tasks.insert(id, (&event["person_id"], version));
    }
    Ok(())
}

/// Every report that was ever made and reached a final outcome is kept, once; and
/// none was refused but by who may not see the task at all.
fn every_report_is_there_once(phones: &[Phone], events: &[Value]) -> Result<(usize, usize), Error> {
    let mut kept = BTreeSet::new();
    let mut moved_nothing = 0;
    for event in events.iter().filter(|event| event["action"] == "task.report") {
        let id = event["body"]["report"].as_str().unwrap_or_default();
        moved_nothing += usize::from(event["body"]["recorded"] == true);
        if !kept.insert(id) {
            return Err(Error::Broken(format!("report {id} is there twice")));
        }
    }
    for phone in phones {
        for (id, told) in phone.told.iter().filter(|(_, told)| told.word == "task.report") {
            let there = kept.remove(id.as_str());
            let unseen = told.outcome == "rejected" && told.detail == "\"not_found\"";
            if !there && !unseen {
                return Err(Error::Broken(format!("report {id} is lost: {told:?}")));
            }
            if there && told.outcome == "rejected" {
                return Err(Error::Broken(format!(
                    "report {id} is kept and was refused: {told:?}"
                )));
            }
        }
    }
    if let Some(id) = kept.first() {
        return Err(Error::Broken(format!("report {id} is there and nobody made it")));
    }
    Ok((events.iter().filter(|event| event["action"] == "task.report").count(), moved_nothing))
}
