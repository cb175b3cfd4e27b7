//! Identifiers: the ids by which a device is known, each of which leads to one device of one app.

use super::closed_list::closed_list;
use super::environment::Environment;
use super::id::{AppId, ProfileId};

closed_list! {
    /// The kinds of id that a device is known by.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum IdentifierKind {
        Idfv => "ios_idfv",
        MpDeviceId => "mp_deviceid",
        Idfa => "ios_advertising_id",
        AndroidUuid => "android_uuid",
        AndroidAdvertisingId => "android_advertising_id",
        RokuAdvertisingId => "roku_advertising_id",
        RokuPublisherId => "roku_publisher_id",
        FireAdvertisingId => "fire_advertising_id",
        MicrosoftAdvertisingId => "microsoft_advertising_id",
        MicrosoftPublisherId => "microsoft_publisher_id",
        /// A device that only its profile leads to.
        Profile => "profile",
    }
}

impl IdentifierKind {
    /// Those that senders send: all but the one that we make.
    pub fn sent() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_sent())
    }

    /// Whether senders send it.
    pub fn is_sent(self) -> bool {
        self != Self::Profile
    }

    /// Reads the name of one that senders send.
    pub fn parse_sent(text: &str) -> Option<Self> {
        Self::parse(text).filter(|kind| kind.is_sent())
    }

    /// In the order in which they decide which device a batch is about: the first that is known leads to it, unless that
    /// device has another id of a kind that decides earlier.
    pub fn lookup_order(apple: bool) -> &'static [Self] {
        if apple { &[Self::Idfv, Self::MpDeviceId, Self::Idfa] } else { &Self::ELSEWHERE }
    }

    const ELSEWHERE: [Self; 9] = [
        Self::AndroidUuid,
        Self::AndroidAdvertisingId,
        Self::MpDeviceId,
        Self::RokuAdvertisingId,
        Self::RokuPublisherId,
        Self::FireAdvertisingId,
        Self::MicrosoftAdvertisingId,
        Self::MicrosoftPublisherId,
        Self::Idfa,
    ];
}

/// An identifier leads to one device of one app in one environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    pub environment: Environment,
    /// The app, or what stands for a bundle that has no app of its own.
    pub app: AppId,
    pub kind: IdentifierKind,
    pub value: String,
}

/// The identifier of a device that only its profile leads to.
pub fn identifier_of_profile(environment: Environment, app: AppId, profile: ProfileId) -> Identifier {
    Identifier { environment, app, kind: IdentifierKind::Profile, value: profile.to_string() }
}

/// Whether an id is the zero UUID, with or without dashes.
pub fn is_zero(id: &str) -> bool {
    let digits = || id.trim().bytes().filter(|byte| *byte != b'-');
    digits().all(|digit| digit == b'0') && digits().count() == 32
}

/// An id as it is compared: a UUID in lower case with dashes, anything else as it came; `None` when it is absent, that
/// is empty or the zero UUID.
pub fn normalized(id: &str) -> Option<String> {
    let id = id.trim();
    if id.is_empty() {
        return None;
    }
    let digits = || id.bytes().filter(|byte| *byte != b'-');
    if digits().count() != 32 || !digits().all(|digit| digit.is_ascii_hexdigit()) {
        return Some(id.to_owned());
    }
    if is_zero(id) {
        return None;
    }
    let mut uuid = String::with_capacity(36);
    for (at, digit) in digits().enumerate() {
        if [8, 12, 16, 20].contains(&at) {
            uuid.push('-');
        }
        uuid.push(digit.to_ascii_lowercase().into());
    }
    Some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_have_one_spelling() {
        let spelt = Some("8c6cbc0d-5f43-4765-a6e6-84dff3d24707".to_owned());
        assert_eq!(normalized("8C6CBC0D-5F43-4765-A6E6-84DFF3D24707"), spelt);
        assert_eq!(normalized("8c6cbc0d5f434765a6e684dff3d24707"), spelt);
        assert_eq!(normalized("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(normalized(" "), None);
        assert_eq!(normalized("Device-7"), Some("Device-7".to_owned()));
        let no_uuid = "8C6CBC0D-5F43-4765-A6E6-84DFF3D2470Z";
        assert_eq!(normalized(no_uuid), Some(no_uuid.to_owned()), "of its length, and no number");
    }
}
