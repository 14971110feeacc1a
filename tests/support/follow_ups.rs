//! A catalogue whose visits create follow-up tasks.

use reqwest::Method;
use serde_json::{Value, json};

use super::Server;

/// Lets hardships and plaques that visits find create follow-up tasks, as a district may decide, in place of the
/// cases that they open in a new district.
pub async fn follow_up_by_tasks(server: &Server) {
    let admin = server.admin().await;
    for kind in ["home_visit", "condolence", "hardship_follow_up", "plaque_check", "phone_call"] {
        let path = format!("/v1/service-kinds/{kind}");
        let found = admin.get(&path).await;
        let mut content = found.body;
        for name in ["code", "version"] {
            content.as_object_mut().expect("a kind").remove(name);
        }
        for need in ["medical", "living", "housing"] {
            content["opens"].as_object_mut().expect("needs").remove(need);
            content["follow_ups"][need] = json!("hardship_follow_up");
        }
        let plaque = content.pointer_mut("/form/properties/plaque").and_then(Value::as_object_mut);
        if let Some(plaque) = plaque {
            plaque.remove("x-opens");
            let checks = json!({ "damaged": "plaque_check", "missing": "plaque_check" });
            plaque.insert("x-follow-ups".to_owned(), checks);
        }
        let request = admin.request(Method::PUT, &path).header("If-Match", &found.headers["etag"]);
        let changed = admin.send(request.json(&content)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
}
