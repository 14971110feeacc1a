//! The database with the small district, which most tests begin with.

use std::sync::OnceLock;

use super::server::{import_whole, set_password};
use super::{Backend, Database, Files, phones};

/// What the small district can be served on.
pub trait SmallDistrict {
    /// The database with the small district.
    fn with_small_district(self) -> Database;
}

impl SmallDistrict for Database {
    /// Imports it, since the settings of a database may affect the import.
    fn with_small_district(self) -> Database {
        import_whole(&self, &Files::small());
        self
    }
}

impl SmallDistrict for Backend {
    /// Copies one import, in which people have passwords: the migrations, the import and the hashes take
    /// longer than most tests.
    fn with_small_district(self) -> Database {
        static SQLITE: OnceLock<Database> = OnceLock::new();
        static POSTGRES: OnceLock<Database> = OnceLock::new();
        let imported = match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
        .get_or_init(|| {
            let imported = Database::from(self).with_small_district();
            for phone in phones::ALL {
                set_password(&imported, phone);
            }
            imported
        });
        if let Some(name) = imported.name() {
            return Database::postgres_from(name);
        }
        let copy = Database::sqlite();
        std::fs::copy(&imported.url, &copy.url).expect("a copy of the file");
        copy
    }
}
