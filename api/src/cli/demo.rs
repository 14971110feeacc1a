//! `gridward demo`.

use std::io::Write;
use std::path::{Path, PathBuf};

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::word::Word as _;

use super::import::{bar, write};
use super::scenario::{self, Scenario};
use super::{Failure, connect};
use crate::attachment::receive;
use crate::auth::credential::{self, Validity};
use crate::auth::password;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError, dialect};
use crate::demo::case_documents::CaseDocument;
use crate::demo::{
    GRIDS, Size, cases, generate, households, mark, programme, tasks, work_calendar,
};
use crate::load::record::{DistrictRecords, PersonRecord};
use crate::log::head::Heads;
use crate::plan::initial_settings;
use crate::server::settings::Settings;
use crate::task::row::TaskRow;
use crate::{catalogue, clock, db, load, log, server};

/// The password of the demo accounts.
const PASSWORD: &str = "gridward-demo";

#[derive(clap::Args)]
pub(super) struct Args {
    /// Number of grids
    #[arg(long, default_value_t = GRIDS as u32, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    grids: u32,
    /// Seed of the generator; the same seed gives the same district
    #[arg(long, default_value_t = 500_116)]
    seed: u64,
    /// Set the demo password for all people and write their sign-in data to this CSV file
    #[arg(long, value_name = "FILE")]
    sign_ins: Option<PathBuf>,
    /// Then make a case that an app seldom meets, for the volunteer whose number is printed
    #[arg(long, value_enum)]
    scenario: Option<Scenario>,
    /// Serve the API after loading
    #[arg(long)]
    serve: bool,
}

pub(super) fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let mut records = generate(Size { grids: args.grids.try_into()? }, args.seed);
    households::couples(&mut records.beneficiaries);
    let district = records.areas.first().ok_or("no area")?.code;
    let faces = faces(&records).ok_or("no grid")?;
    let mut conn = connect(&settings.database)?;
    if is_empty(&mut conn)? {
        write(settings, &records, &bar(7))?;
        // Before anybody can sign in with a public password.
        mark::set(&mut conn, district, clock::system())?;
        work_calendar::enter(&mut conn, district)?;
        initial_settings::enter(&mut conn, district)?;
        add_tasks(&mut conn, &records, args.seed)?;
        add_cases(settings, &mut conn, &records)?;
        add_programme(settings, &mut conn, &records)?;
        set_passwords(settings, &mut conn, district, &faces.ids())?;
        if let Some(file) = &args.sign_ins {
            let everybody: Vec<_> = records.people.iter().map(|person| person.id).collect();
            set_passwords(settings, &mut conn, district, &everybody)?;
            write_sign_ins(file, &records)?;
        }
    } else {
        println!("{:?} already contains a district; it was not changed.", settings.database);
        if let Some(file) = &args.sign_ins {
            println!(
                "{} was not written: the passwords of a district that exists are not known.",
                file.display()
            );
        }
    }
    if let Some(scenario) = args.scenario {
        scenario::run(settings, &mut conn, &records, scenario)?;
    }
    drop((records, conn));
    if !args.serve {
        faces.print(None);
        return Ok(());
    }
    server::serve(settings, |url| faces.print(Some(url)))
}

fn is_empty(conn: &mut Conn) -> Result<bool, Failure> {
    Ok(crate::crypto::store::districts(conn)?.is_empty())
}

fn add_tasks(conn: &mut Conn, records: &DistrictRecords, seed: u64) -> Result<(), Failure> {
    let now = clock::system();
    let kinds = catalogue::defaults::kinds();
    let tasks = tasks::week(&records.beneficiaries, kinds, seed, now);
    let district = records.areas.first().ok_or("no area")?.code;
    db::transact(conn, |conn| {
        TaskRow::insert_all(conn, &tasks.iter().collect::<Vec<_>>())?;
        log::store::append(
            conn,
            &mut Heads::default(),
            district,
            now,
            &[load::bulk_change(district, "tasks")],
        )
    })?;
    dialect::analyze(conn, "tasks")?;
    println!("tasks: {} added", tasks.len());
    Ok(())
}

fn add_cases(
    settings: &Settings,
    conn: &mut Conn,
    records: &DistrictRecords,
) -> Result<(), Failure> {
    let now = clock::system();
    let district = records.areas.first().ok_or("no area")?.code;
    let key = KeyRing::new(settings.installation_key(conn)?).key(conn, district)?;
    let kinds = catalogue::defaults::kinds();
    let (added, documents) = db::transact(conn, |conn| {
        let added = cases::add(conn, &key, (records, kinds), now)?;
        let change = load::bulk_change(district, "cases");
        log::store::append(conn, &mut Heads::default(), district, now, &[change])?;
        Ok::<_, DbError>(added)
    })?;
    store_documents(settings, &key, &documents)?;
    println!("cases: {added} added, with {} documents", documents.len());
    Ok(())
}

fn store_documents(
    settings: &Settings,
    key: &SealingKey,
    documents: &[CaseDocument],
) -> Result<(), Failure> {
    let blobs = settings.attachments.open()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for CaseDocument { row, bytes } in documents {
            receive::store_whole(&blobs, key, row, bytes).await?;
        }
        Ok(())
    })
}

