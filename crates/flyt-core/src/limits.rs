//! Everything has a limit, and every limit has its name here.

/// Longest `external_id`, in characters.
pub const EXTERNAL_ID_CHARS: usize = 255;
/// Longest single-line field, in characters.
pub const LINE_CHARS: usize = 1_000;
/// Longest free text (notes, one answer), in characters.
pub const TEXT_CHARS: usize = 20_000;
/// Most entries of a list field (tags, extras, recipients, filter values).
pub const LIST_ITEMS: usize = 500;
/// Most keys of a free map (answers, fields, links).
pub const MAP_KEYS: usize = 200;
/// Longest template source, in bytes.
pub const TEMPLATE_BYTES: usize = 64 * 1024;
/// Longest rendered text, in bytes.
pub const RENDERED_BYTES: usize = 256 * 1024;
/// Longest rendered SMS, in characters.
pub const SMS_CHARS: usize = 1_600;
/// Steps the template machine may take for one text.
pub const TEMPLATE_FUEL: u64 = 50_000;
/// Nesting of blocks and expressions in a template.
pub const TEMPLATE_DEPTH: usize = 64;
/// Triggers of one workflow.
pub const TRIGGERS: usize = 10;
/// Actions of one workflow.
pub const ACTIONS: usize = 50;
/// Nesting of `all`, `any`, `not`.
pub const CONDITION_DEPTH: usize = 8;
/// Nodes of one condition.
pub const CONDITION_NODES: usize = 200;
/// Longest offset of a timed trigger and longest `wait`, in days.
pub const OFFSET_DAYS: i64 = 366;
/// Recipients of one action.
pub const RECIPIENTS: usize = 50;
/// A change this deep in a chain of causes starts nothing more (`product.md` §6).
pub const CHAIN_DEPTH: i64 = 9;
/// Starts of one workflow for one booking within one chain.
pub const STARTS_PER_CHAIN: i64 = 2;
/// Workflows of one business.
pub const WORKFLOWS: usize = 2_000;
/// Bookings of one bulk call.
pub const BULK_LINES: usize = 100_000;
/// Webhook endpoints of one business.
pub const ENDPOINTS: usize = 50;
