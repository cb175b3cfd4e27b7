//! How domain types are written in columns, once for both databases.

use crate::domain::alert::AlertKind;
use crate::domain::att::{Policy, Status};
use crate::domain::count::{BreakdownBy, Dimension, Unit};
use crate::domain::data_problem::DataProblem;
use crate::domain::decides::Decides;
use crate::domain::device::OverflowValues;
use crate::domain::environment::Environment;
use crate::domain::id::{
    AnnotationId, AppId, DeviceId, ExplorationId, InputId, InvitationId, PersonId, ProfileId, SavedViewId, TokenId,
    WorkspaceId,
};
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::input::Counted;
use crate::domain::job::{JobKind, JobNote};
use crate::domain::notice::NoticeKind;
use crate::domain::platform::Platform;
use crate::domain::role::{Role, TokenRole};
use crate::domain::text::Slug;
use crate::domain::theme::Theme;
use crate::domain::time::{Day, Millis};
use crate::server::store::counter::Slot;
use crate::server::store::erasure::Progress;
use crate::server::store::row::Column;
use serde::Serializer;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, FromRow, Row, Type};
use std::fmt;

/// A type stored as `$column`: `$out` gives the column's value, `$back` reads it again.
macro_rules! columns {
    ($($type:ty: $column:ty, $out:expr, $back:expr;)*) => {$(
        impl<DB: Database> Type<DB> for $type
        where
            $column: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$column as Type<DB>>::type_info()
            }

            fn compatible(info: &DB::TypeInfo) -> bool {
                <$column as Type<DB>>::compatible(info)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $type
        where
            $column: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                let out: fn(&$type) -> $column = $out;
                out(self).encode(buffer)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $type
        where
            $column: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let back: fn($column) -> Option<$type> = $back;
                let stored = <$column as Decode<'r, DB>>::decode(value)?;
                back(stored).ok_or_else(|| NewerName(stringify!($type)).into())
            }
        }

        impl Column for $type {
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let out: fn(&$type) -> $column = $out;
                out(self).write(to)
            }
        }
    )*};
}

/// A name or number in a column that this version has no value for: newer code wrote it.
#[derive(Debug)]
pub struct NewerName(&'static str);

impl fmt::Display for NewerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {} that this version knows", self.0)
    }
}

impl std::error::Error for NewerName {}

/// The rows that this version understands: while processes of two versions run side by side, the newer one may write names
/// that the older one passes over.
///
/// # Errors
/// Those of reading a row for any other reason.
pub fn known<R: Row, T: for<'r> FromRow<'r, R>>(rows: Vec<R>) -> sqlx::Result<Vec<T>> {
    let is_newer = |error: &sqlx::Error| match error {
        sqlx::Error::ColumnDecode { source, .. } | sqlx::Error::Decode(source) => source.is::<NewerName>(),
        _ => false,
    };
    let read = rows.iter().map(T::from_row);
    read.filter(|row| !row.as_ref().is_err_and(is_newer)).collect()
}

columns! {
    WorkspaceId: i64, |id| id.0, |id| Some(Self(id));
    PersonId: i64, |id| id.0, |id| Some(Self(id));
    AppId: i64, |id| id.0, |id| Some(Self(id));
    InputId: i64, |id| id.0, |id| Some(Self(id));
    TokenId: i64, |id| id.0, |id| Some(Self(id));
    InvitationId: i64, |id| id.0, |id| Some(Self(id));
    AnnotationId: i64, |id| id.0, |id| Some(Self(id));
    SavedViewId: i64, |id| id.0, |id| Some(Self(id));
    ExplorationId: i64, |id| id.0, |id| Some(Self(id));
    DeviceId: i64, |id| id.0, |id| Some(Self(id));
    ProfileId: i64, |id| id.0, |id| Some(Self(id));
    Millis: i64, |at| at.0, |at| Some(Self(at));
    Day: i64, |day| day.0, |day| Some(Self(day));
    Slot: i64, |slot| slot.0, |slot| Some(Self(slot));
    OverflowValues: i64, |bits| bits.0, |bits| Some(Self(bits));
    Unit: i64, |unit| unit.code(), Unit::from_code;
    Decides: i64, |decides| decides.code(), Decides::from_code;
    Status: i64, |status| status.code(), Status::from_code;
    Environment: i64, |environment| environment.code(), Environment::from_code;
    Policy: String, |policy| policy.as_str().to_owned(), |text| Policy::parse(&text);
    Role: String, |role| role.as_str().to_owned(), |text| Role::parse(&text);
    TokenRole: String, |role| role.as_str().to_owned(), |text| TokenRole::parse(&text);
    Platform: String, |platform| platform.as_str().to_owned(), |text| Platform::parse(&text);
    IdentifierKind: String, |kind| kind.as_str().to_owned(), |text| IdentifierKind::parse(&text);
    IdentityKind: String, |kind| kind.as_str().to_owned(), |text| IdentityKind::parse(&text);
    Dimension: String, |dimension| dimension.as_str().to_owned(), |text| Dimension::parse(&text);
    BreakdownBy: String, |by| by.as_str().to_owned(), |text| BreakdownBy::parse(&text);
    Counted: String, |counted| counted.as_str().to_owned(), |text| Counted::parse(&text);
    DataProblem: String, |kind| kind.as_str().to_owned(), |text| DataProblem::parse(&text);
    JobNote: String, |note| note.as_str().to_owned(), |text| JobNote::parse(&text);
    JobKind: String, |kind| kind.as_str().to_owned(), |text| JobKind::parse(&text);
    AlertKind: String, |kind| kind.as_str().to_owned(), |text| AlertKind::parse(&text);
    NoticeKind: String, |kind| kind.as_str().to_owned(), |text| NoticeKind::parse(&text);
    Theme: String, |theme| theme.as_str().to_owned(), |text| Some(Theme::parse(&text).unwrap_or_default());
    Progress: String, |progress| progress.as_str().to_owned(), |text| Progress::parse(&text);
    Slug: String, |slug| slug.as_str().to_owned(), |text| Slug::parse(&text).ok();
}
