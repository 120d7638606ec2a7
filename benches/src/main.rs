//! Holds the figures of a topic against their goals: `bench-report TOPIC CRITERION_FOLDER`.

use std::process::ExitCode;

use tenancy_benches::{Measured, MeasuredError, Outcome, figures};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (topic, folder) = (arguments.next(), arguments.next());
    let (Some(topic), Some(folder)) = (topic, folder) else {
        eprintln!("bench-report: name a topic and criterion's folder");
        return ExitCode::from(2);
    };
    match report(&topic, &Measured::in_folder(folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-report: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for each figure; tells whether all goals are met.
fn report(topic: &str, measured: &Measured) -> Result<bool, MeasuredError> {
    let mut all_good = true;
    println!("\n{}", Outcome::heading());
    for figure in figures(topic).unwrap_or_default() {
        let outcome = figure.outcome(measured)?;
        println!("{outcome}");
        all_good &= outcome.is_good();
    }
    Ok(all_good)
}
