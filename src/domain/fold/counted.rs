//! What a population is counted as.

use super::population::Population;
use crate::domain::count::{self, Cells, Facets};
use crate::domain::decides::{DecidedProfiles, Decides};
use crate::domain::device::Device;
use crate::domain::id::{DeviceId, ProfileId};

impl Population {
    /// What these of its devices are counted as.
    fn of_devices(&self, devices: impl Iterator<Item = DeviceId>) -> Facets<'_> {
        let mut facets = Facets::new();
        for device in devices.filter_map(|device| self.devices.get(&device)) {
            count::of_device(device, self.has_idfa(device.id)).for_each(|facet| count::add(&mut facets, facet, 1));
        }
        facets
    }

    /// What all is counted as: of profiles by the numbers that the devices keep, for not all of their users are here.
    fn facets(&self) -> Facets<'_> {
        let mut facets = self.of_devices(self.devices.keys().copied());
        for device in self.devices.values() {
            add_decided(&mut facets, device, device.decides);
        }
        self.add_undecided(&mut facets, self.profiles().keys().copied());
        facets
    }

    /// Identified profiles that no device decides.
    fn add_undecided<'a>(&'a self, facets: &mut Facets<'a>, profiles: impl Iterator<Item = ProfileId>) {
        for profile in profiles.filter_map(|profile| self.profiles().get(&profile)) {
            let decides = |device: &Device| self.uses().get(&(device.id, profile.id)) == Some(&Decides::InAll);
            if profile.anonymous_on.is_none() && !self.devices_of(profile.id).any(decides) {
                count::add(facets, count::of_undecided_profile(profile), 1);
            }
        }
    }

    /// The counters that these of its devices make up.
    pub fn cells_of_devices(&self, devices: impl Iterator<Item = DeviceId>) -> Cells {
        count::cells(&self.of_devices(devices))
    }

    /// The counters that these of its profiles make up, one by one.
    pub fn cells_of_profiles(&self, profiles: impl Iterator<Item = ProfileId> + Clone) -> Cells {
        let mut facets = Facets::new();
        self.add_undecided(&mut facets, profiles.clone());
        for profile in profiles {
            for device in self.devices_of(profile) {
                let mut decided = DecidedProfiles::default();
                decided.add(self.uses().get(&(device.id, profile)).copied().unwrap_or_default());
                add_decided(&mut facets, device, decided);
            }
        }
        count::cells(&facets)
    }

    /// What these count as, less what they counted as before.
    pub fn difference<'a>(&'a self, before: &'a Self) -> Facets<'a> {
        let mut facets = self.facets();
        for (facet, n) in before.facets() {
            count::add(&mut facets, facet, -n);
        }
        facets
    }
}

fn add_decided<'a>(facets: &mut Facets<'a>, device: &'a Device, decided: DecidedProfiles) {
    for (facet, n) in count::of_decided_profiles(device, decided) {
        count::add(facets, facet, n);
    }
}
