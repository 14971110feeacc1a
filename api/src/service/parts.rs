//! Writes one part of a document, by the use case of its register.

use chrono::Days;
use gridward_domain::authority::Principal;
use gridward_domain::code::KindCode;

use super::model::{PartOutcome, ServicePart, ServiceRegime, ServiceWords};
use crate::audience::check;
use crate::campaign::from_template;
use crate::campaign::template::CampaignTemplate;
use crate::case::kind_edit::{self, KindChange};
use crate::case::{NewCaseKind, kind_store};
use crate::catalogue::{self, NewKind, edit};
use crate::clock;
use crate::crypto::SealingKey;
use crate::goods::{self, NewGoodsItem, items};
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::regime::model::{NewRegime, RegimeContent};
use crate::regime::save::{self, RegimeChange};
use crate::regime::store as regimes;
use crate::tx::Tx;
use crate::vocabulary::replace::{self, NewWord, NewWords, Replacement};
use crate::vocabulary::store as vocabularies;

fn part(at: &str, code: impl ToString, before: Option<i64>, version: i64) -> ServicePart {
    let outcome = PartOutcome::of(before, version);
    ServicePart { pointer: at.to_owned(), code: Some(code.to_string()), id: None, outcome, version }
}

/// Adds the words to their vocabulary, or changes those that it has.
pub(super) fn words(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &ServiceWords,
    at: &str,
) -> Result<ServicePart, Problem> {
    let before = vocabularies::one(tx.read_unbatched(), principal.district(), new.name)?;
    // Each word of the district, or of the document, with its place in the document.
    let mut all: Vec<(NewWord, Option<usize>)> = before
        .words
        .iter()
        .map(|word| {
            let place = new.words.iter().position(|other| other.code == word.code);
            let own = || NewWord {
                code: word.code.clone(),
                label_zh: word.label_zh.clone(),
                label_en: word.label_en.clone(),
                active: word.active,
            };
            (place.map_or_else(own, |place| new.words[place].clone()), place)
        })
        .collect();
    for (place, word) in new.words.iter().enumerate() {
        let is_there = all.iter().any(|(_, there)| *there == Some(place));
        if !is_there {
            all.push((word.clone(), Some(place)));
        }
    }
    let places: Vec<Option<usize>> = all.iter().map(|(_, place)| *place).collect();
    let words = all.into_iter().map(|(word, _)| word).collect();
    let change =
        Replacement { name: new.name, base: vec![before.version], new: NewWords { words } };
    let after = replace::replace(tx, key, principal, &change)
        .map_err(|problem| problem.pointing(|pointer| word_pointer(at, pointer, &places)))?;
    Ok(part(at, new.name, Some(before.version), after.version))
}

/// The pointer into the document for a pointer into the whole list of the vocabulary.
fn word_pointer(at: &str, pointer: &str, places: &[Option<usize>]) -> String {
    let field = pointer.strip_prefix("/words/").and_then(|rest| rest.split_once('/'));
    let found = field.and_then(|(n, field)| {
        let place = places.get(n.parse::<usize>().ok()?).copied().flatten()?;
        Some(format!("{at}/words/{place}/{field}"))
    });
    found.unwrap_or_else(|| format!("{at}/words"))
}

/// Puts the item.
pub(super) fn item(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewGoodsItem,
    at: &str,
) -> Result<ServicePart, Problem> {
    let before = goods::store::item(tx.read_unbatched(), principal.district(), &new.code)?;
    let before = before.map(|item| item.version);
    let base = IfMatch(before.into_iter().collect());
    let (item, _) = items::put(tx, principal, new.code.clone(), new.content(), &base)
        .map_err(|problem| problem.under(at))?;
    Ok(part(at, item.code, before, item.version))
}

