//! A catalogue whose visits create follow-up tasks.

use serde_json::{Value, json};

use super::Server;
use super::documents::change;

/// Lets hardships and plaques that visits find create follow-up tasks, as a district may decide, in place of the
/// cases that they open in a new district.
pub async fn follow_up_by_tasks(server: &Server) {
    let admin = server.admin().await;
    for kind in ["home_visit", "condolence", "hardship_follow_up", "plaque_check", "phone_call"] {
        let path = format!("/v1/service-kinds/{kind}");
        let by_tasks = |content: &mut Value| {
            for need in ["medical", "living", "housing"] {
                content["opens"].as_object_mut().expect("needs").remove(need);
                content["follow_ups"][need] = json!("hardship_follow_up");
            }
            let plaque = content.pointer_mut("/form/properties/plaque");
            if let Some(plaque) = plaque.and_then(Value::as_object_mut) {
                plaque.remove("x-opens");
                let checks = json!({ "damaged": "plaque_check", "missing": "plaque_check" });
                plaque.insert("x-follow-ups".to_owned(), checks);
            }
        };
        let changed = change(&admin, &path, by_tasks).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
}
