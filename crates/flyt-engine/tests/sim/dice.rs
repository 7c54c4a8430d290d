//! Pseudo-random numbers: the same for the same seed, everywhere.

/// xorshift64*.
pub(crate) struct Dice(u64);
impl Dice {
    /// Dice of a seed; neighbouring seeds have nothing in common.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    /// A number from 0 up to but not including `below`.
    pub(crate) fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let wide = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        i64::try_from(wide).unwrap() % below
    }
}
