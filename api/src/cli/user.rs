//! `gridward user`: adds people, sets passwords and ends access on the server itself.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Subcommand;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::phone::Phone;
use gridward_domain::range::{BirthYear, WeeklyMinutes};
use gridward_domain::word::Word as _;
use uuid::Uuid;

use super::{Failure, choose_district, connect_existing, invite, person_state};
use crate::auth::credential::{self, Validity};
use crate::auth::{password, password_rules, store};
use crate::crypto::KeyRing;
use crate::load::record::PersonRecord;
use crate::load::rows;
use crate::log::head::Heads;
use crate::log::{self, Event, Subject};
use crate::person::password::personal_words;
use crate::person::{Gender, PersonState};
use crate::server::settings::Settings;
use crate::{area, clock, db, person};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set a password, typed without echo or read from standard input
    Password {
        /// The person's phone number
        phone: Phone,
        /// District, required if the database has several
        #[arg(long)]
        district: Option<String>,
    },
    /// Print a one-time code with which a person enrols a device
    Invite(invite::Args),
    /// Suspend a person, who keeps role and tasks but cannot use the service
    Suspend(person_state::Args),
    /// Restore a person who was suspended or has left
    Restore(person_state::Args),
    /// End the access of a person who left; unfinished tasks open again
    Leave {
        #[command(flatten)]
        person: person_state::Args,
        /// The id of the active volunteer who follows a manager
        #[arg(long)]
        successor: Option<PersonId>,
    },
    /// Add an admin, a supervisor or an auditor, and print a one-time code for them
    Add {
        /// admin, supervisor or auditor
        #[arg(long)]
        role: Role,
        /// The person's area
        #[arg(long)]
        area: AreaCode,
        /// Family and given name
        #[arg(long)]
        name: String,
        /// Phone number, digits only
        #[arg(long)]
        phone: Phone,
    },
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Password { phone, district } => set_password(settings, phone, district.as_deref()),
        Command::Invite(args) => invite::run(settings, args),
        Command::Suspend(args) => person_state::run(settings, args, PersonState::Suspended),
        Command::Restore(args) => person_state::run(settings, args, PersonState::Active),
        Command::Leave { person, successor } => person_state::leave(settings, person, *successor),
        Command::Add { role, area, name, phone } => add(settings, *role, *area, name, phone),
    }
}

fn set_password(settings: &Settings, phone: &Phone, district: Option<&str>) -> Result<(), Failure> {
    let new = read_password()?;
    let mut conn = connect_existing(&settings.database)?;
    let district = choose_district(&mut conn, district)?;
    let key = KeyRing::new(settings.installation_key(&mut conn)?).key(&mut conn, district)?;
    let known = store::by_phone(&mut conn, district, key.index(phone.as_str()))?;
    let id = known.ok_or("no active person has this phone number")?.person;
    let personal = personal_words(&mut conn, &key, &district.range(), id)?;
    password_rules::accept(&new, &personal)?;
    let (hash, now) = (password::hash(&new)?, clock::system());
    let validity = Validity::Permanent { kept: None };
    let (area, version) = store::area(&mut conn, district, id)?.ok_or("no such person")?;
    // Without an actor: the command line does not identify its user.
    let event = Event::new("person.password", Subject::Person, id, area, version)
        .assignees(Some(id), Some(id));
    db::transact(&mut conn, |conn| {
        credential::set(conn, &key, (district, id), &hash, validity, now)?;
        log::store::append(conn, &mut Heads::default(), district, now, &[event])
    })?;
    println!("The password of {id} is set.");
    Ok(())
}

/// The new password: typed twice without echo at a terminal, else a line of standard input.
fn read_password() -> Result<String, Failure> {
    if std::io::stdin().is_terminal() {
        let new = rpassword::prompt_password("New password: ")?;
        return match rpassword::prompt_password("The same again: ")? {
            again if again == new => Ok(new),
            _ => Err("the two passwords differ".into()),
        };
    }
    let mut new = String::new();
    std::io::stdin().lock().read_line(&mut new)?;
    Ok(new.trim_end_matches(['\n', '\r']).to_owned())
}

fn add(
    settings: &Settings,
    role: Role,
    area: AreaCode,
    name: &str,
    phone: &Phone,
) -> Result<(), Failure> {
    if role.visits() {
        return Err("managers and volunteers are added by `gridward import`".into());
    }
    if !role.fits(area.level()) {
        return Err(format!("a {role} cannot have a {} as area", area.level()).into());
    }
    let mut conn = connect_existing(&settings.database)?;
    area::store::current(&mut conn, &area)?.ok_or("the area does not exist")?;
    let district = area.district();
    let key = KeyRing::new(settings.installation_key(&mut conn)?).key(&mut conn, district)?;
    let index = key.index(phone.as_str());
    if person::store::with_phone(&mut conn, district, index)?.is_some() {
        return Err("another person already has this phone number".into());
    }
    let record = PersonRecord {
        id: PersonId(Uuid::now_v7()),
        role,
        area,
        name: name.to_owned(),
        gender: Gender::Female,
        birth_year: BirthYear::of::<1970>(),
        phone: phone.to_string(),
        home: None,
        skills: gridward_domain::skill::Skills::new(),
        weekly_minutes: WeeklyMinutes::MIN,
        availability: vec![],
    };
    let row = rows::person(&record, &key, district, None)?;
    let row = row.ok_or("the person already exists")?;
    let fact = Event::new("person.add", Subject::Person, row.id, area, 1)
        .assignees(None, Some(record.id))
        .with(serde_json::json!({ "role": role.as_str() }));
    let now = clock::system();
    let (code, until) = db::transact(&mut conn, |conn| {
        person::write::insert(conn, &row)?;
        log::store::append(conn, &mut Heads::default(), district, now, &[fact])?;
        invite::issue(conn, &key, &row, settings, now)
    })?;
    println!("{role} {} added; {}", record.id, invite::sentence(&code, until));
    Ok(())
}
