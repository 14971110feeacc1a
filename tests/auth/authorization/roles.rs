//! Each role is answered as the contract declares.

use rstest::rstest;
use serde_json::{Value, json};

use super::requests::{request, status};
use super::resources::{
    add_rice, correction, elsewhere, handout, notice, prepare_registers, proposal, resources,
    rice_campaign,
};
use super::{Call, Named, OTHER_DISTRICT, Own, Person, Place, Resources};
use crate::contract::document;
use crate::db::sharding::district::{District, load};
use crate::support::files::{BENEFICIARY, FAR_BENEFICIARY, beneficiary_id};
use crate::support::{Backend, FAR_GRID, GRID, Server, phones};

/// The people of the first grid's district, of each role and level.
async fn people(server: &Server) -> Vec<Person> {
    let people = [
        ("admin", phones::ADMIN, true),
        ("supervisor", phones::SUPERVISOR, true),
        ("supervisor", phones::TOWN, false),
        ("manager", phones::MANAGER, false),
        ("volunteer", phones::VOLUNTEER, false),
        ("auditor", phones::AUDITOR, true),
    ];
    let mut signed_in = Vec::new();
    for (role, phone, of_district) in people {
        signed_in.push(Person { role, caller: server.sign_in(phone).await, of_district });
    }
    signed_in
}

/// The statuses that the contract declares for the caller.
fn expected(operation: &Value, who: &Person, place: Place, named: Named) -> &'static [u16] {
    const DENIED: &[u16] = &[403, 404];
    const PERMITTED: &[u16] = &[200, 201, 202, 204, 400, 409, 412, 415, 422, 428];
    let roles = operation["x-roles"].as_array().expect("roles");
    let permitted = roles.iter().any(|role| role == who.role);
    let assigned = operation["x-scope"] == "assignment" && who.role == "volunteer";
    match (permitted, place) {
        (true, _) if named == Named::Not => PERMITTED,
        // The report of another person is read, but not amended.
        (true, Place::Inside)
            if operation["operationId"] == "amend_report" && who.role != "volunteer" =>
        {
            &[403]
        }
        // The uploads and the session of this test belong to the volunteer.
        (true, _) if operation["x-scope"] == "own" && who.role != "volunteer" => &[404],
        (true, Place::Inside)
            if assigned
                && ["reveal_beneficiary", "correct_beneficiary"]
                    .iter()
                    .any(|name| operation["operationId"] == *name) =>
        {
            &[403]
        }
        // Others have returned the hand-out of this test by then, of which a volunteer learns nothing.
        (true, Place::Inside)
            if operation["operationId"] == "return_handout" && who.role == "volunteer" =>
        {
            &[404]
        }
        // The plan of this test has no visit of the task.
        (true, Place::Inside) if operation["operationId"] == "explain_plan_visit" => &[404],
        (true, Place::Inside) => PERMITTED,
        (true, _) if named == Named::ByBody => &[422],
        (true, _) => &[404],
        (false, Place::Inside) => &[403],
        (false, _) if named == Named::Not => &[403],
        (false, _) => DENIED,
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_reaches_what_the_contract_declares(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let server = Server::small(backend);
    let people = people(&server).await;
    let [supervisor, volunteer] = [&people[1].caller, &people[4].caller];
    let own = Own::of(&server, volunteer, supervisor).await;
    add_rice(&server, "500116");
    let installed = people[0].caller.post("/v1/services", &rice_campaign()).await;
    assert_eq!(installed.status, 200, "{}", installed.body);
    let inside = resources(&server, supervisor, GRID, 22, BENEFICIARY).await;
    // Managers edit their own notices only.
    let notice = notice(&people[3].caller, GRID).await;
    // Volunteers read their own corrections only.
    let correction = correction(volunteer, &beneficiary_id(2)).await;
    let proposal = proposal(volunteer, BENEFICIARY).await;
    // Volunteers take goods back at their visits only.
    let handout = handout(supervisor, &beneficiary_id(2), &GRID[..6]).await;
    let inside = Resources { notice, correction, proposal, handout, own, ..inside };
    let outside = resources(&server, supervisor, FAR_GRID, 13, FAR_BENEFICIARY).await;
    load(&server.database, OTHER_DISTRICT);
    let other = elsewhere(&server, &District::sign_in(&server, OTHER_DISTRICT).await).await;
    prepare_registers(&server);

    let document = document();
    let (mut operations, mut calls, mut wrong) = (0, 0, Vec::new());
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("an id");
            operations += 1;
            if operation["x-roles"] == json!([]) {
                let (_, path, body) = request(name, path, &inside);
                let call = Call { path, body, at: &inside };
                let answered = status(&server.stranger(), method, name, &call).await;
                assert_ne!(answered, 401, "{name} needs no authentication");
                calls += 1;
                continue;
            }
            for who in &people {
                for (place, at) in [
                    (Place::Inside, &inside),
                    (Place::Outside, &outside),
                    (Place::OtherDistrict, &other),
                ] {
                    let (named, path, body) = request(name, path, at);
                    let same = named == Named::Not && place != Place::Inside;
                    if same || (who.of_district && place == Place::Outside) {
                        continue;
                    }
                    let call = Call { path, body, at };
                    let answered = status(&who.caller, method, name, &call).await;
                    let expected = expected(operation, who, place, named);
                    if !expected.contains(&answered) {
                        wrong.push(format!("{name} {} {place:?}: {answered}", who.role));
                    }
                    calls += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {calls} calls:\n{}", wrong.len(), wrong.join("\n"));
    println!("{operations} operations, {calls} calls");
}
