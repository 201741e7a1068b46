//! How a list is made from its description: its type, its queries, and the rules every change of a line keeps.

/// `until` is the cell that retires a line, `finds` what is searched, `refers` which cells name a line of another list,
/// `once` the cells whose values stand together once only (`among` the lines in use), and the cell to put right.
macro_rules! catalogue {
    (
        $(#[$meta:meta])* $type:ident in $table:ident $(until $until:ident)? {
            $($(#[$note:meta])* $field:ident: $of:ty),+ $(,)?
        }
        finds [$($found:ident),*], refers [$($ref:ident: $other:ident),*], once [$(($($key:ident),*) at $at:ident $(among $live:ident)?)?]
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
        #[diesel(table_name = schema::$table, treat_none_as_null = true)]
        pub struct $type {
            #[diesel(skip_insertion)]
            pub id: i64,
            $($(#[$note])* pub $field: $of,)+
            /// Counts the changes: who changes a line says which they have seen.
            #[diesel(skip_insertion, skip_update)]
            pub version: i64,
        }

        impl $type {
            /// Within the transaction of the change, so that what was found stays true.
            fn check(&self, conn: &mut Conn) -> Result<(), StoreError> {
                $(if let Some(id) = self.$ref.line() && $other::find(conn, id)?.is_none() {
                    return Err(StoreError::Unknown { table: stringify!($table), field: stringify!($ref) });
                })*
                $(
                    $(if self.$live.is_some() {
                        return Ok(());
                    })?
                    let others: i64 = schema::$table::table
                        .filter(schema::$table::id.ne(self.id))
                        $(.filter(schema::$table::$key.eq(&self.$key)))*
                        $(.filter(schema::$table::$live.is_null()))?
                        .count()
                        .get_result(conn)?;
                    if others > 0 {
                        return Err(StoreError::Taken { table: stringify!($table), field: stringify!($at) });
                    }
                )?
                Ok(())
            }
        }

        impl Catalogue for $type {
            const NAME: &'static str = stringify!($table);

            fn id(&self) -> i64 {
                self.id
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn seen(mut self, version: i64) -> Self {
                self.version = version;
                self
            }

            fn find(conn: &mut Conn, id: i64) -> Result<Option<Self>, StoreError> {
                Ok(schema::$table::table.find(id).first(conn).optional()?)
            }

            fn all(conn: &mut Conn) -> Result<Vec<Self>, StoreError> {
                Ok(schema::$table::table.order(schema::$table::id).load(conn)?)
            }

            fn some(conn: &mut Conn, ids: &[i64]) -> Result<Vec<Self>, StoreError> {
                Ok(schema::$table::table.filter(schema::$table::id.eq_any(ids)).load(conn)?)
            }

            fn count(conn: &mut Conn) -> Result<i64, StoreError> {
                let all = schema::$table::table;
                $(let all = all.filter(schema::$table::$until.is_null());)?
                Ok(all.count().get_result(conn)?)
            }

            fn named(conn: &mut Conn, text: &str) -> Result<Vec<i64>, StoreError> {
                let _part = part(text);
                let all = schema::$table::table.select(schema::$table::id).into_boxed();
                $(let all = all.or_filter(lower(schema::$table::$found).like(_part.clone()).escape('\\'));)*
                Ok(all.load(conn)?)
            }

            fn search(conn: &mut Conn, text: &str) -> Result<Vec<i64>, StoreError> {
                let all = schema::$table::table.select(schema::$table::id).into_boxed();
                let all = if text.is_empty() {
                    all
                } else {
                    let _part = part(text);
                    $(let all = all.or_filter(lower(schema::$table::$found).like(_part.clone()).escape('\\'));)*
                    $(let all = all.or_filter(schema::$table::$ref.eq_any($other::named(conn, text)?));)*
                    all
                };
                $(let all = all.order(schema::$table::$until.is_not_null());)?
                Ok(all.then_order_by(schema::$table::id).load(conn)?)
            }

            fn add(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
                self.check(tx.conn)?;
                let id = diesel::insert_into(schema::$table::table)
                    .values(self)
                    .returning(schema::$table::id)
                    .get_result(tx.conn)?;
                tx.record("config.added", stringify!($table), id, None)?;
                Ok(id)
            }

            fn change(&self, tx: &mut Tx<'_>, why: Option<&str>) -> Result<(), StoreError> {
                self.check(tx.conn)?;
                let seen = schema::$table::table
                    .filter(schema::$table::id.eq(self.id))
                    .filter(schema::$table::version.eq(self.version));
                let changed = diesel::update(seen)
                    .set((self, schema::$table::version.eq(self.version + 1)))
                    .execute(tx.conn)?;
                if changed == 0 {
                    return Err(StoreError::Stale { table: stringify!($table), id: self.id });
                }
                tx.record("config.changed", stringify!($table), self.id, why)?;
                Ok(())
            }

            fn cell(&self, name: &str) -> Option<String> {
                match name {
                    $(stringify!($field) => self.$field.text(),)+
                    _ => None,
                }
            }

            fn fill(&mut self, name: &str, text: Option<String>) -> bool {
                match name {
                    $(stringify!($field) => match Cell::read(text) {
                        Some(cell) => {
                            self.$field = cell;
                            true
                        }
                        None => false,
                    },)+
                    _ => false,
                }
            }
        }
    };
}

pub(super) use catalogue;
