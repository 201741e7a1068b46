//! Grammars several instruments share.
