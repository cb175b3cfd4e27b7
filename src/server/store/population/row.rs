//! The rows of devices, profiles, and what joins them.

use crate::domain::att::{Reported, Status};
use crate::domain::decides::{DecidedProfiles, Decides};
use crate::domain::device::{DescribedAt, Device, Install, OverflowValues};
use crate::domain::environment::Environment;
use crate::domain::fold::Transition;
use crate::domain::id::{AppId, DeviceId, InputId, ProfileId};
use crate::domain::joins::Joins;
use crate::domain::platform::Platform;
use crate::domain::profile::Profile;
use crate::domain::time::{Day, Millis};
use crate::server::store::row::rows;

rows! {
    pub(in crate::server::store) devices: DeviceRow {
        key {
            environment: Environment as bigint,
            id: DeviceId as bigint,
        }
        fixed {
            app_id: AppId as bigint,
            first_seen: Millis as bigint,
            installed_on: Option<Day> as bigint,
            install_limited: Option<bool> as boolean,
        }
        changing {
            platform: Platform as text,
            platform_at: Option<Millis> as bigint,
            status: Option<Status> as bigint,
            since: Option<Millis> as bigint,
            as_of: Option<Millis> as bigint,
            source_input: Option<InputId> as bigint,
            transitions: i64 as bigint,
            answered: bool as boolean,
            os_version: Option<String> as text,
            os_version_at: Option<Millis> as bigint,
            app_version: Option<String> as text,
            app_version_at: Option<Millis> as bigint,
            country: Option<String> as text,
            country_at: Option<Millis> as bigint,
            last_seen: Millis as bigint,
            seen_before: Option<Millis> as bigint,
            ahead_as_of: Option<Millis> as bigint,
            last_received: Millis as bigint,
            unidentified_since: Option<Millis> as bigint,
            retired: bool as boolean,
            active_on: Option<Day> as bigint,
            overflow: OverflowValues as bigint,
            anonymous_user: Option<ProfileId> as bigint,
            users: i64 as bigint,
            joined_on: Day as bigint,
            joined: i64 as bigint,
            decides_in_app: i64 as bigint,
            decides_in_all: i64 as bigint,
        }
    }
}

rows! {
    pub(in crate::server::store) profiles: ProfileRow {
        key {
            environment: Environment as bigint,
            id: ProfileId as bigint,
        }
        fixed {
            mpid: i64 as bigint,
            audit_reference: String as text,
            first_seen: Millis as bigint,
        }
        changing {
            anonymous_on: Option<DeviceId> as bigint,
            last_seen: Millis as bigint,
            devices: i64 as bigint,
            joined_on: Day as bigint,
            joined: i64 as bigint,
        }
    }
}

rows! {
    /// That a device was used by somebody.
    pub(in crate::server::store) uses: UseRow {
        key {
            environment: Environment as bigint,
            device_id: DeviceId as bigint,
            profile_id: ProfileId as bigint,
        }
        fixed {}
        changing {
            decides: Decides as bigint,
        }
    }
}

rows! {
    pub(in crate::server::store) transitions: TransitionRow {
        key {
            environment: Environment as bigint,
            device_id: DeviceId as bigint,
            seq: i64 as bigint,
        }
        fixed {
            app_id: AppId as bigint,
            from_status: Option<Status> as bigint,
            to_status: Status as bigint,
            since: Millis as bigint,
            as_of: Millis as bigint,
            received_at: Millis as bigint,
            input_id: InputId as bigint,
            day: Option<Day> as bigint,
            answered_after: Option<i64> as bigint,
            platform: Platform as text,
            os_version: Option<String> as text,
            app_version: Option<String> as text,
            country: Option<String> as text,
            overflow: OverflowValues as bigint,
        }
        changing {}
    }
}

impl From<DeviceRow> for Device {
    fn from(row: DeviceRow) -> Self {
        let reported = match (row.status, row.since, row.as_of) {
            (Some(status), Some(since), Some(as_of)) => Some(Reported { status, since, as_of }),
            _ => None,
        };
        Self {
            id: row.id,
            environment: row.environment,
            app: row.app_id,
            platform: row.platform,
            reported,
            source: row.source_input,
            transitions: row.transitions,
            answered: row.answered,
            install: row.installed_on.map(|day| Install { day, limited: row.install_limited }),
            os_version: row.os_version,
            app_version: row.app_version,
            country: row.country,
            described_at: DescribedAt {
                platform: row.platform_at,
                os_version: row.os_version_at,
                app_version: row.app_version_at,
                country: row.country_at,
            },
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            seen_before: row.seen_before,
            ahead_as_of: row.ahead_as_of,
            last_received: row.last_received,
            unidentified_since: row.unidentified_since,
            retired: row.retired,
            active_on: row.active_on,
            overflow: row.overflow,
            anonymous_user: row.anonymous_user,
            users: row.users,
            joins: Joins { on: row.joined_on, n: row.joined },
            decides: DecidedProfiles { in_app: row.decides_in_app, in_all: row.decides_in_all },
        }
    }
}

