//! What a run of seeds has met; one that meets too little proves too little.

/// What a run of seeds has seen.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) crashes: u64,
    pub(crate) messages: u64,
    pub(crate) edits: u64,
    pub(crate) moves: u64,
    pub(crate) holds: u64,
    pub(crate) calls: u64,
    /// Deliveries to endpoints.
    pub(crate) deliveries: u64,
    /// Deliveries that came twice because their answer was lost.
    pub(crate) doubled: u64,
    /// Endpoints that were deleted after something had come.
    pub(crate) cut_off: u64,
    /// Requests that the SMS gateway was given.
    pub(crate) tries: u64,
    /// SMS that the gateway took without an answer.
    pub(crate) lost: u64,
    /// Refusals of the gateway in a row that pause it.
    pub(crate) pauses: u64,
    /// Bookings that a workflow completed.
    pub(crate) completed: u64,
}
impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.messages += other.messages;
        self.edits += other.edits;
        self.moves += other.moves;
        self.holds += other.holds;
        self.calls += other.calls;
        self.deliveries += other.deliveries;
        self.doubled += other.doubled;
        self.cut_off += other.cut_off;
        self.tries += other.tries;
        self.lost += other.lost;
        self.pauses += other.pauses;
        self.completed += other.completed;
    }
}
