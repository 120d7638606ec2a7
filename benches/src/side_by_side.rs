use std::io;
use std::time::Duration;

use crate::record;

/// Measures ours and the reference in turn, batch by batch, so that what else the machine does meets
/// both alike. Leaves nanoseconds for each call, as [`record`] does.
///
/// A batch tells how many calls it made and how long they took.
///
/// # Errors
///
/// When a result cannot be written.
pub fn side_by_side(
    names: [&str; 2],
    batches: usize,
    mut ours: impl FnMut() -> (u32, Duration),
    mut reference: impl FnMut() -> (u32, Duration),
) -> io::Result<()> {
    let mut times = [Vec::new(), Vec::new()];
    // The first of each warms up.
    for batch in 0..=batches {
        for (times, (calls, took)) in times.iter_mut().zip([ours(), reference()]) {
            if batch > 0 {
                times.push(took.as_secs_f64() * 1e9 / f64::from(calls));
            }
        }
    }
    for (name, times) in names.iter().zip(&mut times) {
        record(name, times)?;
        times.sort_by(f64::total_cmp);
        let [low, median] = [times.len() / 10, times.len() / 2].map(|at| times[at] / 1_000.0);
        println!("{name:<44} {low:>10.1} us, median {median:>10.1} us");
    }
    Ok(())
}
