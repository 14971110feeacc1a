//! The areas none of whose beneficiaries has been contacted lately.

use gridward_domain::area::{AreaCode, Level};

use crate::beneficiary::contacts::Contacts;

/// The level of the areas that are examined in an area: its villages, or grids of a village.
pub const fn level_in(area: Level) -> Level {
    match area {
        Level::District | Level::Town => Level::Village,
        Level::Village | Level::Grid => Level::Grid,
    }
}

/// An area without contact, and its number of beneficiaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The area.
    pub code: AreaCode,
    /// Its full official name.
    pub name: String,
    /// Its current beneficiaries.
    pub beneficiaries: i64,
}

/// Those of the `named` areas that have beneficiaries, of whom none has had a contact, in the order
/// of the areas. The grids are those of the areas, with their beneficiaries.
pub fn quiet(named: Vec<(AreaCode, String)>, grids: &[(AreaCode, Contacts)]) -> Vec<Quiet> {
    let without_contact = |(code, name): (AreaCode, String)| {
        let inside = grids.iter().filter(|(grid, _)| code.contains(grid));
        let sum = inside.fold(Contacts::default(), |sum, (_, grid)| Contacts {
            beneficiaries: sum.beneficiaries + grid.beneficiaries,
            not_contacted: sum.not_contacted + grid.not_contacted,
        });
        let Contacts { beneficiaries, not_contacted } = sum;
        let quiet = beneficiaries > 0 && beneficiaries == not_contacted;
        quiet.then_some(Quiet { code, name, beneficiaries })
    };
    named.into_iter().filter_map(without_contact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code")
    }

    #[test]
    fn an_area_without_contact_has_beneficiaries_and_none_of_them_was_contacted() {
        let village = |text: &str| (code(text), text.to_owned());
        let named = ["500116001001", "500116001002", "500116001003"].map(village).to_vec();
        let grid = |text: &str, beneficiaries, not_contacted| {
            (code(text), Contacts { beneficiaries, not_contacted })
        };
        // One contact in one of its grids is a contact of the village.
        let grids = [
            grid("500116001001001", 3, 3),
            grid("500116001001002", 2, 1),
            grid("500116001002001", 4, 4),
            grid("500116001002002", 1, 1),
        ];
        let found = quiet(named, &grids);
        let expected =
            Quiet { code: code("500116001002"), name: "500116001002".to_owned(), beneficiaries: 5 };
        assert_eq!(found, [expected], "and an area without beneficiaries is not listed");
    }
}
