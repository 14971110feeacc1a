//! The beneficiaries of the demo district.

use chrono::{Days, NaiveDate};
use gridward_domain::code::{Categories, Hardships};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;

use super::draw::Draw;
use super::identity;
use super::map::{Grid, Map};
use crate::beneficiary::{Contact, Mobility};
use crate::load::record::BeneficiaryRecord;
use crate::person::Gender;

/// Categories, their number of 62,000 beneficiaries, and the range of birth years.
const CATEGORIES: [(&str, usize, (usize, usize)); 10] = [
    ("veteran", 53_003, (1940, 2003)),
    ("disabled_veteran", 1_150, (1936, 1995)),
    ("demobilised_rural", 210, (1928, 1938)),
    ("illness_returned", 980, (1938, 1985)),
    ("combat_veteran", 2_600, (1936, 1970)),
    ("martyr_family", 240, (1934, 1988)),
    ("fallen_family", 90, (1940, 1990)),
    ("deceased_family", 260, (1936, 1990)),
    ("active_family", 3_400, (1955, 1995)),
    ("retired_officer", 67, (1935, 1968)),
];
/// The states of plaques, and their number of a thousand.
const PLAQUES: [(&str, usize); 4] =
    [("hung", 920), ("pending", 40), ("damaged", 30), ("declined", 10)];
/// The date of the demo data, after all contacts.
const TODAY: NaiveDate = match NaiveDate::from_ymd_opt(2025, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// The minimum and maximum number of beneficiaries per grid.
const A_GRID: (f64, f64) = (8.0, 120.0);

/// `count` beneficiaries over the grids of the map.
pub(super) fn beneficiaries(map: &Map, count: usize, draw: &mut Draw) -> Vec<BeneficiaryRecord> {
    let sizes = sizes(map.grids.len(), count, draw);
    let mut all = Vec::with_capacity(count);
    for (grid, size) in map.grids.iter().zip(sizes) {
        let hamlets: Vec<(f64, f64)> =
            (0..=draw.below(6)).map(|_| (draw.between(0.1, 0.9), draw.between(0.1, 0.9))).collect();
        for house in 1..=size {
            let place = near(grid, draw.one_of(&hamlets), draw);
            all.extend(one(grid, all.len(), house, place, draw));
        }
    }
    all
}

/// Each fortieth beneficiary lives with the one before in a household with one plaque, unless one of them lives alone.
/// The simulation, whose figures are published, does without these couples.
pub fn couples(all: &mut [BeneficiaryRecord]) {
    for (n, pair) in all.chunks_exact_mut(40).enumerate() {
        let [.., first, second] = pair else { continue };
        if first.grid != second.grid || first.lives_alone || second.lives_alone {
            continue;
        }
        first.household = format!("{}-{n:05}", first.grid).parse().ok();
        second.household.clone_from(&first.household);
        second.place = first.place;
        second.address.clone_from(&first.address);
        if first.plaque == second.plaque
            && let Ok(pending) = "pending".parse()
        {
            second.plaque = pending;
        }
    }
}

/// The number of beneficiaries per grid, `count` in total, with a log-normal distribution.
fn sizes(grids: usize, count: usize, draw: &mut Draw) -> Vec<usize> {
    /// The median, and the standard deviation of the logarithm.
    const SHAPE: (f64, f64) = (21.0, 0.65);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 8 and 120 by the clamp"
    )]
    let mut size =
        || (SHAPE.0 * (SHAPE.1 * draw.normal()).exp()).clamp(A_GRID.0, A_GRID.1).round() as usize;
    let mut sizes: Vec<usize> = (0..grids).map(|_| size()).collect();
    // The difference to the total is distributed evenly.
    let mut sum: usize = sizes.iter().sum();
    for n in (0..grids).cycle().take(grids * 64) {
        let size = &mut sizes[n];
        match sum.cmp(&count) {
            std::cmp::Ordering::Less => {
                *size += 1;
                sum += 1;
            }
            std::cmp::Ordering::Greater if *size > 8 => {
                *size -= 1;
                sum -= 1;
            }
            std::cmp::Ordering::Greater => {}
            std::cmp::Ordering::Equal => break,
        }
    }
    sizes
}

fn near(grid: &Grid, hamlet: (f64, f64), draw: &mut Draw) -> Place {
    let (x, y) = hamlet;
    grid.at(x + 0.06 * draw.normal(), y + 0.06 * draw.normal())
}

/// A beneficiary; `None` only for an invalid word of the tables above.
fn one(
    grid: &Grid,
    n: usize,
    house: usize,
    place: Place,
    draw: &mut Draw,
) -> Option<BeneficiaryRecord> {
    let kinds = CATEGORIES.map(|(category, weight, years)| ((category, years), weight));
    let (category, (from, to)) = draw.weighted(&kinds);
    let gender = if draw.of_thousand(70) { Gender::Female } else { Gender::Male };
    let born = from + draw.below(to - from + 1);
    let old = born < 1950;
    let hardships: Hardships = [("medical", 76), ("living", 80), ("housing", 35)]
        .into_iter()
        .filter(|(_, times)| draw.of_thousand(*times))
        .filter_map(|(hardship, _)| hardship.parse().ok())
        .collect();
    let mobility = match (draw.of_thousand(if old { 180 } else { 40 }), draw.of_thousand(110)) {
        (true, true) => Mobility::Homebound,
        (true, false) => Mobility::Limited,
        (false, _) => Mobility::Full,
    };
    let tags = (old && mobility != Mobility::Full).then_some("key_recipient");
    let days_ago = draw.below(720) as u64;
    let seen = !draw.of_thousand(20);
    Some(BeneficiaryRecord {
        id: BeneficiaryId(identity::id(n, draw)),
        grid: grid.code,
        name: identity::name(gender, draw),
        gender,
        birth_year: identity::birth_year(born),
        categories: categories(category, born),
        tags: tags.into_iter().filter_map(|code| code.parse().ok()).collect(),
        household: None,
        place,
        address: format!("{}{}栋{}", grid.address, house / 12 + 1, 101 + house % 12 * 100),
        phone: identity::phone("1001", n),
        id_number: identity::id_number(born, gender, n),
        hardships,
        lives_alone: draw.of_thousand(if old { 160 } else { 45 }),
        mobility,
        contact: if draw.of_thousand(326) { Contact::Visit } else { Contact::Phone },
        plaque: draw.weighted(&PLAQUES).parse().ok()?,
        last_contact: TODAY.checked_sub_days(Days::new(days_ago)).filter(|_| seen),
    })
}

/// The main category, and that of rural veterans for those who are old enough for it.
fn categories(main: &str, born: usize) -> Categories {
    let also = matches!(main, "combat_veteran" | "illness_returned") && born < 1965;
    let also = also.then_some("rural_veteran_60");
    [main].into_iter().chain(also).filter_map(|code| code.parse().ok()).collect()
}
