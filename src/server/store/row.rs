//! Rows: a table's columns are listed once, and its row and the pieces of its statements follow from the list. Rows are
//! handed to a statement as one JSON array of arrays: objects with names take half as long again to be read.

use serde::ser::{Serialize, SerializeSeq, Serializer};

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

plain! { bool String }

impl Column for i64 {
    /// As text: Postgres would make a decimal number of any length of a number, only to write that out again for the cast.
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(itoa::Buffer::new().format(*self))
    }
}

struct Written<'a, T>(&'a T);

impl<T: Column> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

/// Writes the next column of a row.
pub fn entry<Q: SerializeSeq>(row: &mut Q, value: &impl Column) -> Result<(), Q::Error> {
    row.serialize_element(&Written(value))
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
/// - `given`: their values in a row of `jsonb_each(..) as given`;
/// - `replaced`: the assignments of an upsert that takes the new values over;
/// - `assigned`: the assignments of an update that takes the values of the rows named `changed`;
/// - `added`: those of one that adds to a table called `kept`;
/// - `sums`: the sum of each changing column.
macro_rules! rows {
    (
        $(#[$meta:meta])*
        $visible:vis $table:ident: $row:ident {
            key { $($key:tt)+ }
            fixed { $($fixed:tt)* }
            changing { $($changing:tt)* }
        }
    ) => {
        $crate::server::store::row::numbered! {
            [$(#[$meta])*] [$visible] $table $row [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33]
            key {} { $($key)+ }
            fixed {} { $($fixed)* }
            changing {} { $($changing)* }
        }
    };
}
pub(super) use rows;

/// Gives each column of a list its position in a row, group by group, and then makes what [`rows`] promises.
macro_rules! numbered {
    (
        $meta:tt $visible:tt $table:ident $row:ident [$at:literal $($later:literal)*]
        key { $($done:tt)* } { $name:ident: $type:ty as $sql:ident, $($rest:tt)* }
        $($groups:tt)*
    ) => {
        $crate::server::store::row::numbered! {
            $meta $visible $table $row [$($later)*]
            key { $($done)* $at $name: $type as $sql, } { $($rest)* }
            $($groups)*
        }
    };
    (
        $meta:tt $visible:tt $table:ident $row:ident [$at:literal $($later:literal)*]
        key $key:tt {}
        fixed { $($done:tt)* } { $name:ident: $type:ty as $sql:ident, $($rest:tt)* }
        $($groups:tt)*
    ) => {
        $crate::server::store::row::numbered! {
            $meta $visible $table $row [$($later)*]
            key $key {}
            fixed { $($done)* $at $name: $type as $sql, } { $($rest)* }
            $($groups)*
        }
    };
    (
        $meta:tt $visible:tt $table:ident $row:ident [$at:literal $($later:literal)*]
        key $key:tt {}
        fixed $fixed:tt {}
        changing { $($done:tt)* } { $name:ident: $type:ty as $sql:ident, $($rest:tt)* }
    ) => {
        $crate::server::store::row::numbered! {
            $meta $visible $table $row [$($later)*]
            key $key {}
            fixed $fixed {}
            changing { $($done)* $at $name: $type as $sql, } { $($rest)* }
        }
    };
    (
        [$(#[$meta:meta])*] [$visible:vis] $table:ident $row:ident $numbers:tt
        key { $($key_at:literal $key:ident: $key_type:ty as $key_sql:ident,)+ } {}
        fixed { $($fixed_at:literal $fixed:ident: $fixed_type:ty as $fixed_sql:ident,)* } {}
        changing { $($at:literal $changing:ident: $type:ty as $sql:ident,)* } {}
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
                let mut row = to.serialize_seq(None)?;
                $($crate::server::store::row::entry(&mut row, &self.$key)?;)+
                $($crate::server::store::row::entry(&mut row, &self.$fixed)?;)*
                $($crate::server::store::row::entry(&mut row, &self.$changing)?;)*
                serde::ser::SerializeSeq::end(row)
            }
        }

        #[allow(unused_macros)]
        macro_rules! $table {
            (columns) => {
                $crate::server::store::row::listed!(
                    $(stringify!($key),)+ $(stringify!($fixed),)* $(stringify!($changing),)*
                )
            };
            (key) => {
                $crate::server::store::row::listed!($(stringify!($key),)+)
            };
            (changing) => {
                $crate::server::store::row::listed!($(stringify!($changing),)*)
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
                    $($crate::server::store::row::given!($key_at $key $key_sql),)+
                    $($crate::server::store::row::given!($fixed_at $fixed $fixed_sql),)*
                    $($crate::server::store::row::given!($at $changing $sql),)*
                )
            };
            (replaced) => {
                $crate::server::store::row::listed!(
                    $(concat!(stringify!($changing), " = excluded.", stringify!($changing)),)*
                )
            };
            (assigned) => {
                $crate::server::store::row::listed!(
                    $(concat!(stringify!($changing), " = changed.", stringify!($changing)),)*
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
pub(super) use numbered;

/// A column's value in a given row, under the column's name.
macro_rules! given {
    ($at:literal $column:ident $sql:ident) => {
        concat!("cast(given.value->>", $at, " as ", stringify!($sql), ") as ", stringify!($column))
    };
}
pub(super) use given;
