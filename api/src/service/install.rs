//! Stores all parts of a service, or checks them and stores none.

use std::collections::HashSet;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::KindCode;
use serde_json::{Value, json};

use super::model::{InstalledService, MOST_PARTS, ServiceDocument, ServicePart};
use super::parts;
use crate::audience::check;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::Effect;
use crate::tx::Tx;

/// A document that is stored, or checked alone.
#[derive(Debug)]
pub struct Installation {
    /// The document.
    pub document: ServiceDocument,
    /// Whether nothing is stored.
    pub is_check: bool,
}

impl Effect for Installation {
    type Made = InstalledService;

    fn action(&self) -> &'static str {
        "service.install"
    }

    fn request(&self) -> Value {
        json!(self.document)
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ConfigureDistrict)?;
        if !self.document.regimes.is_empty() {
            principal.may(Action::ManageRegimes)?;
        }
        for regime in &self.document.regimes {
            check::area_of(tx.read_unbatched(), principal, regime.area)?;
        }
        Ok(())
    }
}

impl Installation {
    /// Stores the parts of the document, each by the use case of its register, in the order of the lists.
    /// A check does the same and takes it back.
    ///
    /// # Errors
    /// 403; 422 with the faults of the first part that has any, by their pointers into the document.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<InstalledService, Problem> {
        principal.may(Action::ConfigureDistrict)?;
        if !self.is_check {
            let parts = install(tx, key, principal, &self.document)?;
            return Ok(InstalledService { is_check: false, parts });
        }
        let parts = tx.preview(|tx| install(tx, key, principal, &self.document))??;
        Ok(InstalledService { is_check: true, parts: known(parts) })
    }
}

/// The parts without the ids of those that were taken back.
fn known(parts: Vec<ServicePart>) -> Vec<ServicePart> {
    use super::model::PartOutcome::Created;
    let id = |part: &ServicePart| part.id.filter(|_| part.outcome != Created);
    parts.into_iter().map(|part| ServicePart { id: id(&part), ..part }).collect()
}

fn install(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    document: &ServiceDocument,
) -> Result<Vec<ServicePart>, Problem> {
    check_lists(document)?;
    let mut done = Vec::new();
    for (n, words) in document.vocabularies.iter().enumerate() {
        done.push(parts::words(tx, key, principal, words, &format!("/vocabularies/{n}"))?);
    }
    for (n, item) in document.goods.iter().enumerate() {
        done.push(parts::item(tx, principal, item, &format!("/goods/{n}"))?);
    }
    let coming = document.service_kinds.iter().filter(|kind| kind.active);
    let coming: Vec<KindCode> = coming.map(|kind| kind.code.clone()).collect();
    for (n, kind) in document.case_kinds.iter().enumerate() {
        done.push(parts::case_kind(
            tx,
            key,
            principal,
            (kind, &coming),
            &format!("/case_kinds/{n}"),
        )?);
    }
    for (n, kind) in document.service_kinds.iter().enumerate() {
        done.push(parts::service_kind(tx, principal, kind, &format!("/service_kinds/{n}"))?);
    }
    for (n, regime) in document.regimes.iter().enumerate() {
        done.push(parts::regime(tx, key, principal, regime, &format!("/regimes/{n}"))?);
    }
    for (n, template) in document.campaigns.iter().enumerate() {
        done.push(parts::campaign(tx, principal, template, &format!("/campaigns/{n}"))?);
    }
    Ok(done)
}

/// Checks the lengths of the lists, that the document has a part, and that none is there twice.
fn check_lists(document: &ServiceDocument) -> Result<(), Problem> {
    let ServiceDocument { vocabularies, goods, case_kinds, service_kinds, regimes, campaigns } =
        document;
    let regime = |regime: &super::model::ServiceRegime| {
        format!(
            "{} {}",
            regime.area.map(|area| area.to_string()).unwrap_or_default(),
            regime.name.as_str()
        )
    };
    let lists: [(&str, &str, Vec<String>); 6] = [
        ("vocabularies", "name", vocabularies.iter().map(|part| part.name.to_string()).collect()),
        ("goods", "code", goods.iter().map(|part| part.code.to_string()).collect()),
        ("case_kinds", "code", case_kinds.iter().map(|part| part.code.to_string()).collect()),
        ("service_kinds", "code", service_kinds.iter().map(|part| part.code.to_string()).collect()),
        ("regimes", "name", regimes.iter().map(regime).collect()),
        ("campaigns", "code", campaigns.iter().map(|part| part.code.to_string()).collect()),
    ];
    let mut errors = Vec::new();
    if lists.iter().all(|(.., names)| names.is_empty()) {
        errors.push(FieldError::new("", "must have a part"));
    }
    let empty = vocabularies.iter().enumerate().filter(|(_, part)| part.words.is_empty());
    errors.extend(empty.map(|(n, _)| {
        FieldError::new(format!("/vocabularies/{n}/words"), "must have at least one word")
    }));
    for (list, field, names) in &lists {
        if names.len() > MOST_PARTS {
            let detail = format!("must have at most {MOST_PARTS} items");
            errors.push(FieldError::new(format!("/{list}"), detail));
            continue;
        }
        let mut seen = HashSet::new();
        let twice = names.iter().enumerate().filter(|(_, name)| !seen.insert(*name));
        let twice = twice.map(|(n, _)| format!("/{list}/{n}/{field}"));
        errors.extend(twice.map(|at| FieldError::new(at, "is listed twice")));
    }
    Problem::refuse(errors)
}
