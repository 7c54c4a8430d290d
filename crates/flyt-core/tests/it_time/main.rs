//! Time and what stands on it: due instants, quiet hours, holidays, triggers, filters, workflows, retries, states.

#[cfg(test)]
mod due_oracle;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod holidays;
#[cfg(test)]
mod last_look;
#[cfg(test)]
mod late;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod nights;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod states;
#[cfg(test)]
mod triggers;
#[cfg(test)]
mod workflows;
