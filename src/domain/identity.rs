//! Identities: the ids by which senders identify a person, each of which leads to one profile.

use super::closed_list::closed_list;
use super::environment::Environment;
use super::identifier::normalized;

closed_list! {
    /// The kinds of identity. Their order decides which profile a batch is about: the first one that the batch
    /// carries, whether it is known or not; its others then lead to that profile too.
    /// Source: `user_identities` of mParticle's JSON reference.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum IdentityKind {
        CustomerId => "customer_id",
        Email => "email",
        Other => "other",
        Facebook => "facebook",
        Twitter => "twitter",
        Google => "google",
        Microsoft => "microsoft",
        Yahoo => "yahoo",
        Alias => "alias",
        FacebookCustomAudienceId => "facebook_custom_audience_id",
        OtherId2 => "other_id_2",
        OtherId3 => "other_id_3",
        OtherId4 => "other_id_4",
        OtherId5 => "other_id_5",
        OtherId6 => "other_id_6",
        OtherId7 => "other_id_7",
        OtherId8 => "other_id_8",
        OtherId9 => "other_id_9",
        OtherId10 => "other_id_10",
        MobileNumber => "mobile_number",
        PhoneNumber2 => "phone_number_2",
        PhoneNumber3 => "phone_number_3",
    }
}

impl IdentityKind {
    /// How senders spell it besides: three official clients `customerid`, feeds the others. Source: public clients and
    /// the documentation of feeds.
    pub fn other_spellings(self) -> &'static [&'static str] {
        match self {
            Self::CustomerId => &["customerid", "customerId", "CustomerId"],
            Self::OtherId2 => &["other2"],
            Self::OtherId3 => &["other3"],
            Self::OtherId4 => &["other4"],
            Self::OtherId5 => &["other5"],
            Self::OtherId6 => &["other6"],
            Self::OtherId7 => &["other7"],
            Self::OtherId8 => &["other8"],
            Self::OtherId9 => &["other9"],
            Self::OtherId10 => &["other10"],
            _ => &[],
        }
    }

    /// Reads what a sender calls it.
    pub fn of_sender(text: &str) -> Option<Self> {
        let is_it = |kind: &Self| kind.other_spellings().contains(&text);
        Self::parse(text).or_else(|| Self::ALL.into_iter().find(is_it))
    }

    /// The value as it is compared: e-mail addresses without regard to case.
    pub fn normalized(self, value: &str) -> Option<String> {
        let value = value.trim();
        let value = if self == Self::Email { value.to_lowercase() } else { value.to_owned() };
        normalized(&value).is_some().then_some(value)
    }
}

/// An identity names one profile of an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub environment: Environment,
    pub kind: IdentityKind,
    pub value: String,
}
