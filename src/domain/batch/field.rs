//! The list of the fields that are read of a batch: the reader reads nothing else, and the OpenAPI document is made
//! from it.

use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use std::borrow::Cow;

/// What the value of a field may be. Null is the same as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An object whose members are on the list too; an empty array is an empty one.
    Object,
    /// An object of identities, or an array of `{identity_type, identity}`.
    Identities,
    /// An object of anything, with at most `MOST_ATTRIBUTES` members.
    Attributes,
    /// An array of anything.
    Events,
    Environment,
    Status,
    /// A string that may be kept, or a number that is taken for its digits.
    Text,
    Integer,
    /// A 64-bit integer in any notation, or its text.
    IntegerOrText,
    /// A boolean; anything else says nothing, and is no fault.
    Flag,
}

impl FieldKind {
    /// Whether its members are on the list too.
    pub fn has_members(self) -> bool {
        matches!(self, Self::Object | Self::Identities)
    }
}

/// A field that is read. Only this file makes one, so that none can be read that is not on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchField {
    within: &'static str,
    name: &'static str,
    kind: FieldKind,
    meaning: &'static str,
}

impl BatchField {
    /// The path of the object that it is a member of; empty for the batch itself.
    pub fn within(&self) -> &'static str {
        self.within
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// What it means, in words; empty where its name says it.
    pub fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// Where it is in the batch, such as `device_info.platform`.
    pub fn path(&self) -> Cow<'static, str> {
        if self.within.is_empty() { self.name.into() } else { format!("{}.{}", self.within, self.name).into() }
    }

    /// The field of a device's id.
    pub(super) fn of_identifier(kind: IdentifierKind) -> Self {
        let (within, meaning) = match kind {
            IdentifierKind::Idfa => ("device_info", "The IDFA; the zero UUID is none."),
            IdentifierKind::MpDeviceId => ("", "mParticle's id of the device."),
            _ => ("device_info", "An id of the device."),
        };
        Self { within, name: kind.as_str(), kind: FieldKind::Text, meaning }
    }

    /// The fields of a user's identity, the one that wins first.
    pub(super) fn of_identity(kind: IdentityKind) -> impl Iterator<Item = Self> {
        let others = kind.other_spellings().iter().map(|name| (*name, "Another spelling of the same identity."));
        [(kind.as_str(), "")].into_iter().chain(others).map(|(name, meaning)| Self {
            within: "user_identities",
            name,
            kind: FieldKind::Text,
            meaning,
        })
    }
}

/// Declares the fields that have a name each, and the list of them.
macro_rules! fields {
    ($($within:literal { $($constant:ident $name:literal $kind:ident $meaning:literal;)+ })+) => {
        $($(pub(super) const $constant: BatchField = BatchField {
            within: $within,
            name: $name,
            kind: FieldKind::$kind,
            meaning: $meaning,
        };)+)+

        const NAMED: &[BatchField] = &[$($($constant),+),+];
    };
}

fields! {
    "" {
        ENVIRONMENT "environment" Environment "Unknown counts as production.";
        SOURCE_REQUEST_ID "source_request_id" Text "Sent again within 72 hours, a batch changes nothing.";
        MPID "mpid" IntegerOrText "The profile's id; 0 is none.";
        TIMESTAMP "timestamp_unixtime_ms" Integer "Unix milliseconds.";
        EVENTS "events" Events "Events of any shape: only their times (data.timestamp_unixtime_ms) are read.";
        USER_IDENTITIES "user_identities" Identities "The user's identities; a number is read as its digits. Replayed archives send an array of {identity_type, identity}.";
        USER_ATTRIBUTES "user_attributes" Attributes "At most 100; nothing of them is kept.";
        DEVICE_INFO "device_info" Object "What is read of the device.";
        APPLICATION_INFO "application_info" Object "What is read of the app.";
        CONTEXT "context" Object "What is read of the circumstances.";
    }
    "device_info" {
        PLATFORM "platform" Text "Such as iOS, tvOS, Android, in any case.";
        OS_VERSION "os_version" Text "Such as 17.5.";
        ATT_STATUS "att_authorization_status" Status "The status of App Tracking Transparency.";
        ATT_TIMESTAMP "att_timestamp_unixtime_ms" Integer "When the user first answered, in Unix milliseconds.";
        LIMIT_AD_TRACKING "limit_ad_tracking" Flag "A boolean that the status is compared with; anything else is ignored.";
        NETWORK_COUNTRY "network_country" Text "Read as the country where context.location has none.";
        DEVICE_COUNTRY "device_country" Text "Read as the country where network_country is absent too.";
        LOCALE_COUNTRY "locale_country" Text "Read as the country where device_country is absent too.";
    }
    "application_info" {
        PACKAGE "package" Text "The bundle id.";
        APPLICATION_NAME "application_name" Text "";
        APPLICATION_VERSION "application_version" Text "";
        OS "os" Text "Read where the device names no platform.";
    }
    "context" {
        LOCATION "location" Object "What is read of where the device was.";
    }
    "context.location" {
        COUNTRY_CODE "country_code" Text "The country: two letters (ISO 3166 alpha-2), in any case.";
    }
}

/// Every field that is read.
pub fn all() -> impl Iterator<Item = BatchField> {
    let identifiers = IdentifierKind::sent().map(BatchField::of_identifier);
    let identities = IdentityKind::ALL.into_iter().flat_map(BatchField::of_identity);
    NAMED.iter().copied().chain(identifiers).chain(identities)
}
