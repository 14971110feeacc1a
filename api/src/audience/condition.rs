//! A filter as the condition of a query. A property test compares it with the pure evaluation.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::{AnswerAmong, Condition, Filter};
use gridward_domain::word::Word as _;

use crate::case::having::having;
use crate::db::Conn;
use crate::db::schema::{beneficiaries, beneficiary_answers};
use crate::{has_member, in_range};

/// A condition on a beneficiary, which is never NULL.
pub type Expression = Box<
    dyn BoxableExpression<
            beneficiaries::table,
            <Conn as diesel::Connection>::Backend,
            SqlType = Bool,
        >,
>;

/// Whether a beneficiary of the district belongs to the audience, on `today`.
pub fn expression(filter: &Filter, district: AreaCode, today: NaiveDate) -> Expression {
    let part = |part: &Filter| expression(part, district, today);
    match filter {
        Filter::Is(condition) => is(condition, district, today),
        Filter::Not(inner) => Box::new(diesel::dsl::not(part(inner))),
        Filter::Any(parts) => any(parts.iter().map(part)),
        Filter::All(parts) => all(parts.iter().map(part)),
    }
}

/// Holds for every row.
fn always() -> Expression {
    Box::new(beneficiaries::district.is_not_null())
}

fn all(parts: impl Iterator<Item = Expression>) -> Expression {
    let both = |one: Expression, other: Expression| Box::new(one.and(other)) as Expression;
    parts.reduce(both).unwrap_or_else(always)
}

fn any(parts: impl Iterator<Item = Expression>) -> Expression {
    let either = |one: Expression, other: Expression| Box::new(one.or(other)) as Expression;
    parts.reduce(either).unwrap_or_else(|| Box::new(diesel::dsl::not(always())))
}

fn is(condition: &Condition, district: AreaCode, today: NaiveDate) -> Expression {
    match condition {
        Condition::Area(areas) => any(areas.iter().map(|area| -> Expression {
            if area.level() == Level::Grid {
                return Box::new(beneficiaries::grid.eq(*area));
            }
            let range = area.range();
            Box::new(in_range!(beneficiaries::grid, range))
        })),
        Condition::Age(range) => {
            let (latest, earliest) = range.born(today);
            let latest =
                latest.map(|year| -> Expression { Box::new(beneficiaries::birth_year.le(year)) });
            let earliest =
                earliest.map(|year| -> Expression { Box::new(beneficiaries::birth_year.ge(year)) });
            all(latest.into_iter().chain(earliest))
        }
        Condition::Gender(gender) => Box::new(beneficiaries::gender.eq(*gender)),
        Condition::LivesAlone(alone) => Box::new(beneficiaries::lives_alone.eq(*alone)),
        Condition::Mobility(any) => {
            let words: Vec<String> = any.iter().map(|one| one.as_str().to_owned()).collect();
            Box::new(beneficiaries::mobility.eq_any(words))
        }
        Condition::Contact(contact) => Box::new(beneficiaries::contact.eq(*contact)),
        Condition::Plaque(any) => {
            let codes: Vec<String> = any.iter().map(|one| one.as_str().to_owned()).collect();
            Box::new(beneficiaries::plaque.eq_any(codes))
        }
        Condition::NotContactedSince(since) => {
            let before = beneficiaries::last_contact.lt(since.day(today)).assume_not_null();
            Box::new(beneficiaries::last_contact.is_null().or(before))
        }
        Condition::Category(codes) => any(codes.iter().map(|code| -> Expression {
            Box::new(has_member!(beneficiaries::categories, code.as_str()))
        })),
        Condition::Tag(codes) => any(codes.iter().map(|code| -> Expression {
            Box::new(has_member!(beneficiaries::tags, code.as_str()))
        })),
        Condition::Answer(AnswerAmong { kind, field, any }) => {
            let words: Vec<String> = any.iter().map(|one| one.as_str().to_owned()).collect();
            let given = beneficiary_answers::table
                .filter(beneficiary_answers::district.eq(beneficiaries::district))
                .filter(beneficiary_answers::beneficiary.eq(beneficiaries::id))
                .filter(beneficiary_answers::kind.eq(kind.as_str().to_owned()))
                .filter(beneficiary_answers::field.eq(field.as_str().to_owned()))
                .filter(beneficiary_answers::word.eq_any(words));
            Box::new(diesel::dsl::exists(given))
        }
        Condition::Case(case) => having(case, district),
    }
}
