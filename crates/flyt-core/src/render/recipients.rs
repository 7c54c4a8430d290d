//! (being written)
use super::Setting;
use crate::action::Act;

/// Who gets a letter of `act`: place in `to` and usable address; a role without one is `None`.
pub fn recipients(act: &Act, setting: &Setting<'_>) -> Vec<(usize, Option<String>)> {
    let (_, _) = (act, setting);
    Vec::new()
}
