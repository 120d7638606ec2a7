//! The program ends: killed in the middle of its work, or told to stop.

mod hung_up;
mod killed;
mod round;
mod stopped;