fn add_programme(
    settings: &Settings,
    conn: &mut Conn,
    records: &DistrictRecords,
) -> Result<(), Failure> {
    let now = clock::system();
    let district = records.areas.first().ok_or("no area")?.code;
    let key = KeyRing::new(settings.installation_key(conn)?).key(conn, district)?;
    let kinds = catalogue::defaults::kinds();
    let added = db::transact(conn, |conn| {
        let added = programme::add(conn, &key, (records, kinds), now)?;
        let change = load::bulk_change(district, "handouts");
        log::store::append(conn, &mut Heads::default(), district, now, &[change])?;
        Ok::<_, DbError>(added)
    })?;
    if let Some(added) = added {
        dialect::analyze(conn, "handouts")?;
        dialect::analyze(conn, "regime_members")?;
        println!("campaigns: {} added", added.campaigns);
        println!("visits of campaigns: {} added", added.visits);
        println!("hand-outs: {} added", added.handouts);
        println!("regimes: {} added", added.regimes);
        println!("visits of regimes: {} added", added.rounds);
    }
    Ok(())
}

/// The demo accounts: one for each role and level, those of one grid and of the areas above it.
struct Faces(Vec<Face>);

/// A demo account.
struct Face {
    person: PersonId,
    role: Role,
    area: AreaCode,
    phone: String,
    /// What the person is, in English and in Chinese.
    labels: [&'static str; 2],
}

fn faces(records: &DistrictRecords) -> Option<Faces> {
    let grid = records.outlines.first()?.grid;
    let face = |role: Role, area: AreaCode, labels: [&'static str; 2]| {
        let fits = |person: &&PersonRecord| person.role == role && person.area == area;
        let PersonRecord { id, phone, .. } = records.people.iter().find(fits)?;
        Some(Face { person: *id, role, area, phone: phone.clone(), labels })
    };
    let (district, town) = (grid.district(), grid.ancestor(Level::Town)?);
    let village = grid.ancestor(Level::Village)?;
    let faces = [
        face(Role::Supervisor, district, ["supervisor of the district", "区级督导员"])?,
        face(Role::Supervisor, town, ["supervisor of a town", "镇街督导员"])?,
        face(Role::Supervisor, village, ["supervisor of a village", "村社区督导员"])?,
        face(Role::Admin, district, ["admin", "管理员"])?,
        face(Role::Manager, grid, ["manager of a grid", "网格员"])?,
        face(Role::Volunteer, grid, ["volunteer", "志愿者"])?,
    ];
    Some(Faces(faces.into()))
}

/// Sets the demo password, hashed once, for all of `people`.
fn set_passwords(
    settings: &Settings,
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
) -> Result<(), Failure> {
    let key = KeyRing::new(settings.installation_key(conn)?).key(conn, district)?;
    let (hash, now) = (password::hash(PASSWORD)?, clock::system());
    let validity = Validity::Permanent { kept: None };
    db::transact(conn, |conn| {
        let mut set =
            |id: &PersonId| credential::set(conn, &key, (district, *id), &hash, validity, now);
        people.iter().try_for_each(&mut set)
    })?;
    Ok(())
}

fn write_sign_ins(file: &Path, records: &DistrictRecords) -> Result<(), Failure> {
    let mut out = csv::Writer::from_path(file)?;
    out.write_record(["person_id", "role", "area", "phone", "password"])?;
    for person in &records.people {
        let (id, area) = (person.id.to_string(), person.area.to_string());
        out.write_record([
            id.as_str(),
            person.role.as_str(),
            area.as_str(),
            &person.phone,
            PASSWORD,
        ])?;
    }
    Ok(out.flush()?)
}

impl Faces {
    fn ids(&self) -> Vec<PersonId> {
        self.0.iter().map(|face| face.person).collect()
    }

    /// Prints the demo accounts and, if the API is served, example requests.
    fn print(&self, url: Option<&str>) {
        println!("\nSign in with");
        for Face { role, area, phone, labels: [en, zh], .. } in &self.0 {
            let area = format!("({area})");
            println!("  {:<11} {phone}  {PASSWORD}   {area:<17}  {en}, {zh}", role.as_str());
        }
        match url {
            None => println!("\nTo serve it: gridward serve"),
            Some(url) => {
                let manager = self.0.iter().find(|face| face.role == Role::Manager);
                let phone = manager.map_or("", |face| face.phone.as_str());
                println!("\nServing on {url}; try\n");
                println!(
                    "  TOKEN=$(curl -s {url}/v1/auth/sign-in -H 'Content-Type: application/json' \\\n    \
                     -d '{{\"phone\":\"{phone}\",\"password\":\"{PASSWORD}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\).*/\\1/')"
                );
                println!("  curl -s {url}/v1/tasks -H \"Authorization: Bearer $TOKEN\"\n");
            }
        }
        // Flushes for a reader at the other end of a pipe.
        let _ = std::io::stdout().flush();
    }
}
