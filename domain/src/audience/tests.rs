//! The filter: parsing, limits, normal form, evaluation and words.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::area::AreaCode;
use crate::code::{CaseKindCode, Categories, Category, KindCode, PlaqueState, Tag, Tags, WordCode};
use crate::entry::{Contact, Gender, Mobility};
use crate::range::{Age, BirthYear, DaysAgo};
use crate::word::VariantArray as _;

/// The labels of the defaults.
struct Labels;

impl Names for Labels {
    fn area(&self, code: &AreaCode) -> String {
        match code.as_str() {
            "500116" => "江津区",
            "500116001" => "几江街道",
            _ => "鼎山街道",
        }
        .to_owned()
    }

    fn category(&self, code: &Category) -> Sentence {
        let (zh, en) = match code.as_str() {
            "martyr_family" => ("烈士遗属", "Family of a martyr"),
            _ => ("残疾军人", "Disabled veteran"),
        };
        Sentence { zh: zh.to_owned(), en: en.to_owned() }
    }

    fn tag(&self, _: &Tag) -> Sentence {
        Sentence { zh: "重点服务对象".to_owned(), en: "Key recipient".to_owned() }
    }

    fn plaque(&self, _: &PlaqueState) -> Sentence {
        Sentence { zh: "已悬挂".to_owned(), en: "Hung".to_owned() }
    }

    fn answer(&self, among: &AnswerAmong) -> AnswerNames {
        let of = |zh: &str, en: &str| Sentence { zh: zh.to_owned(), en: en.to_owned() };
        let words = among.any.iter().map(|_| of("差", "Poor")).collect();
        AnswerNames {
            kind: of("上门走访", "Home visit"), field: of("健康状况", "Health"), words
        }
    }

    fn case_kind(&self, _: &CaseKindCode) -> Sentence {
        Sentence { zh: "解三难".to_owned(), en: "Three hardships".to_owned() }
    }
}

fn filter(json: Value) -> Filter {
    serde_json::from_value(json).expect("a filter")
}

fn refusal(json: Value) -> String {
    serde_json::from_value::<Filter>(json).expect_err("a refusal").to_string()
}

fn said(json: Value) -> (String, String) {
    let district = "500116".parse().expect("a code");
    let Sentence { zh, en } = filter(json).sentence(district, &Labels);
    (zh, en)
}

fn today() -> NaiveDate {
    "2026-11-28".parse().expect("a day")
}

#[test]
fn a_filter_has_one_member_and_only_plain_fields() {
    let hardship = refusal(json!({ "hardship": ["medical"] }));
    assert!(hardship.starts_with("unknown field `hardship`, expected one of"), "{hardship}");
    assert!(hardship.contains("`category`"), "it lists the fields: {hardship}");
    assert_eq!(refusal(json!({})), "must have exactly one member");
    let two = json!({ "lives_alone": true, "gender": "male" });
    assert_eq!(refusal(two), "must have exactly one member");
    let form = refusal(json!({ "not_contacted_since": { "day": "2026-8-1" } }));
    assert!(form.starts_with("must be a date"), "{form}");
    let both = json!({ "not_contacted_since": { "day": "2026-08-01", "days_ago": 3 } });
    assert!(refusal(both).starts_with("must have either"));
}

