//! The export of the coverage by a plaque.

use super::cell::{Cell, Column, columns};
use super::run::{Listing, Rows};
use crate::db::{Conn, DbError};
use crate::goods::coverage::{CoverageOfArea, GoodsCoverage};

impl Listing for GoodsCoverage {
    type Position = ();

    const NAME: (&'static str, &'static str) = ("goods-coverage", "goods.export_coverage");

    const COLUMNS: &'static [Column] = columns! {
        "area", "Area", "区域编码";
        "area_name", "Name of the area", "区域名称";
        "entitled", "Entitled households", "应挂户数";
        "covered", "With the plaque", "已挂户数";
    };

    fn page(&self, _: &mut Conn, _: Option<()>) -> Result<Rows<()>, DbError> {
        Ok((self.areas.iter().map(row).collect(), None))
    }
}

fn row(of: &CoverageOfArea) -> Vec<Cell> {
    vec![
        Cell::text(of.area),
        Cell::text(&of.name),
        Cell::Number(of.entitled),
        Cell::Number(of.covered),
    ]
}
