//! The hash chain of the log, implemented from its description: an event's hash is
//! SHA-256 over the hash of the previous event and each column in turn, its length in
//! eight bytes (all ones if the column is absent) and then its bytes.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Context, SHA256};
use chrono::{TimeDelta, Utc};

use super::{Database, GRID};

/// The district of the log.
const DISTRICT: &str = "500116";

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory");
        text
    })
}

/// Replaces the log by one that begins with `events`, given as number and age in
/// days.
pub fn begin_with(database: &Database, events: &[(i64, i64)]) {
    let bytes = |bytes: &[u8]| match (database.is_postgres(), hex(bytes)) {
        (true, hex) => format!("'\\x{hex}'"),
        (false, hex) => format!("x'{hex}'"),
    };
    let (mut seq, mut hash, mut sql) = (0, vec![0; 32], "DELETE FROM events;".to_owned());
    for (count, days) in events {
        let at = Utc::now() - TimeDelta::days(*days);
        for _ in 0..*count {
            seq += 1;
            let next = hash_of_task_create(&hash, seq, at.timestamp_millis());
            writeln!(
                sql,
                "INSERT INTO events (district, seq, at, action, subject, subject_id, area, \
                 version, body, prev_hash, hash) \
                 VALUES ('{DISTRICT}', {seq}, '{}', 'task.create', 'task', \
                 '{seq}', '{GRID}', 1, '{{}}', {}, {});",
                at.format("%Y-%m-%d %H:%M:%S%.3f"),
                bytes(&hash),
                bytes(&next),
            )
            .expect("memory");
            hash = next;
        }
    }
    let head = format!("UPDATE district_heads SET seq = {seq}, hash = {};", bytes(&hash));
    database.execute(&(sql + &head));
}

/// The hash of event `seq`, which created the task of the same number in the first grid.
fn hash_of_task_create(before: &[u8], seq: i64, millis: i64) -> Vec<u8> {
    let number = seq.to_string();
    let columns: [Option<&[u8]>; 15] = [
        Some(before),
        Some(DISTRICT.as_bytes()),
        Some(&seq.to_be_bytes()),
        Some(&millis.to_be_bytes()),
        None,
        None,
        Some(b"task.create"),
        Some(b"task"),
        Some(number.as_bytes()),
        Some(GRID.as_bytes()),
        None,
        None,
        None,
        Some(&1_i64.to_be_bytes()),
        Some(b"{}"),
    ];
    let mut hash = Context::new(&SHA256);
    for column in columns {
        let length = column.map_or(u64::MAX, |bytes| bytes.len() as u64);
        hash.update(&length.to_be_bytes());
        hash.update(column.unwrap_or_default());
    }
    hash.finish().as_ref().to_vec()
}
