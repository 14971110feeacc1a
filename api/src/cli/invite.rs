//! `gridward user invite`: a one-time code for a person who has no superior to ask, such as the
//! first admin.

use chrono::{DateTime, Utc};
use gridward_domain::phone::Phone;

use super::{Failure, choose_district, connect_existing};
use crate::auth::enrolment::code::Code;
use crate::auth::enrolment::invitations::{self, Purpose};
use crate::auth::store;
use crate::clock::{self, china};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{self, Conn};
use crate::log::head::Heads;
use crate::log::{self, Event, Subject};
use crate::person;
use crate::person::store::PersonRow;
use crate::server::settings::Settings;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The person's phone number
    phone: Phone,
    /// District, required if the database has several
    #[arg(long)]
    district: Option<String>,
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut conn = connect_existing(&settings.database)?;
    let district = choose_district(&mut conn, args.district.as_deref())?;
    let key = KeyRing::new(settings.installation_key(&mut conn)?).key(&mut conn, district)?;
    let known = store::by_phone(&mut conn, district, key.index(args.phone.as_str()))?;
    let known = known.ok_or("no active person has this phone number")?;
    let row =
        person::store::row(&mut conn, &district.range(), known.person)?.ok_or("no such person")?;
    let (code, until) =
        db::transact(&mut conn, |conn| issue(conn, &key, &row, settings, clock::system()))?;
    println!("{}", sentence(&code, until));
    Ok(())
}

/// Makes a code for a person and records it.
pub(super) fn issue(
    conn: &mut Conn,
    key: &SealingKey,
    row: &PersonRow,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<(Code, DateTime<Utc>), Failure> {
    let code = Code::invitation()?;
    let whose = (row.district, row.id);
    let issued = (Purpose::Invitation, &code);
    let lifetime = settings.enrolment.invitation;
    let until = invitations::issue(conn, key, whose, issued, lifetime, now)?;
    let event = Event::new("person.invite", Subject::Person, row.id, row.area, row.version)
        .assignees(Some(row.id), Some(row.id))
        .with(serde_json::json!({ "expires_at": until }));
    log::store::append(conn, &mut Heads::default(), row.district, now, &[event])?;
    Ok((code, until))
}

/// The code and its use, for a terminal.
pub(super) fn sentence(code: &Code, until: DateTime<Utc>) -> String {
    let until = until.with_timezone(&china()).format("%Y-%m-%d %H:%M %:z");
    format!(
        "one-time code {code}, valid until {until}: enrol a device with it and choose a password"
    )
}
