//! The order of a plan, as its row has it.

use serde::{Deserialize, Serialize};

use super::imagined::ImaginedVisits;
use super::order::PlanOrder;
use crate::db::DbError;

/// What was ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Content", into = "Content")]
pub struct StoredOrder {
    /// The order.
    pub order: PlanOrder,
    /// The visits of the campaign of a dry plan.
    pub imagined: Option<ImaginedVisits>,
}

/// The JSON of a row.
// A server that knows no dry plans cannot read the order of one, so it plans nothing in its place.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Dry { order: PlanOrder, imagined: ImaginedVisits },
    Usual(PlanOrder),
}

impl From<Content> for StoredOrder {
    fn from(content: Content) -> Self {
        match content {
            Content::Dry { order, imagined } => Self { order, imagined: Some(imagined) },
            Content::Usual(order) => Self::usual(order),
        }
    }
}

impl From<StoredOrder> for Content {
    fn from(StoredOrder { order, imagined }: StoredOrder) -> Self {
        match imagined {
            Some(imagined) => Self::Dry { order, imagined },
            None => Self::Usual(order),
        }
    }
}

impl StoredOrder {
    /// An order of a plan that is not dry.
    pub const fn usual(order: PlanOrder) -> Self {
        Self { order, imagined: None }
    }

    /// The order in the text of a row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn parse(text: &str) -> Result<Self, DbError> {
        serde_json::from_str(text).map_err(|error| DbError::corrupt("plans", error))
    }

    /// The text of a row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn text(&self) -> Result<String, DbError> {
        serde_json::to_string(self).map_err(|error| DbError::corrupt("plans", error))
    }
}
