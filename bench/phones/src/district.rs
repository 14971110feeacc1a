//! The people of a run: read from the file that `gridward demo --sign-ins` writes, and selected so that
//! people with phones share grids.

use std::collections::BTreeMap;
use std::path::Path;

use uuid::Uuid;

use crate::Error;
use crate::wire::PersonId;

const HEADER: &str = "person_id,role,area,phone,password";

/// The role of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Runs the installation.
    Admin,
    /// Oversees a district, a town or a village.
    Supervisor,
    /// Answers for a grid.
    Manager,
    /// Helps in a grid.
    Volunteer,
    /// Reads the log.
    Auditor,
}

/// The credentials of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The person.
    pub person: PersonId,
    /// The role of the person.
    pub role: Role,
    /// The area the person answers for.
    pub area: String,
    /// The number to sign in with.
    pub phone: String,
    /// The password.
    pub password: String,
}

impl SignIn {
    /// Reads the file.
    ///
    /// # Errors
    /// When the file cannot be read or a line is invalid.
    pub fn read(file: &Path) -> Result<Vec<Self>, Error> {
        let named = |what: String| Error::Setting(format!("{}: {what}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
        Self::parse(&text).map_err(named)
    }

    /// Parses the text of the file, which has no quoted fields.
    ///
    /// # Errors
    /// The invalid line.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(format!("the first line must be {HEADER}"));
        }
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(|line| Self::line(line).ok_or_else(|| format!("not a sign-in: {line}"))).collect()
    }

    fn line(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [person, role, area, phone, password] = fields.as_slice() else { return None };
        let role = match *role {
            "admin" => Role::Admin,
            "supervisor" => Role::Supervisor,
            "manager" => Role::Manager,
            "volunteer" => Role::Volunteer,
            "auditor" => Role::Auditor,
            _ => return None,
        };
        Some(Self {
            person: PersonId(Uuid::parse_str(person).ok()?),
            role,
            area: (*area).to_owned(),
            phone: (*phone).to_owned(),
            password: (*password).to_owned(),
        })
    }

    /// Whether this person oversees the whole district and may read its log.
    pub fn oversees_district(&self) -> bool {
        self.role == Role::Supervisor && self.area.len() == 6
    }
}

/// The people of a role, in the order of the file.
pub fn of_role(people: &[SignIn], role: Role) -> impl Iterator<Item = &SignIn> {
    people.iter().filter(move |who| who.role == role)
}

/// The first supervisor of the whole district.
///
/// # Errors
/// When there is none.
pub fn supervisor(people: &[SignIn]) -> Result<&SignIn, Error> {
    people.iter().find(|who| who.oversees_district()).ok_or_else(|| {
        Error::Setting("the sign-ins contain no supervisor of the district".to_owned())
    })
}

/// Selects the people with phones: the given number of managers, and of volunteers spread evenly over
/// the managers' grids (over all grids without managers).
///
/// # Errors
/// When these grids have fewer people.
pub fn with_phones(
    people: &[SignIn],
    managers: usize,
    volunteers: usize,
) -> Result<Vec<SignIn>, Error> {
    let mut chosen: Vec<SignIn> = of_role(people, Role::Manager).take(managers).cloned().collect();
    let short = |what: &str, found: usize, asked: usize| {
        Error::Setting(format!("{asked} {what} requested, these grids have {found}"))
    };
    if chosen.len() < managers {
        return Err(short("managers", chosen.len(), managers));
    }
    let mut grids: BTreeMap<&str, Vec<&SignIn>> = BTreeMap::new();
    for one in of_role(people, Role::Volunteer) {
        if managers == 0 || chosen.iter().any(|manager| manager.area == one.area) {
            grids.entry(&one.area).or_default().push(one);
        }
    }
    let rounds = grids.values().map(Vec::len).max().unwrap_or_default();
    let one_of_each = |n: usize| grids.values().filter_map(move |those| those.get(n));
    let helpers: Vec<SignIn> =
        (0..rounds).flat_map(one_of_each).take(volunteers).map(|who| (*who).clone()).collect();
    if helpers.len() < volunteers {
        return Err(short("volunteers", helpers.len(), volunteers));
    }
    chosen.extend(helpers);
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> String {
        let mut lines = vec![HEADER.to_owned()];
        let mut add = |n: u32, role: &str, area: &str| {
            let id = Uuid::from_u128(u128::from(n));
            lines.push(format!("{id},{role},{area},100{n:05},secret"));
        };
        add(1, "supervisor", "500116");
        add(2, "manager", "500116001002001");
        add(3, "manager", "500116001002002");
        for n in 10..14 {
            add(n, "volunteer", "500116001002001");
            add(n + 10, "volunteer", "500116001002002");
        }
        lines.join("\n")
    }

    #[test]
    fn the_file_is_parsed_and_an_invalid_line_is_named() {
        let people = SignIn::parse(&file()).expect("people");
        assert_eq!(people.len(), 11);
        assert!(supervisor(&people).expect("somebody").oversees_district());
        let bad = format!("{HEADER}\nnobody,manager,1,2,3\n");
        assert_eq!(SignIn::parse(&bad), Err("not a sign-in: nobody,manager,1,2,3".to_owned()));
        assert!(SignIn::parse("a,b\n").is_err());
    }

    #[test]
    fn volunteers_are_spread_over_the_grids_of_the_managers() {
        let people = SignIn::parse(&file()).expect("people");
        let chosen = with_phones(&people, 2, 4).expect("people");
        let in_first = chosen.iter().filter(|who| who.area.ends_with("001")).count();
        assert_eq!((chosen.len(), in_first), (6, 3));
        let only_first = with_phones(&people, 1, 4).expect("people");
        assert!(only_first.iter().all(|who| who.area.ends_with("002001")));
        assert!(with_phones(&people, 1, 5).is_err(), "a grid has four volunteers");
        assert!(with_phones(&people, 3, 0).is_err());
    }
}
