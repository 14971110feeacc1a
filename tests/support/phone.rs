//! A phone that syncs with the server, page by page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::files::beneficiary_id;
use super::{Caller, Server};

/// A phone: its copy of rows and its cursor.
#[derive(Default)]
pub struct Phone {
    /// The types and ids of all rows that were ever removed.
    pub removed: BTreeSet<(String, String)>,
    /// Rows by type and id.
    pub rows: BTreeMap<(String, String), Value>,
    /// Its cursor.
    pub cursor: Option<String>,
    /// The fields of its pushes that select a part of the scope.
    pub selection: Value,
}

impl Phone {
    /// Sends `commands` and applies all changes.
    pub async fn sync(&mut self, caller: &Caller, commands: Value) -> Vec<Value> {
        let (results, mut more) = self.page(caller, commands).await;
        while more {
            (_, more) = self.page(caller, json!([])).await;
        }
        results
    }

    async fn page(&mut self, caller: &Caller, commands: Value) -> (Vec<Value>, bool) {
        let sent = commands.as_array().expect("commands").len();
        let mut body = json!({ "commands": commands, "device": "test", "limit": 3 });
        if let Some(cursor) = &self.cursor {
            body["cursor"] = json!(cursor);
        }
        for (name, value) in self.selection.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = caller.post("/v1/sync", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.body;
        if body["reset"] == json!(true) {
            self.rows.clear();
        }
        let key = |row: &Value| {
            let text = |name: &str| row[name].as_str().expect("a text").to_owned();
            (text("type"), text("id"))
        };
        for row in body["changes"].as_array().expect("changes") {
            self.rows.insert(key(row), row["data"].clone());
        }
        for row in body["removed"].as_array().expect("removed") {
            self.rows.remove(&key(row));
            self.removed.insert(key(row));
        }
        self.cursor = Some(body["cursor"].as_str().expect("a cursor").to_owned());
        let results = body["results"].as_array().expect("results").clone();
        assert_eq!(results.len(), sent, "one result for each command: {results:?}");
        (results, body["has_more"] == json!(true))
    }

    /// The tasks in its copy.
    pub fn tasks(&self) -> Vec<&Value> {
        self.rows.iter().filter(|((kind, _), _)| kind == "task").map(|(_, row)| row).collect()
    }

    /// The beneficiary, if in its copy.
    pub fn household(&self, id: &str) -> Option<&Value> {
        self.rows.get(&("beneficiary".to_owned(), id.to_owned()))
    }

    /// Checks that the copy equals a fresh snapshot.
    pub async fn is_as_fresh(&self, caller: &Caller) {
        let mut fresh = Self { selection: self.selection.clone(), ..Self::default() };
        fresh.sync(caller, json!([])).await;
        assert_eq!(self.rows, fresh.rows);
    }
}

/// A command of an outbox.
pub fn command(word: &str, task: &str, payload: Value) -> Value {
    json!({
        "id": Uuid::now_v7(), "type": word, "task_id": task,
        "at": "2026-08-01T07:12:03+08:00", "payload": payload
    })
}

/// A task for the beneficiary with this number, in the first grid.
pub async fn task_for(server: &Server, n: u32) -> String {
    server.manager().await.make_task(&beneficiary_id(n)).await
}