impl From<&Device> for DeviceRow {
    fn from(device: &Device) -> Self {
        Self {
            environment: device.environment,
            id: device.id,
            app_id: device.app,
            first_seen: device.first_seen,
            installed_on: device.install.map(|install| install.day),
            install_limited: device.install.and_then(|install| install.limited),
            platform: device.platform,
            platform_at: device.described_at.platform,
            status: device.reported.map(|reported| reported.status),
            since: device.reported.map(|reported| reported.since),
            as_of: device.reported.map(|reported| reported.as_of),
            source_input: device.source,
            transitions: device.transitions,
            answered: device.answered,
            os_version: device.os_version.clone(),
            os_version_at: device.described_at.os_version,
            app_version: device.app_version.clone(),
            app_version_at: device.described_at.app_version,
            country: device.country.clone(),
            country_at: device.described_at.country,
            last_seen: device.last_seen,
            seen_before: device.seen_before,
            ahead_as_of: device.ahead_as_of,
            last_received: device.last_received,
            unidentified_since: device.unidentified_since,
            retired: device.retired,
            active_on: device.active_on,
            overflow: device.overflow,
            anonymous_user: device.anonymous_user,
            users: device.users,
            joined_on: device.joins.on,
            joined: device.joins.n,
            decides_in_app: device.decides.in_app,
            decides_in_all: device.decides.in_all,
        }
    }
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        Self {
            id: row.id,
            environment: row.environment,
            mpid: row.mpid,
            anonymous_on: row.anonymous_on,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            devices: row.devices,
            joins: Joins { on: row.joined_on, n: row.joined },
        }
    }
}

impl ProfileRow {
    /// `audit_reference` is kept by a profile that has one already.
    pub fn of(profile: &Profile, audit_reference: String) -> Self {
        Self {
            environment: profile.environment,
            id: profile.id,
            mpid: profile.mpid,
            audit_reference,
            first_seen: profile.first_seen,
            anonymous_on: profile.anonymous_on,
            last_seen: profile.last_seen,
            devices: profile.devices,
            joined_on: profile.joins.on,
            joined: profile.joins.n,
        }
    }
}

impl From<&Transition> for TransitionRow {
    fn from(transition: &Transition) -> Self {
        let device = &transition.device;
        Self {
            environment: device.environment,
            device_id: device.id,
            seq: device.transitions,
            app_id: device.app,
            from_status: transition.from,
            to_status: transition.to,
            since: transition.since,
            as_of: transition.as_of,
            received_at: transition.received,
            input_id: transition.input,
            day: transition.day,
            answered_after: transition.answered_after,
            platform: device.platform,
            os_version: device.os_version.clone(),
            app_version: device.app_version.clone(),
            country: device.country.clone(),
            overflow: device.overflow,
        }
    }
}

impl From<TransitionRow> for Transition {
    /// Of the device only what it was counted by is known.
    fn from(row: TransitionRow) -> Self {
        let device = Device {
            id: row.device_id,
            environment: row.environment,
            app: row.app_id,
            platform: row.platform,
            reported: Some(Reported { status: row.to_status, since: row.since, as_of: row.as_of }),
            source: Some(row.input_id),
            transitions: row.seq,
            answered: false,
            install: None,
            os_version: row.os_version,
            app_version: row.app_version,
            country: row.country,
            described_at: DescribedAt::default(),
            first_seen: row.received_at,
            last_seen: row.received_at,
            seen_before: None,
            ahead_as_of: None,
            last_received: row.received_at,
            unidentified_since: None,
            retired: false,
            active_on: None,
            overflow: row.overflow,
            anonymous_user: None,
            users: 0,
            joins: Joins::default(),
            decides: DecidedProfiles::default(),
        };
        Self {
            device,
            from: row.from_status,
            to: row.to_status,
            since: row.since,
            as_of: row.as_of,
            received: row.received_at,
            input: row.input_id,
            day: row.day,
            answered_after: row.answered_after,
            installed_on: None,
        }
    }
}
