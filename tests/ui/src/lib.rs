//! What users may not compile and what they may: see `tests/ui.rs`.
