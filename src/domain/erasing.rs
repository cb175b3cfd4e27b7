//! What erasing stored advertising ids takes.

use super::att::Terms;
use super::device::Device;

/// What the erasing takes that a change of the settings asked for: IDFAs that were kept on the terms before it and on none
/// since. Until it begins they stay, for undoing the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasing {
    pub before: Terms,
    pub since: Vec<Terms>,
}

impl Erasing {
    /// Whether it takes the device's.
    pub fn takes(&self, device: &Device) -> bool {
        let keeps = |terms: &Terms| device.may_keep_idfa(terms.policy, terms.default);
        keeps(&self.before) && !self.since.iter().any(keeps)
    }
}