#[test]
fn depth_size_and_members_have_limits() {
    let leaf = json!({ "lives_alone": true });
    let deep = |levels: usize| (1..levels).fold(leaf.clone(), |inner, _| json!({ "not": inner }));
    assert_eq!(filter(deep(6)).check(), Ok(()));
    let pointer = "/not/not/not/not/not/not".to_owned();
    assert_eq!(filter(deep(7)).check(), Err(Fault { pointer, error: FilterError::TooDeep }));

    let wide = |width: usize| json!({ "all": vec![leaf.clone(); width] });
    assert_eq!(filter(wide(64)).check(), Ok(()));
    assert_eq!(filter(wide(65)).check().expect_err("too many").error, FilterError::TooLarge);
    let halves = json!({ "any": [wide(32), wide(33)] });
    assert_eq!(filter(halves).check().expect_err("too many").error, FilterError::TooLarge);
    let nothing = json!({ "all": vec![json!({ "all": [] }); 64] });
    assert_eq!(filter(nothing).check(), Ok(()));

    let fault = |json: Value| filter(json).check().expect_err("a fault");
    assert_eq!(fault(json!({ "any": [] })).error, FilterError::Members);
    let empty = fault(json!({ "all": [{ "category": [] }] }));
    assert_eq!((empty.pointer.as_str(), empty.error), ("/all/0/category", FilterError::Members));
    let ages = fault(json!({ "not": { "age": { "from": 80, "to": 60 } } }));
    assert_eq!((ages.pointer.as_str(), ages.error), ("/not/age", FilterError::Age));
    assert_eq!(fault(json!({ "age": {} })).error, FilterError::Age);
}

#[test]
fn a_filter_is_said_as_a_product_says_it() {
    let (zh, en) = said(json!({ "all": [
        { "category": ["martyr_family"] }, { "age": { "from": 80 } }, { "lives_alone": true }
    ] }));
    assert_eq!(zh, "江津区内 80 岁及以上、独居的烈士遗属");
    assert_eq!(
        en,
        "Beneficiaries in 江津区 who are registered as “Family of a martyr”, are aged 80 or over \
         and live alone"
    );

    let (zh, en) = said(json!({ "all": [] }));
    assert_eq!(
        (zh.as_str(), en.as_str()),
        ("江津区内的全部服务对象", "All beneficiaries in 江津区")
    );

    let needs = [("家有丧事", "A death in the family"), ("受灾", "A disaster")];
    let needs = needs.map(|(zh, en)| Sentence { zh: zh.to_owned(), en: en.to_owned() });
    let district = "500116".parse().expect("a code");
    let after = filter(json!({ "lives_alone": true })).sentence_after(&needs, district, &Labels);
    assert_eq!(after.zh, "江津区内独居、报告发现“家有丧事”或“受灾”的服务对象");
    assert_eq!(
        after.en,
        "Beneficiaries in 江津区 who live alone and have a report that finds “A death in the \
         family” or “A disaster”"
    );

    let (zh, _) = said(json!({ "category": ["martyr_family", "disabled_veteran"] }));
    assert_eq!(zh, "江津区内的残疾军人或烈士遗属");

    let (zh, en) = said(json!({ "all": [
        { "area": ["500116001"] },
        { "any": [{ "mobility": ["limited", "homebound"] }, { "not_contacted_since": { "days_ago": 90 } }] },
        { "not": { "category": ["disabled_veteran"] } }
    ] }));
    assert_eq!(zh, "几江街道内不属于残疾军人、（行动不便或不能出门或近 90 天未联系）的服务对象");
    assert_eq!(
        en,
        "Beneficiaries in 几江街道 who are not registered as “Disabled veteran” and (move about \
         with difficulty or cannot leave the home or have had no contact in the last 90 days)"
    );

    let (zh, _) = said(json!({ "all": [
        { "age": { "from": 60, "to": 79, "on": "2027-02-06" } }, { "plaque": ["hung"] },
        { "not_contacted_since": { "day": "2026-05-01" } }, { "gender": "female" }
    ] }));
    assert_eq!(
        zh,
        "江津区内 2027 年时 60 至 79 岁、女性、光荣牌已悬挂、2026 年 5 月 1 日以来未联系的服务对象"
    );
}

