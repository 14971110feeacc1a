//! Each statement names the one district that it is about, so that a cluster that distributes the
//! tables by district runs it on one node.
//!
//! The test uses the whole service in two districts whose tables are partitioned, and PostgreSQL logs
//! every plan. A plan that visits two partitions of one table fails the test.

pub mod district;
mod statements;
