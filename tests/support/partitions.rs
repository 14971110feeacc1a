//! A third kind of database: PostgreSQL with every table of a district partitioned by hash of
//! `district`, as a sharding extension would distribute it. Unique keys must contain the column,
//! and a statement that does not name its district visits every partition, so the plans of one
//! server show the statements that would be slow on a cluster.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use super::Database;
use super::server::{gridward, said};

/// The log message for a transaction that writes to more than one district.
pub const TWO_DISTRICTS: &str = "one transaction writes to two districts";

/// Replaces each table that has a `district` by one of eight partitions of the same columns,
/// constraints, indexes and rows. Constraints and indexes keep their names, which later
/// migrations use. A trigger logs a transaction that writes to more than one district.
const PARTITION: &str = r"
CREATE FUNCTION log_second_district() RETURNS trigger AS $$
DECLARE
    written text := current_setting('gridward.district', true);
    here text := COALESCE(NEW.district, OLD.district);
BEGIN
    IF written NOT IN ('', here) THEN
        RAISE LOG 'one transaction writes to two districts: % after %', here, written;
    END IF;
    PERFORM set_config('gridward.district', here, true);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

DO $$
DECLARE
    name text;
    definition text;
    definitions text[];
BEGIN
    FOR name IN
        SELECT table_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND column_name = 'district' AND table_type = 'BASE TABLE'
    LOOP
        SELECT array_agg(CASE
            WHEN conname IS NULL THEN pg_get_indexdef(indexrelid)
            ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s',
                name, conname, pg_get_constraintdef(pg_constraint.oid))
        END) INTO definitions
        FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
        WHERE indrelid = name::regclass;
        EXECUTE format('ALTER TABLE %I RENAME TO whole', name);
        EXECUTE format(
            'CREATE TABLE %I (LIKE whole INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH (district)', name);
        FOR part IN 0..7 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
                name || '_p' || part, name, part);
        END LOOP;
        EXECUTE format('INSERT INTO %I SELECT * FROM whole', name);
        DROP TABLE whole;
        FOREACH definition IN ARRAY definitions LOOP
            EXECUTE definition;
        END LOOP;
        EXECUTE format(
            'CREATE TRIGGER log_second_district AFTER INSERT OR UPDATE OR DELETE ON %I
             FOR EACH ROW EXECUTE FUNCTION log_second_district()', name);
    END LOOP;
END $$;
";

impl Database {
    /// A database on the test server whose tables are partitioned by district.
    pub fn partitioned() -> Self {
        let database = Self::postgres();
        let migrated = gridward(&database, &["migrate"]).output().expect("the binary runs");
        assert!(migrated.status.success(), "{}", said(&migrated));
        let mut conn = PgConnection::establish(&database.url).expect("the database");
        conn.batch_execute(PARTITION).expect("tables that can be partitioned");
        database
    }
}
