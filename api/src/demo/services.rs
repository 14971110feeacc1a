//! The services of the demo that a new district does not have by itself: all documents of `docs/services`, stored as
//! an admin would send them.

use gridward_domain::area::AreaCode;

use crate::campaign::template::StoredTemplate;
use crate::campaign::template_store;
use crate::case::{CaseKind, kind_store};
use crate::catalogue::{self, ServiceKind};
use crate::db::column::JsonColumn;
use crate::db::{Conn, DbError};
use crate::goods::NewGoodsItem;
use crate::goods::store::ItemRow;
use crate::service::model::{ServiceDocument, ServiceWords};
use crate::vocabulary::replace::NewWord;
use crate::vocabulary::{self, Vocabulary, VocabularyWord};

const DOCUMENTS: [&str; 9] = [
    include_str!("../../../docs/services/memorials.json"),
    include_str!("../../../docs/services/retired_officers.json"),
    include_str!("../../../docs/services/event_visits.json"),
    include_str!("../../../docs/services/regular_contact.json"),
    include_str!("../../../docs/services/employment.json"),
    include_str!("../../../docs/services/information_collection.json"),
    include_str!("../../../docs/services/honour_plaque.json"),
    include_str!("../../../docs/services/spring_festival.json"),
    include_str!("../../../docs/services/army_day.json"),
];

/// The documents.
///
/// # Errors
/// [`DbError::Corrupt`] for one that is unreadable, which a test refuses.
pub(super) fn documents() -> Result<Vec<ServiceDocument>, DbError> {
    let read =
        |text: &&str| serde_json::from_str(text).map_err(|error| DbError::corrupt("demo", error));
    DOCUMENTS.iter().map(read).collect()
}

/// Their kinds of case.
pub(super) fn case_kinds(documents: &[ServiceDocument]) -> Vec<CaseKind> {
    let kinds = documents.iter().flat_map(|document| &document.case_kinds);
    kinds.map(|kind| CaseKind::of(kind.code.clone(), kind.content(), 1)).collect()
}

/// Their kinds of service.
pub(super) fn kinds(documents: &[ServiceDocument]) -> Vec<ServiceKind> {
    let kinds = documents.iter().flat_map(|document| &document.service_kinds);
    kinds.map(|kind| ServiceKind::of(kind.code.clone(), kind.content(), 1)).collect()
}

/// Their items of the goods.
///
/// # Errors
/// [`DbError::Corrupt`] for an item that is unreadable, which a test refuses.
pub(super) fn items(
    district: AreaCode,
    documents: &[ServiceDocument],
) -> Result<Vec<ItemRow>, DbError> {
    documents.iter().flat_map(|document| &document.goods).map(|new| item(district, new)).collect()
}

/// Stores the words, the goods, the kinds and the templates of campaigns.
///
/// # Errors
/// [`DbError`].
pub(super) fn install(
    conn: &mut Conn,
    district: AreaCode,
    documents: &[ServiceDocument],
) -> Result<(), DbError> {
    for document in documents {
        for words in &document.vocabularies {
            add_words(conn, district, words)?;
        }
        for template in &document.campaigns {
            let template = StoredTemplate { template: template.clone(), version: 1 };
            template_store::put(conn, district, None, &template)?;
        }
    }
    ItemRow::insert_all(conn, &items(district, documents)?.iter().collect::<Vec<_>>())?;
    for kind in case_kinds(documents) {
        kind_store::keep(conn, district, &kind)?;
    }
    catalogue::store::add_missing(conn, district, &kinds(documents))?;
    Ok(())
}

fn item(district: AreaCode, new: &NewGoodsItem) -> Result<ItemRow, DbError> {
    let plaque = new.plaque.clone().map(JsonColumn::of).transpose();
    Ok(ItemRow {
        district,
        code: new.code.clone(),
        name: new.name.clone(),
        name_en: new.name_en.clone(),
        unit: new.unit.clone(),
        has_serial: new.has_serial,
        once: new.once,
        needs_receipt: new.needs_receipt,
        active: new.active,
        plaque: plaque.map_err(|error| DbError::corrupt("demo", error))?,
        keep_years: new.keep_years,
        version: 1,
    })
}

/// Adds words that the district does not have.
fn add_words(conn: &mut Conn, district: AreaCode, new: &ServiceWords) -> Result<(), DbError> {
    let before = vocabulary::store::one(conn, district, new.name)?;
    let mut next = Vocabulary { version: before.version + 1, ..before.clone() };
    let is_new = |word: &&NewWord| !before.words.iter().any(|known| known.code == word.code);
    next.words.extend(new.words.iter().filter(is_new).map(|word| VocabularyWord {
        code: word.code.clone(),
        label_zh: word.label_zh.clone(),
        label_en: word.label_en.clone(),
        active: word.active,
        version: next.version,
    }));
    vocabulary::store::replace(conn, district, before.version, &next)
}
