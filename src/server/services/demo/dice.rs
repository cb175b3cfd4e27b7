//! Chance that a seed repeats.

/// Source: the SplitMix64 generator of Steele, Lea and Flood (2014).
pub struct Dice(pub u64);

impl Dice {
    /// Those of one user among many.
    pub fn of(seed: u64, number: u32) -> Self {
        let mut dice = Self(seed ^ u64::from(number).rotate_left(32));
        Self(dice.roll())
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    pub fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    /// A device's id. `position`, from 0 to 1, is where it stands among all of them.
    pub fn uuid(&mut self, position: f64) -> String {
        let first = (position * (1_u64 << 48) as f64) as u64;
        let digits = format!("{first:012x}{:020x}", u128::from(self.roll()) | u128::from(self.below(1 << 16)) << 64);
        crate::domain::identifier::normalized(&digits).unwrap_or(digits)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several, each with its weight; the weights need not sum to one.
    pub fn pick<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> f64) -> &'a T {
        let mut roll = self.unit() * of.iter().map(&weight).sum::<f64>();
        let chosen = of.iter().find(|one| {
            roll -= weight(one);
            roll < 0.0
        });
        chosen.unwrap_or(&of[0])
    }

    /// A waiting time in milliseconds around `median`, most within a third and three times of it: the exponential of
    /// a normal number, made from twelve uniform ones.
    pub fn wait(&mut self, median: i64) -> i64 {
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        (median as f64 * normal.exp()) as i64
    }
}
