//! The Spring Festival: visits by leaders, letters and pictures for all, and rice for those in hardship, from
//! the document to the report.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{drafts, install, report, server};
use crate::campaign::spring_festival::{
    FAR_VILLAGE, VILLAGE, accompanied, finds_a_need, hand_out, planned,
};
use crate::campaign::{approve, launch, launched};
use crate::case::open;
use crate::goods::{receive, rice};
use crate::regime::cadences::change;
use crate::support::files::beneficiary_id;
use crate::support::{Backend, FAR_GRID, GRID, phones};

const CONFIGURATION: &str = include_str!("../../docs/services/spring_festival.json");
const OCCASION: &str = "spring_festival_2027";
const LETTER: &str = "spring_festival_letter";
const PICTURE: &str = "new_year_picture";
const RICE: &str = "rice_10kg";

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spring_festival_is_kept_by_configuration_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = server(backend);
    let (supervisor, admin) = (server.supervisor().await, server.admin().await);
    let (manager, far) = (server.manager().await, server.far_manager().await);
    let other = server.sign_in(phones::OTHER_MANAGER).await;
    // Two families that leaders visit, and one whose visit has found a high level of need.
    for (n, category) in [(1, "martyr_family"), (5, "merit_holder")] {
        let categories = json!({ "categories": [category] });
        change(&supervisor, Method::PATCH, &beneficiary_id(n), "", &categories).await;
    }
    let in_need = beneficiary_id(4);
    let visit = supervisor.make_task(&in_need).await;
    report(&other, &visit, json!({ "answers": { "need": "high" } })).await;
    // One whose hardship is a case.
    let hardship = json!({
        "kind": "three_hardships", "class": "living", "beneficiary_id": beneficiary_id(3),
        "source": "phone"
    });
    open(&manager, hardship).await;
    install(&server, CONFIGURATION).await;
    for village in [VILLAGE, FAR_VILLAGE] {
        for item in [LETTER, PICTURE, RICE] {
            receive(&admin, item, village, 9).await;
        }
    }

    let guest = json!({ "name": "李建国", "office": "区委常委" });
    let days = ["2027-02-06", "2027-01-18", "2027-02-05"];
    let paths = drafts(&server, CONFIGURATION, (2027, days), &guest).await;
    let feasible = supervisor.act(&format!("{}/feasibility", paths[0])).await.body;
    assert_eq!((&feasible["visits"], &feasible["fits"]), (&json!(2), &json!(true)), "{feasible}");
    let mut made = Vec::new();
    for path in &paths {
        assert_eq!(approve(&admin, path).await.status, 200);
        assert_eq!(launch(&supervisor, path, true).await.status, 200);
        let campaign = launched(&supervisor, path).await;
        made.push((campaign["created_tasks"].clone(), campaign["planned_handouts"].clone()));
    }
    // A letter and a picture for each of six, those of a visit not twice, and rice for two.
    assert_eq!(made, [(2, 4), (0, 8), (0, 2)].map(|(tasks, goods)| (json!(tasks), json!(goods))));

    // The leader comes along, and letter and picture are handed over.
    let (task, home) = accompanied(&manager, &guest, &["春节慰问信", "年画"]).await;
    assert_eq!(home, beneficiary_id(1));
    let answers = json!({ "accompanied": true, "safe_winter": "well" });
    report(&manager, &task, json!({ "answers": answers })).await;
    hand_out(&manager, &home, OCCASION, &[LETTER, PICTURE]).await;
    // Rice is handed over for a signature.
    let unsigned = json!({ "item": RICE, "receipt": null });
    let unsigned = other.post("/v1/handouts", &rice(&in_need, &unsigned)).await;
    let pointer = &unsigned.body["errors"][0]["pointer"];
    assert_eq!((unsigned.status, pointer), (422, &json!("/receipt")), "{}", unsigned.body);
    hand_out(&other, &in_need, OCCASION, &[RICE]).await;
    // The picture of a household that has moved comes back; the visit elsewhere finds a cold home.
    let pictures = planned(&manager, PICTURE).await;
    assert_eq!(pictures.len(), 2, "the other homes of the grid: {pictures:?}");
    let back = format!("/v1/handouts/{}/return", pictures[0]["id"].as_str().expect("an id"));
    assert_eq!(manager.post(&back, &json!({ "reason": "moved" })).await.status, 200);
    let cold = json!({ "accompanied": false, "safe_winter": "lacking" });
    finds_a_need(&far, json!({ "answers": cold })).await;
    let opened = supervisor.get("/v1/cases?kind=three_hardships").await.body;
    let found = super::items(&opened, "items").filter(|one| one["source"] == "report");
    let homes: Vec<_> = found.map(|one| &one["beneficiary_id"]).collect();
    assert_eq!(homes, [&json!(beneficiary_id(5))], "{opened}");

    let mut progress = Vec::new();
    for path in &paths {
        let of = supervisor.get(&format!("{path}/progress")).await.body;
        progress.push((
            of["total"]["tasks"].clone(),
            of["total"]["done"].clone(),
            of["handouts"].clone(),
        ));
    }
    let expected: [(i32, i32, Value); 3] = [
        (2, 2, json!({ "planned": 2, "handed_out": 2, "returned": 0 })),
        (0, 0, json!({ "planned": 7, "handed_out": 0, "returned": 1 })),
        (0, 0, json!({ "planned": 1, "handed_out": 1, "returned": 0 })),
    ];
    assert_eq!(progress, expected.map(|(tasks, done, goods)| (json!(tasks), json!(done), goods)));
    let report = supervisor.get(&format!("{}/report?by=grid", paths[0])).await.body;
    assert_eq!((&report["minutes_done"], &report["returns"]["moved"]), (&json!(50), &json!(0)));
    let of_letters = supervisor.get(&format!("{}/report", paths[1])).await.body;
    assert_eq!(of_letters["returns"]["moved"], 1, "{of_letters}");
    let of = |grid: &str| super::items(&report, "areas").find(|area| area["area"] == grid);
    assert_eq!(of(GRID).expect("a grid")["attempts"]["done"], 1, "{report}");
    assert_eq!(of(FAR_GRID).expect("a grid")["attempts"]["needs_found"], 1, "{report}");
}