#[test]
fn a_condition_on_a_case_is_said_with_the_name_of_its_kind() {
    let granted = json!({ "case": { "kind": "three_hardships", "state": "granted" } });
    let (zh, en) = said(granted.clone());
    assert_eq!(zh, "江津区内有已获批准的“解三难”事项的服务对象");
    assert_eq!(en, "Beneficiaries in 江津区 who have a granted case “Three hardships”");
    let (zh, en) = said(json!({ "not": granted }));
    assert_eq!(zh, "江津区内没有已获批准的“解三难”事项的服务对象");
    assert_eq!(en, "Beneficiaries in 江津区 who do not have a granted case “Three hardships”");
}

#[test]
fn a_condition_on_a_tag_is_said_with_its_label() {
    let key = json!({ "tag": ["key_recipient"] });
    let (zh, en) = said(json!({ "all": [{ "category": ["martyr_family"] }, key.clone()] }));
    assert_eq!(zh, "江津区内带有标签“重点服务对象”的烈士遗属");
    assert_eq!(
        en,
        "Beneficiaries in 江津区 who are registered as “Family of a martyr” and are tagged “Key \
         recipient”"
    );
    let (zh, en) = said(json!({ "not": key }));
    assert_eq!(zh, "江津区内没有标签“重点服务对象”的服务对象");
    assert_eq!(en, "Beneficiaries in 江津区 who are not tagged “Key recipient”");
}

#[test]
fn a_condition_on_an_answer_is_said_with_its_field_and_its_kind() {
    let poor = json!({ "answer": { "kind": "home_visit", "field": "health", "any": ["poor"] } });
    let (zh, en) = said(poor.clone());
    assert_eq!(zh, "江津区内上门走访中“健康状况”为差的服务对象");
    assert_eq!(en, "Beneficiaries in 江津区 who have “Poor” for “Health” (Home visit)");
    let (zh, en) = said(json!({ "not": poor }));
    assert_eq!(zh, "江津区内上门走访中“健康状况”非差的服务对象");
    assert_eq!(en, "Beneficiaries in 江津区 who do not have “Poor” for “Health” (Home visit)");
    let none = json!({ "answer": { "kind": "home_visit", "field": "health", "any": [] } });
    let fault = filter(none).check().expect_err("a fault");
    assert_eq!((fault.pointer.as_str(), fault.error), ("/answer", FilterError::Members));
}

/// A beneficiary's facts, owned.
#[derive(Clone, Debug)]
struct Home {
    grid: AreaCode,
    categories: Categories,
    tags: Tags,
    gender: Gender,
    birth_year: BirthYear,
    lives_alone: bool,
    mobility: Mobility,
    contact: Contact,
    plaque: PlaqueState,
    last_contact: Option<NaiveDate>,
    answers: BTreeSet<(KindCode, WordCode, WordCode)>,
    cases: BTreeSet<CaseOf>,
}

impl Home {
    fn facts(&self) -> Facts<'_> {
        Facts {
            grid: self.grid,
            categories: &self.categories,
            tags: &self.tags,
            gender: self.gender,
            birth_year: self.birth_year,
            lives_alone: self.lives_alone,
            mobility: self.mobility,
            contact: self.contact,
            plaque: &self.plaque,
            last_contact: self.last_contact,
            answers: &self.answers,
            cases: &self.cases,
        }
    }
}

fn area() -> impl Strategy<Value = AreaCode> {
    let codes = ["500116", "500116001", "500116001002", "500116002", "500116001002001"];
    prop::sample::select(codes.to_vec()).prop_map(|code| code.parse().expect("a code"))
}

fn code<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>() -> impl Strategy<Value = T>
{
    prop::sample::select(vec!["a", "b", "c"]).prop_map(|code| code.parse().expect("a code"))
}

fn some<T: Ord + std::fmt::Debug>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = BTreeSet<T>> {
    prop::collection::btree_set(one, 1..3)
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0_u64..400).prop_map(|days| today() - chrono::Days::new(days))
}

fn mobility() -> impl Strategy<Value = Mobility> {
    prop::sample::select(Mobility::VARIANTS.to_vec())
}

fn contact() -> impl Strategy<Value = Contact> {
    prop::sample::select(Contact::VARIANTS.to_vec())
}

