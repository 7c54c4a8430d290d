//! (being written)
use super::{Letter, Setting};
use crate::action::{Act, Recipient};
use crate::template::RenderProblem;
use std::collections::BTreeSet;

/// Writes the letter of `act` to the resolved address `to` in the role `role`. For a webhook `to` and `role` are not looked at.
pub fn letter(act: &Act, to: &str, role: &Recipient, setting: &Setting<'_>) -> Result<Letter, RenderProblem> {
    let (_, _, _) = (act, role, setting);
    Ok(Letter {
        to: to.to_owned(),
        ..Letter::default()
    })
}

/// Names of earlier webhook actions whose stored values the texts of `act` use.
pub fn steps_needed(act: &Act) -> BTreeSet<String> {
    let _ = act;
    BTreeSet::new()
}
