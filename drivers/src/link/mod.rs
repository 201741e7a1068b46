//! How bytes become messages.
