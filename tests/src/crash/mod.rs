//! The program ends: killed in the middle of its work, or told to stop.

mod killed;
mod stopped;
