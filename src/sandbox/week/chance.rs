//! Chance that is drawn the same from the same seed.

/// Chance that is the same for the same seed.
pub(super) struct Chance(u64);

impl Chance {
    /// Streams of other seeds and numbers have nothing to do with this one.
    pub(super) fn of(seed: u64, number: usize) -> Chance {
        let (mut one, mut other) = (Chance(seed), Chance(!(number as u64)));
        Chance(one.next() ^ other.next().rotate_left(32))
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    /// True in so many of a thousand.
    pub(super) fn is(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// One of these, by their weights.
    pub(super) fn one<'a, T>(
        &mut self,
        items: &'a [T],
        weight: impl Fn(&T) -> u64,
    ) -> Option<&'a T> {
        let mut at = self.below(items.iter().map(&weight).sum());
        items.iter().find(|item| {
            let own = weight(item);
            let is_it = at < own;
            at = at.saturating_sub(own);
            is_it
        })
    }

    pub(super) fn guid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bytes = bits.to_be_bytes();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }
}
