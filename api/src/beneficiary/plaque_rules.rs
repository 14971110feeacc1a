//! The rules of the plaques of a district, which a transaction reads at most once.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::PlaqueState;
use gridward_domain::goods::PlaqueRule;

use crate::db::column::JsonColumn;
use crate::db::schema::goods_items;
use crate::db::{Conn, DbError};

/// The rules of the items in use of a district that are plaques, read when they are first needed.
#[derive(Debug)]
pub struct PlaqueRules {
    district: AreaCode,
    read: Option<Vec<PlaqueRule>>,
}

impl PlaqueRules {
    /// Those of the district.
    pub const fn of(district: AreaCode) -> Self {
        Self { district, read: None }
    }

    /// Whether a case has withdrawn a plaque in this state.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn is_withdrawn(&mut self, conn: &mut Conn, state: &PlaqueState) -> Result<bool, DbError> {
        Ok(self.all(conn)?.iter().any(|rule| rule.is_withdrawn(state)))
    }

    /// Whether a case decides the change from the state `was` to `is`.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn is_of_case(
        &mut self,
        conn: &mut Conn,
        was: &PlaqueState,
        is: &PlaqueState,
    ) -> Result<bool, DbError> {
        if was == is {
            return Ok(false);
        }
        Ok(self.all(conn)?.iter().any(|rule| rule.is_of_case(was, is)))
    }

    /// The states in which a plaque is there; none if no item in use is a plaque.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn present(&mut self, conn: &mut Conn) -> Result<BTreeSet<PlaqueState>, DbError> {
        Ok(self.all(conn)?.iter().flat_map(PlaqueRule::covering).collect())
    }

    fn all(&mut self, conn: &mut Conn) -> Result<&[PlaqueRule], DbError> {
        let rules = match self.read.take() {
            Some(rules) => rules,
            None => read(conn, self.district)?,
        };
        Ok(self.read.insert(rules))
    }
}

fn read(conn: &mut Conn, district: AreaCode) -> Result<Vec<PlaqueRule>, DbError> {
    let rules: Vec<JsonColumn<PlaqueRule>> = goods_items::table
        .filter(goods_items::district.eq(district))
        .filter(goods_items::active.eq(true))
        .filter(goods_items::plaque.is_not_null())
        .select(goods_items::plaque.assume_not_null())
        .load(conn)?;
    Ok(rules.into_iter().map(JsonColumn::into_value).collect())
}
