//! Stories of coming in and staying, told with a clock in hand.
