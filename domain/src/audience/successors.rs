//! An audience after a change of areas.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::filter::Filter;
use crate::area::AreaCode;

/// The areas that are in the place of an area after a change: at least one, and the area itself if it
/// did not change.
pub type Successors<'a> = &'a dyn Fn(AreaCode) -> BTreeSet<AreaCode>;

impl Filter {
    /// The filter with the areas that took over.
    #[must_use]
    pub fn after_change_of_areas(&self, successors: Successors<'_>) -> Self {
        let parts = |parts: &[Self]| {
            parts.iter().map(|part| part.after_change_of_areas(successors)).collect()
        };
        match self {
            Self::Is(Condition::Area(areas)) => {
                let areas = areas.iter().flat_map(|area| successors(*area));
                Self::Is(Condition::Area(areas.collect()))
            }
            Self::Is(_) => self.clone(),
            Self::Not(inner) => Self::Not(Box::new(inner.after_change_of_areas(successors))),
            Self::Any(all) => Self::Any(parts(all)),
            Self::All(all) => Self::All(parts(all)),
        }
    }
}

/// The smallest area that contains all of the areas; `None` for none.
pub fn common(areas: impl IntoIterator<Item = AreaCode>) -> Option<AreaCode> {
    let around = |one: AreaCode, other: AreaCode| {
        let mut above = std::iter::successors(Some(one), AreaCode::parent);
        above.find(|area| area.contains(&other)).unwrap_or(one)
    };
    areas.into_iter().reduce(around)
}

/// The area and the filter of an audience after a change of areas: where several areas took over, the
/// smallest one around them, and only what is in them.
pub fn after_change_of_areas(
    area: AreaCode,
    filter: &Filter,
    successors: Successors<'_>,
) -> (AreaCode, Filter) {
    let filter = filter.after_change_of_areas(successors);
    let areas = successors(area);
    match common(areas.iter().copied()) {
        Some(around) if !areas.contains(&around) => {
            (around, Filter::All(vec![Filter::Is(Condition::Area(areas)), filter]))
        }
        around => (around.unwrap_or(area), filter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code")
    }

    fn filter(text: &str) -> Filter {
        serde_json::from_str(text).expect("a filter")
    }

    #[test]
    fn an_audience_follows_a_new_code_and_each_part_of_a_split_area() {
        let successors = |area: AreaCode| match area.as_str() {
            "500116001" => [code("500116009")].into(),
            "500116002001001" => [code("500116002001001"), code("500116002001007")].into(),
            "500116002001002" => [code("500116002001008"), code("500116002003001")].into(),
            _ => BTreeSet::from([area]),
        };
        let of = |area: &str, text: &str| {
            let (area, filter) = after_change_of_areas(code(area), &filter(text), &successors);
            (area.to_string(), serde_json::to_string(&filter).expect("a text"))
        };
        let plain = r#"{"lives_alone":true}"#;
        assert_eq!(of("500116", plain), ("500116".to_owned(), plain.to_owned()));
        assert_eq!(of("500116001", plain), ("500116009".to_owned(), plain.to_owned()));
        let named = of("500116", r#"{"not":{"any":[{"area":["500116001","500116002"]}]}}"#);
        assert_eq!(named.1, r#"{"not":{"any":[{"area":["500116002","500116009"]}]}}"#);
        let split = of("500116002001001", plain);
        assert_eq!(split.0, "500116002001");
        let both = r#"{"area":["500116002001001","500116002001007"]}"#;
        assert_eq!(split.1, format!(r#"{{"all":[{both},{plain}]}}"#));
        assert_eq!(of("500116002001002", plain).0, "500116002", "the town around both parts");
    }
}
