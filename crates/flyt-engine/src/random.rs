//! Randomness, drawn here and nowhere else: secrets, references, boots.

use flyt_core::id;

/// Fills `bytes` from the system's generator.
///
/// # Errors
/// Never on a working system; the sentence says what the system answered.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that draws randomness"
)]
pub fn fill(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|e| format!("the system gives no randomness: {e}"))
}

/// A random 63-bit number.
pub fn number() -> Result<i64, String> {
    let mut bytes = [0_u8; 8];
    fill(&mut bytes)?;
    Ok(i64::from_le_bytes(bytes) & i64::MAX)
}

/// A reference people can say: five characters without look-alikes.
pub fn reference(seed: i64) -> String {
    // 25 bits of a mixed id: short, and different for bookings made one after the other.
    let mixed = seed.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 39;
    id::encode(mixed.cast_signed(), 5)
}
