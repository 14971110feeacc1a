//! Queries for templates of campaigns.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::CampaignTemplateCode;

use super::template::StoredTemplate;
use crate::db::schema::campaign_templates;
use crate::db::{Conn, DbError, changed_one};

const TABLE: &str = "campaign_templates";

type Columns = (i64, String);

fn read((version, content): Columns) -> Result<StoredTemplate, DbError> {
    let template = serde_json::from_str(&content);
    let template = template.map_err(|error| DbError::corrupt(TABLE, error))?;
    Ok(StoredTemplate { template, version })
}

/// The template with this code.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    code: &CampaignTemplateCode,
) -> Result<Option<StoredTemplate>, DbError> {
    let found: Option<Columns> = campaign_templates::table
        .find((district, code))
        .select((campaign_templates::version, campaign_templates::content))
        .first(conn)
        .optional()?;
    found.map(read).transpose()
}

/// The templates of the district, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<StoredTemplate>, DbError> {
    let rows: Vec<Columns> = campaign_templates::table
        .filter(campaign_templates::district.eq(district))
        .order(campaign_templates::code)
        .select((campaign_templates::version, campaign_templates::content))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// Writes the template in place of its version `before`, or as a new one.
///
/// # Errors
/// [`DbError::Collision`] if that is no longer the current version.
pub fn put(
    conn: &mut Conn,
    district: AreaCode,
    before: Option<i64>,
    new: &StoredTemplate,
) -> Result<(), DbError> {
    let content = serde_json::to_string(&new.template);
    let content = content.map_err(|error| DbError::corrupt(TABLE, error))?;
    let (version, content) =
        (campaign_templates::version.eq(new.version), campaign_templates::content.eq(content));
    let Some(before) = before else {
        let key = (
            campaign_templates::district.eq(district),
            campaign_templates::code.eq(&new.template.code),
        );
        diesel::insert_into(campaign_templates::table)
            .values((key, version, content))
            .execute(conn)
            .map_err(DbError::unless_unique)?;
        return Ok(());
    };
    let current = campaign_templates::table
        .find((district, &new.template.code))
        .filter(campaign_templates::version.eq(before));
    changed_one(diesel::update(current).set((version, content)).execute(conn)?)
}
