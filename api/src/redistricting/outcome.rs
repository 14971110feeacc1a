//! The outcome of changes: the difference between two situations.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::{AreaCode, Level};

use super::decide::Decision;
use super::model::{ChangedAreas, ChangedGrid, EndedArea, StartedArea};
use super::situation::Situation;
use crate::goods::model::MovedStock;

/// The keys whose values differ, with both values.
pub(super) fn differences<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, &'a V, &'a V)> {
    let both = before.iter().filter_map(|(key, was)| Some((key, was, after.get(key)?)));
    both.filter(|(_, was, is)| was != is)
}

/// The outcome of a decision that moves these stocks, as answered.
pub fn outcome(
    before: &Situation,
    decision: &Decision,
    stocks: Vec<MovedStock>,
    preview: bool,
) -> ChangedAreas {
    let after = &decision.after;
    let named = |code: &AreaCode| {
        let name = after.areas.get(code).map(|area| area.name.clone()).unwrap_or_default();
        StartedArea { code: *code, name }
    };
    let started = after.areas.keys().filter(|code| !before.areas.contains_key(code)).map(named);
    let ended = before.areas.keys().filter(|code| !after.areas.contains_key(code));
    let renamed = differences(&before.areas, &after.areas);
    let renamed = renamed.filter(|(_, was, is)| was.name != is.name);
    ChangedAreas {
        preview,
        started: started.collect(),
        ended: ended
            .map(|code| EndedArea { code: *code, successors: successors(decision, code) })
            .collect(),
        renamed: renamed.map(|(code, ..)| named(code)).collect(),
        grids: grids(before, after),
        placed_by_default: decision.placed_by_default.clone(),
        stocks,
    }
}

/// The direct successors of a former area.
fn successors(decision: &Decision, code: &AreaCode) -> Vec<AreaCode> {
    let links = decision.successors.iter().filter(|(from, _)| from == code);
    links.map(|(_, to)| *to).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The grids with new contents.
fn grids(before: &Situation, after: &Situation) -> Vec<ChangedGrid> {
    let mut counts: BTreeMap<AreaCode, (usize, usize, usize)> = BTreeMap::new();
    for (_, was, is) in differences(&before.people, &after.people) {
        if was.area != is.area && is.area.level() == Level::Grid {
            counts.entry(is.area).or_default().0 += 1;
        }
    }
    for (_, _, is) in differences(&before.beneficiaries, &after.beneficiaries) {
        counts.entry(is.grid).or_default().1 += 1;
    }
    for (_, _, (is, _)) in differences(&before.tasks, &after.tasks) {
        counts.entry(is.grid).or_default().2 += 1;
    }
    let grids = counts.into_iter().filter_map(|(code, (people, beneficiaries, tasks))| {
        let manager_id = after.manager(&code)?;
        Some(ChangedGrid { code, manager_id, people, beneficiaries, tasks })
    });
    grids.collect()
}
