//! Stores all parts of a service, or checks them and stores none.

use std::collections::HashSet;

use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::KindCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::model::{InstalledService, MOST_PARTS, ServiceDocument, ServicePart};
use super::parts;
use crate::audience::check;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem, ProblemCode};
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
    /// 403; 422 with the faults of all parts but those that name a part with faults, by their pointers into the
    /// document.
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
    let mut progress = Progress::default();
    for (n, words) in document.vocabularies.iter().enumerate() {
        let at = format!("/vocabularies/{n}");
        // Not the name of the vocabulary, which is that of a field of many parts.
        let names = words.words.iter().map(|word| word.code.to_string()).collect();
        progress.add(names, words, || parts::words(tx, key, principal, words, &at))?;
    }
    for (n, item) in document.goods.iter().enumerate() {
        let (at, names) = (format!("/goods/{n}"), vec![item.code.to_string()]);
        progress.add(names, item, || parts::item(tx, principal, item, &at))?;
    }
    let coming = document.service_kinds.iter().filter(|kind| kind.active);
    let coming: Vec<KindCode> = coming.map(|kind| kind.code.clone()).collect();
    for (n, kind) in document.case_kinds.iter().enumerate() {
        let (at, names) = (format!("/case_kinds/{n}"), vec![kind.code.to_string()]);
        let write = || parts::case_kind(tx, key, principal, (kind, &coming), &at);
        progress.add(names, kind, write)?;
    }
    for (n, kind) in document.service_kinds.iter().enumerate() {
        let (at, names) = (format!("/service_kinds/{n}"), vec![kind.code.to_string()]);
        progress.add(names, kind, || parts::service_kind(tx, principal, kind, &at))?;
    }
    for (n, regime) in document.regimes.iter().enumerate() {
        let at = format!("/regimes/{n}");
        let write = || parts::regime(tx, key, principal, regime, &at);
        progress.add(Vec::new(), regime, write)?;
    }
    for (n, template) in document.campaigns.iter().enumerate() {
        let at = format!("/campaigns/{n}");
        progress.add(Vec::new(), template, || parts::campaign(tx, principal, template, &at))?;
    }
    Problem::refuse(progress.errors)?;
    Ok(progress.done)
}

/// What was done with the parts so far.
#[derive(Default)]
struct Progress {
    done: Vec<ServicePart>,
    errors: Vec<FieldError>,
    /// The names of the parts with faults and of those that name them, which are not tried.
    refused: HashSet<String>,
}

impl Progress {
    /// Writes the part, unless it names one with faults, which would be a fault of its own. After a part with faults
    /// the others are written for their faults alone: the document is refused.
    ///
    /// # Errors
    /// A fault of the server; another refusal than that of a fault, if it is the first.
    fn add(
        &mut self,
        names: Vec<String>,
        content: &impl Serialize,
        write: impl FnOnce() -> Result<ServicePart, Problem>,
    ) -> Result<(), Problem> {
        if mentions(&json!(content), &self.refused) {
            self.refused.extend(names);
            return Ok(());
        }
        match write() {
            Ok(part) => self.done.push(part),
            Err(problem) if problem.kind() == Some(ProblemCode::Invalid) => {
                self.errors.extend(problem.into_errors());
                self.refused.extend(names);
            }
            Err(problem) if problem.kind().is_none() || self.errors.is_empty() => {
                return Err(problem);
            }
            Err(_) => self.refused.extend(names),
        }
        Ok(())
    }
}

/// Whether a text or the name of a member is one of the names.
fn mentions(value: &Value, names: &HashSet<String>) -> bool {
    match value {
        Value::String(text) => names.contains(text),
        Value::Array(all) => all.iter().any(|one| mentions(one, names)),
        Value::Object(fields) => {
            fields.iter().any(|(name, one)| names.contains(name) || mentions(one, names))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
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
