//! Stores templates of campaigns, and makes drafts of them.

use chrono::{Days, NaiveDate};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::CampaignTemplateCode;
use gridward_domain::range::DaysBefore;
use serde_json::{Value, json};

use super::Campaign;
use super::content::shared_errors;
use super::model::CampaignContent;
use super::shared::with_shared_fields_of;
use super::template::{CampaignOrder, CampaignTemplate, StoredTemplate};
use super::{template_store, write};
use crate::audience::check;
use crate::crypto::SealingKey;
use crate::http::problem::{FieldError, Problem};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::{clock, holiday};

/// The most templates of a district.
const MOST_TEMPLATES: usize = 500;
/// The fields of an order, to which the pointers of problems may lead.
const ORDERED: [&str; 3] = ["/year", "/area", "/guest"];

/// Stores the template; the version before is `None` for a new one. The same content again changes nothing.
///
/// # Errors
/// 403; 422.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    template: &CampaignTemplate,
) -> Result<(Option<i64>, StoredTemplate), Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let conn = tx.read_unbatched();
    let before = template_store::one(conn, district, &template.code)?;
    if let Some(stored) = before.as_ref().filter(|before| before.template == *template) {
        return Ok((Some(stored.version), stored.clone()));
    }
    check::filter_of(conn, principal, &template.filter)?;
    let parts = (template.kind.as_ref(), &template.items[..], &template.goods[..]);
    let mut errors = shared_errors(conn, district, parts)?;
    if template.ends_before > template.starts_before {
        errors.push(FieldError::new("/ends_before", "must be at most starts_before"));
    }
    if before.is_none() && template_store::all(conn, district)?.len() >= MOST_TEMPLATES {
        errors
            .push(FieldError::new("", format!("at most {MOST_TEMPLATES} templates of campaigns")));
    }
    Problem::refuse(errors)?;
    let before = before.map(|before| before.version);
    let version = before.unwrap_or(0) + 1;
    let stored = StoredTemplate { template: template.clone(), version };
    template_store::put(tx.write_unbatched(), district, before, &stored)?;
    let action = match before {
        None => "campaign_template.create",
        Some(_) => "campaign_template.change",
    };
    let event = Event::new(action, Subject::CampaignTemplate, &template.code, district, version);
    tx.record(event.by(principal.person));
    Ok((before, stored))
}

/// A draft to be made of a template.
#[derive(Clone, Debug)]
pub struct TemplateDraft {
    /// The template.
    pub template: CampaignTemplateCode,
    /// What the draft has besides.
    pub order: CampaignOrder,
}

impl Effect for TemplateDraft {
    type Made = Campaign;

    fn action(&self) -> &'static str {
        "campaign.create"
    }

    fn request(&self) -> Value {
        json!({ "template": self.template, "order": self.order })
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        principal.may(Action::ManageCampaigns)?;
        check::area_of(tx.read_unbatched(), principal, self.order.area).map(drop)
    }
}

impl TemplateDraft {
    /// Makes the draft, with the days before the occasion's day in the year.
    ///
    /// # Errors
    /// 403; 404; 422, also for an occasion without a known day in the year and one whose days have passed.
    pub(super) fn run(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        principal: &Principal,
    ) -> Result<Campaign, Problem> {
        principal.may(Action::ManageCampaigns)?;
        let (conn, district) = (tx.read_unbatched(), principal.district());
        let stored = template_store::one(conn, district, &self.template)?;
        let template = stored.ok_or_else(Problem::not_found)?.template;
        let CampaignOrder { year, area, guest } = self.order.clone();
        let day = holiday::occasion::day(conn, district, template.occasion.as_str(), year)?;
        let day = day.ok_or_else(|| {
            let detail = "the occasion has no known day in this year: enter it as a holiday";
            Problem::invalid("/year", detail)
        })?;
        let last_day = before(day, template.ends_before);
        if last_day < clock::day(tx.now) {
            return Err(Problem::invalid("/year", "the days before the occasion have passed"));
        }
        let content = with_shared_fields_of!(
            template,
            CampaignContent {
                year,
                area,
                audience_id: None,
                filter: Some(template.filter),
                first_day: before(day, template.starts_before),
                last_day,
                guest,
            }
        );
        // What is wrong with the template itself has no place in the order.
        let place = |pointer: &str| {
            let is_ordered = ORDERED.iter().any(|field| pointer.starts_with(field));
            if is_ordered { pointer.to_owned() } else { String::new() }
        };
        write::create(tx, key, principal, &content).map_err(|problem| problem.pointing(place))
    }
}

fn before(day: NaiveDate, days: DaysBefore) -> NaiveDate {
    day.checked_sub_days(Days::new(days.into())).unwrap_or(day)
}
