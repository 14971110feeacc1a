//! Kinds of case: documents of the district that admins edit.

mod confidential;
mod edits;

use serde_json::{Value, json};

use crate::support::Caller;

/// The kind of the tests.
fn kind(more: Value) -> Value {
    let mut kind = json!({
        "code": "question", "name": "咨询", "name_en": "Question", "active": true,
        "steps": [
            {"code": "asked", "name": "受理", "name_en": "Asked", "level": "grid", "days": 3,
             "moves": [{"code": "answer", "name": "答复", "name_en": "Answer", "to": "answered"}]},
            {"code": "answered", "name": "已答复", "name_en": "Answered", "level": "grid",
             "result": "done"}
        ]
    });
    for (name, value) in more.as_object().expect("an object") {
        kind[name] = value.clone();
    }
    kind
}

/// The content of the kind as the district has it.
pub async fn content(admin: &Caller, code: &str) -> Value {
    let mut content = admin.get(&format!("/v1/case-kinds/{code}")).await.body;
    for name in ["code", "version"] {
        content.as_object_mut().expect("an object").remove(name);
    }
    content
}
