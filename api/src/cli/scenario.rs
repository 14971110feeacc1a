//! `gridward demo --scenario`: puts the app of the demo volunteer before a case that is rare.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use uuid::Uuid;

use super::Failure;
use crate::area::map::Maps;
use crate::casework::model::NewHome;
use crate::casework::relocate::relocate_now;
use crate::clock;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{self, Conn};
use crate::demo::mark;
use crate::http::problem::Problem;
use crate::load::record::{AreaRecord, DistrictRecords, PersonRecord};
use crate::log::head;
use crate::person;
use crate::server::settings::Settings;
use crate::task::commands::command::TaskCommand;
use crate::task::commands::origin::Origin;
use crate::task::commands::perform::{self, Sent};
use crate::task::row::TaskRow;
use crate::task::store;
use crate::tx::{Db, Tx};

/// What happens to the volunteer's visits while the phone is elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Scenario {
    /// The manager claims the first open task of the grid
    Race,
    /// The beneficiary of the first open visit of the grid moves to another grid
    Moved,
    /// The cursors of all phones expire
    Expired,
}

/// The people and the grid of a scenario.
struct Stage<'a> {
    volunteer: &'a PersonRecord,
    manager: &'a PersonRecord,
    supervisor: &'a PersonRecord,
    /// Another grid.
    elsewhere: Option<&'a AreaRecord>,
}

impl<'a> Stage<'a> {
    fn of(records: &'a DistrictRecords) -> Option<Self> {
        let grid = records.outlines.first()?.grid;
        let other = records.outlines.get(1).map(|outline| outline.grid);
        let one = |role: Role, area: AreaCode| {
            records.people.iter().find(|person| person.role == role && person.area == area)
        };
        Some(Self {
            volunteer: one(Role::Volunteer, grid)?,
            manager: one(Role::Manager, grid)?,
            supervisor: one(Role::Supervisor, grid.district())?,
            elsewhere: records.areas.iter().find(|area| Some(area.code) == other),
        })
    }
}

fn principal(person: &PersonRecord) -> Principal {
    Principal { person: person.id, role: person.role, area: person.area }
}

/// Makes the scenario in the demo district of the database, which a server may use.
pub(super) fn run(
    settings: &Settings,
    conn: &mut Conn,
    records: &DistrictRecords,
    scenario: Scenario,
) -> Result<(), Failure> {
    let stage = Stage::of(records).ok_or("no grid")?;
    let district = stage.volunteer.area.district();
    let there = person::store::row(conn, &district.range(), stage.volunteer.id)?;
    if mark::find(conn)? != Some(district) || there.is_none() {
        return Err("a scenario needs the demo district of the same --grids and --seed".into());
    }
    let key = KeyRing::new(settings.installation_key(conn)?).key(conn, district)?;
    let phone = &stage.volunteer.phone;
    match scenario {
        Scenario::Race => {
            let open = |task: &TaskRow| task.skills.members().is_empty().then_some(task.id);
            let task = first(conn, stage.volunteer.area, open)?;
            write(settings, district, claim(key, principal(stage.manager), task))?;
            println!("race: {} has claimed {task} before {phone}", stage.manager.phone);
        }
        Scenario::Moved => {
            let id = first(conn, stage.volunteer.area, |task| task.beneficiary)?;
            let home = new_home(&stage)?;
            let grid = home.grid;
            relocate(settings, key, principal(stage.supervisor), id, home)?;
            println!("moved: the beneficiary {id} of {phone} lives in {grid}");
        }
        Scenario::Expired => {
            let epoch = Uuid::new_v4().simple().to_string();
            db::transact(conn, |conn| head::renew_epoch(conn, district, &epoch))?;
            println!("expired: the next sync of {phone} begins a snapshot");
        }
    }
    Ok(())
}

/// What `part` finds in the open tasks of the grid, in the order of the due days.
fn first<T>(
    conn: &mut Conn,
    grid: AreaCode,
    part: impl Fn(&TaskRow) -> Option<T>,
) -> Result<T, Failure> {
    let far = clock::day(clock::system()) + chrono::Days::new(365);
    let tasks = store::for_dispatch(conn, &grid.range(), far)?;
    let mut open = tasks.iter().filter(|task| task.state == Phase::Open);
    open.find_map(part).ok_or_else(|| format!("no such open task in {grid}").into())
}

/// The claim of a task.
fn claim(
    key: SealingKey,
    by: Principal,
    task: TaskId,
) -> impl Fn(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static {
    move |tx| {
        let (command, origin) = (TaskCommand::Claim, Origin::default());
        let sent = Sent { task, command: &command, base: &[], origin: &origin, assignees: None };
        perform::perform(tx, &key, &by, &sent).map(drop)
    }
}

/// A home at the point of the other grid.
fn new_home(stage: &Stage<'_>) -> Result<NewHome, Failure> {
    let area = stage.elsewhere.ok_or("a beneficiary needs a second grid to move to")?;
    let address = format!("{}1号", area.name).try_into()?;
    Ok(NewHome { grid: area.code, address, place: area.place, reason: None })
}

fn relocate(
    settings: &Settings,
    key: SealingKey,
    by: Principal,
    id: BeneficiaryId,
    home: NewHome,
) -> Result<(), Failure> {
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(async {
        let map = Maps::default().of(&db, by.area).await?;
        let moved = db
            .write(by.district(), move |tx| relocate_now(tx, &key, &by, &map, id, &home).map(drop));
        moved.await
    });
    db.close();
    Ok(done?)
}

fn write(
    settings: &Settings,
    district: AreaCode,
    change: impl Fn(&mut Tx<'_>) -> Result<(), Problem> + Send + 'static,
) -> Result<(), Failure> {
    let db = Db::open(settings.database.clone(), 1, clock::system);
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(db.write(district, change));
    db.close();
    Ok(done?)
}
