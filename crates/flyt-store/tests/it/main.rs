//! Every story runs on SQLite (a file, and in memory) and on PostgreSQL. `make test` or `scripts/postgres run cargo test`
//! brings a throw-away PostgreSQL; without one the PostgreSQL half fails.

#[cfg(test)]
#[macro_use]
mod support;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod events;
#[cfg(test)]
mod inbound;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod units;
