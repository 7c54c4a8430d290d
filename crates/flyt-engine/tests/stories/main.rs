//! Stories of the engine on a clock that is moved by hand: what goes out, what does not, and the reason that is told.

mod moves;
mod reasons;
mod world;
