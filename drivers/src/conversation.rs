//! Recorded conversations: what an instrument and a host said to each other, in a text a chemist can read.
