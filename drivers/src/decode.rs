//! Files and captures to the JSON of `qingke decode`.