fn gender() -> impl Strategy<Value = Gender> {
    prop::sample::select(Gender::VARIANTS.to_vec())
}

fn case() -> impl Strategy<Value = CaseOf> {
    let state = prop::sample::select(vec![CaseProgress::Open, CaseProgress::Granted]);
    (code(), state).prop_map(|(kind, state)| CaseOf { kind, state })
}

fn condition() -> impl Strategy<Value = Condition> {
    let age = |age: i64| Age::try_from(age).expect("an age");
    prop_oneof![
        some(area()).prop_map(Condition::Area),
        (60_i64..90, 0_i64..20, 0..3).prop_map(move |(from, more, bounds)| {
            let (from, to) = (Some(age(from)), Some(age(from + more)));
            Condition::Age(AgeRange {
                from: from.filter(|_| bounds != 0),
                to: to.filter(|_| bounds != 1),
                on: None,
            })
        }),
        gender().prop_map(Condition::Gender),
        any::<bool>().prop_map(Condition::LivesAlone),
        some(mobility()).prop_map(Condition::Mobility),
        contact().prop_map(Condition::Contact),
        some(code()).prop_map(Condition::Plaque),
        prop_oneof![
            day().prop_map(Since::Day),
            (1_i64..400).prop_map(|days| Since::DaysAgo(DaysAgo::try_from(days).expect("days"))),
        ]
        .prop_map(Condition::NotContactedSince),
        some(code()).prop_map(Condition::Category),
        some(code()).prop_map(Condition::Tag),
        (code(), code(), some(code()))
            .prop_map(|(kind, field, any)| Condition::Answer(AnswerAmong { kind, field, any })),
        case().prop_map(Condition::Case),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    condition().prop_map(Filter::Is).prop_recursive(5, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::Any),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn home() -> impl Strategy<Value = Home> {
    let grid = prop::sample::select(vec!["500116001002001", "500116002001001"]);
    let who = (gender(), 1935_i64..1968, any::<bool>(), mobility(), contact());
    let answered = (some((code(), code(), code())), prop::collection::btree_set(case(), 0..3));
    let words = (some(code()), prop::collection::btree_set(code(), 0..3));
    (grid, words, who, code(), prop::option::of(day()), answered).prop_map(
        |(
            grid,
            (categories, tags),
            (gender, born, lives_alone, mobility, contact),
            plaque,
            last_contact,
            (answers, cases),
        )| {
            Home {
                grid: grid.parse().expect("a code"),
                categories,
                tags,
                gender,
                birth_year: BirthYear::try_from(born).expect("a year"),
                lives_alone,
                mobility,
                contact,
                plaque,
                last_contact,
                answers,
                cases,
            }
        },
    )
}

proptest! {
    #[test]
    fn the_normal_form_means_the_same_and_is_its_own(filter in filters(), home in home()) {
        let normal = filter.clone().normal();
        let (facts, today) = (home.facts(), today());
        prop_assert_eq!(normal.matches(&facts, today), filter.matches(&facts, today));
        prop_assert_eq!(normal.clone().normal(), normal);
    }

    #[test]
    fn a_filter_reads_back_as_it_is_written_and_is_said(filter in filters()) {
        let json = serde_json::to_value(&filter).expect("JSON");
        prop_assert_eq!(serde_json::from_value::<Filter>(json).ok(), Some(filter.clone()));
        let district = "500116".parse().expect("a code");
        let Sentence { zh, en } = filter.sentence(district, &Labels);
        prop_assert!(zh.contains('内') && en.contains("eneficiaries in "));
    }

    #[test]
    fn the_opposite_of_a_filter_selects_the_others(filter in filters(), home in home()) {
        let opposite = Filter::Not(Box::new(filter.clone())).normal();
        let (facts, today) = (home.facts(), today());
        prop_assert_eq!(opposite.matches(&facts, today), !filter.matches(&facts, today));
    }
}
