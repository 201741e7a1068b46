//! What tables the database has, as its own catalogue says: the archive copies them all, whatever they are.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::conn::Conn;
use super::error::StoreError;
use super::pool::Engine;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Table {
    pub name: String,
    /// The first is the primary key, a whole number.
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Column {
    pub name: String,
    pub kind: Kind,
    /// May be NULL.
    pub optional: bool,
}

/// There are no other types of columns, so that both engines keep the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Text,
    Integer,
    Bytes,
}

/// All tables by name, columns in their order.
pub(in crate::store) fn tables(conn: &mut Conn) -> Result<Vec<Table>, StoreError> {
    let query = match conn.engine() {
        Engine::Sqlite => {
            "SELECT m.name, p.name, p.type, CAST(p.\"notnull\" + p.pk AS TEXT) FROM sqlite_schema m \
             JOIN pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, p.cid"
        }
        Engine::Postgres => {
            "SELECT table_name::text, column_name::text, data_type::text, \
             CASE is_nullable WHEN 'YES' THEN '0' ELSE '1' END FROM information_schema.columns \
             WHERE table_schema = current_schema() ORDER BY table_name COLLATE \"C\", ordinal_position"
        }
    };
    let rows: Vec<(String, String, String, String)> = sql::<(Text, Text, Text, Text)>(query).load(conn)?;
    let mut tables: Vec<Table> = Vec::new();
    for (table, name, kind, required) in rows {
        let kind = match kind.to_ascii_lowercase().as_str() {
            "text" => Kind::Text,
            "integer" | "bigint" => Kind::Integer,
            "blob" | "bytea" => Kind::Bytes,
            _ => {
                return Err(StoreError::Setting {
                    what: "column type",
                    expected: "text, bigint or bytes".to_owned(),
                    found: format!("{table}.{name}: {kind}"),
                });
            }
        };
        let column = Column { name, kind, optional: required == "0" };
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(Table { name: table, columns: vec![column] }),
        }
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;
    use crate::store::recorded::{RECORDED, UNRECORDED};
    use crate::store::trial::for_each_engine;

    #[test]
    fn every_table_is_in_the_record_or_says_why_not() {
        for_each_engine(|store| {
            for table in store.read(tables).unwrap() {
                if UNRECORDED.iter().any(|(name, _)| *name == table.name) {
                    continue;
                }
                let recorded = RECORDED.iter().find(|one| one.table == table.name);
                let recorded = recorded.unwrap_or_else(|| panic!("{} is neither recorded nor excepted", table.name));
                let bytes = |column: &&Column| recorded.bytes.is_some_and(|(name, _)| name == column.name);
                let there: Vec<&str> =
                    table.columns.iter().filter(|one| !bytes(one)).map(|one| one.name.as_str()).collect();
                assert_eq!(recorded.columns, there, "{}", table.name);
                assert!(table.columns.iter().all(|one| (one.kind == Kind::Bytes) == bytes(&one)), "{}", table.name);
                assert!(there.len() <= 50, "{}: PostgreSQL passes a function 100 arguments at most", table.name);
            }
            let names: Vec<String> = store.read(tables).unwrap().into_iter().map(|one| one.name).collect();
            for name in RECORDED.iter().map(|one| one.table).chain(UNRECORDED.iter().map(|(name, _)| *name)) {
                assert!(names.iter().any(|one| one == name), "{name} is declared but not in the schema");
            }
        });
    }

    /// Uniques, foreign keys and triggers, one line each.
    fn rules(conn: &mut Conn) -> Result<BTreeSet<String>, StoreError> {
        let query = match conn.engine() {
            Engine::Sqlite => {
                "SELECT 'unique ' || m.name || ' (' || (SELECT group_concat(c.name, ',') FROM \
                 (SELECT name FROM pragma_index_info(i.name) ORDER BY name) c) || ')' \
                 FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'u' \
                 UNION ALL SELECT 'foreign ' || m.name || '.' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" \
                 FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' \
                 UNION ALL SELECT 'trigger ' || name || ' on ' || tbl_name FROM sqlite_schema WHERE type = 'trigger' \
                 UNION ALL SELECT 'index ' || name || ' on ' || tbl_name FROM sqlite_schema \
                 WHERE type = 'index' AND sql IS NOT NULL"
            }
            Engine::Postgres => {
                "SELECT 'unique ' || c.relname || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY a.attname \
                 COLLATE \"C\") FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)) || ')' \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'u' \
                 AND k.connamespace = current_schema()::regnamespace \
                 UNION ALL SELECT 'foreign ' || c.relname || '.' || a.attname || ' -> ' || d.relname || '.' || b.attname \
                 FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class d ON d.oid = k.confrelid \
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] \
                 JOIN pg_attribute b ON b.attrelid = d.oid AND b.attnum = k.confkey[1] WHERE k.contype = 'f' \
                 AND k.connamespace = current_schema()::regnamespace \
                 UNION ALL SELECT 'trigger ' || t.tgname || ' on ' || c.relname FROM pg_trigger t \
                 JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgname NOT LIKE '%\\_no\\_truncate' \
                 UNION ALL SELECT 'index ' || i.indexname || ' on ' || i.tablename FROM pg_indexes i \
                 WHERE i.schemaname = current_schema() AND i.indexname NOT IN (SELECT conname FROM pg_constraint)"
            }
        };
        Ok(sql::<Text>(query).load::<String>(conn)?.into_iter().collect())
    }

    #[test]
    fn both_engines_have_the_same_schema() {
        let seen = Mutex::new(Vec::new());
        for_each_engine(|store| {
            let schema = store.read(|conn| Ok::<_, StoreError>((tables(conn)?, rules(conn)?))).unwrap();
            seen.lock().unwrap().push(schema);
        });
        let [(tables_a, rules_a), (tables_b, rules_b)] = seen.into_inner().unwrap().try_into().unwrap();
        for (one, other) in tables_a.iter().zip(&tables_b) {
            assert_eq!(one, other);
        }
        assert_eq!(tables_a.len(), tables_b.len());
        let only =
            |these: &BTreeSet<String>, those: &BTreeSet<String>| these.difference(those).cloned().collect::<Vec<_>>();
        assert_eq!(only(&rules_a, &rules_b), [""; 0], "only on SQLite");
        assert_eq!(only(&rules_b, &rules_a), [""; 0], "only on PostgreSQL");
        assert!(rules_a.iter().any(|rule| rule.starts_with("trigger")), "{rules_a:?}");
    }

    #[test]
    fn what_is_append_only_cannot_be_emptied_on_postgresql_either() {
        let postgres = crate::store::trial::engines::Fresh::postgres();
        let store = crate::store::Store::open(&postgres.url).unwrap();
        store.migrate().unwrap();
        let kept: Vec<String> = store
            .read(|conn| {
                let query = "SELECT DISTINCT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
                             WHERE NOT t.tgisinternal AND t.tgname LIKE '%\\_no\\_delete'";
                Ok::<_, StoreError>(sql::<Text>(query).load(conn)?)
            })
            .unwrap();
        assert!(kept.len() >= 6, "{kept:?}");
        for table in kept {
            let emptied = store.write(&crate::lab::people::Who::Program, jiff::Timestamp::UNIX_EPOCH, |tx| {
                diesel::sql_query(format!("TRUNCATE {table} CASCADE")).execute(tx.conn).map_err(StoreError::from)
            });
            assert!(emptied.expect_err(&table).to_string().contains("append-only"), "{table}");
        }
    }
}
