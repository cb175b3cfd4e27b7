//! Rows by the names of their columns: a table's columns are listed once, and its row and the pieces of its statements
//! follow from the list. Rows are handed to a statement as one JSON array of objects.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// What is written of a value into a row: the number or text of its column, which is not always what it is outward.
pub trait Column {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;
}

impl<T: Column> Column for Option<T> {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(to),
            None => to.serialize_none(),
        }
    }
}

/// Types that are in their columns as they are.
macro_rules! plain {
    ($($type:ty)*) => {$(
        impl Column for $type {
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.serialize(to)
            }
        }
    )*};
}

plain! { i64 bool String }

struct Written<'a, T>(&'a T);

impl<T: Column> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// Writes one column into a row.
pub fn entry<M: SerializeMap>(row: &mut M, name: &'static str, value: &impl Column) -> Result<(), M::Error> {
    row.serialize_entry(name, &Written(value))
}

/// Texts for `concat!`, with commas between.
macro_rules! listed {
    ($first:expr $(, $rest:expr)* $(,)?) => { concat!($first $(, ", ", $rest)*) };
}
pub(super) use listed;

/// Lists the columns of a table that its rows bring, but the workspace's, each with its type here and in SQL: those of
/// the key, those that are written once, and those that a later write changes. `devices: DeviceRow` makes the struct
/// `DeviceRow`, which is read from a row and written into one, and the macro `devices!` with pieces for `concat!`:
/// - `columns`, `key` and `changing`: the names of all columns, of the key's, or of those that a later write changes;
/// - `qualified`: all columns with the table's name before each;
/// - `given` and `given_key`: their values in a row of `jsonb_each(..) as given`;
/// - `replaced`: the assignments of an upsert that takes the new values over;
/// - `added`: those of one that adds to a table called `kept`;
/// - `sums`: the sum of each changing column.
macro_rules! rows {
    (
        $(#[$meta:meta])*
        $visible:vis $table:ident: $row:ident {
            key { $($key:ident: $key_type:ty as $key_sql:ident,)+ }
            fixed { $($fixed:ident: $fixed_type:ty as $fixed_sql:ident,)* }
            changing { $($changing:ident: $type:ty as $sql:ident,)* }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
        $visible struct $row {
            $(pub $key: $key_type,)+
            $(pub $fixed: $fixed_type,)*
            $(pub $changing: $type,)*
        }

        impl serde::Serialize for $row {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let mut row = to.serialize_map(None)?;
                $($crate::server::store::row::entry(&mut row, stringify!($key), &self.$key)?;)+
                $($crate::server::store::row::entry(&mut row, stringify!($fixed), &self.$fixed)?;)*
                $($crate::server::store::row::entry(&mut row, stringify!($changing), &self.$changing)?;)*
                serde::ser::SerializeMap::end(row)
            }
        }

        #[allow(unused_macros)]
        macro_rules! $table {
            (columns) => {
                $crate::server::store::row::listed!(
                    $(stringify!($key),)+ $(stringify!($fixed),)* $(stringify!($changing),)*
                )
            };
            (qualified) => {
                $crate::server::store::row::listed!(
                    $(concat!(stringify!($table), ".", stringify!($key)),)+
                    $(concat!(stringify!($table), ".", stringify!($fixed)),)*
                    $(concat!(stringify!($table), ".", stringify!($changing)),)*
                )
            };
            (given) => {
                $crate::server::store::row::listed!(
                    $(concat!("cast(given.value->>'", stringify!($key), "' as ", stringify!($key_sql), ") as ", stringify!($key)),)+
                    $(concat!("cast(given.value->>'", stringify!($fixed), "' as ", stringify!($fixed_sql), ") as ", stringify!($fixed)),)*
                    $(concat!("cast(given.value->>'", stringify!($changing), "' as ", stringify!($sql), ") as ", stringify!($changing)),)*
                )
            };
            (key) => {
                $crate::server::store::row::listed!($(stringify!($key),)+)
            };
            (given_key) => {
                $crate::server::store::row::listed!(
                    $(concat!("cast(given.value->>'", stringify!($key), "' as ", stringify!($key_sql), ")"),)+
                )
            };
            (changing) => {
                $crate::server::store::row::listed!($(stringify!($changing),)*)
            };
            (replaced) => {
                $crate::server::store::row::listed!(
                    $(concat!(stringify!($changing), " = excluded.", stringify!($changing)),)*
                )
            };
            (added) => {
                $crate::server::store::row::listed!(
                    $(concat!(stringify!($changing), " = kept.", stringify!($changing), " + excluded.", stringify!($changing)),)*
                )
            };
            (sums) => {
                $crate::server::store::row::listed!(
                    $(concat!("cast(sum(", stringify!($changing), ") as bigint) as ", stringify!($changing)),)*
                )
            };
        }
        #[allow(unused_imports)]
        pub(in crate::server::store) use $table;
    };
}
pub(super) use rows;
