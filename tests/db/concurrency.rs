//! Transactions that meet on PostgreSQL: a deadlock is retried, in whatever language the server
//! reports it, and an import and movements of goods wait for changes that are not committed yet.

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};

use serde_json::json;

use crate::goods::{put_item, receive};
use crate::support::files::BENEFICIARY;
use crate::support::server::{import, said};
use crate::support::{Backend, Database, Files, GRID, Server};

/// Sets the language of error messages to Chinese where the server has that locale.
const CHINESE_MESSAGES: &str = "DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET lc_messages = ''zh_CN.UTF-8''', current_database());
    EXCEPTION WHEN invalid_parameter_value THEN NULL;
END $$";

/// Counts the sessions that wait for a lock.
const WAITING: &str = "SELECT count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// The number that `sql` selects as `count`.
fn count(conn: &mut PgConnection, sql: &str) -> i64 {
    sql_query(sql).get_result::<Count>(conn).expect("a count").count
}

/// Waits until `sql` counts at least one row.
async fn until(conn: &mut PgConnection, sql: &str) {
    for _ in 0..600 {
        if count(conn, sql) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never counted: {sql}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_postgresql_ends_for_a_deadlock_is_run_again() {
    let database = Database::postgres();
    database.execute(CHINESE_MESSAGES);
    let server = Server::small(database);
    let task = server.manager().await.make_task(BENEFICIARY).await;
    let volunteer = server.volunteer().await;
    let connect = || PgConnection::establish(&server.database.url).expect("the database");
    let (mut other, mut observer) = (connect(), connect());

    // The server locks the task first and the head of the log last; the other way round here.
    // Only the server looks for deadlocks soon enough to be the one that is ended.
    other
        .batch_execute("SET deadlock_timeout = '1min'; BEGIN; UPDATE district_heads SET seq = seq")
        .expect("the head is locked");
    let path = format!("/v1/tasks/{task}/claim");
    let claim = tokio::spawn(async move { volunteer.act(&path).await });
    until(&mut observer, WAITING).await;
    let crossing = format!("UPDATE tasks SET lat = lat WHERE id = '{task}'; COMMIT");
    tokio::task::spawn_blocking(move || other.batch_execute(&crossing))
        .await
        .expect("it ends")
        .expect("the server gives way");

    let claimed = claim.await.expect("it ends");
    assert_eq!((claimed.status, &claimed.body["state"]), (200, &"accepted".into()));
    let deadlocks = "SELECT deadlocks AS count FROM pg_stat_database
        WHERE datname = current_database()";
    until(&mut observer, deadlocks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_keeps_a_change_that_is_committed_while_it_waits() {
    let server = Server::small(Backend::Postgres);
    let connect = || PgConnection::establish(&server.database.url).expect("the database");
    let (mut other, mut observer) = (connect(), connect());
    let path = format!("/v1/areas/{GRID}");
    let supervisor = server.supervisor().await;
    let before = supervisor.get(&path).await.body["version"].as_i64().expect("a version");

    let change = format!("BEGIN; UPDATE areas SET version = version + 1 WHERE code = '{GRID}'");
    other.batch_execute(&change).expect("a change");
    let renamed = Files::small().with("areas.csv", "第1网格", "第一网格");
    let imported = std::thread::scope(|scope| {
        let importing = scope.spawn(|| import(&server.database, &renamed, &[]));
        while count(&mut observer, WAITING) == 0 && !importing.is_finished() {
            std::thread::sleep(Duration::from_millis(25));
        }
        other.batch_execute("COMMIT").expect("the change is committed");
        importing.join().expect("it ends")
    });
    assert!(imported.status.success(), "{}", said(&imported));

    let after = supervisor.get(&path).await.body;
    assert_eq!((&after["name"], &after["version"]), (&"第一网格".into(), &(before + 2).into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_goods_reach_a_village_that_another_server_ends_meanwhile() {
    let (town, village) = ("500116001", "500116001002");
    let server = Server::small(Backend::Postgres);
    let supervisor = server.supervisor().await;
    put_item(&server.admin().await, "rice", &json!({})).await;
    receive(&supervisor, "rice", town, 5).await;
    let connect = || PgConnection::establish(&server.database.url).expect("the database");
    let (mut other, mut observer) = (connect(), connect());
    for body in [
        json!({ "action": "received", "item": "rice", "area": village, "quantity": 5 }),
        json!({
            "action": "allotted", "item": "rice", "area": town, "to_area": village, "quantity": 5
        }),
    ] {
        let end = "BEGIN; UPDATE areas SET valid_to = valid_from WHERE code = '500116001002'";
        other.batch_execute(end).expect("a change");
        let caller = supervisor.clone();
        let entering = tokio::spawn(async move { caller.post("/v1/goods/movements", &body).await });
        until(&mut observer, WAITING).await;
        other.batch_execute("COMMIT").expect("the village has ended");
        let refused = entering.await.expect("it ends");
        assert_eq!((refused.status, refused.problem()), (422, "invalid"), "{}", refused.body);
        server.database.execute("UPDATE areas SET valid_to = NULL WHERE code = '500116001002'");
    }
    assert_eq!(server.database.count("goods_stocks WHERE area = '500116001002'"), 0);
}
