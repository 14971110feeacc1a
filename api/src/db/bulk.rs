//! Row types declared once, and bulk inserts and updates of them.
//!
//! [`table_row!`](crate::table_row) declares the columns of a row in one place and
//! generates bulk inserts and updates. On PostgreSQL each is one statement with one
//! array per column, since a statement with bound values would grow with the number
//! of rows; the district is one bound value, so that the statement touches one
//! shard. The rows of a whole district are several insertions, since the client library
//! holds a statement twice. SQLite has no round trips: there a prepared statement runs once per row.

/// Maximum number of rows of an insertion on PostgreSQL.
pub const INSERTED: usize = 5_000;

/// An insertion from one value for the district and one array for each other column.
pub fn insert_from_arrays(table: &str, columns: &[&str]) -> String {
    let arrays: Vec<String> = (2..columns.len() + 2).map(|n| format!("${n}")).collect();
    let (columns, arrays) = (columns.join(", "), arrays.join(", "));
    format!("INSERT INTO {table} (district, {columns}) SELECT $1, * FROM unnest({arrays})")
}

/// An update of the `changing` columns from one value for the district and one array
/// for each column of `keys` and `changing`, and one for the versions before.
pub fn update_from_arrays(table: &str, keys: &[&str], changing: &[&str]) -> String {
    let set: Vec<String> = changing.iter().map(|name| format!("{name} = next.{name}")).collect();
    let arrays: Vec<String> =
        (2..keys.len() + changing.len() + 3).map(|n| format!("${n}")).collect();
    let same: Vec<String> = keys.iter().map(|key| format!("{table}.{key} = next.{key}")).collect();
    format!(
        "UPDATE {table} SET {} FROM unnest({}) AS next ({}, {}, old_version) \
         WHERE {table}.district = $1 AND {} AND {table}.version = next.old_version",
        set.join(", "),
        arrays.join(", "),
        keys.join(", "),
        changing.join(", "),
        same.join(" AND "),
    )
}

/// An update of one row with the bound values `changing`, district, `keys` and the old version.
pub fn update_one(table: &str, keys: &[&str], changing: &[&str]) -> String {
    let set: Vec<String> = changing.iter().map(|name| format!("{name} = ?")).collect();
    let same: Vec<String> = keys.iter().map(|key| format!("{key} = ?")).collect();
    format!(
        "UPDATE {table} SET {} WHERE district = ? AND {} AND version = ?",
        set.join(", "),
        same.join(" AND ")
    )
}

/// The SQL type of a column.
pub type SqlTypeOf<Column> = <Column as diesel::Expression>::SqlType;

