//! Areas: levels, totals, outlines, points.

use rstest::rstest;
use serde_json::json;

use crate::support::server::{Answer, import, said};
use crate::support::{Backend, Files, GRID, Server};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_by_an_area_that_never_was_names_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let unknown = "500116001999";
    let detail = format!("there is no area {unknown}");
    for path in [
        "/v1/people?",
        "/v1/beneficiaries?",
        "/v1/tasks?",
        "/v1/plans?",
        "/v1/stations?",
        "/v1/memorials?",
        "/v1/corrections?",
        "/v1/events?",
        "/v1/people/workload?from=2026-08-03&to=2026-08-09&",
        "/v1/exports/tasks?format=csv&",
        "/v1/exports/beneficiaries?format=csv&",
    ] {
        let refused = supervisor.get(&format!("{path}area={unknown}")).await;
        let error = &refused.body["errors"][0];
        assert_eq!((refused.status, refused.problem()), (404, "not_found"), "{path}");
        assert_eq!(
            (&error["pointer"], &error["detail"]),
            (&json!("area"), &json!(detail)),
            "{path}"
        );
        assert_eq!(supervisor.get(&format!("{path}area={GRID}")).await.status, 200, "{path}");
    }
    let below = supervisor.get(&format!("/v1/areas?level=grid&parent={unknown}")).await;
    assert_eq!((below.status, &below.body["errors"][0]["pointer"]), (404, &json!("parent")));
    for (path, body, pointer) in [
        ("/v1/people/search", json!({ "text": "王", "area": unknown }), "/area"),
        (
            "/v1/beneficiaries/search",
            json!({ "text": "王", "filter": { "area": unknown } }),
            "/filter/area",
        ),
        ("/v1/people/invitations", json!({ "area": unknown }), "/area"),
    ] {
        let refused = supervisor.post(path, &body).await;
        let error = &refused.body["errors"][0];
        assert_eq!((refused.status, &error["pointer"]), (422, &json!(pointer)), "{path}");
        assert_eq!(error["detail"], json!(detail), "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_sees_each_level_and_its_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let towns = supervisor.get("/v1/areas?level=town").await;
    assert_eq!(towns.status, 200);
    let codes: Vec<_> = towns.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|town| town["code"].as_str().expect("a code"))
        .collect();
    assert_eq!(codes, ["500116001", "500116002"]);

    let district = supervisor.get("/v1/areas/500116").await;
    let counts = &district.body["counts"];
    assert_eq!(counts["towns"], 2);
    assert_eq!(counts["villages"], 2);
    assert_eq!(counts["grids"], 3);
    assert_eq!(counts["managers"], 3);
    assert_eq!(counts["volunteers"], 3);
    assert_eq!(counts["beneficiaries"], 6);
    let town = supervisor.get("/v1/areas/500116001").await;
    assert_eq!(town.body["counts"]["grids"], 2);
    assert_eq!(town.body["counts"]["beneficiaries"], 4);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_outside_the_callers_own_does_not_exist(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let manager = server.manager().await;
    for code in ["500116", "500116001", "500116001002002", "500116002", "110101"] {
        let answer = manager.get(&format!("/v1/areas/{code}")).await;
        assert_eq!((answer.status, answer.problem()), (404, "not_found"), "{code}");
    }
    assert_eq!(manager.get(&format!("/v1/areas/{GRID}")).await.status, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_point_is_located_in_its_grid(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let found = supervisor.get("/v1/areas/locate?lat=29.285&lon=106.255").await;
    assert_eq!((found.status, &found.body["code"]), (200, &GRID.into()));
    let sea = supervisor.get("/v1/areas/locate?lat=29.285&lon=120.0").await;
    assert_eq!(sea.status, 404);
    let swapped = supervisor.get("/v1/areas/locate?lat=106.255&lon=29.285").await;
    assert_eq!((swapped.status, swapped.problem()), (400, "bad_request"));
    let detail = swapped.body["errors"][0]["detail"].as_str().expect("a reason");
    assert!(detail.contains("swapped"), "{detail}");
    // A manager can locate points in the grid, but not in the neighbouring one.
    let manager = server.manager().await;
    assert_eq!(manager.get("/v1/areas/locate?lat=29.285&lon=106.255").await.status, 200);
    assert_eq!(manager.get("/v1/areas/locate?lat=29.285&lon=106.265").await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_towns_boundary_is_the_outline_around_its_grids(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.town_supervisor().await;
    let answer = supervisor.get("/v1/areas/500116001/boundary").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/geo+json");
    assert_eq!(answer.body["type"], "Feature");
    assert_eq!(answer.body["geometry"]["type"], "Polygon");
    let ring = answer.body["geometry"]["coordinates"][0].as_array().expect("a ring");
    let lons: Vec<f64> = ring.iter().map(|point| point[0].as_f64().expect("a number")).collect();
    let west = lons.iter().copied().fold(f64::INFINITY, f64::min);
    let east = lons.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!((west - 106.25).abs() < 1e-9 && (east - 106.27).abs() < 1e-9, "{lons:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_one_another_and_end(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let mut path = "/v1/areas?limit=3".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = supervisor.get(&path).await;
        assert_eq!(page.status, 200);
        for area in page.body["items"].as_array().expect("a list") {
            seen.push(area["code"].as_str().expect("a code").to_owned());
        }
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        let link = page.headers["link"].to_str().expect("a link");
        assert!(link.contains(cursor) && link.ends_with("rel=\"next\""), "{link}");
        path = format!("/v1/areas?limit=3&cursor={cursor}");
    }
    assert_eq!(seen.len(), 8);
    assert!(seen.is_sorted(), "{seen:?}");
}

/// The codes of the features of an answer, and their points.
fn features(answer: &Answer) -> Vec<(String, Vec<[f64; 2]>)> {
    let features = answer.body["features"].as_array().expect("features");
    let read = features.iter().map(|feature| {
        let code = feature["properties"]["code"].as_str().expect("a code").to_owned();
        let ring = feature["geometry"]["coordinates"][0].clone();
        (code, serde_json::from_value(ring).expect("a ring"))
    });
    read.collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outlines_of_a_level_come_in_one_answer_and_fit_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let grids = supervisor.get("/v1/areas/500116/outlines?level=grid").await;
    assert_eq!(grids.status, 200);
    assert_eq!(grids.headers["content-type"], "application/geo+json");
    assert_eq!(grids.body["type"], "FeatureCollection");
    let read = features(&grids);
    let codes: Vec<&str> = read.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, [GRID, "500116001002002", "500116002001001"]);
    // The border of the first two grids is a side of both.
    let border = [[106.26, 29.28], [106.26, 29.29]];
    for (code, ring) in &read[..2] {
        assert!(border.iter().all(|point| ring.contains(point)), "{code}: {ring:?}");
    }
    let towns = supervisor.get("/v1/areas/500116/outlines?level=town").await;
    let town = &features(&towns)[0];
    assert_eq!((town.0.as_str(), town.1.len()), ("500116001", 5), "two squares are a rectangle");

    let manager = server.manager().await;
    let own = manager.get(&format!("/v1/areas/{GRID}/outlines?level=grid")).await;
    assert_eq!(features(&own).len(), 1);
    let district = manager.get("/v1/areas/500116/outlines?level=grid").await;
    assert_eq!((district.status, district.problem()), (404, "not_found"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outlines_are_sent_again_only_after_one_has_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let supervisor = server.supervisor().await;
    let path = "/v1/areas/500116/outlines?level=grid";
    let first = supervisor.get(path).await;
    let etag = first.headers["etag"].to_str().expect("a tag").to_owned();
    let borders = supervisor.get("/v1/areas").await.body["borders"].clone();
    assert_eq!(etag, format!("\"b{borders}\""));
    let again = || {
        let request = supervisor.request(reqwest::Method::GET, path);
        supervisor.send(request.header("If-None-Match", etag.clone()))
    };
    assert_eq!(again().await.status, 304);
    let wider = Files::small().with("grids.geojson", "106.28", "106.29");
    let loaded = import(&server.database, &wider, &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let changed = again().await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.headers["etag"], etag.as_str());
    let found = supervisor.get("/v1/areas/locate?lat=29.285&lon=106.285").await;
    assert_eq!(found.status, 200, "the new outline is used at once: {}", found.body);
}
