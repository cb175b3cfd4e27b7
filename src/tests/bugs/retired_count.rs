//! A step of retiring looks for silent devices; one that another process heard of meanwhile stayed in the counts, but
//! the log claimed that it had left them. Now the step looks once more when it has the workspace's lane.

use crate::contract::sender::Sender;
use crate::harness::{Backend, World};
use attest::domain::time::DAY;
use serde_json::{Value, json};
use sqlx::PgPool;

#[tokio::test]
async fn the_log_tells_what_left_the_counts() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    let known = |idfv: Option<String>, mp: Option<String>| json!({"mp_deviceid": mp, "device_info": {"platform": "iOS", "ios_idfv": idfv}});
    for n in 0..2 {
        let (idfv, mp) = (Some(format!("v{n}")), Some(format!("m{n}")));
        // The device of `mp` alone loses it to the one of the IDFV.
        sender.send(&[known(idfv.clone(), None), known(None, mp.clone()), known(idfv, mp)]).await;
    }
    world.clock.advance(31 * DAY);
    let now = world.store.clock().now();
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let mut other = pool.begin().await.expect("a transaction");
    let lane = sqlx::query("select pg_advisory_xact_lock($1)").bind(sender.workspace.0);
    lane.execute(&mut *other).await.expect("the lane");
    let heard = "update devices set last_received = $1 where (environment, id) = (select environment, min(id) from devices \
        where unidentified_since is not null group by environment)";
    let heard = sqlx::query(heard).bind(now.0).execute(&mut *other).await.expect("heard of").rows_affected();
    assert_eq!(heard, 1);
    let (system, workspace) = (world.system.clone(), sender.workspace);
    let retiring = tokio::spawn(async move { system.retire_step(workspace, now.minus(30 * DAY), "").await });
    const WAITING: &str = "select count(*) from pg_stat_activity \
        where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&pool).await.expect("a count") == 0 {
        tokio::task::yield_now().await;
    }
    other.commit().await.expect("committed");
    assert_eq!(retiring.await.expect("no panic").expect("retired").retired, 1);
    let told: Vec<(String,)> = world.rows("select after_json from audit where action = 'devices.retired'").await;
    let told: Vec<Value> = told.iter().map(|(row,)| serde_json::from_str(row).expect("JSON")).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["devices"], "fewer than 10", "rounded: auditors read it");
    world.assert_holds().await;
}
