//! Visits that do not exist: those that a campaign would make. They are planned with the tasks of the
//! area to see whether all fit, and never written.

use std::collections::HashSet;

use chrono::NaiveDate;
use gridward_dispatch::solve::{Visit, Volunteer};
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::campaign::CampaignSpan;
use gridward_domain::channel::Channel;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::Minutes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::goods_handover;
use super::span::{MOST_DAYS, Span};
use crate::audience::members::by_page;
use crate::beneficiary::stay::Whereabouts;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::visitors;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::goods::plan::ItemForEach;
use crate::goods::recipients;
use crate::plan::problem::build::Rows;
use crate::task::creation::occasion;

/// What a problem has besides the rows of the database.
#[derive(Clone, Default)]
pub struct Imagined {
    /// Volunteers who do not exist.
    pub volunteers: Vec<Volunteer>,
    /// Visits that do not exist.
    pub visits: Vec<Visit>,
    /// Whether these are hand-overs, which managers alone make.
    pub managers_only: bool,
}

/// The visits that a campaign would make in the area of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImaginedVisits {
    /// Whom they visit.
    pub filter: Filter,
    /// The kind of the tasks; `None` for a campaign with goods alone.
    pub kind: Option<KindCode>,
    /// The items of a campaign with goods alone, whose hand-overs are the visits. Absent from orders of earlier servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemForEach>,
    /// Whether the managers of their grids alone make them, as those with goods alone. Absent from orders of earlier
    /// servers, which had all visitors make them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managers_only: bool,
    /// What they are for: a beneficiary who has a task of the kind for it gets no second one.
    pub occasion: Occasion,
    /// Minutes at the door.
    pub minutes: u32,
    /// Whether there is a way to it.
    pub channel: Channel,
    /// The urgency.
    pub priority: Priority,
    /// The required skills.
    pub skills: Skills,
    /// The first day of the campaign.
    pub first_day: NaiveDate,
    /// Its last day.
    pub last_day: NaiveDate,
    /// The most visits that begin on a day.
    pub quota_per_day: Option<u32>,
}

impl ImaginedVisits {
    /// The days that remain of the campaign on `today`.
    pub fn remaining(&self, today: NaiveDate) -> CampaignSpan {
        let Self { first_day, last_day, quota_per_day, .. } = *self;
        CampaignSpan { first_day, last_day, quota_per_day }.from(today)
    }

    /// The days that a plan on `today` has of them: the first ones, as many as a plan can have; `None`
    /// after the campaign.
    pub fn span(&self, today: NaiveDate) -> Option<Span> {
        let remaining = self.remaining(today);
        let days = remaining.days().min(MOST_DAYS.unsigned_abs()).checked_sub(1)?;
        let last = remaining.first_day.checked_add_days(chrono::Days::new(days))?;
        Span::new(remaining.first_day, last).ok()
    }

    /// The visits in the days of the plan: all, or the even share of the days that the plan has of a
    /// longer campaign. Each is where the beneficiary is on the day on which it may begin, as a launch would place
    /// it; one who stays outside the area on that day gets none from its people.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        &self,
        conn: &mut Conn,
        (rows, key): (&Rows, &SealingKey),
        (area, span, today): (AreaCode, Span, NaiveDate),
    ) -> Result<Vec<Visit>, DbError> {
        let days = self.remaining(today).days().max(1);
        let planned = u64::try_from(span.days().count()).unwrap_or(days).min(days);
        let quota = CampaignSpan { last_day: span.last(), ..self.remaining(today) };
        let (mut visits, mut seen) = (Vec::new(), 0);
        let goods = (&self.occasion, self.items.as_slice());
        let recipients = recipients::of(conn, (area, &self.filter), today, goods)?;
        let recipients: Option<HashSet<BeneficiaryId>> =
            recipients.map(|homes| homes.iter().map(|home| home.id).collect());
        by_page(conn, (area, &self.filter), today, |conn, mut homes| {
            if let Some(recipients) = &recipients {
                homes.retain(|home| recipients.contains(&home.id));
            }
            let taken = self.taken(conn, area, &homes)?;
            for home in homes.iter().filter(|home| !taken.contains(&home.id)) {
                seen += 1;
                if seen * planned / days == (seen - 1) * planned / days {
                    continue;
                }
                let number = u64::try_from(visits.len()).unwrap_or(u64::MAX);
                let not_before = quota.earliest(number);
                let at = home.whereabouts_on(key, not_before)?;
                if area.contains(&at.grid) {
                    visits.push(self.visit((home, at), rows, (not_before, span.last())));
                }
            }
            Ok(())
        })?;
        Ok(visits)
    }

    /// Those of these beneficiaries who have a task for the occasion.
    fn taken(
        &self,
        conn: &mut Conn,
        area: AreaCode,
        homes: &[BeneficiaryRow],
    ) -> Result<Vec<BeneficiaryId>, DbError> {
        let Some(kind) = &self.kind else { return Ok(Vec::new()) };
        let ids: Vec<BeneficiaryId> = homes.iter().map(|home| home.id).collect();
        let known = occasion::known(conn, area.district(), (kind, &self.occasion), &ids)?;
        Ok(known.into_iter().filter_map(|(id, (_, counts))| counts.then_some(id)).collect())
    }

    /// The visit to the beneficiary, who is at this place.
    fn visit(
        &self,
        (home, at): (&BeneficiaryRow, Whereabouts),
        rows: &Rows,
        (not_before, due): (NaiveDate, NaiveDate),
    ) -> Visit {
        let choice = rows.visitor_choices.get(&home.id);
        let forbidden = visitors::forbidden(&rows.visitor_choices, Some(home.id));
        let mut skills = self.skills.clone();
        if self.managers_only {
            // Those of the home, also during a stay elsewhere.
            skills.extend(goods_handover::skills(home.grid));
        }
        Visit {
            id: TaskId(Uuid::now_v7()),
            grid: at.grid,
            place: at.place,
            channel: self.channel,
            service: Minutes(self.minutes),
            windows: Vec::new(),
            not_before,
            due,
            priority: self.priority,
            skills,
            last: home.last_visitor,
            preferred: choice.and_then(|choice| choice.preferred),
            forbidden: forbidden.to_vec(),
            pinned: None,
        }
    }
}
