//! How long commits take, and so how small the parts of large requests are.

use std::time::Duration;

/// While small requests come, large ones are stored in parts: who sends little waits for one of these. A part has so many
/// batches at least; the least parts of batches that cost more than others, as each of a new app does, take about so long,
/// but none is smaller than this, for a commit has its own price.
pub(super) const PART: u32 = 25;
const PART_WITHIN: f64 = 3.0;
const SMALLEST_PART: u32 = 8;

/// A commit has hardly a price of its own where its batches cost so many times as much.
const BATCHES_OVER_COMMIT: f64 = 4.0;

/// How much of what is known one commit replaces: of each batch's price, which may be another one with the next request,
/// and of the rest.
const NEWS_OF_BATCHES: f64 = 1.0 / 4.0;
const NEWS: f64 = 1.0 / 32.0;

/// What commits of late say of their price, in milliseconds: a part that each has, and one for each of its batches.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Means over the commits, the newest counting most: batches, milliseconds, and their products.
    batches: f64,
    ms: f64,
    squares: f64,
    products: f64,
    of_commit: f64,
    of_batch: f64,
}

impl Pace {
    /// Notes how long a commit of so many batches took.
    pub fn note(&mut self, took: Duration, batches: u32) {
        let (ms, n) = (took.as_secs_f64() * 1000.0, f64::from(batches.max(1)));
        let is_first = self.batches == 0.0;
        let news = if is_first { 1.0 } else { NEWS };
        // One that hung tells little of those that do not.
        let ms = if is_first { ms } else { ms.min(self.ms * 10.0) };
        for (mean, value) in
            [(&mut self.batches, n), (&mut self.ms, ms), (&mut self.squares, n * n), (&mut self.products, n * ms)]
        {
            *mean += (value - *mean) * news;
        }
        // Only commits of different sizes tell what is of the commit and what of its batches; as long as there were none, all
        // is of the batches, by which the next parts have another size.
        let variance = self.squares - self.batches * self.batches;
        if variance > (self.batches / 10.0).powi(2) {
            let slope = (self.products - self.batches * self.ms) / variance;
            self.of_commit = (self.ms - slope * self.batches).clamp(0.0, self.ms);
        }
        let of_one = (ms - self.of_commit).max(0.0) / n;
        self.of_batch += (of_one - self.of_batch) * if is_first { 1.0 } else { NEWS_OF_BATCHES };
    }

    /// Whether a commit of so many batches has hardly a price but theirs, so that two of half as many cost no more.
    pub fn is_of_batches(&self, batches: u32) -> bool {
        self.of_commit * BATCHES_OVER_COMMIT <= self.of_batch * f64::from(batches)
    }

    /// The least that is stored in one part.
    pub fn part(&self) -> u32 {
        // A pace of nothing has room for all.
        let fits = PART_WITHIN / self.of_batch;
        if fits >= f64::from(PART) { PART } else { (fits as u32).clamp(SMALLEST_PART, PART) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part after many commits, of sizes that depend on it or not; each takes up to a fifth longer or shorter.
    fn part(of_commit: f64, of_batch: f64, sizes: impl Fn(u32, usize) -> u32) -> u32 {
        let mut pace = Pace::default();
        for n in 0..400 {
            let batches = sizes(pace.part(), n);
            let noise = 0.8 + (n * 37 % 41) as f64 / 100.0;
            let ms = (of_commit + of_batch * f64::from(batches)) * noise;
            pace.note(Duration::from_secs_f64(ms / 1000.0), batches);
        }
        pace.part()
    }

    #[test]
    fn a_part_follows_what_its_batches_cost_and_not_what_each_commit_does() {
        let mixed = |_: u32, n: usize| [1_u32, 25, 8][n % 3];
        let only_parts = |part: u32, _: usize| part;
        let parts_between_small_ones = |part: u32, n: usize| if n.is_multiple_of(2) { 1 } else { part };
        for sizes in [&mixed as &dyn Fn(u32, usize) -> u32, &only_parts, &parts_between_small_ones] {
            assert_eq!(part(0.5, 0.06, sizes), PART, "a fast disk");
            assert!(part(10.0, 0.06, sizes) > 15, "a slow disk: {}", part(10.0, 0.06, sizes));
            for of_batch in [0.7, 1.0, 5.0] {
                assert_eq!(part(1.0, of_batch, sizes), SMALLEST_PART, "dear batches");
            }
        }
        assert_eq!(Pace::default().part(), PART);
    }

    #[test]
    fn what_a_commit_costs_by_itself_is_told_from_its_batches() {
        for (of_commit, expected) in [(0.2, true), (4.0, false)] {
            let mut pace = Pace::default();
            for n in 0..400 {
                let batches = [32_u32, 60, 4][n % 3];
                pace.note(Duration::from_secs_f64((of_commit + 0.1 * f64::from(batches)) / 1000.0), batches);
            }
            assert_eq!(pace.is_of_batches(32), expected, "{pace:?}");
        }
    }

    #[test]
    fn a_commit_that_hung_is_forgotten() {
        let mut pace = Pace::default();
        for n in 0..400 {
            let batches = [1_u32, 25][n % 2];
            let ms = if n % 100 == 0 { 2000.0 } else { 0.5 + 0.7 * f64::from(batches) };
            pace.note(Duration::from_secs_f64(ms / 1000.0), batches);
        }
        assert_eq!(pace.part(), SMALLEST_PART);
    }
}
