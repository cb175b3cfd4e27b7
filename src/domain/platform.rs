//! Platforms, and the version of an operating system.

use super::closed_list::closed_list;

closed_list! {
    /// What a device runs on. Only Apple's can have an ATT status.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Platform {
        /// iPhone and iPad.
        Ios => "iOS",
        Tvos => "tvOS",
        Android => "Android",
        Web => "web",
        Desktop => "desktop",
        Roku => "roku",
        FireTv => "fire_tv",
        SmartTv => "smart_tv",
        Xbox => "xbox",
        Alexa => "alexa",
        /// Apple's other platforms, which App Tracking Transparency does not apply to.
        Visionos => "visionOS",
        Watchos => "watchOS",
        Macos => "macOS",
        /// A platform that the sender named and we have no name for.
        Other => "other",
        /// Nobody said.
        Unknown => "unknown",
    }
}

impl Platform {
    /// Reads what a sender calls it (`device_info.platform` or `application_info.os`), in any case. `None` when the
    /// sender says nothing or that it does not know.
    pub fn of_sender(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|c| c.is_ascii_alphanumeric());
        Some(match letters.collect::<String>().to_ascii_lowercase().as_str() {
            "" | "unknown" => return None,
            "ios" | "unityios" | "iphoneos" | "iphone" | "ipad" | "ipados" | "ipod" | "ipodtouch" => Self::Ios,
            "tvos" | "appletv" | "appletvos" => Self::Tvos,
            "visionos" | "xros" => Self::Visionos,
            "watchos" => Self::Watchos,
            "macos" | "macosx" | "osx" => Self::Macos,
            "android" | "unityandroid" => Self::Android,
            "web" | "mobileweb" => Self::Web,
            "desktop" | "windows" | "linux" => Self::Desktop,
            "roku" => Self::Roku,
            "firetv" => Self::FireTv,
            "smarttv" => Self::SmartTv,
            "xbox" => Self::Xbox,
            "alexa" => Self::Alexa,
            _ => Self::Other,
        })
    }

    /// Whether Apple's App Tracking Transparency applies to it.
    pub fn is_apple(self) -> bool {
        matches!(self, Self::Ios | Self::Tvos)
    }
}

/// The first two numbers of an operating system's version: `14.10` is later than `14.5`, and `14` is `14.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OsVersion {
    pub major: u32,
    pub minor: u32,
}

impl OsVersion {
    /// From this version on Apple enforces ATT.
    pub const ENFORCED: Self = Self { major: 14, minor: 5 };
    /// This version introduced ATT.
    pub const INTRODUCED: Self = Self { major: 14, minor: 0 };

    /// Reads `major[.minor[.anything]]`; `None` when it cannot be read.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().map_or(Some(0), |minor| minor.parse().ok())?;
        Some(Self { major, minor })
    }

    /// Whether Apple enforces ATT there. A version that is missing or cannot be read counts as a recent one.
    pub fn is_enforced(text: Option<&str>) -> bool {
        text.and_then(Self::parse).is_none_or(|version| version >= Self::ENFORCED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let version = |text| OsVersion::parse(text).unwrap();
        assert!(version("14.10") > version("14.5"));
        assert_eq!(version("14"), version("14.0.1"));
        assert_eq!(OsVersion::parse("fourteen"), None);
        assert_eq!(OsVersion::parse("14.x"), None);
        assert_eq!(OsVersion::parse("14."), None);
        assert!(
            OsVersion::is_enforced(Some("x"))
                && OsVersion::is_enforced(None)
                && !OsVersion::is_enforced(Some("14.4.2"))
        );
    }

    #[test]
    fn senders_spell_platforms_in_many_ways() {
        assert_eq!(Platform::of_sender("UnityIOS"), Some(Platform::Ios));
        assert_eq!(Platform::of_sender("TVOS"), Some(Platform::Tvos));
        for ios in ["iPhone OS", "iPhone", "iPad", "iPod touch", "iPadOS", "IOS"] {
            assert_eq!(Platform::of_sender(ios), Some(Platform::Ios), "{ios}");
        }
        for tvos in ["Apple TV", "appletvos"] {
            assert_eq!(Platform::of_sender(tvos), Some(Platform::Tvos), "{tvos}");
        }
        for elsewhere in ["visionOS", "watchOS", "macOS"] {
            let platform = Platform::of_sender(elsewhere).unwrap();
            assert!(platform.as_str() == elsewhere && !platform.is_apple());
        }
        for platform in Platform::ALL.into_iter().filter(|platform| *platform != Platform::Unknown) {
            assert_eq!(Platform::of_sender(platform.as_str()), Some(platform), "its own name");
        }
        assert_eq!(Platform::of_sender("Fire TV"), Some(Platform::FireTv));
        assert_eq!(Platform::of_sender("Mobile Web"), Some(Platform::Web));
        assert_eq!(["Windows", "linux"].map(Platform::of_sender), [Some(Platform::Desktop); 2]);
        assert_eq!(Platform::of_sender("fridge"), Some(Platform::Other));
        assert_eq!(Platform::of_sender("Unknown"), None);
    }
}
