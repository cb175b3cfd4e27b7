//! Closed lists: an enum whose variants and names are written once, so that none can be forgotten in a second list.

/// Declares an enum from the one list of its variants, with `ALL` in the order of the list. Where the variants have
/// names (`Ios => "iOS"`), it also has `as_str` and `parse`, and is serialized by its name.
macro_rules! closed_list {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident $(= $number:literal)? => $text:literal),+ $(,)?
        }
    ) => {
        $crate::domain::closed_list::closed_list! {
            $(#[$meta])*
            pub enum $name {
                $($(#[$variant_meta])* $variant $(= $number)?),+
            }
        }

        impl $name {
            /// The name on the wire and in the store.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// Reads the name, exactly as it is written.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| ::serde::de::Error::custom("not one of the names"))
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident $(= $number:literal)?),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$variant_meta])* $variant $(= $number)?),+
        }

        impl $name {
            /// Every one, in the order in which they are listed.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];
        }
    };
}

pub(crate) use closed_list;
