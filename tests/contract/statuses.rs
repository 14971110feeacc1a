//! The check of each answer of the tests against the statuses that `openapi.yaml` documents.

use crate::support::documented::assert_documented;

#[test]
fn an_answer_has_a_status_of_the_operation_that_serves_its_path() {
    assert_documented("POST", "/v1/people/search", 200);
    assert_documented("GET", "/v1/people/018cc251-f400-7cbf-909c-9c2c9b2e20f4", 404);
    // `GET /v1/people/{id}` does not serve it.
    assert_documented("GET", "/v1/people/search", 405);
    assert_documented("GET", "/v1/nothing", 404);
}

#[test]
#[should_panic(expected = "GET /v1/areas/500116: 405 is not among")]
fn an_undocumented_status_is_found() {
    assert_documented("GET", "/v1/areas/500116", 405);
}