/// Declares a row of a table: the district, the columns of the key within it, the
/// columns that never change (`fixed`), and, for a row with versions, those that can
/// change (`changing`).
#[macro_export]
macro_rules! table_row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:ident {
            district: $district:ty,
            key $keys:tt
            fixed $fixed:tt
            changing $changing:tt
        }
    ) => {
        $crate::table_row! {
            @declare $(#[$meta])* ($vis) $name $table ($district) $keys $fixed $changing
        }
        $crate::table_row! { @update $name $table $keys $changing }
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:ident {
            district: $district:ty,
            key $keys:tt
            fixed $fixed:tt
        }
    ) => {
        $crate::table_row! { @declare $(#[$meta])* ($vis) $name $table ($district) $keys $fixed {} }
    };
    (
        @declare $(#[$meta:meta])* ($vis:vis) $name:ident $table:ident ($district:ty)
        { $($key:ident: $key_type:ty,)+ }
        { $($fixed:ident: $fixed_type:ty,)* }
        { $($changing:ident: $changing_type:ty,)* }
    ) => {
        $(#[$meta])*
        #[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable)]
        #[diesel(table_name = $crate::db::schema::$table)]
        // An insertion that leaves no column out has a type of its own, by which diesel finds its prepared
        // statement; otherwise it writes the text anew for each row.
        #[diesel(treat_none_as_default_value = false)]
        $vis struct $name {
            #[doc = "Column `district`; the migrations describe all columns."]
            pub district: $district,
            $(#[doc = concat!("Column `", stringify!($key), "`.")] pub $key: $key_type,)+
            $(#[doc = concat!("Column `", stringify!($fixed), "`.")] pub $fixed: $fixed_type,)*
            $(#[doc = concat!("Column `", stringify!($changing), "`.")] pub $changing: $changing_type,)*
        }

        impl $name {
            /// Inserts rows of one district.
            ///
            /// # Errors
            /// Those of the database.
            $vis fn insert_all(
                conn: &mut $crate::db::Conn,
                rows: &[&Self],
            ) -> Result<(), $crate::db::DbError> {
                use diesel::RunQueryDsl as _;
                use $crate::db::bulk::SqlTypeOf;
                use $crate::db::schema::$table;
                static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::db::bulk::insert_from_arrays(
                        stringify!($table),
                        &[
                            $(stringify!($key),)+
                            $(stringify!($fixed),)*
                            $(stringify!($changing),)*
                        ],
                    )
                });
                let Some(first) = rows.first() else { return Ok(()) };
                match conn {
                    $crate::db::Conn::Pg(conn) => {
                        for rows in rows.chunks($crate::db::bulk::INSERTED) {
                            diesel::sql_query(TEXT.as_str())
                                .bind::<SqlTypeOf<$table::district>, _>(&first.district)
                                $(.bind::<diesel::sql_types::Array<SqlTypeOf<$table::$key>>, _>(
                                    rows.iter().map(|row| &row.$key).collect::<Vec<_>>(),
                                ))+
                                $(.bind::<diesel::sql_types::Array<SqlTypeOf<$table::$fixed>>, _>(
                                    rows.iter().map(|row| &row.$fixed).collect::<Vec<_>>(),
                                ))*
                                $(.bind::<diesel::sql_types::Array<SqlTypeOf<$table::$changing>>, _>(
                                    rows.iter().map(|row| &row.$changing).collect::<Vec<_>>(),
                                ))*
                                .execute(conn)?;
                        }
                    }
                    $crate::db::Conn::Sqlite(conn) => {
                        for row in rows {
                            diesel::insert_into($table::table).values(*row).execute(conn)?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
    (
        @update $name:ident $table:ident
        { $($key:ident: $key_type:ty,)+ }
        { $($changing:ident: $changing_type:ty,)+ }
    ) => {
        impl $name {
            /// Updates rows of one district that still have the version given with each;
            /// returns their number.
            ///
            /// # Errors
            /// Those of the database.
            pub fn update_all(
                conn: &mut $crate::db::Conn,
                rows: &[(i64, &Self)],
            ) -> Result<usize, $crate::db::DbError> {
                use diesel::RunQueryDsl as _;
                use $crate::db::bulk::{self, SqlTypeOf};
                use $crate::db::schema::$table;
                const KEYS: &[&str] = &[$(stringify!($key)),+];
                const CHANGING: &[&str] = &[$(stringify!($changing)),+];
                static TOGETHER: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    bulk::update_from_arrays(stringify!($table), KEYS, CHANGING)
                });
                // diesel caches the prepared statement of a text, but not of a typed update.
                static ONE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    bulk::update_one(stringify!($table), KEYS, CHANGING)
                });
                let Some((_, first)) = rows.first() else { return Ok(0) };
                match conn {
                    $crate::db::Conn::Pg(conn) => {
                        let versions: Vec<i64> = rows.iter().map(|(version, _)| *version).collect();
                        let updated = diesel::sql_query(TOGETHER.as_str())
                            .bind::<SqlTypeOf<$table::district>, _>(&first.district)
                            $(.bind::<diesel::sql_types::Array<SqlTypeOf<$table::$key>>, _>(
                                rows.iter().map(|(_, row)| &row.$key).collect::<Vec<_>>(),
                            ))+
                            $(.bind::<diesel::sql_types::Array<SqlTypeOf<$table::$changing>>, _>(
                                rows.iter().map(|(_, row)| &row.$changing).collect::<Vec<_>>(),
                            ))+
                            .bind::<diesel::sql_types::Array<diesel::sql_types::BigInt>, _>(versions)
                            .execute(conn)?;
                        Ok(updated)
                    }
                    $crate::db::Conn::Sqlite(conn) => {
                        let mut updated = 0;
                        for (version, row) in rows {
                            updated += diesel::sql_query(ONE.as_str())
                                $(.bind::<SqlTypeOf<$table::$changing>, _>(&row.$changing))+
                                .bind::<SqlTypeOf<$table::district>, _>(&row.district)
                                $(.bind::<SqlTypeOf<$table::$key>, _>(&row.$key))+
                                .bind::<diesel::sql_types::BigInt, _>(*version)
                                .execute(conn)?;
                        }
                        Ok(updated)
                    }
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_district_is_one_value_and_every_other_column_an_array() {
        assert_eq!(
            insert_from_arrays("reports", &["id", "task"]),
            "INSERT INTO reports (district, id, task) SELECT $1, * FROM unnest($2, $3)"
        );
        assert_eq!(
            update_from_arrays("tasks", &["id"], &["state", "version"]),
            "UPDATE tasks SET state = next.state, version = next.version \
             FROM unnest($2, $3, $4, $5) AS next (id, state, version, old_version) \
             WHERE tasks.district = $1 AND tasks.id = next.id AND tasks.version = next.old_version"
        );
        assert_eq!(
            update_one("tasks", &["id"], &["state", "version"]),
            "UPDATE tasks SET state = ?, version = ? WHERE district = ? AND id = ? AND version = ?"
        );
    }
}
