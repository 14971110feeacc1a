//! The words of a task: what is done, brought and handed over.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{BeneficiaryName, GoodsName, Instructions, Label};
use gridward_domain::id::TaskId;
use gridward_domain::range::{AmountFen, GoodsQuantity};
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::crypto::SealingKey;
use crate::db::DbError;

const TABLE: &str = "tasks";

/// Something that a visit brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "大米10公斤", "quantity": 1}))]
pub struct Goods {
    /// What it is.
    pub name: GoodsName,
    /// How many.
    pub quantity: GoodsQuantity,
}

/// A guest who comes along on a visit, such as a leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "李建国", "office": "区退役军人事务局局长"}))]
pub struct TaskGuest {
    /// The name.
    pub name: BeneficiaryName,
    /// The office.
    #[schema(example = "区退役军人事务局局长")]
    pub office: Label,
}

/// The most kinds of goods of a task.
pub const MOST_GOODS: usize = 50;

/// The words of a task that only staff and its visitor see; stored encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskWords {
    /// What the visitor does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
    /// The money that the visitor hands over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// The goods that the visitor brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goods: Vec<Goods>,
    /// Who comes along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<TaskGuest>,
}

impl TaskWords {
    /// Encrypts the words for the row of this id; `None` if there are none.
    ///
    /// # Errors
    /// Only for a value without a JSON form.
    pub fn sealed(
        &self,
        key: &SealingKey,
        district: AreaCode,
        id: TaskId,
    ) -> Result<Option<Vec<u8>>, DbError> {
        key.seal_unless_default((district, TABLE, id), self)
    }

    /// Decrypts the words of a row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn opened(
        key: &SealingKey,
        district: AreaCode,
        id: TaskId,
        sealed: Option<&[u8]>,
    ) -> Result<Self, DbError> {
        key.open_or_default((district, TABLE, id), sealed)
    }

    /// As [`Self::opened`], but none in a view that does not show them.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn shown(
        key: &SealingKey,
        (district, id): (AreaCode, TaskId),
        sealed: Option<&[u8]>,
        view: View,
    ) -> Result<Self, DbError> {
        Self::opened(key, district, id, sealed.filter(|_| view >= View::Staff))
    }
}

/// The fields of both objects in one.
///
/// # Errors
/// [`DbError::Corrupt`] if `fields` is not an object with a JSON form.
pub fn appended(object: &str, fields: &impl Serialize) -> Result<Box<RawValue>, DbError> {
    let corrupt = |error| DbError::corrupt(TABLE, error);
    let fields = serde_json::to_string(fields).map_err(corrupt)?;
    let open = object.strip_suffix('}').unwrap_or(object);
    let fields = fields.strip_prefix('{').unwrap_or(&fields);
    let separator = if fields == "}" { "" } else { "," };
    RawValue::from_string([open, separator, fields].concat()).map_err(corrupt)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn fields_are_appended_to_an_object_if_there_are_any() {
        let words =
            TaskWords { amount_fen: Some(AmountFen::of::<50_000>()), ..TaskWords::default() };
        let json =
            |words: &TaskWords| appended("{\"version\":1}", words).expect("JSON").get().to_owned();
        assert_eq!(json(&TaskWords::default()), r#"{"version":1}"#);
        assert_eq!(json(&words), r#"{"version":1,"amount_fen":50000}"#);
    }

    #[test]
    fn words_are_for_staff_and_the_visitor() {
        let key = SealingKey::new(&[7; 32]);
        let (district, id) = ("500116".parse().expect("a code"), TaskId(Uuid::nil()));
        let words: TaskWords = serde_json::from_value(json!({
            "instructions": "送春联", "goods": [{ "name": "大米10公斤", "quantity": 1 }]
        }))
        .expect("words");
        let sealed = words.sealed(&key, district, id).expect("sealed").expect("bytes");
        let shown = |view| TaskWords::shown(&key, (district, id), Some(&sealed), view);
        for view in [View::Staff, View::Visitor] {
            assert_eq!(shown(view).expect("opened"), words);
        }
        for view in [View::Audit, View::Pool] {
            assert_eq!(shown(view).expect("opened"), TaskWords::default());
        }
        assert_eq!(TaskWords::default().sealed(&key, district, id).expect("nothing"), None);
    }
}
