//! Devices: an installation of one app on one device, and the names it is known by.

use super::att::{Held, Policy, State, Status, Verdict, gate};
use super::count::FoldedValues;
use super::environment::Environment;
use super::id::{AppId, DeviceId, InputId, ProfileId};
use super::platform::Platform;
use super::time::{DAY, Millis};

/// A device without a name leaves the counts after this silence.
pub const SILENT: i64 = 30 * DAY;

/// A device as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub environment: Environment,
    pub app: AppId,
    pub platform: Platform,
    pub held: Option<Held>,
    /// The input that the held status came from.
    pub source: Option<InputId>,
    /// How often its status changed; the last transition's place among them.
    pub transitions: i64,
    pub os_version: Option<String>,
    pub app_version: Option<String>,
    pub country: Option<String>,
    pub first_seen: Millis,
    pub last_seen: Millis,
    /// Since when no name leads to it.
    pub nameless_since: Option<Millis>,
    /// Whether it has left the counts: without a name and silent for `SILENT`.
    pub retired: bool,
    /// The last day of the workspace on which it counted as active, in days since 1970-01-01.
    pub active_on: Option<i64>,
    /// Which of its values are counted with the other ones.
    pub folded: FoldedValues,
}

impl Device {
    /// What it is counted as.
    pub fn state(&self) -> State {
        if self.platform.is_apple() { self.held.map(|held| held.status).into() } else { State::NotApplicable }
    }

    /// Whether the gate lets it have an IDFA.
    pub fn may_keep_idfa(&self, policy: Policy, default: Option<Status>) -> bool {
        let explicit = self.held.map(|held| held.status);
        gate(policy, self.platform, explicit, default, self.os_version.as_deref(), true) == Verdict::Kept
    }
}

/// The kinds of id that a device is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    Idfv,
    MpDeviceId,
    Idfa,
    AndroidUuid,
    AndroidAdvertisingId,
    RokuAdvertisingId,
    RokuPublisherId,
    FireAdvertisingId,
    MicrosoftAdvertisingId,
    MicrosoftPublisherId,
    /// A device that only its profile leads to.
    Profile,
}

impl NameKind {
    pub const ALL: [Self; 11] = [
        Self::Idfv,
        Self::MpDeviceId,
        Self::Idfa,
        Self::AndroidUuid,
        Self::AndroidAdvertisingId,
        Self::RokuAdvertisingId,
        Self::RokuPublisherId,
        Self::FireAdvertisingId,
        Self::MicrosoftAdvertisingId,
        Self::MicrosoftPublisherId,
        Self::Profile,
    ];

    /// The field that carries it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idfv => "ios_idfv",
            Self::MpDeviceId => "mp_deviceid",
            Self::Idfa => "ios_advertising_id",
            Self::AndroidUuid => "android_uuid",
            Self::AndroidAdvertisingId => "android_advertising_id",
            Self::RokuAdvertisingId => "roku_advertising_id",
            Self::RokuPublisherId => "roku_publisher_id",
            Self::FireAdvertisingId => "fire_advertising_id",
            Self::MicrosoftAdvertisingId => "microsoft_advertising_id",
            Self::MicrosoftPublisherId => "microsoft_publisher_id",
            Self::Profile => "profile",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// In the order in which they decide which device a batch is about; the first one present wins.
    pub fn deciding(apple: bool) -> &'static [Self] {
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

/// A name leads to one device of one app in one environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub environment: Environment,
    pub app: AppId,
    pub kind: NameKind,
    pub value: String,
}

/// The name of a device that only its profile leads to.
pub fn name_after(environment: Environment, app: AppId, profile: ProfileId) -> Name {
    Name { environment, app, kind: NameKind::Profile, value: profile.to_string() }
}

/// An id as it is compared: a UUID in lower case with dashes, anything else as it came; `None` when it is absent, that
/// is empty or the zero UUID.
pub fn normalized(id: &str) -> Option<String> {
    let id = id.trim();
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    if id.is_empty() {
        return None;
    }
    if digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(id.to_owned());
    }
    if digits.bytes().all(|b| b == b'0') {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Some(parts.join("-"))
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
    }
}