/// Creates or changes the kind of case. Its steps may create tasks of the active kinds of service that come
/// later in the document.
pub(super) fn case_kind(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    (new, coming): (&NewCaseKind, &[KindCode]),
    at: &str,
) -> Result<ServicePart, Problem> {
    let before = kind_store::one(tx.read_unbatched(), principal.district(), &new.code)?;
    let before = before.filter(|kind| kind.is_shown_to(principal.role)).map(|kind| kind.version);
    let kind = match before {
        None => kind_edit::create(tx, principal, new, coming),
        Some(version) => {
            let (code, content) = (new.code.clone(), new.content());
            let change = KindChange { code, base: vec![version], content };
            kind_edit::change(tx, key, principal, &change, coming)
        }
    };
    let kind = kind.map_err(|problem| problem.under(at))?;
    Ok(part(at, kind.code, before, kind.version))
}

/// Creates or changes the kind of service.
pub(super) fn service_kind(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &NewKind,
    at: &str,
) -> Result<ServicePart, Problem> {
    let conn = tx.read_unbatched();
    let before = catalogue::store::one(conn, principal.district(), new.code.as_str())?;
    let before = before.map(|kind| kind.version);
    let kind = match before {
        None => edit::create(tx, principal, new),
        Some(version) => {
            let (code, content) = (new.code.clone(), new.content());
            edit::change(tx, principal, &edit::Change { code, base: vec![version], content })
        }
    };
    let kind = kind.map_err(|problem| problem.under(at))?;
    Ok(part(at, kind.code, before, kind.version))
}

/// Puts the template of campaigns.
pub(super) fn campaign(
    tx: &mut Tx<'_>,
    principal: &Principal,
    new: &CampaignTemplate,
    at: &str,
) -> Result<ServicePart, Problem> {
    let (before, stored) =
        from_template::put(tx, principal, new).map_err(|problem| problem.under(at))?;
    Ok(part(at, &new.code, before, stored.version))
}

/// Creates or changes the regime. One with other visits than before is not active until another person
/// activates it.
pub(super) fn regime(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    new: &ServiceRegime,
    at: &str,
) -> Result<ServicePart, Problem> {
    let tomorrow = clock::day(tx.now) + Days::new(1);
    let conn = tx.read_unbatched();
    let area = check::area_of(conn, principal, new.area).map_err(|problem| problem.under(at))?;
    let before = regimes::named(conn, area, &new.name)?;
    let content = RegimeContent {
        name: new.name.clone(),
        name_en: new.name_en.clone(),
        subject: new.subject,
        filter: new.filter.clone(),
        kind: new.kind.clone(),
        cadence: new.cadence.clone(),
        satisfied_by: new.satisfied_by,
        lead_days: new.lead_days,
        starts_on: new.starts_on.or(before.as_ref().map(|row| row.starts_on)).unwrap_or(tomorrow),
        responsible_id: new.responsible_id.or(before.as_ref().and_then(|row| row.responsible)),
        assign_responsible: new
            .assign_responsible
            .or(before.as_ref().map(|row| row.assign_responsible))
            .unwrap_or_default(),
        active: false,
    };
    let saved = match &before {
        None => save::draft(tx, key, principal, &NewRegime { area: new.area, content }),
        Some(row) => {
            let active =
                row.active && row.shown(conn, key, principal)?.content.has_same_visits(&content);
            let content = RegimeContent { active, ..content };
            let base = IfMatch(vec![row.version]);
            save::change(
                tx,
                key,
                principal,
                &RegimeChange { id: row.id, content, confirm: false, may_be_empty: true, base },
            )
        }
    };
    let into =
        |pointer: &str| format!("{at}{}", pointer.strip_prefix("/content").unwrap_or(pointer));
    let saved = saved.map_err(|problem| problem.pointing(into))?;
    let outcome = PartOutcome::of(before.map(|row| row.version), saved.version);
    let (pointer, id) = (at.to_owned(), Some(saved.id));
    Ok(ServicePart { pointer, code: None, id, outcome, version: saved.version })
}
